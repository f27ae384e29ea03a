import { Buffer } from 'node:buffer'

/** Bytes behind the heads 0xca to 0xd3: floats and integers. */
const widths = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

/**
 * Reads MessagePack where it stands, without making values of it: for decoders that know what usually comes. Every method
 * says whether the bytes were what it reads; where they were not, the decoder turns to `MsgpackReader`, which has words
 * for every fault.
 */
export class MsgpackCursor {
  readonly bytes: Buffer
  readonly #view: DataView
  at = 0
  /** Entries of the array or map whose head was read last. */
  count = 0
  /** Range of the string read last. */
  start = 0
  end = 0
  /** Words of the integer read last, in two's complement; the number read last. */
  high = 0
  low = 0
  number = 0
  /** Whether the integer read last was written as one of 64 bits without a sign. */
  isUnsigned = false

  constructor(body: Uint8Array) {
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.#view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  }

  takeArray(): boolean {
    return this.#takeHead(0x90, 0xdc)
  }

  takeMap(): boolean {
    return this.#takeHead(0x80, 0xde)
  }

  takeString(): boolean {
    const head = this.bytes[this.at]
    let length: number
    if (head >= 0xa0 && head < 0xc0) {
      length = head & 0x1f
      this.at++
    } else if (head >= 0xd9 && head < 0xdc) {
      const width = 1 << (head - 0xd9)
      if (!this.#has(1 + width)) return false
      length = this.#length(width)
    } else return false
    this.start = this.at
    this.end = this.at + length
    this.at = this.end
    return this.end <= this.bytes.length
  }

  /** Reads an integer into `high` and `low`. */
  takeInteger(): boolean {
    const head = this.bytes[this.at]
    if (head < 0x80 || head >= 0xe0) {
      this.low = head < 0x80 ? head : (head - 0x100) >>> 0
      this.high = head < 0x80 ? 0 : 0xffff_ffff
      this.isUnsigned = false
      this.at++
      return true
    }
    if (!(head >= 0xcc && head < 0xd4)) return false
    const width = 1 << (head & 3)
    if (!this.#has(1 + width)) return false
    const at = this.at + 1
    this.at = at + width
    if (width === 8) {
      this.high = this.#view.getUint32(at)
      this.low = this.#view.getUint32(at + 4)
    } else {
      const value = head < 0xd0 ? this.bytes.readUIntBE(at, width) : this.bytes.readIntBE(at, width)
      this.low = value >>> 0
      this.high = value < 0 ? 0xffff_ffff : 0
    }
    this.isUnsigned = head === 0xcf
    return true
  }
  /** Reads a number: a float, or an integer of less than 64 bits. */
  takeNumber(): boolean {
    const head = this.bytes[this.at]
    if (head === 0xcb || head === 0xca) {
      const width = head === 0xcb ? 8 : 4
      if (!this.#has(1 + width)) return false
      this.number = width === 8 ? this.#view.getFloat64(this.at + 1) : this.#view.getFloat32(this.at + 1)
      this.at += 1 + width
      return true
    }
    if (head === 0xcf || head === 0xd3 || !this.takeInteger()) return false
    this.number = this.high === 0 ? this.low : this.low | 0
    return true
  }

  /** Reads the head of a binary, whose range is then that of the string read last. */
  takeBinary(): boolean {
    const head = this.bytes[this.at]
    if (!(head >= 0xc4 && head < 0xc7)) return false
    const width = 1 << (head - 0xc4)
    if (!this.#has(1 + width)) return false
    this.start = this.at + 1 + width
    this.end = this.start + this.#length(width)
    this.at = this.end
    return this.end <= this.bytes.length
  }

  /** Passes over a value of strings, numbers, words, and lists and maps of them. */
  skip(): boolean {
    for (let left = 1; left > 0; left--) {
      const head = this.bytes[this.at]
      if (head >= 0xa0 && head < 0xc0) this.at += 1 + (head & 0x1f)
      else if (head === 0xc0 || head === 0xc2 || head === 0xc3) this.at++
      else if (this.takeMap()) left += this.count * 2
      else if (this.takeArray()) left += this.count
      else if (head >= 0xca && head < 0xd4) this.at += 1 + widths[head - 0xca]
      else if (!this.takeInteger() && !this.takeString()) return false
    }
    return this.at <= this.bytes.length
  }

  #takeHead(fixed: number, wide: number): boolean {
    const head = this.bytes[this.at]
    if (head >= fixed && head < fixed + 16) {
      this.count = head & 0x0f
      this.at++
      return true
    }
    if (head !== wide && head !== wide + 1) return false
    const width = head === wide ? 2 : 4
    if (!this.#has(1 + width)) return false
    this.count = this.#length(width)
    return true
  }

  #has(bytes: number): boolean {
    return this.at + bytes <= this.bytes.length
  }

  /** The length behind the head at hand; the cursor stands behind it then. */
  #length(width: number): number {
    const at = this.at + 1
    this.at = at + width
    return width === 1 ? this.bytes[at] : width === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at)
  }
}
