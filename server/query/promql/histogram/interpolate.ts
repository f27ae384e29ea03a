import type { Annotations } from '../annotations.ts'
import { forMetric } from '../annotations.ts'
import type { Span } from '../parse/position.ts'
import { addHistograms, type Combined, isReset, scaleHistogram, subtractHistograms } from './arithmetic.ts'
import { type FloatHistogram, isCustom } from './float-histogram.ts'

/** A histogram at a time, Unix ms. */
export interface TimedHistogram {
  readonly timeMs: number
  readonly histogram: FloatHistogram
}

/** Adds and subtracts histograms of one series, and remarks what a person should hear about it. */
export class SeriesArithmetic {
  private readonly annotations: Annotations
  private readonly span: Span
  private readonly metricName: string

  constructor(annotations: Annotations, span: Span, metricName: string) {
    this.annotations = annotations
    this.span = span
    this.metricName = metricName
  }

  /** Null (with a warning) where one has exponential and the other custom buckets. */
  add(left: FloatHistogram, right: FloatHistogram): FloatHistogram | null {
    return this.combined(addHistograms(left, right), 'addition')
  }

  subtract(left: FloatHistogram, right: FloatHistogram): FloatHistogram | null {
    return this.combined(subtractHistograms(left, right), 'subtraction')
  }

  private combined(made: Combined | null, kind: string): FloatHistogram | null {
    if (made === null) this.warnMixed()
    else if (made.boundsReconciled)
      this.annotations.inform(`mismatched custom buckets were reconciled during ${kind}`, this.span)
    return made?.histogram ?? null
  }

  warnMixed(): void {
    this.annotations.warn(
      `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(this.metricName)}`,
      this.span,
    )
  }

  warnNot(kind: 'counter' | 'gauge'): void {
    this.annotations.warn(
      `this native histogram metric is not a ${kind}: ${JSON.stringify(this.metricName)}`,
      this.span,
    )
  }

  /**
   * The histogram on the line between two at a time between theirs. A counter that was reset grew from nothing. Null (with
   * a warning) where the two do not fit together. Source: Prometheus 3.16, smoothed selectors.
   */
  between(
    before: TimedHistogram,
    after: TimedHistogram,
    at: { timeMs: number; isCounter: boolean },
  ): FloatHistogram | null {
    if (at.timeMs === before.timeMs) return before.histogram
    if (at.timeMs === after.timeMs) return after.histogram
    if (isCustom(before.histogram) !== isCustom(after.histogram)) {
      this.warnMixed()
      return null
    }
    const fraction = (at.timeMs - before.timeMs) / (after.timeMs - before.timeMs)
    if (at.isCounter && isReset(after.histogram, before.histogram)) return scaleHistogram(after.histogram, fraction)
    const change = this.subtract(after.histogram, before.histogram)
    return change === null ? null : this.add(scaleHistogram(change, fraction), before.histogram)
  }
}
