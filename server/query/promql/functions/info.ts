import { RE2JS } from 're2js'
import type { Matcher } from '../ast.ts'
import { selectInstant, selectTimestamps } from '../evaluate/selectors.ts'
import { type Labels, metricLabels } from '../labels.ts'
import { absent, EvaluationError, float, type StepGrid, VectorSeries } from '../value.ts'
import type { CallContext, ExpressionFunction } from './function.ts'

/** Labels that tie a series to its info metric. Source: Prometheus' info(). */
const identifying = ['instance', 'job']

/** Joins the labels of info metrics (`target_info` unless told otherwise) to the series of the same job and instance. */
export const info: ExpressionFunction = {
  kind: 'expression',
  name: 'info',
  args: ['vector', 'vector'],
  optional: 1,
  returns: 'vector',
  experimental: true,
  summary: 'Adds the labels of info metrics such as target_info to the series of the same job and instance.',
  async evaluate(call) {
    const value = await call.evaluation.evaluate(call.expr.args[0], call.grid)
    const series = value.type === 'vector' ? value.series : []
    return { type: 'vector', series: await join(call, series) }
  },
}

async function join(call: CallContext, series: readonly VectorSeries[]): Promise<readonly VectorSeries[]> {
  const selector = call.expr.args[1]
  const matchers = selector?.kind === 'selector' ? selector.matchers : []
  const nameMatchers = matchers.filter(({ name }) => name === '__name__')
  const names: readonly Matcher[] =
    nameMatchers.length > 0 ? nameMatchers : [{ name: '__name__', operator: '=', value: 'target_info' }]
  const dataMatchers = matchers.filter(({ name }) => name !== '__name__')
  const isInfo = (labels: Labels) => names.every((matcher) => matches(matcher, labels.get('__name__')))
  const infoSeries = await selectInfo(call, {
    names,
    dataMatchers,
    base: series.filter(({ labels }) => !isInfo(labels)),
  })
  const joined = new Join(call.grid, infoSeries, dataMatchers)
  for (const one of series)
    if (isInfo(one.labels)) joined.keep(one)
    else joined.add(one)
  return joined.results()
}

/** Info series at the base's own time shift; each value is the time of its sample. */
async function selectInfo(
  { evaluation, expr, grid }: CallContext,
  use: { names: readonly Matcher[]; dataMatchers: readonly Matcher[]; base: readonly VectorSeries[] },
): Promise<readonly VectorSeries[]> {
  if (use.base.length === 0) return []
  const selector = shiftOf(expr.args[0])
  const infoSelector = {
    kind: 'selector' as const,
    name: null,
    matchers: use.names,
    extension: 'none' as const,
    offset: selector?.offset ?? null,
    at: selector?.at ?? null,
    start: expr.start,
    end: expr.end,
  }
  for (const series of await selectInstant(evaluation, infoSelector, grid))
    if (series.state.some((state) => state !== absent && state !== float))
      throw new EvaluationError(`this should be an info metric, with float samples: ${series.labels}`)
  return selectTimestamps(evaluation, infoSelector, grid)
}

function shiftOf(expr: CallContext['expr']['args'][number]) {
  return expr.kind === 'selector' ? expr : null
}

/** Of the info series of one name, job and instance, the one with the newest sample counts at each step. */
class Join {
  private readonly grid: StepGrid
  private readonly byIdentity = new Map<string, VectorSeries[]>()
  private readonly dataMatchers: readonly Matcher[]
  private readonly wantedNames: ReadonlySet<string> | null
  private readonly made = new Map<string, VectorSeries>()

  constructor(grid: StepGrid, infoSeries: readonly VectorSeries[], dataMatchers: readonly Matcher[]) {
    this.grid = grid
    this.dataMatchers = dataMatchers
    this.wantedNames = dataMatchers.length === 0 ? null : new Set(dataMatchers.map(({ name }) => name))
    for (const series of infoSeries) {
      const key = identityOf(series.labels)
      this.byIdentity.set(key, [...(this.byIdentity.get(key) ?? []), series])
    }
  }

  keep(series: VectorSeries): void {
    this.made.set(`${series.labels.key}`, series)
  }

  add(series: VectorSeries): void {
    const partners = this.byIdentity.get(identityOf(series.labels)) ?? []
    for (let step = 0; step < this.grid.count; step += 1) {
      if (series.state[step] === absent) continue
      const labels = this.labelsAt(series.labels, partners, step)
      if (labels === null) continue
      const made = this.made.get(labels.key) ?? new VectorSeries(labels, this.grid.count, series.dropName)
      this.made.set(labels.key, made)
      if (series.state[step] === float) made.setFloat(step, series.floats[step])
      else made.setHistogram(step, series.histogramAt(step))
    }
  }

  /** Null where a data matcher asks for a label that no info series brings. */
  private labelsAt(base: Labels, partners: readonly VectorSeries[], step: number): Labels | null {
    const added = new Map<string, string>()
    for (const partner of newestPerName(partners, step)) {
      if (!this.isWanted(partner.labels)) continue
      for (const [name, value] of partner.labels.pairs()) {
        if (metricLabels.has(name) || identifying.includes(name) || base.get(name) !== '') continue
        if (this.wantedNames !== null && !this.wantedNames.has(name)) continue
        const before = added.get(name)
        if (before !== undefined && before !== value) throw new EvaluationError(`conflicting label: ${name}`)
        added.set(name, value)
      }
    }
    const isComplete = this.dataMatchers.every((matcher) => added.has(matcher.name) || matches(matcher, ''))
    return isComplete ? base.with(added) : null
  }

  private isWanted(labels: Labels): boolean {
    return this.dataMatchers.every((matcher) => {
      const value = labels.get(matcher.name)
      return value === '' || matches(matcher, value)
    })
  }

  results(): readonly VectorSeries[] {
    return [...this.made.values()]
  }
}

function identityOf(labels: Labels): string {
  return identifying.map((name) => labels.get(name)).join('\u0000')
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

function newestPerName(partners: readonly VectorSeries[], step: number): Iterable<VectorSeries> {
  const newest = new Map<string, VectorSeries>()
  for (const partner of partners) {
    if (partner.state[step] === absent) continue
    const name = partner.labels.get('__name__')
    const before = newest.get(name)
    if (before !== undefined && before.floats[step] === partner.floats[step])
      throw new EvaluationError(
        `found duplicate series for info metric: existing ${before.labels}, new ${partner.labels}`,
      )
    if (before === undefined || before.floats[step] < partner.floats[step]) newest.set(name, partner)
  }
  return newest.values()
}
