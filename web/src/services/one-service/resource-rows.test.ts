import { expect, it } from 'vitest'
import { resourceRows } from './resource-rows.ts'

const resource = (name: string, value: number, most: number | null, warning = false) => ({
  ...{ name, service: 'payment', metric: name, value, max_value: most, timestamp: '', warning, reason: '', labels: {} },
})

it('shows each resource once, at its fullest, warnings first', () => {
  const rows = resourceRows([
    resource('Open files', 40, 1000),
    resource('Connections', 3, 10),
    resource('Connections', 10, 10, true),
    resource('Waiting', 4, null, true),
    resource('Waiting', 11, null, true),
  ])
  expect(rows.map(({ name, value, count }) => [name, value, count])).toEqual([
    ['Connections', 10, 2],
    ['Waiting', 11, 2],
    ['Open files', 40, 1],
  ])
})
