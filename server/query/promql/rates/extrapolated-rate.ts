import { forMetric } from '../annotations.ts'
import type { Window } from '../evaluate/window.ts'
import type { Point, WindowCall } from '../functions/function.ts'
import { addHistograms, isReset, scaleHistogram, subtractHistograms, toSchema } from '../histogram/arithmetic.ts'
import { emptyHistogram, type FloatHistogram, isCustom } from '../histogram/float-histogram.ts'
import { edge, edgeFactor, type RateKind } from './edge-factor.ts'
import { extendedHistogramRate } from './extended-histogram-rate.ts'
import { extendedRate } from './extended-rate.ts'

/**
 * Change of a series over the left-open window (start, end], extended to its edges.
 *
 * Input: samples in ascending time, no staleness markers. Fewer than two: no result. A fall of a counter is a reset;
 * the value before it is added back. The change is extended to each edge if the nearest sample lies within 1.1 mean
 * intervals of it, else by half an interval, and a counter never further back than where it would have been zero.
 * Cost: one pass, no allocation for floats.
 * Source: Prometheus 3 extrapolatedRate.
 */
export function extrapolatedRate(window: Window, point: Point, use: { call: WindowCall; kind: RateKind }): void {
  const { call, kind } = use
  const { floatCount, histogramCount } = window
  if (floatCount > 0 && histogramCount > 0) {
    call.evaluation.annotations.warn(
      `encountered a mix of histograms and floats${forMetric(call.metricName)}`,
      call.expr.args[0],
    )
    return
  }
  if (window.extension !== 'none') {
    if (histogramCount > 0) extendedHistogramRate(window, point, use)
    else extendedRate(window, point, use)
    return
  }
  if (floatCount > 1) floatRate(window, point, kind)
  else if (histogramCount > 1) histogramRate(window, point, use)
}

function floatRate(window: Window, point: Point, kind: RateKind): void {
  const { times, values, from, to } = window
  let change = values[to - 1] - values[from]
  if (kind.isCounter) change = window.withResets(change)
  edge.startMs = window.startMs
  edge.endMs = window.endMs
  edge.firstMs = times[from]
  edge.lastMs = times[to - 1]
  edge.count = window.sampleCount
  edge.zeroShare = kind.isCounter && change > 0 && values[from] >= 0 ? values[from] / change : Number.NaN
  const factor = edgeFactor()
  point.float(change * (kind.perSecond ? factor / ((window.endMs - window.startMs) / 1000) : factor))
}

function histogramRate(window: Window, point: Point, { call, kind }: { call: WindowCall; kind: RateKind }): void {
  const { histogramTimes, histograms, histogramFrom: from, histogramTo: to } = window
  const change = histogramChange(histograms.slice(from, to), { call, kind })
  if (change === null) return
  const first = histograms[from]
  edge.startMs = window.startMs
  edge.endMs = window.endMs
  edge.firstMs = histogramTimes[from]
  edge.lastMs = histogramTimes[to - 1]
  edge.count = to - from
  edge.zeroShare = kind.isCounter && change.count > 0 && first.count >= 0 ? first.count / change.count : Number.NaN
  const factor = edgeFactor()
  const seconds = (window.endMs - window.startMs) / 1000
  point.histogram = { ...scaleHistogram(change, kind.perSecond ? factor / seconds : factor), resetHint: 'gauge' }
}

/** Last minus first, what was lost by resets added back. Null (with a warning) where the samples do not fit together. */
function histogramChange(
  points: readonly FloatHistogram[],
  { call, kind }: { call: WindowCall; kind: RateKind },
): FloatHistogram | null {
  const { annotations } = call.evaluation
  const span = call.expr.args[0]
  const name = call.metricName
  const last = points[points.length - 1]
  const isGauge = (one: FloatHistogram) => one.resetHint === 'gauge'
  if (kind.isCounter ? points.some(isGauge) : !isGauge(points[0]) || !isGauge(last))
    annotations.warn(
      `this native histogram metric is not a ${kind.isCounter ? 'counter' : 'gauge'}: ${JSON.stringify(name)}`,
      span,
    )
  // A reset right after the first sample makes the first one irrelevant, its layout too.
  let previous = points[0]
  if (kind.isCounter && isReset(points[1], previous))
    previous = {
      ...emptyHistogram,
      schema: points[1].schema,
      customBounds: points[1].customBounds,
      zeroThreshold: points[1].zeroThreshold,
    }
  const relevant = kind.isCounter ? points.slice(1) : [last]
  if (relevant.some((one) => isCustom(one) !== isCustom(previous))) {
    annotations.warn(
      `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(name)}`,
      span,
    )
    return null
  }
  const schema = Math.min(previous.schema, ...relevant.map((one) => one.schema))
  const reconciled = (kindOf: string) =>
    annotations.inform(`mismatched custom buckets were reconciled during ${kindOf}`, span)
  const difference = subtractHistograms(toSchema(last, schema), previous)
  if (difference === null) return null
  if (difference.boundsReconciled) reconciled('subtraction')
  let change = difference.histogram
  if (kind.isCounter)
    for (const current of points.slice(1)) {
      if (isReset(current, previous)) {
        const sum = addHistograms(change, previous)
        if (sum?.boundsReconciled === true) reconciled('addition')
        change = sum?.histogram ?? change
      }
      previous = current
    }
  return change
}
