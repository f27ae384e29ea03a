import { formatOpenMetrics } from '../format-value.ts'
import { checkQuantiles, quantileSeries } from '../quantiles/quantile-series.ts'
import { EvaluationError, type VectorSeries } from '../value.ts'
import type { ValueFunction } from './function.ts'

/** Several quantiles at once, each as a series with the quantile in a label. */
export const histogramQuantiles: ValueFunction = {
  kind: 'value',
  name: 'histogram_quantiles',
  args: ['vector', 'string', 'scalar'],
  repeatsLast: true,
  returns: 'vector',
  experimental: true,
  summary: 'Several quantiles of histograms at once, the quantile in a label.',
  evaluate([vector, label, ...scalars], call) {
    const name = label.type === 'string' ? label.value : ''
    if (name === '' || !name.isWellFormed()) throw new EvaluationError(`invalid label name ${JSON.stringify(name)}`)
    const found: VectorSeries[] = []
    scalars.forEach((scalar, i) => {
      if (scalar.type !== 'scalar') return
      checkQuantiles(scalar.values, call, i + 2)
      const written = formatOpenMetrics(scalar.values[0])
      for (const series of quantileSeries(vector, scalar.values, call, 0))
        found.push(series.relabelled(series.labels.with(new Map([[name, written]])), series.dropName))
    })
    return { type: 'vector', series: call.evaluation.unique(found) }
  },
}
