import type { AggregateExpr } from '../ast.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { type Labels, metricLabels } from '../labels.ts'
import { absent, float, type StepGrid, VectorSeries } from '../value.ts'
import { type Accumulator, accumulators } from './accumulators.ts'

/** Aggregators that need one column of state a group, whatever the number of series. */
const folds: ReadonlySet<string> = new Set(['sum', 'avg', 'count', 'group', 'min', 'max'])

export function canFold(operator: string): boolean {
  return folds.has(operator)
}

/**
 * Aggregates series as they come and lets each go at once: memory is that of the groups, not of the series.
 * Points of one step are added in the order of the series, so the result is that of the step-wise accumulators.
 */
export class FoldAggregate {
  private readonly evaluation: Evaluation
  private readonly expr: AggregateExpr
  private readonly grid: StepGrid
  private readonly labelsOf: (labels: Labels) => Labels
  private readonly groups = new Map<string, Group>()

  constructor(evaluation: Evaluation, expr: AggregateExpr, grid: StepGrid) {
    this.evaluation = evaluation
    this.expr = expr
    this.grid = grid
    const names = new Set(expr.without ? [...expr.grouping, ...metricLabels] : expr.grouping)
    this.labelsOf = expr.without ? (labels) => labels.without(names) : (labels) => labels.keep(names)
  }

  add(series: VectorSeries): void {
    const { without, grouping } = this.expr
    const labels = without ? this.labelsOf(series.labels) : null
    const key = labels === null ? keyOf(series.labels, grouping) : labels.key
    let group = this.groups.get(key)
    if (group === undefined) {
      group = this.createGroup(labels ?? this.labelsOf(series.labels))
      this.groups.set(key, group)
    }
    group.dropName ||= series.dropName
    group.column.addFloats(series.state, series.floats)
    if (series.histograms !== null) this.addHistograms(group, series)
  }

  results(): VectorSeries[] {
    const found: VectorSeries[] = []
    for (const group of this.groups.values()) {
      const made = new VectorSeries(group.labels, this.grid.count, group.dropName)
      group.column.finish(made)
      group.histograms?.forEach((accumulator, step) => {
        if (made.state[step] === float) accumulator.addFloat(0)
        made.clear(step)
        accumulator.finish(made, step)
      })
      if (!made.isEmpty()) found.push(made)
    }
    return found
  }

  private createGroup(labels: Labels): Group {
    this.evaluation.hold(this.grid.count)
    return { labels, dropName: false, column: createColumn(this.expr.operator, this.grid.count), histograms: null }
  }

  private addHistograms(group: Group, series: VectorSeries): void {
    for (let step = 0; step < series.state.length; step += 1) {
      if (series.state[step] === absent || series.state[step] === float) continue
      if (group.column.addPresence?.(step) === true) continue
      if (this.expr.operator === 'min' || this.expr.operator === 'max') {
        this.evaluation.annotations.inform(`ignored histogram in ${this.expr.operator} aggregation`, this.expr.inner)
        continue
      }
      group.histograms ??= new Map()
      let accumulator = group.histograms.get(step)
      if (accumulator === undefined) {
        accumulator = accumulators[this.expr.operator]({
          evaluation: this.evaluation,
          expr: this.expr,
          parameter: null,
        })
        accumulator.start(step)
        group.histograms.set(step, accumulator)
      }
      accumulator.addHistogram(series.histogramAt(step))
    }
  }
}

/** Tells the groups of `by` apart. */
function keyOf(labels: Labels, names: readonly string[]): string {
  if (names.length === 0) return ''
  let key = labels.get(names[0])
  // Lengths keep values that hold any character apart.
  for (let i = 1; i < names.length; i += 1) key = `${key.length}:${key}${labels.get(names[i])}`
  return key
}

interface Group {
  readonly labels: Labels
  dropName: boolean
  readonly column: Column
  /** By step, where the group has native histograms. */
  histograms: Map<number, Accumulator> | null
}

/** State of one group over all steps. */
interface Column {
  addFloats(state: Uint8Array, values: Float64Array): void
  /** For aggregators that only ask whether there is a point. */
  addPresence?(step: number): true
  finish(into: VectorSeries): void
}

function createColumn(operator: string, steps: number): Column {
  switch (operator) {
    case 'sum':
      return new SumColumn(steps)
    case 'avg':
      return new MeanColumn(steps)
    case 'count':
    case 'group':
      return new CountColumn(steps, operator === 'group')
    default:
      return new ExtremeColumn(steps, operator === 'max')
  }
}

/** Neumaier's compensated sum at each step. */
class SumColumn implements Column {
  private readonly sums: Float64Array
  private readonly errors: Float64Array
  private readonly seen: Uint8Array

  constructor(steps: number) {
    this.sums = new Float64Array(steps)
    this.errors = new Float64Array(steps)
    this.seen = new Uint8Array(steps)
  }

  addFloats(state: Uint8Array, values: Float64Array): void {
    const { sums, errors, seen } = this
    for (let step = 0; step < state.length; step += 1) {
      if (state[step] !== float) continue
      seen[step] = 1
      const value = values[step]
      const sum = sums[step]
      const next = sum + value
      if (next - next !== 0) errors[step] = 0
      else if (Math.abs(sum) >= Math.abs(value)) errors[step] += sum - next + value
      else errors[step] += value - next + sum
      sums[step] = next
    }
  }

  finish(into: VectorSeries): void {
    for (let step = 0; step < this.seen.length; step += 1)
      if (this.seen[step] === 1) into.setFloat(step, this.sums[step] + this.errors[step])
  }
}

/** Mean at each step: sum over count, and where the sum overflows an incremental mean as in statistics.ts. */
class MeanColumn implements Column {
  private readonly sums: Float64Array
  private readonly errors: Float64Array
  private readonly counts: Uint32Array
  private readonly isIncremental: Uint8Array

  constructor(steps: number) {
    this.sums = new Float64Array(steps)
    this.errors = new Float64Array(steps)
    this.counts = new Uint32Array(steps)
    this.isIncremental = new Uint8Array(steps)
  }

  addFloats(state: Uint8Array, values: Float64Array): void {
    const { sums, errors, counts } = this
    for (let step = 0; step < state.length; step += 1) {
      if (state[step] !== float) continue
      const value = values[step]
      counts[step] += 1
      const sum = sums[step]
      const next = sum + value
      if (this.isIncremental[step] === 1 || next - next !== 0) this.addRare(step, value)
      else {
        errors[step] += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
        sums[step] = next
      }
    }
  }

  /** Sums that are not finite any more. In the incremental state `sums` holds the mean. */
  private addRare(step: number, value: number): void {
    const { sums, errors, counts } = this
    const count = counts[step]
    const next = sums[step] + value
    if (this.isIncremental[step] === 0) {
      if (count === 1 || Number.isNaN(next)) {
        sums[step] = next
        errors[step] = 0
        return
      }
      this.isIncremental[step] = 1
      sums[step] /= count - 1
      errors[step] /= count - 1
    }
    const share = (count - 1) / count
    const mean = share * sums[step]
    const part = value / count
    const moved = mean + part
    errors[step] = Number.isFinite(moved)
      ? share * errors[step] + (Math.abs(mean) >= Math.abs(part) ? mean - moved + part : part - moved + mean)
      : 0
    sums[step] = moved
  }

  finish(into: VectorSeries): void {
    const { sums, errors, counts } = this
    for (let step = 0; step < counts.length; step += 1) {
      if (counts[step] === 0) continue
      const by = this.isIncremental[step] === 1 ? 1 : counts[step]
      into.setFloat(step, sums[step] / by + errors[step] / by)
    }
  }
}

class CountColumn implements Column {
  private readonly counts: Uint32Array
  private readonly onlyPresence: boolean

  constructor(steps: number, onlyPresence: boolean) {
    this.counts = new Uint32Array(steps)
    this.onlyPresence = onlyPresence
  }

  addFloats(state: Uint8Array): void {
    for (let step = 0; step < state.length; step += 1) if (state[step] === float) this.counts[step] += 1
  }

  addPresence(step: number): true {
    this.counts[step] += 1
    return true
  }

  finish(into: VectorSeries): void {
    for (let step = 0; step < this.counts.length; step += 1)
      if (this.counts[step] > 0) into.setFloat(step, this.onlyPresence ? 1 : this.counts[step])
  }
}

/** NaN only where there is nothing else. */
class ExtremeColumn implements Column {
  private readonly best: Float64Array
  private readonly seen: Uint8Array
  private readonly largest: boolean

  constructor(steps: number, largest: boolean) {
    this.best = new Float64Array(steps)
    this.seen = new Uint8Array(steps)
    this.largest = largest
  }

  addFloats(state: Uint8Array, values: Float64Array): void {
    const { best, seen, largest } = this
    for (let step = 0; step < state.length; step += 1) {
      if (state[step] !== float) continue
      const value = values[step]
      const isBetter = largest ? value > best[step] : value < best[step]
      if (seen[step] === 0 || isBetter || Number.isNaN(best[step])) best[step] = value
      seen[step] = 1
    }
  }

  finish(into: VectorSeries): void {
    for (let step = 0; step < this.seen.length; step += 1)
      if (this.seen[step] === 1) into.setFloat(step, this.best[step])
  }
}
