import { forMetric } from '../annotations.ts'
import { formatGo } from '../format-value.ts'
import { classicFraction, classicQuantile } from '../histogram/classic-quantile.ts'
import { histogramFraction as fractionOf, histogramQuantile as quantileOf } from '../histogram/quantile.ts'
import type { Value } from '../value.ts'
import { evaluateGroups, groupHistograms } from './classic-histograms.ts'
import type { CallContext, ValueFunction } from './function.ts'

const monotonicityUrl = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile'

function scalarsOf(value: Value | undefined): Float64Array {
  return value?.type === 'scalar' ? value.values : new Float64Array()
}

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
      const { value, wasMended } = classicQuantile(quantiles[step], buckets)
      if (wasMended)
        annotations.inform(
          `input to histogram_quantile needed to be fixed for monotonicity (see ${monotonicityUrl})${forMetric(metric)}`,
          span,
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

/** Quantile (0 to 1) of histograms. */
export const histogramQuantile: ValueFunction = {
  kind: 'value',
  name: 'histogram_quantile',
  args: ['scalar', 'vector'],
  returns: 'vector',
  summary: 'Quantile (0 to 1) of classic histograms by their le buckets, and of native histograms.',
  evaluate([scalar, vector], call) {
    const quantiles = scalarsOf(scalar)
    checkQuantiles(quantiles, call, 0)
    return { type: 'vector', series: quantileSeries(vector, quantiles, call, 1) }
  },
}

/** Share of observations between two bounds. */
export const histogramFraction: ValueFunction = {
  kind: 'value',
  name: 'histogram_fraction',
  args: ['scalar', 'scalar', 'vector'],
  returns: 'vector',
  summary: 'Share of the observations between two bounds, of classic and native histograms.',
  evaluate([low, high, vector], { evaluation, expr, grid }) {
    const [lower, upper] = [scalarsOf(low), scalarsOf(high)]
    const span = expr.args[2]
    const groups = groupHistograms(evaluation, vector.type === 'vector' ? vector.series : [], span)
    const series = evaluateGroups(evaluation, groups, {
      steps: grid.count,
      span,
      classic: (buckets, step) => classicFraction(lower[step], upper[step], buckets),
      native(one, step, metric) {
        const { value, hasNan } = fractionOf(lower[step], upper[step], one.histogramAt(step))
        if (hasNan)
          evaluation.annotations.inform(
            `input to histogram_fraction has NaN observations, which are excluded from all fractions${forMetric(metric)}`,
            span,
          )
        return value
      },
    })
    return { type: 'vector', series }
  },
}
