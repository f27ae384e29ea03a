import { forMetric } from '../annotations.ts'
import { formatValue } from '../format-value.ts'
import { EvaluationError } from '../value.ts'
import type { WindowFunction } from './function.ts'

/** Smoothed value of a gauge: smoothing factor and trend factor between 0 and 1 (Holt's linear method). */
export const doubleExponentialSmoothing: WindowFunction = {
  kind: 'window',
  name: 'double_exponential_smoothing',
  args: ['matrix', 'scalar', 'scalar'],
  returns: 'vector',
  experimental: true,
  summary: 'Smoothed value of a gauge, with a smoothing and a trend factor between 0 and 1.',
  evaluate(window, point, call) {
    const [smoothing, trendFactor] = [call.parameter(1), call.parameter(2)]
    if (!(smoothing > 0 && smoothing < 1))
      throw new EvaluationError(`invalid smoothing factor. Expected: 0 < sf < 1, got: ${formatValue(smoothing)}`)
    if (!(trendFactor > 0 && trendFactor < 1))
      throw new EvaluationError(`invalid trend factor. Expected: 0 < tf < 1, got: ${formatValue(trendFactor)}`)
    const { values, from, to } = window
    if (window.histogramCount > 0 && window.floatCount > 0)
      call.evaluation.annotations.inform(
        `ignored histograms in a range containing both floats and histograms${forMetric(call.metricName)}`,
        call.expr.args[0],
      )
    if (to - from < 2) return
    let level = values[from]
    let trend = values[from + 1] - values[from]
    for (let i = from + 1; i < to; i += 1) {
      const next = smoothing * values[i] + (1 - smoothing) * (level + trend)
      // The trend of the first pair is the one it began with.
      if (i + 1 < to) trend = trendFactor * (next - level) + (1 - trendFactor) * trend
      level = next
    }
    point.float(level)
  },
}
