/** Array column: `ends[row]` is where the row's elements end among all elements. */
export interface ArrayColumn<T> {
  readonly ends: Uint32Array
  readonly items: T
}

/**
 * Reads the columns of FORMAT Native blocks one after another, in the order of the statement. Fixed-width columns come
 * as aligned copies. The caller knows the types; the header's are passed over.
 */
export class NativeColumns {
  private readonly bytes: Uint8Array
  /** All blocks. */
  readonly buffer: Buffer
  private at = 0
  rows = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Moves to the next block; false at the end. Every column of the block before must have been read. */
  nextBlock(): boolean {
    if (this.at >= this.bytes.length) return false
    this.varuint()
    this.rows = this.varuint()
    return true
  }

  bytes8(): Uint8Array {
    this.header()
    return this.take(this.rows)
  }

  uint16(): Uint16Array {
    this.header()
    return new Uint16Array(this.take(this.rows * 2).buffer)
  }

  uint32(): Uint32Array {
    this.header()
    return new Uint32Array(this.take(this.rows * 4).buffer)
  }

  /** 64-bit values as [low, high] words. */
  words(): Uint32Array {
    this.header()
    return new Uint32Array(this.take(this.rows * 8).buffer)
  }

  float64(): Float64Array {
    this.header()
    return new Float64Array(this.take(this.rows * 8).buffer)
  }

  /** `width` bytes each. */
  fixed(width: number): Uint8Array {
    this.header()
    return this.take(this.rows * width)
  }

  /** Passes over a column of `width` bytes each. */
  skip(width: number): void {
    this.header()
    this.at += this.rows * width
  }

  /** Passes over a column of arrays whose elements have `width` bytes each. */
  skipArrays(width: number): void {
    const { count } = this.arrayHeader()
    this.at += count * width
  }

  strings(): string[] {
    this.header()
    return this.texts(this.rows)
  }

  wordArrays(): ArrayColumn<Uint32Array> {
    const { ends, count } = this.arrayHeader()
    return { ends, items: new Uint32Array(this.take(count * 8).buffer) }
  }

  /** 64-bit values that stay where they are in the block: `items` is the byte at which they begin. */
  wordArraysInPlace(): ArrayColumn<number> {
    const { ends, count } = this.arrayHeader()
    const items = this.at
    this.at += count * 8
    return { ends, items }
  }

  float64Arrays(): ArrayColumn<Float64Array> {
    const { ends, count } = this.arrayHeader()
    return { ends, items: new Float64Array(this.take(count * 8).buffer) }
  }

  int32Arrays(): ArrayColumn<Int32Array> {
    const { ends, count } = this.arrayHeader()
    return { ends, items: new Int32Array(this.take(count * 4).buffer) }
  }

  int8Arrays(): ArrayColumn<Int8Array> {
    const { ends, count } = this.arrayHeader()
    return { ends, items: new Int8Array(this.take(count).buffer) }
  }

  /** A text that has the bytes of the one at its place in the row before is that very string. */
  stringArrays(): ArrayColumn<string[]> {
    const { ends, count } = this.arrayHeader()
    const items: string[] = new Array(count)
    const starts = new Uint32Array(count)
    const lengths = new Uint32Array(count)
    for (let row = 0, i = 0, before = 0; row < ends.length; row += 1) {
      const first = i
      for (let known = before; i < ends[row]; i += 1, known += 1) {
        const length = this.varuint()
        starts[i] = this.at
        lengths[i] = length
        if (known < first && lengths[known] === length && this.isSame(starts[known], length)) {
          items[i] = items[known]
          this.at += length
        } else items[i] = this.text(length)
      }
      before = first
    }
    return { ends, items }
  }

  /** Whether what comes next has the bytes of an earlier place. */
  private isSame(start: number, length: number): boolean {
    const { bytes, at } = this
    for (let i = length - 1; i >= 0; i -= 1) if (bytes[start + i] !== bytes[at + i]) return false
    return true
  }

  private arrayHeader(): { ends: Uint32Array; count: number } {
    const offsets = this.words()
    const ends = new Uint32Array(this.rows)
    for (let row = 0; row < ends.length; row += 1) ends[row] = offsets[2 * row]
    return { ends, count: ends.length === 0 ? 0 : ends[ends.length - 1] }
  }

  private header(): void {
    for (let part = 0; part < 2; part += 1) {
      const length = this.varuint()
      this.at += length
    }
  }

  private take(length: number): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(length)
    copy.set(this.bytes.subarray(this.at, this.at + length))
    this.at += length
    return copy
  }

  private texts(count: number): string[] {
    const found: string[] = new Array(count)
    for (let i = 0; i < count; i += 1) {
      const length = this.varuint()
      found[i] = this.text(length)
    }
    return found
  }

  /** Label text is nearly always short ASCII: a loop is faster than a call into the runtime. */
  private text(length: number): string {
    const start = this.at
    this.at += length
    for (let i = start; i < this.at; i += 1)
      if (this.bytes[i] > 0x7f) return this.buffer.toString('utf8', start, this.at)
    return this.buffer.toString('latin1', start, this.at)
  }

  private varuint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) throw new RangeError(`A Native block ends too early, after ${this.bytes.length} bytes.`)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
}
