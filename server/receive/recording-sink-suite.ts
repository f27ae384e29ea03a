import type { Batch } from '../model/batch.ts'
import type { BatchSink, Outcome } from '../model/sink.ts'

/** The neighbour's end for tests of receivers: a sink that keeps batches in memory, waits, refuses or fails when told to. */
export class RecordingSink implements BatchSink {
  readonly batches: Batch[] = []
  /** Where set, appends reject with it. */
  failure: Error | null = null
  /** Where set, appends wait for it before they resolve. */
  gate: Promise<void> | null = null
  /** Rows that it rejects of every batch, as `too_old`. */
  rejectedRows = 0
  #waiters: { count: number; resolve: () => void }[] = []

  async append(batch: Batch): Promise<Outcome> {
    if (this.failure !== null) throw this.failure
    this.batches.push(batch)
    this.#waiters = this.#waiters.filter(({ count, resolve }) => this.batches.length < count || resolve())
    await this.gate
    const count = Math.min(this.rejectedRows, batch.rowCount)
    const rejections = count === 0 ? [] : [{ reason: 'too_old' as const, count, sample: 'rows[0]: too old' }]
    const rejectedRows = count === 0 ? null : new Uint8Array(batch.rowCount).fill(1, 0, count)
    return {
      acceptedRows: batch.rowCount - count,
      rejectedRows,
      rejections: [...batch.decodeRejections, ...rejections],
    }
  }

  /** Resolves once so many batches have come in all. */
  arrived(count: number): Promise<void> {
    if (this.batches.length >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ count, resolve }))
  }

  get rows(): number {
    return this.batches.reduce((sum, { rowCount }) => sum + rowCount, 0)
  }
}
