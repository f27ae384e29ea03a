import { expect, it } from 'vitest'
import { nearestName } from './nearest-name.ts'

it.each([
  ['rat', ['rad', 'irate', 'rate', 'rats_total'], 'rate'],
  ['refunds_totl', ['refunds_total', 'refunds'], 'refunds_total'],
  ['http_request_total', ['http_requests_total', 'up'], 'http_requests_total'],
  ['zebra', ['rate', 'sum'], null],
  ['x', [], null],
])('the name nearest to %s', (typed, names, wanted) => {
  expect(nearestName(typed, names)).toBe(wanted)
})
