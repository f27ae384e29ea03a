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

/** Labels that tell the instances of a service apart, and the resource attributes of spans that say the same. */
const instanceAttributes = {
  instance: 'service.instance.id',
  pod: 'k8s.pod.name',
  k8s_pod_name: 'k8s.pod.name',
  container_id: 'container.id',
} as const
const instanceLabels = Object.keys(instanceAttributes) as (keyof typeof instanceAttributes)[]

type Labels = Readonly<Record<string, string>>

/** The place of the instance that a span ran on among the series of a metric; -1 where none says that it is that one. */
export function ownInstance(series: readonly { readonly metric: Labels }[], resource: Labels | undefined): number {
  if (resource === undefined) return -1
  return series.findIndex(({ metric }) =>
    instanceLabels.some((label) => {
      const own = resource[instanceAttributes[label]]
      return own !== undefined && own !== '' && metric[label] === own
    }),
  )
}

/** What an instance is called: its pod where it has one, else its instance. */
export function instanceName({ metric }: { readonly metric: Labels }): string {
  return metric.k8s_pod_name ?? metric.pod ?? metric.instance ?? metric.container_id ?? ''
}

/** Chooses from what the catalog has of a service; nothing where no rule knows any of it. */
export function spanMetrics(families: readonly MetricFamily[], service: string): SpanMetric[] {
  const chosen = new Map<string, SpanMetric>()
  for (const { title, names, unit, isRate } of rules) {
    const family = families.find(({ name }) => names.test(name))
    if (family === undefined || chosen.has(title) || chosen.size === mostLanes) continue
    const label = family.service_label === '' ? 'job' : family.service_label
    const series = `${family.name}{${label}=${JSON.stringify(service)}}`
    const value = isRate ? `rate(${series}[2m])` : series
    chosen.set(title, { title, name: family.name, unit, query: `sum by (${instanceLabels.join(', ')}) (${value})` })
  }
  return [...chosen.values()]
}
