import { expect, it } from 'vitest'
import type { QueryAnswer } from '../../../../contract/index.ts'
import { endpointRows } from './endpoint-rows.ts'

const answer = (...rows: readonly (readonly [endpoint: string, requests: number, p95Ms: number, errors: number])[]) =>
  ({
    results: rows.map(([endpoint, count, p95, errors]) => ({
      group: { endpoint },
      values: { latency_count: count, error_rate_avg: errors, latency_percentile_95: p95 * 1000 },
      count,
    })),
  }) as unknown as QueryAnswer

it('puts what is waited longer first, and judges each endpoint by its other time', () => {
  const now = answer(['/a', 10, 2000, 0], ['/b', 1000, 20, 0], ['/c', 50, 60, 0.2], ['/d', 5, 5, 0])
  const before = answer(['/a', 10, 100, 0], ['/b', 900, 19, 0], ['/c', 50, 60, 0])
  const rows = endpointRows(now, before, 60)
  expect(rows.map(({ endpoint, judgement }) => [endpoint, judgement])).toEqual([
    ['/a', 'bad'],
    ['/b', 'usual'],
    ['/c', 'bad'],
    ['/d', 'new'],
  ])
  expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  expect(endpointRows(now, undefined, 60).map(({ judgement }) => judgement)).toEqual(['none', 'bad', 'none', 'none'])
})
