import { absent, float, type VectorSeries } from '../value.ts'
import type { ValueFunction } from './function.ts'

/** `clamp(v, min, max)`: nothing where min is above max, NaN where a bound is NaN. */
export const clamp: ValueFunction = {
  kind: 'value',
  name: 'clamp',
  args: ['vector', 'scalar', 'scalar'],
  returns: 'vector',
  summary: 'Keeps values between a minimum and a maximum.',
  evaluate([vector, least, most], { evaluation, grid }) {
    if (vector.type !== 'vector' || least.type !== 'scalar' || most.type !== 'scalar') return vector
    const found: VectorSeries[] = []
    for (const series of vector.series) {
      const made = evaluation.namelessSeries(series, grid.count)
      for (let step = 0; step < grid.count; step += 1) {
        if (series.state[step] !== float || least.values[step] > most.values[step]) continue
        made.setFloat(step, Math.max(least.values[step], Math.min(most.values[step], series.floats[step])))
      }
      if (made.state.some((state) => state !== absent)) found.push(made)
    }
    return { type: 'vector', series: evaluation.afterNameDrop(found) }
  },
}
