import { forMetric } from '../annotations.ts'
import { formatGo } from '../format-value.ts'
import type { CallContext } from '../functions/function.ts'
import { classicQuantile } from '../histogram/classic-quantile.ts'
import { histogramQuantile as quantileOf } from '../histogram/quantile.ts'
import { stepTime, type Value } from '../value.ts'
import { evaluateGroups, groupHistograms } from './classic-histograms.ts'

const monotonicityUrl = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile'

/** Quantile of classic and native histograms over the grid. */
export function quantileSeries(
  vector: Value,
  quantiles: Float64Array,
  { evaluation, expr, grid }: CallContext,
  vectorIndex: number,
) {
  const span = expr.args[vectorIndex]
  const { annotations } = evaluation
  const groups = groupHistograms(evaluation, vector.type === 'vector' ? vector.series : [], span)
  return evaluateGroups(evaluation, groups, {
    steps: grid.count,
    span,
    classic(buckets, step, metric) {
      const { value, raised } = classicQuantile(quantiles[step], buckets)
      if (raised !== null)
        annotations.informRaised(
          `input to histogram_quantile needed to be fixed for monotonicity (see ${monotonicityUrl})${forMetric(metric)}`,
          span,
          { raised, timeMs: stepTime(grid, step) },
        )
      return value
    },
    native(series, step, metric) {
      const { value, nan } = quantileOf(quantiles[step], series.histogramAt(step))
      if (nan === 'nan')
        annotations.inform(`input to histogram_quantile has NaN observations, result is NaN${forMetric(metric)}`, span)
      if (nan === 'skewed')
        annotations.inform(
          `input to histogram_quantile has NaN observations, result is skewed higher${forMetric(metric)}`,
          span,
        )
      return value
    },
  })
}

/** Warns once per kind of wrong quantile. */
export function checkQuantiles(quantiles: Float64Array, { evaluation, expr }: CallContext, index: number): void {
  for (const q of quantiles)
    if (!(q >= 0 && q <= 1))
      evaluation.annotations.warn(`quantile value should be between 0 and 1, got ${formatGo(q)}`, expr.args[index])
}
