import { forMetric } from '../annotations.ts'
import type { Window } from '../evaluate/window.ts'
import type { Point, WindowCall } from '../functions/function.ts'
import { isReset, scaleHistogram, subtractHistograms } from '../histogram/arithmetic.ts'
import type { FloatHistogram } from '../histogram/float-histogram.ts'

interface LastTwo {
  readonly times: readonly [number, number]
  readonly floats: readonly (number | null)[]
  readonly histograms: readonly (FloatHistogram | null)[]
}

/** The last two samples of the window, of either type. */
function lastTwo(window: Window): LastTwo | null {
  const samples: { t: number; value: number | null; histogram: FloatHistogram | null }[] = []
  for (let i = Math.max(window.from, window.to - 2); i < window.to; i += 1)
    samples.push({ t: window.times[i], value: window.values[i], histogram: null })
  for (let i = Math.max(window.histogramFrom, window.histogramTo - 2); i < window.histogramTo; i += 1)
    samples.push({ t: window.histogramTimes[i], value: null, histogram: window.histograms[i] })
  if (samples.length < 2) return null
  const [first, second] = samples.sort((a, b) => a.t - b.t).slice(-2)
  return {
    times: [first.t, second.t],
    floats: [first.value, second.value],
    histograms: [first.histogram, second.histogram],
  }
}

/** Change between the last two samples: per second for counters (`irate`), as it is for gauges (`idelta`). */
export function instantRate(window: Window, point: Point, use: { call: WindowCall; isRate: boolean }): void {
  const { call, isRate } = use
  const two = lastTwo(window)
  if (two === null) return
  const seconds = (two.times[1] - two.times[0]) / 1000
  if (seconds === 0) return
  const [first, second] = two.floats
  if (first !== null && second !== null) {
    const change = isRate && second < first ? second : second - first
    point.float(isRate ? change / seconds : change)
    return
  }
  const [before, after] = two.histograms
  if (before === null || after === null) {
    call.evaluation.annotations.warn(
      `encountered a mix of histograms and floats${forMetric(call.metricName)}`,
      call.expr.args[0],
    )
    return
  }
  const change = histogramChange(before, after, use)
  if (change !== null)
    point.histogram = { ...(isRate ? scaleHistogram(change, 1 / seconds) : change), resetHint: 'gauge' }
}

function histogramChange(
  before: FloatHistogram,
  after: FloatHistogram,
  { call, isRate }: { call: WindowCall; isRate: boolean },
): FloatHistogram | null {
  const { annotations } = call.evaluation
  const span = call.expr.args[0]
  const isGauge = before.resetHint === 'gauge' && after.resetHint === 'gauge'
  const anyGauge = before.resetHint === 'gauge' || after.resetHint === 'gauge'
  if (isRate ? anyGauge : !isGauge)
    annotations.warn(
      `this native histogram metric is not a ${isRate ? 'counter' : 'gauge'}: ${JSON.stringify(call.metricName)}`,
      span,
    )
  if (isRate && isReset(after, before)) return after
  const combined = subtractHistograms(after, before)
  if (combined === null) {
    annotations.warn(
      `vector contains a mix of histograms with exponential and custom buckets schemas${forMetric(call.metricName)}`,
      span,
    )
    return null
  }
  if (combined.boundsReconciled)
    annotations.inform('mismatched custom buckets were reconciled during subtraction', span)
  return combined.histogram
}
