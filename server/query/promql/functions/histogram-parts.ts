import type { FloatHistogram } from '../histogram/float-histogram.ts'
import { histogramVariance } from '../histogram/quantile.ts'
import { histogram as isHistogram } from '../value.ts'
import type { ValueFunction } from './function.ts'

function part(name: string, summary: string, of: (histogram: FloatHistogram) => number): ValueFunction {
  return {
    kind: 'value',
    name,
    args: ['vector'],
    returns: 'vector',
    summary: `${summary} of native histograms; floats are left out.`,
    evaluate([vector], { evaluation, grid }) {
      if (vector.type !== 'vector') return vector
      const found = vector.series.map((series) => {
        const made = evaluation.namelessSeries(series, grid.count)
        for (let step = 0; step < grid.count; step += 1)
          if (series.state[step] === isHistogram) made.setFloat(step, of(series.histogramAt(step)))
        return made
      })
      return { type: 'vector', series: evaluation.afterNameDrop(found.filter((series) => !series.isEmpty())) }
    },
  }
}

/** Numbers that a native histogram carries: one line each. */
export const histogramPartFunctions: readonly ValueFunction[] = [
  part('histogram_count', 'Number of observations', ({ count }) => count),
  part('histogram_sum', 'Sum of observations', ({ sum }) => sum),
  part('histogram_avg', 'Mean of the observations', ({ sum, count }) => sum / count),
  part('histogram_stdvar', 'Estimated variance', histogramVariance),
  part('histogram_stddev', 'Estimated standard deviation', (histogram) => Math.sqrt(histogramVariance(histogram))),
]
