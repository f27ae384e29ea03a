/** Type of a metric family, in the words of OpenMetrics and Prometheus' metadata API. */
export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown'

/** Metadata of a metric family. `name` is the family's name as Prometheus' metadata API shows it. */
export interface MetricMetadata {
  readonly name: string
  readonly type: MetricType
  readonly unit: string
  readonly help: string
}

/** One exemplar of a series. */
export interface Exemplar {
  readonly ref: number
  readonly timestampMs: number
  readonly value: number
  /** 16 bytes; zero where the exemplar has no (valid) trace id. */
  readonly traceId: Uint8Array
  /** 8 bytes; zero where absent. */
  readonly spanId: Uint8Array
  /** All labels as sent, `trace_id` and `span_id` among them; OTLP filtered attributes too. */
  readonly labels: readonly (readonly [name: string, value: string])[]
}

/**
 * One native histogram sample in Prometheus' layout. Source: prompb.Histogram, OTLP ExponentialHistogram.
 * Buckets are absolute counts (not deltas). `schema` -4..8 is exponential, -53 custom bounds.
 */
export interface NativeHistogram {
  readonly ref: number
  readonly timestampMs: number
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  /** A staleness marker is a histogram whose sum has the staleness NaN's bits. */
  readonly sum: number
  readonly positiveSpans: readonly HistogramSpan[]
  readonly positiveCounts: readonly number[]
  readonly negativeSpans: readonly HistogramSpan[]
  readonly negativeCounts: readonly number[]
  readonly customBounds: readonly number[]
  /** unknown 0, yes 1, no 2, gauge 3. */
  readonly resetHint: 0 | 1 | 2 | 3
  /** Counts are floats, not integers. */
  readonly isFloat: boolean
  /** OTLP delta temporality: the pipeline turns it into a cumulative one. */
  readonly isDelta: boolean
}

/** `length` consecutive buckets, `offset` empty ones after the span before (the first: bucket index). */
export interface HistogramSpan {
  readonly offset: number
  readonly length: number
}

/** High and low word of the NaN that marks a series as gone. Source: Prometheus model/value. */
export const staleHigh = 0x7ff00000
export const staleLow = 0x00000002

const numbers = new Float64Array(1)
const words = new Uint32Array(numbers.buffer)

/**
 * Whether a number is the staleness marker; for numbers that stand alone (a histogram's sum). Columns are compared by
 * their words. V8 may set the quiet bit of a NaN that it moves, so that 0x7ff8000000000002 counts too; it loses the
 * rest in arrays of numbers, so ask before a number goes into one.
 */
export function isStaleNumber(value: number): boolean {
  if (!Number.isNaN(value)) return false
  numbers[0] = value
  return words[0] === staleLow && (words[1] & ~0x00080000) === staleHigh
}
