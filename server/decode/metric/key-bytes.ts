import { Buffer } from 'node:buffer'

/**
 * Memory in which a key for the series table is put together, used again for every key. Copies 4 bytes a step, which
 * for the short pieces of keys is several times faster than a call per piece.
 */
export class KeyBytes {
  bytes: Buffer = Buffer.allocUnsafeSlow(1024)
  #view = new DataView(this.bytes.buffer)
  readonly #source: Buffer
  readonly #sourceView: DataView

  /** `source`: what pieces are copied from. */
  constructor(source: Buffer) {
    this.#source = source
    this.#sourceView = new DataView(source.buffer, source.byteOffset, source.length)
  }

  /** Makes room for a key of `length` bytes; the first `kept` bytes stay. */
  reserve(length: number, kept: number): void {
    if (length + 4 <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow((length + 4) * 2)
    this.bytes.copy(larger, 0, 0, kept)
    this.bytes = larger
    this.#view = new DataView(larger.buffer)
  }

  /** Copies `source[start .. start + length)`; up to 3 bytes behind it are overwritten, for which `reserve` left room. */
  copy(start: number, length: number, to: number): void {
    if (start + length + 3 > this.#source.length) {
      this.#source.copy(this.bytes, to, start, start + length)
      return
    }
    const source = this.#sourceView
    const view = this.#view
    for (let i = 0; i < length; i += 4) view.setInt32(to + i, source.getInt32(start + i, true), true)
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  setDouble(at: number, value: number): void {
    this.#view.setFloat64(at, value, true)
  }
}
