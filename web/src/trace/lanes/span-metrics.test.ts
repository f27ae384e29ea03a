import { describe, expect, it } from 'vitest'
import type { MetricFamily } from '../../../../contract/index.ts'
import { instanceName, ownInstance, spanMetrics } from './span-metrics.ts'

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

const by = 'sum by (instance, pod, k8s_pod_name, container_id)'

describe('metrics of what a span ran on', () => {
  it('are chosen from what is there, two at most', () => {
    const found = spanMetrics(
      ['http_requests_total', 'go_goroutines', 'process_resident_memory_bytes', 'process_cpu_seconds_total'].map(
        family,
      ),
      'pay"ment',
    )
    expect(found.map(({ title, query }) => [title, query])).toEqual([
      ['CPU', `${by} (rate(process_cpu_seconds_total{service_name="pay\\"ment"}[2m]))`],
      ['Memory', `${by} (process_resident_memory_bytes{service_name="pay\\"ment"})`],
    ])
  })

  it('are none where no rule knows any', () => {
    expect(spanMetrics([family('http_requests_total')], 'payment')).toEqual([])
  })

  it('know the instance that a span ran on by its pod, else by its instance', () => {
    const series: { metric: Record<string, string> }[] = [
      { metric: { instance: 'a' } },
      { metric: { instance: 'b', k8s_pod_name: 'payment-7d9c' } },
      { metric: { instance: 'c' } },
    ]
    expect(ownInstance(series, { 'service.instance.id': 'c' })).toBe(2)
    expect(ownInstance(series, { 'k8s.pod.name': 'payment-7d9c' })).toBe(1)
    expect(ownInstance(series, { 'service.instance.id': '' })).toBe(-1)
    expect(ownInstance(series, undefined)).toBe(-1)
    expect(series.map(instanceName)).toEqual(['a', 'payment-7d9c', 'c'])
  })
})
