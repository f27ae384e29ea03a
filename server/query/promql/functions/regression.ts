import { forMetric } from '../annotations.ts'
import { KahanSum } from '../evaluate/statistics.ts'
import type { Window } from '../evaluate/window.ts'
import { stepTime } from '../value.ts'
import type { WindowCall, WindowFunction } from './function.ts'

/** Least squares line through the floats of the window; times in seconds from `originMs`. */
function regression({ times, values, from, to }: Window, originMs: number): { slope: number; intercept: number } {
  const [sumX, sumY, sumXy, sumXx] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()]
  let isConstant = true
  for (let i = from; i < to; i += 1) {
    if (values[i] !== values[from]) isConstant = false
    const x = (times[i] - originMs) / 1000
    sumX.add(x)
    sumY.add(values[i])
    sumXy.add(x * values[i])
    sumXx.add(x * x)
  }
  if (isConstant)
    return Number.isFinite(values[from])
      ? { slope: 0, intercept: values[from] }
      : { slope: Number.NaN, intercept: Number.NaN }
  const count = to - from
  const covariance = sumXy.value - (sumX.value * sumY.value) / count
  const variance = sumXx.value - (sumX.value * sumX.value) / count
  const slope = covariance / variance
  return { slope, intercept: sumY.value / count - (slope * sumX.value) / count }
}

function isFit(window: Window, { evaluation, expr, metricName }: WindowCall): boolean {
  if (window.floatCount > 0 && window.histogramCount > 0)
    evaluation.annotations.inform(
      `ignored histograms in a range containing both floats and histograms${forMetric(metricName)}`,
      expr.args[0],
    )
  return window.floatCount >= 2
}

/** Per-second slope of a gauge by linear regression. */
export const deriv: WindowFunction = {
  kind: 'window',
  name: 'deriv',
  args: ['matrix'],
  returns: 'vector',
  summary: 'Per-second slope of a gauge by linear regression.',
  evaluate(window, point, call) {
    if (isFit(window, call)) point.float(regression(window, window.times[window.from]).slope)
  },
}

/** Value of a gauge some seconds from now, by linear regression. */
export const predictLinear: WindowFunction = {
  kind: 'window',
  name: 'predict_linear',
  args: ['matrix', 'scalar'],
  returns: 'vector',
  dependsOnTime: true,
  summary: 'Value of a gauge some seconds from now, by linear regression.',
  evaluate(window, point, call) {
    if (!isFit(window, call)) return
    const { slope, intercept } = regression(window, stepTime(call.grid, call.step))
    point.float(slope * call.parameter(1) + intercept)
  },
}
