import { RE2JS } from 're2js'
import type { Matcher } from '../ast.ts'
import { type Labels, metricLabels } from '../labels.ts'
import { absent, EvaluationError, float, type StepGrid, VectorSeries } from '../value.ts'

/** Labels that tie a series to its info metric. Source: Prometheus' info(). */
const identifying = ['instance', 'job'] as const

/** Which info metrics are meant, and which of their labels. */
export class InfoSelection {
  /** Matchers of the info metrics' names. */
  readonly names: readonly Matcher[]
  /** All other matchers: of the labels that are wanted. */
  readonly data: readonly Matcher[]
  private readonly wanted: ReadonlySet<string> | null

  constructor(matchers: readonly Matcher[]) {
    this.names = effectiveNames(matchers.filter(({ name }) => name === '__name__'))
    this.data = matchers.filter(({ name }) => name !== '__name__')
    this.wanted = this.data.length === 0 ? null : new Set(this.data.map(({ name }) => name))
  }

  isInfo(labels: Labels): boolean {
    return this.names.every((matcher) => matches(matcher, labels.get('__name__')))
  }

  /** Whether a label of an info metric is wanted at all. */
  wants(name: string): boolean {
    return !metricLabels.has(name) && (this.wanted === null || this.wanted.has(name))
  }

  /** Whether a series stays as it is where it has no info metric. */
  get allowsNone(): boolean {
    return this.data.every((matcher) => matches(matcher, ''))
  }
}

/** Without a name target_info is meant; where names are only excluded, all that end in `_info`. */
function effectiveNames(names: readonly Matcher[]): readonly Matcher[] {
  if (names.length === 0) return [{ name: '__name__', operator: '=', value: 'target_info' }]
  if (names.some(({ operator }) => operator === '=' || operator === '=~')) return names
  return [{ name: '__name__', operator: '=~', value: '.+_info' }, ...names]
}

function matches({ operator, value }: Matcher, text: string): boolean {
  switch (operator) {
    case '=':
      return text === value
    case '!=':
      return text !== value
    case '=~':
      return RE2JS.matches(value, text)
    case '!~':
      return !RE2JS.matches(value, text)
  }
}

/**
 * Whether an info metric can belong to one of the series: its job and its instance are those of some of them, where one
 * has neither it has no info metric.
 */
export function belongsToSome(base: readonly Labels[]): (info: Labels) => boolean {
  const groups = new Map<string, ReadonlyMap<string, Set<string>>>()
  for (const labels of base) {
    const present = identifying.filter((name) => labels.get(name) !== '')
    if (present.length === 0) continue
    const group = groups.get(present.join()) ?? new Map(identifying.map((name) => [name, new Set<string>()]))
    groups.set(present.join(), group)
    for (const name of identifying) group.get(name)?.add(labels.get(name))
  }
  return (info) =>
    [...groups.values()].some((group) => identifying.every((name) => group.get(name)?.has(info.get(name))))
}

/** Adds labels of info metrics to series, step by step: of those of one name, job and instance the newest counts. */
export class InfoJoin {
  private readonly grid: StepGrid
  private readonly selection: InfoSelection
  private readonly byIdentity = new Map<string, VectorSeries[]>()
  private readonly made = new Map<string, VectorSeries>()

  /** Values of `infoSeries` are the times of their samples. */
  constructor(grid: StepGrid, infoSeries: readonly VectorSeries[], selection: InfoSelection) {
    this.grid = grid
    this.selection = selection
    for (const series of infoSeries) {
      const key = identityOf(series.labels)
      this.byIdentity.set(key, [...(this.byIdentity.get(key) ?? []), series])
    }
  }

  keep(series: VectorSeries): void {
    this.made.set(series.labels.key, series)
  }

  add(series: VectorSeries): void {
    const partners = this.byIdentity.get(identityOf(series.labels)) ?? []
    for (let step = 0; step < this.grid.count; step += 1) {
      if (series.state[step] === absent) continue
      const labels = this.labelsAt(series.labels, partners, step)
      if (labels === null) continue
      const made = this.made.get(labels.key) ?? new VectorSeries(labels, this.grid.count, series.dropName)
      this.made.set(labels.key, made)
      if (made.state[step] !== absent) throw new EvaluationError('vector cannot contain metrics with the same labelset')
      if (series.state[step] === float) made.setFloat(step, series.floats[step])
      else made.setHistogram(step, series.histogramAt(step))
    }
  }

  /** Null where no info metric is there, and some of its labels were asked for. */
  private labelsAt(base: Labels, partners: readonly VectorSeries[], step: number): Labels | null {
    const added = new Map<string, string>()
    const present = newestPerName(partners, step)
    for (const { labels } of present)
      for (const [name, value] of labels.pairs()) {
        if (!this.selection.wants(name)) continue
        const before = added.get(name)
        if (before !== undefined && before !== value) throw new EvaluationError(`conflicting label: ${name}`)
        if (base.get(name) === '') added.set(name, value)
      }
    if (present.length === 0 && !this.selection.allowsNone) return null
    return added.size === 0 ? base : base.with(added)
  }

  results(): readonly VectorSeries[] {
    return [...this.made.values()]
  }
}

function identityOf(labels: Labels): string {
  return identifying.map((name) => labels.get(name)).join('\u0000')
}

function newestPerName(partners: readonly VectorSeries[], step: number): readonly VectorSeries[] {
  const newest = new Map<string, VectorSeries>()
  for (const partner of partners) {
    if (partner.state[step] === absent) continue
    const name = partner.labels.get('__name__')
    const before = newest.get(name)
    if (before !== undefined && before.floats[step] === partner.floats[step]) failDuplicate(before, partner, step)
    if (before === undefined || before.floats[step] < partner.floats[step]) newest.set(name, partner)
  }
  return [...newest.values()]
}

function failDuplicate(before: VectorSeries, after: VectorSeries, step: number): never {
  const [first, second] = [before, after].map(({ labels, floats }) => `${labels} @ ${floats[step] * 1000}`)
  throw new EvaluationError(`found duplicate series for info metric: existing ${first}, new ${second}`)
}
