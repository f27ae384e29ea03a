import { forMetric } from '../annotations.ts'
import { classicFraction } from '../histogram/classic-quantile.ts'
import { histogramFraction as fractionOf } from '../histogram/quantile.ts'
import { evaluateGroups, groupHistograms } from '../quantiles/classic-histograms.ts'
import { checkQuantiles, quantileSeries } from '../quantiles/quantile-series.ts'
import type { Value } from '../value.ts'
import type { ValueFunction } from './function.ts'

function scalarsOf(value: Value | undefined): Float64Array {
  return value?.type === 'scalar' ? value.values : new Float64Array()
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
