import type { StatsdMetric, StatsdType } from '../../decode/statsd/statsd-line.ts'
import type { MetricType } from '../../model/metric.ts'
import { prometheusLabelName, prometheusMetricName } from '../../model/prometheus-names.ts'

/** Under which name and labels a metric is stored. */
export interface StatsdSeries {
  readonly labels: [string, string][]
  readonly metadata: { readonly name: string; readonly type: MetricType; readonly unit: string }
}

const naming: Readonly<Record<StatsdType, { unit: string; name: 'counter' | 'gauge' | 'other'; type: MetricType }>> = {
  c: { unit: '', name: 'counter', type: 'counter' },
  g: { unit: '', name: 'gauge', type: 'gauge' },
  s: { unit: '', name: 'gauge', type: 'gauge' },
  ms: { unit: 's', name: 'other', type: 'histogram' },
  h: { unit: '', name: 'other', type: 'histogram' },
  d: { unit: '', name: 'other', type: 'histogram' },
}

/**
 * Name and labels of a metric, or null where nothing usable is left of its name: `page.views` becomes `page_views_total`
 * (counter), `page_views` (gauge, distribution), `page_views_seconds` (timer), `page_views_unique` (set). Tags become
 * labels: `env:prod` → `env="prod"`, `beta` → `beta="true"`; of a key that stands twice the values are joined by commas.
 */
export function statsdSeries({ name, type, tags }: StatsdMetric): StatsdSeries | null {
  const { unit, name: kind, type: metricType } = naming[type]
  const stored = prometheusMetricName(type === 's' ? `${name}.unique` : name, { unit, type: kind })
  if (stored === null) return null
  const labels = new Map<string, string>([['__name__', stored]])
  for (const tag of tags) {
    const colon = tag.indexOf(':')
    const label = prometheusLabelName(colon < 1 ? tag : tag.slice(0, colon))
    if (label === null || label === '__name__') continue
    const value = colon < 1 ? 'true' : tag.slice(colon + 1)
    const known = labels.get(label)
    labels.set(label, known === undefined || known === value ? value : `${known},${value}`)
  }
  return { labels: [...labels], metadata: { name: stored, type: metricType, unit: unit === 's' ? 'seconds' : '' } }
}
