import type { Labels } from '../promql/labels.ts'
import type { SampleSeries } from '../promql/value.ts'
import type { HistogramSamples } from './histogram-assembly.ts'

/** Samples of one series, its times ascending. */
interface Floats {
  readonly times: Float64Array
  readonly values: Float64Array
}

const noTimes = new Float64Array(0)

/** A series without native histograms, as the evaluator takes it; null where it has no samples. */
export function floatSeries(labels: Labels, { times, values }: Floats): SampleSeries | null {
  return times.length === 0 ? null : { labels, times, values, histogramTimes: noTimes, histograms: [] }
}

/** The samples of both, one after the other; all of the first are earlier. */
export function joined(earlier: Floats, later: Floats): Floats {
  const times = new Float64Array(earlier.times.length + later.times.length)
  const values = new Float64Array(times.length)
  times.set(earlier.times)
  times.set(later.times, earlier.times.length)
  values.set(earlier.values)
  values.set(later.values, earlier.times.length)
  return { times, values }
}

/**
 * A series with native histograms; null where it has no samples at all. A histogram's staleness markers become those
 * of floats: the evaluator looks for them there only.
 */
export function withHistograms(
  labels: Labels,
  floats: Floats,
  { times: histogramTimes, histograms, staleTimes }: HistogramSamples,
): SampleSeries | null {
  if (floats.times.length + histogramTimes.length + staleTimes.length === 0) return null
  if (staleTimes.length === 0) return { labels, ...floats, histogramTimes, histograms }
  const present = new Set(floats.times)
  const stale = staleTimes.filter((time) => !present.has(time))
  const order = [...floats.times.keys(), ...stale.map((_, i) => -1 - i)]
  const timeOf = (at: number) => (at < 0 ? stale[-1 - at] : floats.times[at])
  order.sort((a, b) => timeOf(a) - timeOf(b))
  const values = new Float64Array(order.length)
  const words = new Uint32Array(values.buffer)
  const from = new Uint32Array(floats.values.buffer, floats.values.byteOffset, floats.values.length * 2)
  order.forEach((at, i) => {
    words[2 * i] = at < 0 ? 2 : from[2 * at]
    words[2 * i + 1] = at < 0 ? 0x7ff00000 : from[2 * at + 1]
  })
  return { labels, times: Float64Array.from(order, timeOf), values, histogramTimes, histograms }
}
