import type { Annotations } from '../annotations.ts'
import type { DurationExpr, Expr, ValueType, VectorSelector } from '../ast.ts'
import type { Labels } from '../labels.ts'
import { maxDurationMs } from '../parse/duration.ts'
import { applyDurationOperator } from '../parse/duration-expression.ts'
import type { SeriesSource } from '../source.ts'
import { absent, EvaluationError, type StepGrid, type Value, VectorSeries } from '../value.ts'

/** Rules of evaluation that a deployment may choose. */
export interface EvaluationSettings {
  /** How far back an instant selector looks for its sample, ms. Prometheus: 5 min. */
  readonly lookbackMs: number
  /** Step of a subquery that names none, ms. Prometheus: the global evaluation interval, 1 min. */
  readonly defaultStepMs: number
  /** Samples and points that a query may hold in memory at once; beyond it the query fails. Prometheus: 50 million. */
  readonly maxSamples: number
  /** Metric names leave at the end of the query, not in each operation (Prometheus' feature promql-delayed-name-removal). */
  readonly delayedNameRemoval: boolean
  /** Label names that a query writes: any UTF-8 (Prometheus 3), or letters, digits and `_` only (Prometheus 2). */
  readonly labelNames: 'utf8' | 'legacy'
}

export const defaultSettings: EvaluationSettings = {
  lookbackMs: 300_000,
  defaultStepMs: 60_000,
  maxSamples: 50_000_000,
  delayedNameRemoval: false,
  labelNames: 'utf8',
}

/** Samples that the evaluation read, and the most samples and points that it held at once. */
export interface QueryCost {
  readonly totalSamples: number
  readonly peakSamples: number
}

/** Offsets in the text instead of line and column, as Prometheus has it here. */
function durationError({ start, end }: DurationExpr, detail: string): EvaluationError {
  return new EvaluationError(`${start}:${end}: ${detail}`)
}

/** Times of a question as they were asked, Unix ms: the end may lie behind the last step. Instant: start = end, step 0. */
export interface AskedTimes {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

/** Everything one query's evaluation shares. */
export class Evaluation {
  readonly source: SeriesSource
  readonly settings: EvaluationSettings
  readonly annotations: Annotations
  /** What was asked for: `start()`, `end()`, `step()` and `range()` mean it, inside subqueries too. */
  readonly asked: AskedTimes
  readonly signal: AbortSignal | null
  /** Selectors of whose native histograms only count and sum matter. */
  readonly statsOnly: ReadonlySet<VectorSelector>
  readonly typeOf: (expr: Expr) => ValueType
  readonly evaluate: (expr: Expr, grid: StepGrid) => Promise<Value>
  /** The series of a vector in batches as they are read, or null where they must be there all at once. */
  readonly stream: (expr: Expr, grid: StepGrid) => AsyncIterable<readonly VectorSeries[]> | null
  private held = 0
  private peak = 0
  private read = 0

  constructor(options: {
    source: SeriesSource
    settings: EvaluationSettings
    annotations: Annotations
    asked: AskedTimes
    signal: AbortSignal | null
    statsOnly: ReadonlySet<VectorSelector>
    typeOf: (expr: Expr) => ValueType
    evaluate: (evaluation: Evaluation, expr: Expr, grid: StepGrid) => Promise<Value>
    stream: (evaluation: Evaluation, expr: Expr, grid: StepGrid) => AsyncIterable<readonly VectorSeries[]> | null
  }) {
    this.source = options.source
    this.settings = options.settings
    this.annotations = options.annotations
    this.asked = options.asked
    this.signal = options.signal
    this.statsOnly = options.statsOnly
    this.typeOf = options.typeOf
    this.evaluate = (expr, grid) => options.evaluate(this, expr, grid)
    this.stream = (expr, grid) => options.stream(this, expr, grid)
  }

  /** Counts samples or points taken into memory; negative when they are let go. */
  hold(samples: number): void {
    this.held += samples
    if (this.held > this.peak) this.peak = this.held
    if (this.held > this.settings.maxSamples)
      throw new EvaluationError('query processing would load too many samples into memory in query execution')
  }

  /** Whether a query may write a label of this name. */
  isLabelName(name: string): boolean {
    if (this.settings.labelNames === 'legacy') return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    return name !== '' && name.isWellFormed()
  }

  /** Counts samples that the source handed over. */
  countRead(samples: number): void {
    this.read += samples
  }

  /** What the query cost so far. */
  get cost(): QueryCost {
    return { totalSamples: this.read, peakSamples: this.peak }
  }

  /** Milliseconds of a duration. Throws: EvaluationError for a calculation that gives none. */
  durationMs(expr: DurationExpr): number {
    if (expr.kind === 'constant') return Math.round(expr.seconds * 1000)
    const seconds = this.seconds(expr)
    if (!Number.isFinite(seconds)) throw durationError(expr, 'duration is NaN or infinite')
    if (Math.abs(seconds) * 1000 > maxDurationMs) throw durationError(expr, 'duration is out of range')
    return Math.trunc(seconds * 1000)
  }

  /** The same where only what lies above zero has a meaning. */
  positiveMs(expr: DurationExpr): number {
    if (expr.kind !== 'constant' && this.seconds(expr) <= 0)
      throw durationError(expr, 'duration must be greater than 0')
    const ms = this.durationMs(expr)
    if (ms <= 0) throw new EvaluationError('duration must be greater than 0')
    return ms
  }

  private seconds(expr: DurationExpr): number {
    const { startMs, endMs, stepMs } = this.asked
    switch (expr.kind) {
      case 'constant':
        return expr.seconds
      case 'step':
        return stepMs / 1000
      case 'range':
        return (endMs - startMs) / 1000
      case 'sign':
        return expr.operator === '-' ? -this.seconds(expr.inner) : this.seconds(expr.inner)
      case 'combine': {
        const [left, right] = [this.seconds(expr.left), this.seconds(expr.right)]
        if (right === 0 && expr.operator === '/') throw durationError(expr, 'division by zero')
        if (right === 0 && expr.operator === '%') throw durationError(expr, 'modulo by zero')
        return applyDurationOperator(expr.operator, left, right)
      }
    }
  }

  /** Labels and flag of a result that is no longer the metric it came from. */
  nameless(labels: Labels): { labels: Labels; dropName: boolean } {
    return this.settings.delayedNameRemoval ? { labels, dropName: true } : { labels: labels.nameless, dropName: false }
  }

  /** A new series like `from`, but no longer of its metric. */
  namelessSeries(from: { labels: Labels }, steps: number): VectorSeries {
    const { labels, dropName } = this.nameless(from.labels)
    return new VectorSeries(labels, steps, dropName)
  }

  /**
   * Series of equal labels become one where they never have a point at the same step; else the query fails.
   * Needed wherever labels were dropped or rewritten.
   */
  unique(series: readonly VectorSeries[]): readonly VectorSeries[] {
    const byKey = new Map<string, VectorSeries>()
    for (const one of series) {
      const before = byKey.get(one.labels.key)
      byKey.set(one.labels.key, before === undefined ? one : join(before, one))
    }
    return byKey.size === series.length ? series : [...byKey.values()]
  }

  /** After an operation that dropped names: with delayed removal labels are still apart. */
  afterNameDrop(series: readonly VectorSeries[]): readonly VectorSeries[] {
    return this.settings.delayedNameRemoval ? series : this.unique(series)
  }
}

function join(a: VectorSeries, b: VectorSeries): VectorSeries {
  const made = new VectorSeries(a.labels, a.state.length, a.dropName || b.dropName)
  for (const from of [a, b])
    for (let step = 0; step < from.state.length; step += 1) {
      if (from.state[step] === absent) continue
      if (made.state[step] !== absent) throw new EvaluationError('vector cannot contain metrics with the same labelset')
      if (from.state[step] === 1) made.setFloat(step, from.floats[step])
      else made.setHistogram(step, from.histogramAt(step))
    }
  return made
}
