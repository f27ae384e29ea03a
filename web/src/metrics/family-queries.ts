import type { MetricFamily } from '../../../contract/index.ts'

/** A question about a family that needs no words from a person. */
export interface FamilyQuery {
  /** `p95`, `per second`, `mean`. */
  readonly words: string
  readonly text: string
  /** A colour variable without `--`, where it has one of its own. */
  readonly colour?: string
  readonly isDashed?: boolean
}

export interface QueryScope {
  /** Labels that series must have; `service` is whichever label tells the service. */
  readonly labels: Readonly<Record<string, string>>
  /** A label to split by. */
  readonly by?: string
  /** How much earlier, as PromQL writes it: `1d`. */
  readonly offset?: string
}

const quantiles = [
  ['p50', 0.5, 'q50'],
  ['p95', 0.95, 'q95'],
  ['p99', 0.99, 'q99'],
] as const

/** What is worth seeing of a family first, most telling first; split by a label it is one query. */
export function familyQueries(family: MetricFamily, scope: QueryScope): FamilyQuery[] {
  const { name, type } = family
  const select = (of: string) => selectorOf(of, matchersOf(family, scope.labels))
  const earlier = scope.offset === undefined ? '' : ` offset ${scope.offset}`
  const rated = (of: string) => `rate(${select(of)}[$__rate_interval]${earlier})`
  const by = (...labels: readonly string[]) => {
    const all = scope.by === undefined ? labels : [...labels, scope.by]
    return all.length === 0 ? '' : ` by (${all.map(labelName).join(', ')}) `
  }
  if (type === 'counter') return [{ words: 'per second', text: `sum${by()}(${rated(name)})` }]
  if (type === 'histogram' || type === 'gaugehistogram') {
    const isClassic = family.names.some((one) => one.name === `${name}_bucket`)
    const buckets = isClassic ? `sum${by('le')}(${rated(`${name}_bucket`)})` : `sum${by()}(${rated(name)})`
    const requests = isClassic ? `sum${by()}(${rated(`${name}_count`)})` : `histogram_count(${buckets})`
    const shown = scope.by === undefined ? quantiles : quantiles.slice(1, 2)
    return [
      ...shown.map(([words, q, colour]) => ({
        ...{ words, text: `histogram_quantile(${q}, ${buckets})` },
        ...(scope.by === undefined ? { colour } : {}),
      })),
      { words: 'per second', text: requests },
    ]
  }
  if (type === 'summary') {
    const isBare = family.names.some((one) => one.name === name)
    const counts = { words: 'per second', text: `sum${by()}(${rated(`${name}_count`)})` }
    return isBare
      ? [{ words: 'by quantile', text: `avg${by('quantile')}(${select(name)}${earlier})` }, counts]
      : [counts]
  }
  if (type === 'info' || type === 'stateset')
    return [{ words: 'series', text: `count${by()}(${select(name)}${earlier})` }]
  return [{ words: 'mean', text: `avg${by()}(${select(name)}${earlier})` }]
}

/** The same queries with the one that says most repeated for an earlier time, dashed beside it. */
export function withEarlier(
  queries: readonly FamilyQuery[],
  earlier: readonly FamilyQuery[],
  words: string,
): readonly FamilyQuery[] {
  const at = Math.max(
    0,
    queries.findIndex((one) => one.words === 'p95'),
  )
  const told = earlier.find((one) => one.words === queries[at].words)
  if (told === undefined || told.words === 'by quantile') return queries
  return [
    ...queries,
    { words: `${queries.length > 1 ? `${told.words} ` : ''}${words}`, text: told.text, colour: 's10', isDashed: true },
  ]
}

/** `name{a="b"}`; a name that PromQL cannot hold stands in quotes inside the braces. */
function selectorOf(name: string, matchers: readonly string[]): string {
  if (/^[A-Za-z_:][\w:]*$/.test(name)) return matchers.length === 0 ? name : `${name}{${matchers.join(', ')}}`
  return `{${[quoted(name), ...matchers].join(', ')}}`
}

function matchersOf(family: MetricFamily, labels: QueryScope['labels']): string[] {
  return Object.entries(labels).flatMap(([name, value]) => {
    if (name !== 'service') return [`${labelName(name)}=${quoted(value)}`]
    if (family.service_label === '') return []
    if (family.service_label !== 'job') return [`${family.service_label}=${quoted(value)}`]
    // OpenTelemetry puts the namespace before the name of the service.
    return [`job=~${quoted(`(.+/)?${value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`)}`]
  })
}

function labelName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
