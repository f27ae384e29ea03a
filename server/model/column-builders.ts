import { Buffer } from 'node:buffer'
import { ByteInterner } from './byte-interner.ts'
import type { BytesColumn, DictionaryColumn } from './columns.ts'
import { freshMemory, type Memory, takeUint8, takeUint32 } from './memory.ts'

/** Rows that a builder has room for at first where it is not told how many to expect; it doubles when full. */
const initialRows = 64

/** Strings up to this many bytes are copied in a loop, longer ones by a call: where the two cost the same. */
const loopCopyBytes = 32

/** Texts up to this many characters are written in a loop, longer ones by a call, which costs as much as 20 of them. */
const loopWriteCharacters = 20

/** Growable column of bytes. `finish` hands the memory over; the builder must not be used afterwards. */
export class Uint8Builder {
  readonly #memory: Memory
  #data: Uint8Array
  #count = 0

  constructor(expectedRows = initialRows, memory = freshMemory) {
    this.#memory = memory
    this.#data = takeUint8(memory, Math.max(2, expectedRows))
  }

  get count(): number {
    return this.#count
  }

  add(value: number): void {
    if (this.#count === this.#data.length) this.#data = grown(this.#data, takeUint8(this.#memory, this.#count * 2))
    this.#data[this.#count++] = value
  }

  /** Cuts back to the first `count` entries. */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, count)
  }

  finish(): Uint8Array {
    return this.#data.subarray(0, this.#count)
  }
}

/** Growable column of 32-bit numbers; `addPair` for 64-bit columns, low word first. */
export class Uint32Builder {
  readonly #memory: Memory
  #data: Uint32Array
  #count = 0

  /** `expectedWords`: room to begin with; two per row of a column of pairs. */
  constructor(expectedWords = initialRows, memory = freshMemory) {
    this.#memory = memory
    this.#data = takeUint32(memory, Math.max(2, expectedWords))
  }

  /** Words written, so twice the rows of a column of pairs. */
  get count(): number {
    return this.#count
  }

  /** Signed words keep their bits. */
  add(value: number): void {
    if (this.#count === this.#data.length) this.#grow()
    this.#data[this.#count++] = value
  }

  addPair(low: number, high: number): void {
    if (this.#count + 1 >= this.#data.length) this.#grow()
    this.#data[this.#count] = low
    this.#data[this.#count + 1] = high
    this.#count += 2
  }

  /** Word `index`, which must be below `count`. */
  at(index: number): number {
    return this.#data[index]
  }

  /** Cuts back to the first `count` words. */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, count)
  }

  finish(): Uint32Array {
    return this.#data.subarray(0, this.#count)
  }

  #grow(): void {
    this.#data = grown(this.#data, takeUint32(this.#memory, this.#data.length * 2))
  }
}

/** Growable column of values of one width in bytes: trace ids (16), span ids (8). */
export class FixedBytesBuilder {
  readonly #width: number
  readonly #memory: Memory
  #data: Uint8Array
  #size = 0

  constructor(width: number, expectedRows = initialRows, memory = freshMemory) {
    this.#width = width
    this.#memory = memory
    this.#data = takeUint8(memory, width * Math.max(2, expectedRows))
  }

  /** Copies the `width` bytes at `start`. */
  add(source: Uint8Array, start: number): void {
    if (this.#size + this.#width > this.#data.length) this.#grow()
    const data = this.#data
    const size = this.#size
    for (let i = 0; i < this.#width; i++) data[size + i] = source[start + i]
    this.#size = size + this.#width
  }

  addZero(): void {
    if (this.#size + this.#width > this.#data.length) this.#grow()
    this.#data.fill(0, this.#size, this.#size + this.#width)
    this.#size += this.#width
  }

  /** Cuts back to the first `rows` values. */
  truncate(rows: number): void {
    this.#size = Math.min(this.#size, rows * this.#width)
  }

  finish(): Uint8Array {
    return this.#data.subarray(0, this.#size)
  }

  #grow(): void {
    this.#data = grown(this.#data, takeUint8(this.#memory, this.#data.length * 2))
  }
}

/** Growable BytesColumn: strings laid end to end. */
export class BytesBuilder {
  readonly #memory: Memory
  #data: Buffer
  #size = 0
  readonly #offsets: Uint32Builder

  constructor(expectedBytes = 1024, expectedRows = initialRows, memory = freshMemory) {
    this.#memory = memory
    this.#data = memory.take(Math.max(64, expectedBytes))
    this.#offsets = new Uint32Builder(expectedRows + 1, memory)
    this.#offsets.add(0)
  }

  /** Strings written. */
  get count(): number {
    return this.#offsets.count - 1
  }

  /** Bytes written. */
  get size(): number {
    return this.#size
  }

  /** Adds a copy of `source[start .. end)`. `source` must be a Buffer to be fast with strings over 32 bytes. */
  add(source: Uint8Array, start: number, end: number): void {
    const length = end - start
    let size = this.#size
    if (size + length > this.#data.length) this.#reserve(length)
    const data = this.#data
    if (length <= loopCopyBytes) for (let i = start; i < end; i++) data[size++] = source[i]
    else {
      if (Buffer.isBuffer(source)) source.copy(data, size, start, end)
      else data.set(source.subarray(start, end), size)
      size += length
    }
    this.#size = size
    this.#offsets.add(size)
  }

  /** Adds text as UTF-8. A lone surrogate becomes U+FFFD. */
  addText(text: string): void {
    const most = text.length * 3
    if (this.#size + most > this.#data.length) this.#reserve(most)
    this.#size = text.length <= loopWriteCharacters ? this.#writeShort(text) : this.#writeLong(text)
    this.#offsets.add(this.#size)
  }

  /** Writes ASCII in a loop; what is none by a call. The answer: where it ends. */
  #writeShort(text: string): number {
    const data = this.#data
    const size = this.#size
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return this.#writeLong(text)
      data[size + i] = code
    }
    return size + text.length
  }

  #writeLong(text: string): number {
    return this.#size + this.#data.write(text, this.#size, 'utf8')
  }

  addEmpty(): void {
    this.#offsets.add(this.#size)
  }

  /** Adds a signed 64-bit integer, given as its two words, in decimal. */
  addDecimal(low: number, high: number): void {
    if (high !== low >> 31) {
      this.addText(((BigInt(high | 0) << 32n) | BigInt(low >>> 0)).toString())
      return
    }
    if (this.#size + 11 > this.#data.length) this.#reserve(11)
    const data = this.#data
    let size = this.#size
    let rest = low | 0
    if (rest < 0) data[size++] = 0x2d
    rest = Math.abs(rest)
    let digits = 1
    for (let ten = 10; ten <= rest; ten *= 10) digits++
    for (let i = size + digits - 1; i >= size; i--) {
      const tenth = Math.trunc(rest / 10)
      data[i] = 0x30 + (rest - tenth * 10)
      rest = tenth
    }
    this.#size = size + digits
    this.#offsets.add(this.#size)
  }

  /** A view of string `index`, good until the next call of the builder. */
  view(index: number): Buffer {
    return this.#data.subarray(this.#offsets.at(index), this.#offsets.at(index + 1))
  }

  /** Cuts back to the first `count` strings. */
  truncate(count: number): void {
    if (count >= this.count) return
    this.#size = this.#offsets.at(count)
    this.#offsets.truncate(count + 1)
  }

  finish(): BytesColumn {
    return { data: this.#data.subarray(0, this.#size), offsets: this.#offsets.finish() }
  }

  #reserve(length: number): void {
    const larger = this.#memory.take(Math.max(this.#data.length * 2, this.#size + length))
    this.#data.copy(larger, 0, 0, this.#size)
    this.#data = larger
  }
}

/** Growable DictionaryColumn, interning straight from bytes. */
export class DictionaryBuilder {
  readonly #interner = new ByteInterner()
  readonly #indexes: Uint32Builder

  constructor(expectedRows = initialRows, memory = freshMemory) {
    this.#indexes = new Uint32Builder(expectedRows, memory)
  }

  get count(): number {
    return this.#indexes.count
  }

  /** Adds the string `source[start .. end)`; invalid UTF-8 becomes U+FFFD. */
  add(source: Uint8Array, start: number, end: number): void {
    this.#indexes.add(this.#interner.intern(source, start, end))
  }

  addText(text: string): void {
    this.#indexes.add(this.#interner.internText(text))
  }

  addEmpty(): void {
    this.#indexes.add(0)
  }

  /** Cuts back to the first `count` rows. Words that only later rows had stay in `values`. */
  truncate(count: number): void {
    this.#indexes.truncate(count)
  }

  finish(): DictionaryColumn {
    return { values: this.#interner.values, indexes: this.#indexes.finish() }
  }
}

function grown<T extends Uint8Array | Uint32Array>(data: T, larger: T): T {
  larger.set(data)
  return larger
}
