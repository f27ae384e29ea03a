import type { Batch, Rejection, RowMask } from './batch.ts'

/** What became of a batch: `acceptedRows` are durable, the rest is in `rejections` (the decoder's included). */
export interface Outcome {
  readonly acceptedRows: number
  /** Metrics only: how many of `acceptedRows` are native histograms. Prometheus remote write 2.0 wants to know. */
  readonly acceptedHistograms?: number
  /** Which rows of the batch were rejected behind the decoder, for protocols that answer per row. Null or absent: none. */
  readonly rejectedRows?: RowMask
  readonly rejections: readonly Rejection[]
}

/**
 * Takes decoded batches one step on. Receivers know only this, never who stands behind it.
 */
export interface BatchSink {
  /**
   * Makes a batch durable. The resolved promise is the acknowledgement: the rows are synced in the journal and
   * survive `kill -9`. Receivers answer their sender only after it resolves.
   *
   * Ownership: the sink keeps the buffers; the caller must not reuse them.
   * Throws: JournalFull or Overloaded (nothing stored; the sender may retry: HTTP 503/429 with Retry-After,
   * gRPC UNAVAILABLE with RetryInfo).
   */
  append(batch: Batch): Promise<Outcome>
}

/**
 * The end of the ingest chain: encodes batches and makes them durable. Only the pipeline speaks to it.
 */
export interface EncodedSink {
  /**
   * As BatchSink.append, without the rows that `reject` marks. Rows of a metric batch are counted samples first,
   * then native histograms (`reject[sampleCount + i]` is histogram i).
   *
   * `beside` become durable with the batch or not at all: what a user's pipeline sent elsewhere.
   *
   * Result: `acceptedRows` is what is durable now of `batch`; `rejections` is empty, for the caller knows them.
   * Ledger: the caller counts received, rejected and returned; who stores counts stored and recovered.
   */
  append(batch: Batch, reject?: RowMask, beside?: readonly BatchBeside[]): Promise<Outcome>
}

/** A batch that shares the fate of another one; `reject` as there. */
export interface BatchBeside {
  readonly batch: Batch
  readonly reject: RowMask
}

/** The journal has reached its size limit or the disk is full. Nothing of the batch was stored. */
export class JournalFull extends Error {
  override readonly name = 'JournalFull'
  readonly retryAfterMs: number
  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** More is in flight than may be held in memory, or a rate limit of the whole request was hit. Nothing was stored. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded'
  readonly retryAfterMs: number
  constructor(message: string, retryAfterMs: number) {
    super(message)
    this.retryAfterMs = retryAfterMs
  }
}

/** The bytes are not what the format demands. `position` says where: a byte offset, a line, or a field path. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  readonly position: string
  constructor(message: string, position: string) {
    super(`${message} (at ${position})`)
    this.position = position
  }
}
