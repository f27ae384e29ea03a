import { Buffer } from 'node:buffer'
import { type FileHandle, open } from 'node:fs/promises'
import { sourceOfPath } from '../../decode/tail/source-of-path.ts'
import type { FileRecords } from '../../decode/tail/tail-batch.ts'
import { readTailPortion } from '../../decode/tail/tail-records.ts'
import { type Checkpoint, fingerprintBytes, fingerprintOf } from './checkpoints.ts'
import type { TailRule } from './tail-settings.ts'

/** Bytes that are read of a file at once. */
const portionBytes = 512 * 1024

/** What was read of a file, to be confirmed once it is stored. */
export interface ReadPortion extends FileRecords {
  readonly bytes: number
  /** Moves the file on; the portion must be durable. */
  confirm(): void
}

/** One file that is followed, by its open handle: renaming and removing it change nothing. */
export class TailedFile {
  readonly identity: string
  readonly rule: TailRule
  path: string
  /** Unix ms since when nothing came. */
  quietSinceMs: number
  /** Whether a path that is followed still leads to it. */
  isListed = true
  readonly #handle: FileHandle
  #offset: number
  #fingerprint = { text: fingerprintOf(Buffer.alloc(0)), length: 0 }
  #sizeBefore = -1

  private constructor(handle: FileHandle, about: { identity: string; path: string; rule: TailRule; nowMs: number }) {
    this.#handle = handle
    this.identity = about.identity
    this.path = about.path
    this.rule = about.rule
    this.quietSinceMs = about.nowMs
    this.#offset = 0
  }

  /** Opens a file where its checkpoint left off, if that is of this file and not of one that had its inode before. */
  static async open(
    path: string,
    rule: TailRule,
    about: { checkpoint: Checkpoint | undefined; fromEnd: boolean; nowMs: number },
  ): Promise<TailedFile> {
    const handle = await open(path, 'r')
    try {
      const { dev, ino, size } = await handle.stat()
      const file = new TailedFile(handle, { identity: `${dev}:${ino}`, path, rule, nowMs: about.nowMs })
      const { checkpoint } = about
      if (checkpoint?.identity === file.identity) {
        file.#fingerprint = { text: checkpoint.fingerprint, length: checkpoint.fingerprintLength }
        file.#offset = checkpoint.offset
        await file.#checkIdentity(size)
      } else if (about.fromEnd) file.#offset = size
      await file.#growFingerprint(size)
      return file
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  checkpoint(): Checkpoint {
    const { text, length } = this.#fingerprint
    return {
      identity: this.identity,
      path: this.path,
      offset: this.#offset,
      fingerprint: text,
      fingerprintLength: length,
    }
  }

  /**
   * The next records; null where there is nothing new. A record that may go on, and a line without an end in a file that
   * is gone from its path, is taken for whole once nothing came for `settleMs`.
   */
  async read(nowMs: number, settleMs: number): Promise<ReadPortion | null> {
    const { size } = await this.#handle.stat()
    if (size !== this.#sizeBefore) {
      await this.#checkIdentity(size)
      await this.#growFingerprint(size)
      this.#sizeBefore = size
      this.quietSinceMs = nowMs
    }
    if (size <= this.#offset) return null
    const bytes = await this.#bytesAt(this.#offset, Math.min(portionBytes, size - this.#offset))
    const isSettled = this.#offset + bytes.length >= size && nowMs - this.quietSinceMs >= settleMs
    // A line without an end is somebody's who is still writing it, as long as the file is in its place.
    const whole = this.isListed ? bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1) : bytes
    let portion = readTailPortion(whole, this.rule.rules, isSettled)
    if (portion.consumed === 0 && bytes.length === portionBytes) portion = readTailPortion(bytes, this.rule.rules, true)
    if (portion.consumed === 0) return null
    const next = this.#offset + portion.consumed
    return {
      path: this.path,
      resource: this.#resource(),
      records: portion.records,
      bytes: portion.consumed,
      confirm: () => {
        this.#offset = next
      },
    }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  #resource() {
    const own = this.rule.resource
    return [...sourceOfPath(this.path).filter(({ key }) => !own.some((one) => one.key === key)), ...own]
  }

  /** Begins anew where the file was cut off or written anew from its start. */
  async #checkIdentity(size: number): Promise<void> {
    const { text, length } = this.#fingerprint
    if (size >= this.#offset && size >= length && fingerprintOf(await this.#bytesAt(0, length)) === text) return
    this.#offset = 0
    this.#fingerprint = { text: fingerprintOf(Buffer.alloc(0)), length: 0 }
  }

  async #growFingerprint(size: number): Promise<void> {
    const length = Math.min(size, fingerprintBytes)
    if (length <= this.#fingerprint.length) return
    const bytes = await this.#bytesAt(0, length)
    this.#fingerprint = { text: fingerprintOf(bytes), length: bytes.length }
  }

  async #bytesAt(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await this.#handle.read(buffer, 0, length, offset)
    return buffer.subarray(0, bytesRead)
  }
}
