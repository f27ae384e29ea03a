import type { MetricBatch } from '../../model/batch.ts'
import { freshMemory, type Memory, takeFloat64, takeUint32 } from '../../model/memory.ts'
import { type Exemplar, type MetricMetadata, type NativeHistogram, staleHigh, staleLow } from '../../model/metric.ts'
import { defaultMetricLimits, type MetricDecodeContext, MetricRejections, TooManyRows } from './metric-context.ts'

/** Least number of samples that a builder has room for at first; it doubles when full. */
const initialSamples = 64

const numberWords = new Uint32Array(2)
const numbers = new Float64Array(numberWords.buffer)

/**
 * Growable columns of a MetricBatch, in the sender's order. `finish` hands the memory over; the builder must not be
 * used afterwards. Throws: DecodeError where more than `maxRows` rows, exemplars or metadata come together.
 */
export class MetricBatchBuilder {
  readonly histograms: NativeHistogram[] = []
  readonly exemplars: Exemplar[] = []
  readonly metadata: MetricMetadata[] = []
  readonly rejections = new MetricRejections()
  readonly #context: MetricDecodeContext
  readonly #maxRows: number
  readonly #memory: Memory
  #ref: Uint32Array
  #timestampMs: Float64Array
  #value: Float64Array
  #words: Uint32Array
  #isDelta: Uint8Array | null = null
  #count = 0
  #markedSamples = 0
  #markedHistograms = 0
  #markedExemplars = 0

  /** `expectedSamples`: room to begin with. */
  constructor(context: MetricDecodeContext, expectedSamples = 0) {
    this.#context = context
    this.#maxRows = (context.limits ?? defaultMetricLimits).maxRows
    const capacity = Math.min(Math.max(initialSamples, Math.ceil(expectedSamples)), this.#maxRows)
    this.#memory = context.memory ?? freshMemory
    this.#ref = takeUint32(this.#memory, capacity)
    this.#timestampMs = takeFloat64(this.#memory, capacity)
    this.#value = takeFloat64(this.#memory, capacity)
    this.#words = wordsOf(this.#value)
  }

  get sampleCount(): number {
    return this.#count
  }

  /** Adds a sample whose value is given by the words of its bits. */
  addBits(ref: number, timestampMs: number, low: number, high: number): void {
    const at = this.#count
    if (at === this.#ref.length) this.#grow()
    this.#ref[at] = ref
    this.#timestampMs[at] = timestampMs
    this.#words[2 * at] = low
    this.#words[2 * at + 1] = high
    this.#count = at + 1
  }

  /** Adds a sample; a NaN becomes the usual NaN. For a staleness marker see `addStale`. */
  add(ref: number, timestampMs: number, value: number): void {
    numbers[0] = value
    this.addBits(ref, timestampMs, numberWords[0], numberWords[1])
  }

  addStale(ref: number, timestampMs: number): void {
    this.addBits(ref, timestampMs, staleLow, staleHigh)
  }

  /** Says that the sample added last is an increase, not a running total. */
  markDelta(): void {
    this.#isDelta ??= new Uint8Array(this.#ref.length)
    this.#isDelta[this.#count - 1] = 1
  }

  addHistogram(histogram: NativeHistogram): void {
    this.#checkRows(this.histograms.push(histogram))
  }

  addExemplar(exemplar: Exemplar): void {
    this.#checkRows(this.exemplars.push(exemplar))
  }

  addMetadata(metadata: MetricMetadata): void {
    this.#checkRows(this.metadata.push(metadata))
  }

  /** Begins a group of rows that may be taken back together. */
  mark(): void {
    this.#markedSamples = this.#count
    this.#markedHistograms = this.histograms.length
    this.#markedExemplars = this.exemplars.length
  }

  /** Takes back what was added since `mark`; the answer is how many rows that were. */
  cutBackToMark(): number {
    const rows = this.#count - this.#markedSamples + this.histograms.length - this.#markedHistograms
    this.#isDelta?.fill(0, this.#markedSamples, this.#count)
    this.#count = this.#markedSamples
    this.histograms.length = this.#markedHistograms
    this.exemplars.length = this.#markedExemplars
    return rows
  }

  /** The same after an error; the rows, and the one that could not be read, are counted as malformed. */
  rejectMarked(error: unknown, where: () => string): void {
    this.rejections.addError(error, this.cutBackToMark() + 1, where)
  }

  finish(): MetricBatch {
    const count = this.#count
    return {
      signal: 'metrics',
      tenant: this.#context.series.tenant,
      receiver: this.#context.receiver,
      receivedBytes: this.#context.receivedBytes,
      rowCount: count + this.histograms.length,
      decodeRejections: this.rejections.finish(),
      series: this.#context.series,
      sampleCount: count,
      ref: this.#ref.subarray(0, count),
      timestampMs: this.#timestampMs.subarray(0, count),
      value: this.#value.subarray(0, count),
      isDelta: this.#isDelta?.subarray(0, count) ?? null,
      histograms: this.histograms,
      exemplars: this.exemplars,
      metadata: this.metadata,
    }
  }

  #checkRows(rows: number): void {
    if (rows > this.#maxRows) throw new TooManyRows(`request holds more than ${this.#maxRows} rows`, `row ${rows}`)
  }

  #grow(): void {
    this.#checkRows(this.#count + 1)
    const capacity = Math.min(this.#ref.length * 2, this.#maxRows)
    const ref = takeUint32(this.#memory, capacity)
    ref.set(this.#ref)
    this.#ref = ref
    const timestampMs = takeFloat64(this.#memory, capacity)
    timestampMs.set(this.#timestampMs)
    this.#timestampMs = timestampMs
    // Values are copied as words, so that the bits of NaNs stay.
    const value = takeFloat64(this.#memory, capacity)
    const words = wordsOf(value)
    words.set(this.#words)
    this.#value = value
    this.#words = words
    if (this.#isDelta !== null) {
      const isDelta = new Uint8Array(capacity)
      isDelta.set(this.#isDelta)
      this.#isDelta = isDelta
    }
  }
}

/** The same memory as words. */
function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
}
