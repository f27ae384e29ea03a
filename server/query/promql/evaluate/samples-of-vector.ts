import { Labels } from '../labels.ts'
import { absent, type SampleSeries, type StepGrid, stepTime, VectorSeries } from '../value.ts'

/** Points of a scalar over a grid as samples of a series without labels. */
export function samplesOfScalar(values: Float64Array, grid: StepGrid): SampleSeries {
  return samplesOf(scalarSeries(values), grid)
}

function scalarSeries(values: Float64Array): VectorSeries {
  const made = new VectorSeries(Labels.empty, values.length)
  values.forEach((value, step) => {
    made.setFloat(step, value)
  })
  return made
}

/** Points of a subquery are not neighbours in storage: what was known of resets between samples does not hold between them. */
export function withUnknownHints(series: SampleSeries): SampleSeries {
  if (series.histograms.length === 0) return series
  const histograms = series.histograms.map((one) =>
    one.resetHint === 'gauge' ? one : { ...one, resetHint: 'unknown' as const },
  )
  return { ...series, histograms }
}

/** Points of a vector over a grid as samples. */
export function samplesOf(series: VectorSeries, grid: StepGrid): SampleSeries {
  const times: number[] = []
  const values: number[] = []
  const histogramTimes: number[] = []
  const histograms = []
  for (let step = 0; step < grid.count; step += 1) {
    if (series.state[step] === absent) continue
    const t = stepTime(grid, step)
    if (series.state[step] === 1) {
      times.push(t)
      values.push(series.floats[step])
    } else {
      histogramTimes.push(t)
      histograms.push(series.histogramAt(step))
    }
  }
  return {
    labels: series.labels,
    dropName: series.dropName,
    times: Float64Array.from(times),
    values: Float64Array.from(values),
    histogramTimes: Float64Array.from(histogramTimes),
    histograms,
  }
}
