import type { MetricFamily } from '../../../../contract/index.ts'

/** A metric of what a span ran on: what it is called here, and the query that draws it. */
export interface SpanMetric {
  readonly title: string
  readonly name: string
  readonly query: string
  readonly unit: 'percent' | 'bytes' | 'ms' | 'count'
}

interface Rule {
  readonly title: string
  readonly names: RegExp
  readonly unit: SpanMetric['unit']
  /** Only counters are told as a rate. */
  readonly isRate?: boolean
}

/** What is looked for, the most telling first; the names are those of common libraries and agents. */
const rules: readonly Rule[] = [
  { title: 'Connections', names: /^db_(client_)?connections?_(active|usage|count|in_use)$/, unit: 'count' },
  { title: 'CPU', names: /^(process|container|k8s_pod|jvm)_cpu_(recent_)?utilization(_ratio)?$/, unit: 'percent' },
  {
    ...{ title: 'CPU', unit: 'percent', isRate: true },
    names:
      /^(process_cpu_seconds_total|process_cpu_time_seconds_total|container_cpu_usage_seconds_total|container_cpu_time_seconds_total)$/,
  },
  {
    ...{ title: 'Memory', unit: 'bytes' },
    names:
      /^(process_resident_memory_bytes|process_memory_usage_bytes|container_memory_working_set_bytes|container_memory_usage_bytes|k8s_pod_memory_working_set_bytes|jvm_memory_used_bytes|process_runtime_jvm_memory_usage_bytes)$/,
  },
  {
    ...{ title: 'Event loop', unit: 'percent' },
    names: /^nodejs_eventloop_utilization(_ratio)?$/,
  },
  { title: 'Goroutines', names: /^(go_goroutines|go_goroutine_count)$/, unit: 'count' },
]

/** Lanes of metrics at most. */
const mostLanes = 2

/** Chooses from what the catalog has of a service; nothing where no rule knows any of it. */
export function spanMetrics(families: readonly MetricFamily[], service: string): SpanMetric[] {
  const chosen = new Map<string, SpanMetric>()
  for (const { title, names, unit, isRate } of rules) {
    const family = families.find(({ name }) => names.test(name))
    if (family === undefined || chosen.has(title) || chosen.size === mostLanes) continue
    const label = family.service_label === '' ? 'job' : family.service_label
    const series = `${family.name}{${label}=${JSON.stringify(service)}}`
    chosen.set(title, { title, name: family.name, unit, query: isRate ? `sum(rate(${series}[2m]))` : `sum(${series})` })
  }
  return [...chosen.values()]
}
