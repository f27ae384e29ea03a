import { expect, it } from 'vitest'
import type { QueryAnswer, ServiceMetrics } from '../../../../contract/index.ts'
import { endpointRows, measuresOf, usualMeasures } from './endpoint-rows.ts'

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
  const rows = endpointRows(now, measuresOf(before, 60), 60)
  expect(rows.map(({ endpoint, judgement }) => [endpoint, judgement])).toEqual([
    ['/a', 'bad'],
    ['/b', 'usual'],
    ['/c', 'bad'],
    ['/d', 'new'],
  ])
  expect(rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
  expect(endpointRows(now, measuresOf(undefined, 60), 60).map(({ judgement }) => judgement)).toEqual([
    'none',
    'bad',
    'none',
    'none',
  ])
})

it('judges by what is usual, and calls nothing new for want of it', () => {
  const now = answer(['/a', 10, 2000, 0], ['/b', 1000, 20, 0])
  const usual = { p95: 100_000, error_rate: 0, window: 'the hour before' }
  const metrics = {
    endpoints: [
      { endpoint: '/a', usual },
      { endpoint: '/b', usual: null },
    ],
  } as unknown as ServiceMetrics
  const rows = endpointRows(now, usualMeasures(metrics), 60)
  expect(rows.map(({ endpoint, judgement, wasP95 }) => [endpoint, judgement, wasP95])).toEqual([
    ['/a', 'bad', 100],
    ['/b', 'none', null],
  ])
})
