import { forMetric } from '../annotations.ts'
import type { VectorSelector } from '../ast.ts'
import type { WindowFunction } from '../functions/function.ts'
import { SeriesArithmetic } from '../histogram/interpolate.ts'
import { findEdges, leftValue, rightValue } from '../rates/extended-rate.ts'
import { EvaluationError, type SampleSeries, type VectorSeries } from '../value.ts'
import type { Evaluation } from './evaluation.ts'
import type { Window } from './window.ts'

/** Throws where a window function does not understand the ranges that it is given. */
export function requireExtension(definition: WindowFunction, extension: Window['extension']): void {
  if (extension === 'none' || definition.extensions?.includes(extension) === true) return
  const able = extension === 'anchored' ? 'changes, delta, increase, rate, resets' : 'delta, increase, rate'
  throw new EvaluationError(`${extension} modifier can only be used with: ${able} - not with ${definition.name}`)
}

interface SmoothedUse {
  readonly evaluation: Evaluation
  readonly selector: VectorSelector
  /** Where the selector looks at each step, Unix ms. */
  readonly times: { at(step: number): number }
  readonly lookbackMs: number
}

/**
 * A smoothed selector draws a line between the samples around each step; beyond the last sample its value stays. Floats
 * and histograms within the lookback of one step do not go together: no result there, and a warning.
 * Source: Prometheus 3.16.
 */
export function fillSmoothed(made: VectorSeries, series: SampleSeries, use: SmoothedUse): void {
  const { lookbackMs, evaluation, selector } = use
  const floats = new Around(series.times, lookbackMs)
  const histograms = new Around(series.histogramTimes, lookbackMs)
  const name = series.labels.get('__name__')
  const arithmetic = new SeriesArithmetic(evaluation.annotations, selector, name)
  for (let step = 0; step < made.state.length; step += 1) {
    const timeMs = use.times.at(step)
    floats.slide(timeMs)
    histograms.slide(timeMs)
    if (floats.count > 0 && histograms.count > 0)
      evaluation.annotations.warn(`encountered a mix of histograms and floats${forMetric(name)}`, selector)
    else if (floats.before >= 0) made.setFloat(step, floatAt(series, floats, timeMs))
    else if (histograms.before >= 0) putHistogram({ made, step, arithmetic }, series, { around: histograms, timeMs })
  }
}

/** The samples around a time, in (time - lookback, time + lookback]. Times must not fall from call to call. */
class Around {
  /** The newest at or before the time, and the one behind it; -1 without one. */
  before = -1
  after = -1
  count = 0
  private readonly times: Float64Array
  private readonly lookbackMs: number
  private next = 0

  constructor(times: Float64Array, lookbackMs: number) {
    this.times = times
    this.lookbackMs = lookbackMs
  }

  slide(timeMs: number): void {
    const { times, lookbackMs } = this
    while (this.next < times.length && times[this.next] <= timeMs) this.next += 1
    const last = this.next - 1
    this.before = last >= 0 && times[last] > timeMs - lookbackMs ? last : -1
    this.after = this.next < times.length && times[this.next] <= timeMs + lookbackMs ? this.next : -1
    this.count = Number(this.before >= 0) + Number(this.after >= 0)
  }
}

function floatAt({ times, values }: SampleSeries, { before, after }: Around, timeMs: number): number {
  if (after < 0 || times[before] === timeMs) return values[before]
  return values[before] + ((values[after] - values[before]) * (timeMs - times[before])) / (times[after] - times[before])
}

function putHistogram(
  into: { made: VectorSeries; step: number; arithmetic: SeriesArithmetic },
  { histogramTimes, histograms }: SampleSeries,
  at: { around: Around; timeMs: number },
): void {
  const { before, after } = at.around
  const [first, second] = [histograms[before], histograms[after]]
  if (histogramTimes[before] === at.timeMs) {
    into.made.setHistogram(into.step, first)
    return
  }
  if (after < 0) {
    // The hint tells of a neighbour that this is not.
    into.made.setHistogram(into.step, { ...first, resetHint: 'unknown' })
    return
  }
  const isCounter = first.resetHint !== 'gauge' || second.resetHint !== 'gauge'
  const drawn = into.arithmetic.between(
    { timeMs: histogramTimes[before], histogram: first },
    { timeMs: histogramTimes[after], histogram: second },
    { timeMs: at.timeMs, isCounter },
  )
  if (drawn !== null) into.made.setHistogram(into.step, drawn)
}

/** Samples of a range as the answer of a query. */
export type RangePoints = Pick<SampleSeries, 'times' | 'values' | 'histogramTimes' | 'histograms'>

/** An anchored or smoothed range by itself: its floats between two that stand at its very edges. Throws for histograms. */
export function extendedRange(window: Window): RangePoints {
  const { times, values, startMs, endMs, extension } = window
  if (window.histogramCount > 0) throw new EvaluationError(`${extension} modifier is not supported with histograms`)
  const none = { histogramTimes: new Float64Array(0), histograms: [] }
  const edges = findEdges(window, times, window)
  if (edges === null) return { times: new Float64Array(0), values: new Float64Array(0), ...none }
  const from = times[edges.first] <= startMs ? edges.first + 1 : edges.first
  const to = Math.max(from, times[edges.last] >= endMs ? edges.last : edges.last + 1)
  return {
    times: Float64Array.of(startMs, ...times.subarray(from, to), endMs),
    values: Float64Array.of(
      leftValue(window, edges.first, false),
      ...values.subarray(from, to),
      rightValue(window, edges, false),
    ),
    ...none,
  }
}
