import type { BinaryExpr, VectorMatching } from '../ast.ts'
import { compareText, type Labels, metricLabels } from '../labels.ts'
import { absent, EvaluationError, float, type StepGrid, VectorSeries } from '../value.ts'
import { type Element, ElementOperator, put } from './element-operator.ts'
import type { Evaluation } from './evaluation.ts'
import { keepsMetric } from './float-operators.ts'
import { matchingLabels } from './signature.ts'

interface Sides {
  readonly left: readonly VectorSeries[]
  readonly right: readonly VectorSeries[]
  readonly grid: StepGrid
}

/** Arithmetic and comparison between two vectors: one to one, or many to one with `group_left` and `group_right`. */
export function matchVectors(evaluation: Evaluation, expr: BinaryExpr, sides: Sides): readonly VectorSeries[] {
  return new Matching(evaluation, expr, sides).run()
}

/** Series of one signature on both sides. */
interface Group {
  readonly many: VectorSeries[]
  readonly one: VectorSeries[]
  readonly labels: Labels
}

class Matching {
  private readonly expr: BinaryExpr
  private readonly sides: Sides
  private readonly matching: VectorMatching
  private readonly operator: ElementOperator
  private readonly results = new Map<string, VectorSeries>()
  /** Whether labels of the metric stay for now; with `bool` and delayed removal they leave at the end of the query. */
  private readonly keepsName: boolean
  private readonly dropsNameLater: boolean
  /** By step: how many points the "many" side has in all groups. Without any, nothing is matched and nothing fails. */
  private readonly manyPoints: Uint32Array
  private readonly leftElement: Element = { value: 0, histogram: null }
  private readonly rightElement: Element = { value: 0, histogram: null }
  private readonly onlyLabels: ReadonlySet<string>

  constructor(evaluation: Evaluation, expr: BinaryExpr, sides: Sides) {
    this.expr = expr
    this.sides = sides
    this.matching = expr.matching as VectorMatching
    this.operator = new ElementOperator(evaluation, expr)
    const { delayedNameRemoval } = evaluation.settings
    this.keepsName = keepsMetric(expr.operator) && (!expr.returnBool || delayedNameRemoval)
    this.dropsNameLater = expr.returnBool && delayedNameRemoval
    this.manyPoints = pointsByStep(this.swapped ? sides.right : sides.left, sides.grid.count)
    this.onlyLabels = new Set(this.matching.labels)
  }

  /** The right side is the "one" unless the cardinality says otherwise. */
  private get swapped(): boolean {
    return this.matching.cardinality === 'one-to-many'
  }

  run(): readonly VectorSeries[] {
    for (const group of this.groups()) this.matchGroup(group)
    const found = [...this.results.values()].filter((series) => !series.isEmpty())
    return found
  }

  private groups(): Iterable<Group> {
    const pick = matchingLabels(this.matching)
    const groups = new Map<string, Group>()
    const add = (series: VectorSeries, side: 'many' | 'one') => {
      const labels = pick(series.labels)
      const group = groups.get(labels.key) ?? { many: [], one: [], labels }
      group[side].push(series)
      groups.set(labels.key, group)
    }
    const [many, one] = this.swapped ? [this.sides.right, this.sides.left] : [this.sides.left, this.sides.right]
    for (const series of many) add(series, 'many')
    for (const series of one) add(series, 'one')
    return groups.values()
  }

  private matchGroup(group: Group): void {
    const { fillLeft, fillRight } = this.matching
    const fillsNothing = fillLeft === null && fillRight === null
    if (group.one.length === 0 && fillsNothing) return
    const steps = this.sides.grid.count
    const inserted: Set<VectorSeries> = new Set()
    for (let step = 0; step < steps; step += 1) {
      if (fillsNothing && this.manyPoints[step] === 0) continue
      const one = this.single(group, step)
      inserted.clear()
      let matched = 0
      for (const many of group.many) {
        if (many.state[step] === absent) continue
        matched += 1
        this.matchPair(group, { many, one, step, inserted })
      }
      if (matched === 0 && one !== null) this.matchPair(group, { many: null, one, step, inserted })
    }
  }

  /** The series of the "one" side at a step. Throws where there are several. */
  private single(group: Group, step: number): VectorSeries | null {
    let found: VectorSeries | null = null
    for (const series of group.one) {
      if (series.state[step] === absent) continue
      if (found !== null) this.failDuplicate(group, found, series)
      found = series
    }
    return found
  }

  private failDuplicate(group: Group, first: VectorSeries, second: VectorSeries): never {
    // In one order always, whichever came first.
    const pair = [braced(first.labels), braced(second.labels)].sort(compareText).join(', ')
    const side = this.swapped ? 'left' : 'right'
    throw new EvaluationError(
      `found duplicate series for the match group ${braced(group.labels)} on the ${side} hand-side of the operation: [${pair}];many-to-many matching not allowed: matching labels must be unique on one side`,
    )
  }

  private matchPair(
    group: Group,
    pair: { many: VectorSeries | null; one: VectorSeries | null; step: number; inserted: Set<VectorSeries> },
  ): void {
    const { many, one, step, inserted } = pair
    const [left, right] = this.swapped ? [one, many] : [many, one]
    if (!this.element(left, step, { into: this.leftElement, fill: this.matching.fillLeft })) return
    if (!this.element(right, step, { into: this.rightElement, fill: this.matching.fillRight })) return
    const kept = this.operator.apply(this.leftElement, this.rightElement)
    if (this.operator.isUnfit) return
    // Two partners are one too many even where the comparison drops them.
    const made = this.resultSeries(many?.labels ?? group.labels, one?.labels ?? group.labels)
    if (inserted.has(made) || (this.matching.cardinality === 'one-to-one' && inserted.size > 0)) this.failMultiple()
    inserted.add(made)
    if (!kept && !this.expr.returnBool) return
    if (made.state[step] !== absent) throw new EvaluationError('vector cannot contain metrics with the same labelset')
    if (this.expr.returnBool) made.setFloat(step, Number(kept))
    else put(made, step, this.operator.result)
  }

  private element(series: VectorSeries | null, step: number, use: { into: Element; fill: number | null }): boolean {
    use.into.histogram = null
    if (series === null) {
      if (use.fill === null) return false
      use.into.value = use.fill
      return true
    }
    use.into.value = series.floats[step]
    if (series.state[step] !== float) use.into.histogram = series.histogramAt(step)
    return true
  }

  private failMultiple(): never {
    throw new EvaluationError(
      this.matching.cardinality === 'one-to-one'
        ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
        : 'multiple matches for labels: grouping labels must ensure unique matches',
    )
  }

  private resultSeries(many: Labels, one: Labels): VectorSeries {
    const labels = this.resultLabels(many, one)
    const known = this.results.get(labels.key)
    if (known !== undefined) return known
    const made = new VectorSeries(labels, this.sides.grid.count, this.dropsNameLater)
    this.results.set(labels.key, made)
    return made
  }

  private resultLabels(many: Labels, one: Labels): Labels {
    let labels = this.keepsName ? many : many.without(metricLabels)
    if (this.matching.cardinality === 'one-to-one')
      labels = this.matching.on ? labels.keep(this.onlyLabels) : labels.without(this.onlyLabels)
    if (this.matching.include.length === 0) return labels
    return labels.with(new Map(this.matching.include.map((name) => [name, one.get(name)])))
  }
}

function pointsByStep(series: readonly VectorSeries[], steps: number): Uint32Array {
  const points = new Uint32Array(steps)
  for (const one of series)
    for (let step = 0; step < steps; step += 1) if (one.state[step] !== absent) points[step] += 1
  return points
}

function quotedName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name)
}

/** `{a="b"}` with the name among the labels, as these messages show series. */
function braced(labels: Labels): string {
  return `{${[...labels.pairs()].map(([name, value]) => `${quotedName(name)}=${JSON.stringify(value)}`).join(', ')}}`
}
