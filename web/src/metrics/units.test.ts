import { describe, expect, it } from 'vitest'
import { baseUnitOf, unitOfQuery } from './units.ts'

describe('units', () => {
  it.each([
    ['d_seconds_bucket', '', 'seconds'],
    ['process_start_time_seconds', 'seconds', ''],
    ['heap_bytes', '', 'bytes'],
    ['x', 'ratio', 'ratio'],
  ])('of the metric %s', (name, said, wanted) => {
    expect(baseUnitOf(name, said)).toBe(wanted)
  })

  it.each([
    ['histogram_quantile(0.95, sum by (le) (rate(d_seconds_bucket[5m])))', 'ms', 1000],
    ['sum(rate(d_seconds_sum[5m])) / sum(rate(d_seconds_count[5m]))', 'ms', 1000],
    ['sum(rate(d_seconds_count[5m]))', 'rate', 1],
    ['rate(hits_total[5m])', 'rate', 1],
    ['rate(sent_bytes_total[5m])', 'byterate', 1],
    ['rate(process_cpu_seconds_total[5m])', 'count', 1],
    ['avg(heap_bytes)', 'bytes', 1],
    ['count(heap_bytes)', 'count', 1],
    ['rate(a_total[5m]) / rate(b_total[5m])', 'count', 1],
    ['avg(utilization_ratio)', 'percent', 1],
    ['heap_bytes + d_seconds', 'count', 1],
    ['1 + 1', 'count', 1],
  ])('of %s', (text, unit, scale) => {
    const isWord = (word: string) => ['sum', 'avg', 'by', 'count'].includes(word)
    expect(unitOfQuery(text, { unitOf: () => '', isWord })).toMatchObject({ unit, scale })
  })
})
