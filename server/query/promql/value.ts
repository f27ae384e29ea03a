import type { FloatHistogram } from './histogram/float-histogram.ts'
import type { Labels } from './labels.ts'

/** Times at which a query is evaluated: `startMs + i * stepMs`, i below `count`. An instant query has one. */
export interface StepGrid {
  readonly startMs: number
  readonly stepMs: number
  readonly count: number
}

/** What a series has at a step. */
export const absent = 0
export const float = 1
export const histogram = 2

/**
 * Series of few steps take their columns out of shared ones, each place once: an array of its own for each would take
 * ten times the memory of what is in it.
 */
const sharedSteps = 8
const sharedLength = 4096
let sharedState = new Uint8Array(sharedLength)
let sharedFloats = new Float64Array(sharedLength)
let sharedUsed = 0

/** One series of a vector over all steps of the grid: columns, no object per sample. */
export class VectorSeries {
  readonly labels: Labels
  /** The metric's own labels leave at the end of the query, unless label functions or grouping put them back. */
  readonly dropName: boolean
  /** By step: `absent`, `float` or `histogram`. */
  readonly state: Uint8Array
  readonly floats: Float64Array
  /** By step; made when the first histogram comes. */
  histograms: (FloatHistogram | undefined)[] | null = null

  constructor(labels: Labels, steps: number, dropName = false) {
    this.labels = labels
    this.dropName = dropName
    if (steps > sharedSteps) {
      this.state = new Uint8Array(steps)
      this.floats = new Float64Array(steps)
      return
    }
    if (sharedUsed + steps > sharedState.length) {
      sharedState = new Uint8Array(sharedLength)
      sharedFloats = new Float64Array(sharedLength)
      sharedUsed = 0
    }
    this.state = sharedState.subarray(sharedUsed, sharedUsed + steps)
    this.floats = sharedFloats.subarray(sharedUsed, sharedUsed + steps)
    sharedUsed += steps
  }

  /** The same points under other labels; the columns are shared. */
  relabelled(labels: Labels, dropName: boolean): VectorSeries {
    const made = Object.create(VectorSeries.prototype) as { -readonly [K in keyof VectorSeries]: VectorSeries[K] }
    made.labels = labels
    made.dropName = dropName
    made.state = this.state
    made.floats = this.floats
    made.histograms = this.histograms
    return made as VectorSeries
  }

  setFloat(step: number, value: number): void {
    this.state[step] = float
    this.floats[step] = value
  }

  setHistogram(step: number, value: FloatHistogram): void {
    this.histograms ??= new Array(this.state.length)
    this.state[step] = histogram
    this.histograms[step] = value
  }

  clear(step: number): void {
    this.state[step] = absent
  }

  histogramAt(step: number): FloatHistogram {
    return this.histograms?.[step] as FloatHistogram
  }

  isEmpty(): boolean {
    for (let step = 0; step < this.state.length; step += 1) if (this.state[step] !== absent) return false
    return true
  }
}

/** Makes the series of a batch. */
export interface SeriesMaker {
  make(labels: Labels, steps: number, dropName: boolean): VectorSeries
  /** Called before each batch. */
  startBatch(): void
}

/** Each series new, to be kept. */
export const newSeries: SeriesMaker = {
  make: (labels, steps, dropName) => new VectorSeries(labels, steps, dropName),
  startBatch: () => {},
}

/** The same few columns for every batch: its series are good until the next one begins. */
export class BorrowedSeries implements SeriesMaker {
  private readonly made: { -readonly [K in keyof VectorSeries]: VectorSeries[K] }[] = []
  private used = 0

  startBatch(): void {
    this.used = 0
  }

  make(labels: Labels, steps: number, dropName: boolean): VectorSeries {
    let series = this.made[this.used]
    if (series === undefined) {
      series = new VectorSeries(labels, steps, dropName)
      this.made.push(series)
    } else {
      series.labels = labels
      series.dropName = dropName
      series.state.fill(absent)
      series.histograms = null
    }
    this.used += 1
    return series as VectorSeries
  }
}

/** Samples of one series in time order, no staleness markers among them; floats and histograms apart. */
export interface SampleSeries {
  readonly labels: Labels
  readonly times: Float64Array
  readonly values: Float64Array
  readonly histogramTimes: Float64Array
  readonly histograms: readonly FloatHistogram[]
  readonly dropName?: boolean
  /** Set where the source left samples out on which the window function's values do not depend. */
  readonly thinned?: Thinned
}

/** What a thinned series was made of. */
export interface Thinned {
  /** Samples in the range, staleness markers among them. */
  readonly read: number
  /** By sample: its place among all samples that are no staleness markers; null where the function counts none. */
  readonly ordinals: Int32Array | null
}

/** How many samples the kept ones in [from, to) stand for. */
export function samplesBetween(ordinals: Int32Array | null, from: number, to: number): number {
  return ordinals === null || to === from ? to - from : ordinals[to - 1] - ordinals[from] + 1
}

/** Value of an expression over the grid. */
export type Value =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'vector'; readonly series: readonly VectorSeries[] }
  | { readonly type: 'matrix'; readonly series: readonly SampleSeries[] }

/** A query that is well-formed but cannot be answered on this data, e.g. many-to-many matching. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'
}

export function stepTime(grid: StepGrid, step: number): number {
  return grid.startMs + step * grid.stepMs
}
