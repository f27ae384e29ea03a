import type { MetricCount } from '../../store/read/metric-catalog.ts'
import type { MetadataRow } from '../../store/read/promql/metadata.ts'

const metricTypes = [
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
] as const
type MetricType = (typeof metricTypes)[number]

/** A metric as people know it: one counter or gauge, or a histogram with all that is stored of it. */
export interface MetricFamily {
  readonly name: string
  readonly type: MetricType
  readonly unit: string
  readonly help: string
  readonly series: number
  readonly names: readonly { readonly name: string; readonly series: number }[]
  readonly serviceLabel: string
}

type About = Pick<MetadataRow, 'unit' | 'help'> & { readonly type: MetricType }

const nothingKnown: About = { type: 'unknown', unit: '', help: '' }
const ofDistributions = /_(bucket|count|sum|gcount|gsum|min|max)$/
const withParts: ReadonlySet<string> = new Set(['histogram', 'gaugehistogram', 'summary'])

/**
 * Puts stored names together into families, by name. What senders said about a family decides; where they said
 * nothing, the names do: `_bucket` beside `_count` is a histogram, `_count` beside `_sum` and the bare name a summary,
 * `_total` a counter.
 */
export function metricFamilies(counts: readonly MetricCount[], metadata: readonly MetadataRow[]): MetricFamily[] {
  const said = new Map<string, About>()
  // Newest statement first: later rows of the same name are older.
  for (const { name, type, unit, help } of metadata)
    if (!said.has(name)) said.set(name, { type: typeOf(type), unit, help })
  const stored = new Set(counts.map(({ name }) => name))
  const families = new Map<string, MetricFamily>()
  for (const { name, series, serviceLabel } of counts) {
    const { family, about } = familyOf(name, said, stored)
    const known = families.get(family) ?? { name: family, ...about, series: 0, names: [], serviceLabel }
    families.set(family, { ...known, series: known.series + series, names: [...known.names, { name, series }] })
  }
  return [...families.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

function familyOf(name: string, said: ReadonlyMap<string, About>, stored: ReadonlySet<string>) {
  const own = said.get(name)
  if (own !== undefined) return { family: name, about: own }
  const base = name.replace(ofDistributions, '')
  if (base !== name) {
    const about = said.get(base)
    if (about !== undefined && withParts.has(about.type)) return { family: base, about }
    if (stored.has(`${base}_bucket`) && stored.has(`${base}_count`))
      return { family: base, about: { ...nothingKnown, ...about, type: 'histogram' as const } }
    if (stored.has(`${base}_count`) && stored.has(`${base}_sum`) && stored.has(base))
      return { family: base, about: { ...nothingKnown, ...about, type: 'summary' as const } }
  } else if (stored.has(`${name}_count`) && stored.has(`${name}_sum`))
    return { family: name, about: { ...nothingKnown, type: 'summary' as const } }
  if (name.endsWith('_total'))
    return { family: name, about: said.get(name.slice(0, -6)) ?? { ...nothingKnown, type: 'counter' as const } }
  if (name.endsWith('_info'))
    return { family: name, about: said.get(name.slice(0, -5)) ?? { ...nothingKnown, type: 'info' as const } }
  return { family: name, about: nothingKnown }
}

function typeOf(text: string): MetricType {
  return metricTypes.find((one) => one === text) ?? 'unknown'
}
