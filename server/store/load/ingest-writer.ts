import type { Journal } from '../../journal/journal.ts'
import type { Batch, RowMask } from '../../model/batch.ts'
import { type BatchBeside, type BatchSink, type EncodedSink, type Outcome, Overloaded } from '../../model/sink.ts'
import type { Clock } from '../../runtime/clock.ts'
import { type Arrival, CommitEncoder } from './encode/commit-encoder.ts'
import type { RetentionPolicy } from './encode/encode-context.ts'

/** A sender that finds too much in flight is asked to wait this long, ms. */
const retryAfterMs = 1000

export interface IngestWriterOptions {
  readonly journal: Journal
  readonly retention: RetentionPolicy
  readonly clock: Clock
  /** Bytes of columns that may wait for their commit; beyond it append throws Overloaded. 128 MiB. */
  readonly maxInFlightBytes?: number
  /** Bytes of columns that one commit takes, so that encoding never holds the process for long. 16 MiB. */
  readonly maxCommitBytes?: number
  /**
   * Least time from the start of one commit to the next, ms. What arrives meanwhile shares a block and a sync; a batch
   * that comes to an idle writer does not wait. At most 100, the bound of the group commit. 50.
   */
  readonly paceMs?: number
  /**
   * Bytes of columns that are worth a commit of their own: once so many wait, the next one begins after two fifths of
   * `paceMs`. Fast senders, who have to wait for their answers, are held back less so; slow ones share a sync with
   * more. 256 KiB.
   */
  readonly fullBytes?: number
}

/** Share of the pace that a commit of `fullBytes` waits. */
const fullPaceShare = 0.4

interface Waiting extends Arrival {
  readonly beside: readonly BatchBeside[]
  readonly bytes: number
  readonly rows: number
  readonly resolve: (outcome: Outcome) => void
  readonly reject: RowMask
  readonly fail: (error: unknown) => void
}

/** What the writer is doing, for metrics. */
export interface IngestWriterStats {
  readonly inFlightBytes: number
  readonly waitingBatches: number
  readonly commits: number
  readonly committedRows: number
}

/**
 * The end of the ingest chain: encodes the batches that arrive together into one block per table, makes them durable
 * in the journal with one round of syncs, and acknowledges them all. One commit is in flight while the next gathers.
 *
 * Ledger: rows become `stored` when the loader has put them into the store; until then they wait.
 */
export class IngestWriter implements BatchSink, EncodedSink {
  readonly #options: Required<IngestWriterOptions>
  readonly #encoder: CommitEncoder
  #waiting: Waiting[] = []
  #inFlightBytes = 0
  #waitingBytes = 0
  /** Begins the commit that is paced, once enough waits for it. */
  #onFull: (() => void) | null = null
  #lastStartMs = Number.NEGATIVE_INFINITY
  /** `arrivedMs` of the commit in flight, or Infinity. */
  #committingMs = Number.POSITIVE_INFINITY
  #arrivedMs = 0
  #commits = 0
  #committedRows = 0
  #run: Promise<void> | null = null

  constructor(options: IngestWriterOptions) {
    this.#options = {
      maxInFlightBytes: 128 << 20,
      maxCommitBytes: 16 << 20,
      paceMs: 50,
      fullBytes: 256 << 10,
      ...options,
    }
    this.#encoder = new CommitEncoder(options.retention)
  }

  async append(batch: Batch, reject: RowMask = null, beside: readonly BatchBeside[] = []): Promise<Outcome> {
    const bytes = beside.reduce((sum, one) => sum + bytesOf(one.batch), bytesOf(batch))
    const { maxInFlightBytes } = this.#options
    // A batch alone is always taken, or one that is larger than the bound could never be.
    if (this.#inFlightBytes > 0 && this.#inFlightBytes + bytes > maxInFlightBytes)
      throw new Overloaded(
        `ingest: ${this.#inFlightBytes} bytes wait to be written, the limit is ${maxInFlightBytes}`,
        retryAfterMs,
      )
    this.#inFlightBytes += bytes
    try {
      return await new Promise<Outcome>((resolve, fail) => {
        this.#waiting.push({ batch, reject, beside, bytes, rows: keptRowsOf(batch, reject), resolve, fail })
        this.#waitingBytes += bytes
        if (this.#waitingBytes >= this.#options.fullBytes) this.#onFull?.()
        this.#run ??= this.#commitAll()
      })
    } finally {
      this.#inFlightBytes -= bytes
    }
  }

  /**
   * Unix ms: every row encoded before it is in the store. Derived tables count periods only up to it.
   * Rows encoded later have an `arrivedMs` that is not smaller.
   */
  settledThroughMs(): number {
    const { clock, journal } = this.#options
    return Math.min(clock.nowMs(), this.#committingMs, journal.oldestWaitingMs())
  }

  stats(): IngestWriterStats {
    return {
      inFlightBytes: this.#inFlightBytes,
      waitingBatches: this.#waiting.length,
      commits: this.#commits,
      committedRows: this.#committedRows,
    }
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#run !== null) await this.#run
  }

  async #commitAll(): Promise<void> {
    // One turn of the loop: what other requests append in the same moment comes along.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      await this.#pace()
      const taken = this.#take()
      this.#lastStartMs = this.#options.clock.nowMs()
      await this.#commit(taken)
    }
    this.#run = null
  }

  /** Resolves `paceMs` after the start of the last commit, or after two fifths of it as soon as enough waits. */
  #pace(): Promise<void> {
    const { clock, paceMs, fullBytes } = this.#options
    const sinceMs = clock.nowMs() - this.#lastStartMs
    // A clock that was set back must not stop the ingest.
    if (sinceMs >= paceMs || sinceMs < 0) return Promise.resolve()
    return new Promise((resolve) => {
      const begin = () => {
        this.#onFull = null
        cancel()
        resolve()
      }
      let cancel = clock.after(Math.max(0, paceMs * fullPaceShare - sinceMs), () => {
        if (this.#waitingBytes >= fullBytes) return begin()
        cancel = clock.after(this.#lastStartMs + paceMs - clock.nowMs(), begin)
        this.#onFull = begin
      })
    })
  }

  #take(): Waiting[] {
    let count = 0
    let bytes = 0
    while (count < this.#waiting.length) {
      bytes += this.#waiting[count].bytes
      if (count > 0 && bytes > this.#options.maxCommitBytes) break
      count += 1
    }
    const taken = this.#waiting.splice(0, count)
    for (const { bytes: takenBytes } of taken) this.#waitingBytes -= takenBytes
    return taken
  }

  /** Never throws: each batch is told what became of it. */
  async #commit(taken: readonly Waiting[]): Promise<void> {
    this.#arrivedMs = Math.max(this.#arrivedMs, this.#options.clock.nowMs())
    this.#committingMs = this.#arrivedMs
    try {
      const { commit, notes } = this.#encoder.encode(taken.flatMap(withBeside), this.#arrivedMs)
      try {
        if (commit.blocks.length > 0) await this.#options.journal.append(commit)
      } catch (error) {
        notes.takeBack()
        for (const { fail } of taken) fail(error)
        return
      }
      this.#commits += 1
      for (const { rows, beside, resolve } of taken) {
        this.#committedRows += beside.reduce((sum, one) => sum + keptRowsOf(one.batch, one.reject), rows)
        resolve({ acceptedRows: rows, rejections: [] })
      }
    } catch (error) {
      // Encoding failed: a defect. The batch that shows it must not take its neighbours along.
      if (taken.length === 1) taken[0].fail(error)
      else for (const alone of taken) await this.#commit([alone])
    } finally {
      this.#committingMs = Number.POSITIVE_INFINITY
    }
  }
}

/** The batches of one append, in the commit side by side. */
function withBeside(waiting: Waiting): readonly Arrival[] {
  return waiting.beside.length === 0 ? [waiting] : [waiting, ...waiting.beside]
}

function keptRowsOf(batch: Batch, reject: RowMask): number {
  if (reject === null) return batch.rowCount
  let kept = 0
  for (let row = 0; row < batch.rowCount; row++) if (reject[row] === 0) kept += 1
  return kept
}

/** Memory that a batch's columns take, about. */
function bytesOf(batch: Batch): number {
  if (batch.signal === 'metrics')
    return batch.sampleCount * 40 + (batch.histograms.length + batch.exemplars.length) * 400 + 1000
  const { attributes } = batch
  const entries = attributes.keys.indexes.length * 8 + attributes.values.data.length
  if (batch.signal === 'logs') return batch.rowCount * 80 + entries + batch.body.data.length
  const { events, links } = batch
  const inner = events.attributes.values.data.length + links.attributes.values.data.length
  return batch.rowCount * 120 + entries + inner + events.timeUnixNano.length * 16 + links.flags.length * 64
}
