import type { FloatHistogram } from '../histogram/float-histogram.ts'
import { type SampleSeries, samplesBetween } from '../value.ts'

const staleLow = 2
const staleHigh = 0x7ff00000

const bits = new Float64Array(1)
const words = new Uint32Array(bits.buffer)

/** Whether a sample is a staleness marker, by its bits. */
export function isStale(values: Float64Array, index: number): boolean {
  // A marker is a NaN: all others need no look at their bits.
  if (!Number.isNaN(values[index])) return false
  bits.set(values.subarray(index, index + 1))
  return words[0] === staleLow && words[1] === staleHigh
}

/** The series without its staleness markers; the same object where it has none. */
export function withoutStale(series: SampleSeries): SampleSeries {
  const { times, values } = series
  // A marker is a NaN, and most series have none: this search costs a third of looking at each value.
  if (!values.includes(Number.NaN)) return series
  let kept = 0
  for (let i = 0; i < times.length; i += 1) if (!isStale(values, i)) kept += 1
  if (kept === times.length) return series
  const made = { times: new Float64Array(kept), values: new Float64Array(kept) }
  for (let i = 0, at = 0; i < times.length; i += 1)
    if (!isStale(values, i)) {
      made.times[at] = times[i]
      made.values[at] = values[i]
      at += 1
    }
  return { ...series, ...made }
}

/**
 * The samples of one series in (startMs, endMs], slid forward step by step. One object serves all steps: functions read
 * `times[from..to)`, `values[from..to)` and the same of the histograms.
 */
export class Window {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly histogramTimes: Float64Array
  readonly histograms: readonly FloatHistogram[]
  readonly ordinals: Int32Array | null
  from = 0
  to = 0
  histogramFrom = 0
  histogramTo = 0
  startMs = 0
  endMs = 0
  /** Lookback of the query: how far before the window an anchored or smoothed range may reach. */
  readonly lookbackMs: number
  readonly extension: 'none' | 'anchored' | 'smoothed'
  private falls: number[] | null = null
  private nextFall = 0

  constructor(series: SampleSeries, reach: { lookbackMs: number; extension: 'none' | 'anchored' | 'smoothed' }) {
    this.times = series.times
    this.values = series.values
    this.histogramTimes = series.histogramTimes
    this.histograms = series.histograms
    this.ordinals = series.thinned?.ordinals ?? null
    this.lookbackMs = reach.lookbackMs
    this.extension = reach.extension
  }

  /** Moves to (startMs, endMs]; both must not fall from call to call. Extended ranges reach further on their side. */
  slide(startMs: number, endMs: number): void {
    this.startMs = startMs
    this.endMs = endMs
    const first = this.extension === 'none' ? startMs : startMs - this.lookbackMs
    const last = this.extension === 'smoothed' ? endMs + this.lookbackMs : endMs
    const { times, histogramTimes } = this
    while (this.to < times.length && times[this.to] <= last) this.to += 1
    while (this.from < this.to && times[this.from] <= first) this.from += 1
    while (this.histogramTo < histogramTimes.length && histogramTimes[this.histogramTo] <= last) this.histogramTo += 1
    while (this.histogramFrom < this.histogramTo && histogramTimes[this.histogramFrom] <= first) this.histogramFrom += 1
  }

  /**
   * A change of a counter with what it lost to resets in the window, the value before each fall. The falls of a series are
   * found once, so that a window costs as much as it has resets, not samples.
   */
  withResets(change: number): number {
    const { values, from, to } = this
    if (this.falls === null) {
      this.falls = []
      for (let i = 1; i < values.length; i += 1) if (values[i] < values[i - 1]) this.falls.push(i)
    }
    const { falls } = this
    while (this.nextFall < falls.length && falls[this.nextFall] <= from) this.nextFall += 1
    let sum = change
    for (let i = this.nextFall; i < falls.length && falls[i] < to; i += 1) sum += values[falls[i] - 1]
    return sum
  }

  get floatCount(): number {
    return this.to - this.from
  }

  /** Floats that were in the window before the series was thinned. */
  get sampleCount(): number {
    return samplesBetween(this.ordinals, this.from, this.to)
  }

  get histogramCount(): number {
    return this.histogramTo - this.histogramFrom
  }

  get isEmpty(): boolean {
    return this.to === this.from && this.histogramTo === this.histogramFrom
  }
}
