import type { AggregateExpr } from '../ast.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { KahanSum, Mean, quantileOf, Variance } from '../evaluate/statistics.ts'
import type { FloatHistogram } from '../histogram/float-histogram.ts'
import { HistogramTotal } from '../histogram/histogram-total.ts'
import type { VectorSeries } from '../value.ts'

/** Folds the points of one group at one step into one point; used again for every step. */
export interface Accumulator {
  start(step: number): void
  addFloat(value: number): void
  addHistogram(histogram: FloatHistogram): void
  /** Called only where the group had a point. */
  finish(into: VectorSeries, step: number): void
}

export interface AccumulatorUse {
  readonly evaluation: Evaluation
  readonly expr: AggregateExpr
  /** The parameter by step (`quantile`), or null. */
  readonly parameter: Float64Array | null
}

/** Aggregators that fold; those that choose series are in select-series.ts. */
export const accumulators: Readonly<Record<string, (use: AccumulatorUse) => Accumulator>> = {
  sum: (use) => new SumOrAverage(use, false),
  avg: (use) => new SumOrAverage(use, true),
  count: () => new Count((count) => count),
  group: () => new Count(() => 1),
  min: (use) => new Extreme(use, (candidate, best) => candidate < best),
  max: (use) => new Extreme(use, (candidate, best) => candidate > best),
  stddev: (use) => new Spread(use, Math.sqrt),
  stdvar: (use) => new Spread(use, (variance) => variance),
  quantile: (use) => new Quantile(use),
}

class Count implements Accumulator {
  private count = 0
  private readonly result: (count: number) => number
  constructor(result: (count: number) => number) {
    this.result = result
  }
  start(): void {
    this.count = 0
  }
  addFloat(): void {
    this.count += 1
  }
  addHistogram(): void {
    this.count += 1
  }
  finish(into: VectorSeries, step: number): void {
    into.setFloat(step, this.result(this.count))
  }
}

class SumOrAverage implements Accumulator {
  private readonly use: AccumulatorUse
  private readonly average: boolean
  private readonly sum = new KahanSum()
  private readonly mean = new Mean()
  private floats = 0
  private histograms = 0
  private readonly total: HistogramTotal
  private isUnfit = false
  private sawReset = false
  private sawNoReset = false

  constructor(use: AccumulatorUse, average: boolean) {
    this.use = use
    this.average = average
    this.total = new HistogramTotal(average)
  }

  start(): void {
    this.floats = 0
    this.histograms = 0
    this.total.reset()
    this.isUnfit = false
    this.sawReset = false
    this.sawNoReset = false
    this.sum.reset()
    this.mean.reset()
  }

  addFloat(value: number): void {
    if (this.isUnfit) return
    this.floats += 1
    if (this.average) this.mean.add(value)
    else this.sum.add(value)
  }

  addHistogram(histogram: FloatHistogram): void {
    if (this.isUnfit) return
    this.histograms += 1
    this.sawReset ||= histogram.resetHint === 'reset'
    this.sawNoReset ||= histogram.resetHint === 'no_reset'
    const { annotations } = this.use.evaluation
    const span = this.use.expr.inner
    const addition = this.total.add(histogram)
    if (addition === 'unfit') {
      annotations.warn('vector contains a mix of histograms with exponential and custom buckets schemas', span)
      this.isUnfit = true
    }
    if (addition === 'bounds_reconciled')
      annotations.inform('mismatched custom buckets were reconciled during aggregation', span)
  }

  finish(into: VectorSeries, step: number): void {
    if (this.floats > 0 && this.histograms > 0) {
      this.use.evaluation.annotations.warn(
        'encountered a mix of histograms and floats for aggregation',
        this.use.expr.inner,
      )
      return
    }
    if (this.sawReset && this.sawNoReset)
      this.use.evaluation.annotations.warn(
        'conflicting counter resets during histogram aggregation',
        this.use.expr.inner,
      )
    if (this.isUnfit) return
    const total = this.total.value
    if (this.floats > 0) into.setFloat(step, this.average ? this.mean.value : this.sum.value)
    else if (total !== null) into.setHistogram(step, total)
  }
}

/** Aggregators that know floats only leave histograms out and say so. */
abstract class FloatsOnly implements Accumulator {
  protected readonly use: AccumulatorUse
  protected count = 0

  constructor(use: AccumulatorUse) {
    this.use = use
  }

  abstract start(step: number): void
  abstract addFloat(value: number): void
  abstract finish(into: VectorSeries, step: number): void

  addHistogram(): void {
    this.use.evaluation.annotations.inform(
      `ignored histogram in ${this.use.expr.operator} aggregation`,
      this.use.expr.inner,
    )
  }
}

class Extreme extends FloatsOnly {
  private best = 0
  private readonly isBetter: (candidate: number, best: number) => boolean

  constructor(use: AccumulatorUse, isBetter: (candidate: number, best: number) => boolean) {
    super(use)
    this.isBetter = isBetter
  }
  start(): void {
    this.count = 0
  }
  addFloat(value: number): void {
    if (this.count === 0 || Number.isNaN(this.best) || this.isBetter(value, this.best)) this.best = value
    this.count += 1
  }
  finish(into: VectorSeries, step: number): void {
    if (this.count > 0) into.setFloat(step, this.best)
  }
}

class Spread extends FloatsOnly {
  private readonly variance = new Variance()
  private readonly result: (variance: number) => number

  constructor(use: AccumulatorUse, result: (variance: number) => number) {
    super(use)
    this.result = result
  }
  start(): void {
    this.variance.reset()
  }
  addFloat(value: number): void {
    this.variance.add(value)
  }
  finish(into: VectorSeries, step: number): void {
    if (this.variance.count > 0) into.setFloat(step, this.result(this.variance.value))
  }
}

class Quantile extends FloatsOnly {
  private values: number[] = []
  private q = 0

  start(step: number): void {
    this.values = []
    this.q = this.use.parameter?.[step] ?? Number.NaN
  }
  addFloat(value: number): void {
    this.values.push(value)
  }
  finish(into: VectorSeries, step: number): void {
    if (this.values.length > 0) into.setFloat(step, quantileOf(this.q, this.values))
  }
}
