import type { Matcher } from './ast.ts'
import type { SampleSeries } from './value.ts'

/** What surrounds a selector, from which a source may choose a way to read. */
export interface SelectHints {
  readonly functionName: string
  readonly rangeMs: number
  readonly stepMs: number
  /** Of each series only the newest sample of the range counts. */
  readonly newestOnly: boolean
  /**
   * The windows of `rangeMs` that the function is applied to, where it is applied to nothing else: a source may leave
   * out samples on which the function's value does not depend (`SampleSeries.thinned`).
   */
  readonly windows?: WindowGrid | null
}

/** Windows (end - rangeMs, end] with end = firstEndMs + i * strideMs, i below `steps`; strideMs > 0 where steps > 1. */
export interface WindowGrid {
  readonly firstEndMs: number
  readonly strideMs: number
  readonly steps: number
}

/** What a query needs of the stored series. */
export interface SelectRequest {
  readonly matchers: readonly Matcher[]
  /** Samples in (startMs, endMs] are wanted. */
  readonly startMs: number
  readonly endMs: number
  readonly hints: SelectHints
  /** Told of what the person who asked should know of the answer, such as that it is drawn from rollups. */
  readonly inform?: (text: string) => void
}

/**
 * Where series come from. Batches hold whole series (no series in two batches), in no promised order; the arrays are
 * valid until the next batch is asked for. Staleness markers are still among the samples, as NaN with their bits
 * (0x7ff0000000000002) at their times; equal times are already reduced to one sample.
 */
export interface SeriesSource {
  select(request: SelectRequest): AsyncIterable<readonly SampleSeries[]>
}
