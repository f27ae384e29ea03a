import { describe, expect, it } from 'vitest'
import type { MetricFamily } from '../../../../contract/index.ts'
import { spanMetrics } from './span-metrics.ts'

const family = (name: string): MetricFamily => ({
  ...{
    name,
    type: 'gauge',
    unit: '',
    help: '',
    series: 1,
    names: [{ name, series: 1 }],
    service_label: 'service_name',
  },
})

describe('metrics of what a span ran on', () => {
  it('are chosen from what is there, two at most', () => {
    const found = spanMetrics(
      ['http_requests_total', 'go_goroutines', 'process_resident_memory_bytes', 'process_cpu_seconds_total'].map(
        family,
      ),
      'pay"ment',
    )
    expect(found.map(({ title, query }) => [title, query])).toEqual([
      ['CPU', 'sum(rate(process_cpu_seconds_total{service_name="pay\\"ment"}[2m]))'],
      ['Memory', 'sum(process_resident_memory_bytes{service_name="pay\\"ment"})'],
    ])
  })

  it('are none where no rule knows any', () => {
    expect(spanMetrics([family('http_requests_total')], 'payment')).toEqual([])
  })
})
