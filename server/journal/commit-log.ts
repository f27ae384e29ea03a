import type { Disk, DiskFile } from './disk.ts'
import { type BlockEntry, encodeRecord, type LogRecord } from './record.ts'
import { logPath } from './recover.ts'

/** A log longer than this many times its checkpoint, and than `minLongBytes`, is begun anew. */
const growth = 2
const minLongBytes = 4 << 20

/** The commit log's file: records one after another; the first is a checkpoint. Calls must not overlap. */
export class CommitLog {
  readonly #folder: string
  readonly #disk: Disk
  #number: number
  #file: DiskFile | null = null
  /** Bytes up to the end of the last record that was synced. */
  #good = 0
  #checkpointBytes = 0

  constructor(folder: string, disk: Disk, lastNumber: number) {
    this.#folder = folder
    this.#disk = disk
    this.#number = lastNumber
  }

  /** Appends records and syncs them. After an error the log must be repaired before the next call. */
  async append(records: readonly LogRecord[]): Promise<void> {
    const file = this.#file
    if (file === null) throw new Error('journal: the commit log is not open')
    const bytes = Buffer.concat(records.map(encodeRecord))
    await file.write(bytes, this.#good)
    this.#good += bytes.length
  }

  /** Cuts off what a failed append may have left. */
  async repair(): Promise<void> {
    await this.#file?.truncate(this.#good)
  }

  isLong(): boolean {
    return this.#good > minLongBytes && this.#good > growth * this.#checkpointBytes
  }

  /**
   * Begins a new log that names `waiting` and voids the ones before it. It takes its name only when it is whole and
   * synced, so that a crash at any moment leaves one log that counts.
   */
  async restart(waiting: readonly BlockEntry[], oldestMs: number): Promise<void> {
    const old = this.#file
    const oldNumber = this.#number
    const path = logPath(this.#folder, oldNumber + 1)
    const bytes = encodeRecord({ kind: 'checkpoint', arrivedMs: oldestMs, blocks: waiting })
    await this.#disk.remove(`${path}.tmp`)
    const file = await this.#disk.create(`${path}.tmp`)
    await file.write(bytes, 0)
    await this.#disk.rename(`${path}.tmp`, path)
    await this.#disk.syncFolder(`${this.#folder}/commits`)
    this.#number = oldNumber + 1
    this.#file = file
    this.#good = bytes.length
    this.#checkpointBytes = bytes.length
    await old?.close()
    if (old !== null) await this.#disk.remove(logPath(this.#folder, oldNumber))
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = null
  }
}
