import type { AttributesColumn, BytesColumn, DictionaryColumn } from '../../../model/columns.ts'
import type { TableColumns } from '../../schema/table-columns.ts'
import { writePair } from './words64.ts'

/** Strings shorter than this are copied by a loop: calling into native code costs more. */
const loopCopyBytes = 24
/** LowCardinality in Native: additional keys are here (0x200), they make a new dictionary (0x400), index width (0-2). */
const dictionaryFlags = 0x600

/** Rows of one batch to be written, in order: indexes into its columns. */
export interface Rows {
  readonly count: number
  readonly indexes: Uint32Array
  /** `indexes` is 0, 1, 2, …: columns may be copied whole. */
  readonly isAll: boolean
}

/** Values of one column taken from several batches: column and rows of each. */
export type Parts<T> = readonly { readonly column: T; readonly rows: Rows }[]

/** Strings by row through an index: `values[indexes[row]]`. Only values that a row uses enter the block. */
export type Words = Pick<DictionaryColumn, 'values' | 'indexes'>

/**
 * Writes one block of ClickHouse's Native format into memory that is kept from block to block.
 *
 * Columns are written in the table's order, each with exactly one call; `begin` and `finish` bracket them. All
 * numbers are little-endian, as on every machine that ClickHouse runs on.
 * Ownership: the bytes of `finish` are good until the next `begin`.
 * Source: ClickHouse "Native" format, revision 0 (as in files).
 */
export class NativeBlock {
  #bytes: Buffer = Buffer.allocUnsafeSlow(1 << 20)
  #at = 0
  #table: TableColumns | null = null
  #column = 0
  #rows = 0
  /** Numbers of the current column's words, by row. */
  #words = new Uint32Array(1024)
  /** Bytes of the words seen lately: the same few hundred names come in every block. */
  readonly #utf8 = new Map<string, Buffer>()

  begin(table: TableColumns, rows: number): void {
    this.#at = 0
    this.#table = table
    this.#column = 0
    this.#rows = rows
    this.#reserve(64)
    this.#varint(table.columns.length)
    this.#varint(rows)
  }

  /** Throws Error where a column was left out: a defect of the encoder. */
  finish(): Uint8Array {
    if (this.#column !== this.#table?.columns.length)
      throw new Error(
        `native block: ${this.#table?.table} got ${this.#column} of ${this.#table?.columns.length} columns`,
      )
    return this.#bytes.subarray(0, this.#at)
  }

  /** A column of the table's next name; `fill` gets room for `width` bytes a row and writes all of them. */
  fixed(name: string, width: number, fill: (bytes: Buffer, at: number) => void): void {
    this.#header(name)
    this.#reserve(this.#rows * width)
    fill(this.#bytes, this.#at)
    this.#at += this.#rows * width
  }

  /** Copies a column of `width` bytes a row. */
  copied(name: string, width: number, parts: Parts<Uint8Array | Uint32Array>): void {
    this.#header(name)
    this.#copy(width, parts)
  }

  /** One value of 1, 2 or 4 bytes for all rows of a part. */
  repeated(name: string, width: 1 | 2 | 4, parts: Parts<number>): void {
    this.fixed(name, width, (bytes, start) => {
      let at = start
      for (const { column: value, rows } of parts) {
        if (rows.count === 0) continue
        bytes.writeUIntLE(value, at, width)
        bytes.fill(bytes.subarray(at, at + width), at, at + rows.count * width)
        at += rows.count * width
      }
    })
  }

  /** LowCardinality(String). */
  words(name: string, parts: Parts<Words>): void {
    this.#header(name)
    this.#u64(1)
    this.#wordRows(parts, this.#rows)
  }

  /** String. */
  strings(name: string, parts: Parts<BytesColumn>): void {
    this.#header(name)
    for (const { column, rows } of parts) this.#stringRows(column, rows)
  }

  /** Map(LowCardinality(String), String). */
  map(name: string, parts: Parts<AttributesColumn>): void {
    this.#header(name)
    this.#u64(1)
    this.#mapRows(parts)
  }

  /** Array of fixed-width values: `ends` by row, then the copied elements. */
  fixedArray(name: string, ends: ArrayEnds, element: { width: number; parts: Parts<Uint8Array | Uint32Array> }): void {
    this.#header(name)
    this.#ends(ends)
    this.#copy(element.width, element.parts)
  }

  /** Array of fixed-width values that `fill` writes, `width` bytes each. */
  filledArray(
    name: string,
    ends: ArrayEnds,
    element: { width: number; fill: (bytes: Buffer, at: number) => void },
  ): void {
    this.#header(name)
    this.#ends(ends)
    const size = (ends.ends[ends.count - 1] ?? 0) * element.width
    this.#reserve(size)
    element.fill(this.#bytes, this.#at)
    this.#at += size
  }

  /** Array(LowCardinality(String)). */
  wordArray(name: string, ends: ArrayEnds, parts: Parts<Words>): void {
    this.#header(name)
    this.#u64(1)
    this.#ends(ends)
    const elements = ends.ends[ends.count - 1] ?? 0
    if (elements > 0) this.#wordRows(parts, elements)
  }

  /** Array(Map(LowCardinality(String), String)). */
  mapArray(name: string, ends: ArrayEnds, parts: Parts<AttributesColumn>): void {
    this.#header(name)
    this.#u64(1)
    this.#ends(ends)
    this.#mapRows(parts)
  }

  #header(name: string): void {
    const wanted = this.#table?.columns[this.#column]
    if (wanted?.name !== name) throw new Error(`native block: ${this.#table?.table} wants ${wanted?.name}, not ${name}`)
    this.#column += 1
    this.#reserve(wanted.header.length)
    this.#bytes.set(wanted.header, this.#at)
    this.#at += wanted.header.length
  }

  #copy(width: number, parts: Parts<Uint8Array | Uint32Array>): void {
    for (const { column, rows } of parts) {
      const source = Buffer.from(column.buffer, column.byteOffset, column.byteLength)
      this.#reserve(rows.count * width)
      if (rows.isAll) {
        source.copy(this.#bytes, this.#at, 0, rows.count * width)
        this.#at += rows.count * width
        continue
      }
      const bytes = this.#bytes
      let at = this.#at
      for (let i = 0; i < rows.count; i++) {
        const from = rows.indexes[i] * width
        for (let b = 0; b < width; b++) bytes[at++] = source[from + b]
      }
      this.#at = at
    }
  }

  #ends(ends: ArrayEnds): void {
    this.#reserve(ends.count * 8)
    for (let i = 0; i < ends.count; i++) this.#u64(ends.ends[i])
  }

  #wordRows(parts: Parts<Words>, count: number): void {
    const numbers = this.#number(parts, count)
    const wide = numbers.size > 0x10000 ? 2 : numbers.size > 0x100 ? 1 : 0
    this.#u64(dictionaryFlags | wide)
    this.#u64(numbers.size)
    for (const word of numbers.keys()) this.#word(word)
    this.#u64(count)
    this.#reserve(count << wide)
    const bytes = this.#bytes
    const words = this.#words
    let at = this.#at
    for (let i = 0; i < count; i++) {
      const word = words[i]
      bytes[at++] = word
      if (wide === 0) continue
      bytes[at++] = word >>> 8
      if (wide === 1) continue
      bytes[at++] = word >>> 16
      bytes[at++] = word >>> 24
    }
    this.#at = at
  }

  /** Gives each different word a number, '' the number 0, and notes them by row in `#words`. */
  #number(parts: Parts<Words>, count: number): Map<string, number> {
    if (this.#words.length < count) this.#words = new Uint32Array(count * 2)
    const words = this.#words
    const numbers = new Map<string, number>([['', 0]])
    let at = 0
    for (const { column, rows } of parts) {
      const { values, indexes } = column
      const known = new Int32Array(values.length).fill(-1)
      for (let i = 0; i < rows.count; i++) {
        const index = indexes[rows.indexes[i]]
        let number = known[index]
        if (number < 0) {
          number = numbers.get(values[index]) ?? numbers.size
          numbers.set(values[index], number)
          known[index] = number
        }
        words[at++] = number
      }
    }
    return numbers
  }

  #mapRows(parts: Parts<AttributesColumn>): void {
    let total = 0
    const entries: { column: AttributesColumn; rows: Rows }[] = []
    for (const { column, rows } of parts) {
      this.#reserve(rows.count * 8)
      for (let i = 0; i < rows.count; i++) {
        const row = rows.indexes[i]
        total += column.offsets[row + 1] - column.offsets[row]
        this.#u64(total)
      }
      entries.push({ column, rows: elementsOf(column.offsets, rows) })
    }
    if (total === 0) return
    this.#wordRows(
      entries.map(({ column, rows }) => ({ column: column.keys, rows })),
      total,
    )
    for (const { column, rows } of entries) this.#stringRows(column.values, rows)
  }

  #stringRows(column: BytesColumn, rows: Rows): void {
    const { offsets } = column
    const source = Buffer.from(column.data.buffer, column.data.byteOffset, column.data.byteLength)
    // Five bytes are the longest varint of a 32-bit length.
    this.#reserve(bytesOf(offsets, rows) + rows.count * 5)
    const bytes = this.#bytes
    let at = this.#at
    for (let i = 0; i < rows.count; i++) {
      const row = rows.indexes[i]
      const start = offsets[row]
      const end = offsets[row + 1]
      let length = end - start
      if (length < loopCopyBytes) {
        bytes[at++] = length
        for (let from = start; from < end; from++) bytes[at++] = source[from]
        continue
      }
      while (length >= 0x80) {
        bytes[at++] = (length & 0x7f) | 0x80
        length >>>= 7
      }
      bytes[at++] = length
      source.copy(bytes, at, start, end)
      at += end - start
    }
    this.#at = at
  }

  #word(word: string): void {
    let utf8 = this.#utf8.get(word)
    if (utf8 === undefined) {
      if (this.#utf8.size >= 10_000) this.#utf8.clear()
      utf8 = Buffer.from(word)
      this.#utf8.set(word, utf8)
    }
    this.#reserve(utf8.length + 5)
    this.#varint(utf8.length)
    utf8.copy(this.#bytes, this.#at)
    this.#at += utf8.length
  }

  /** A number below 2^53; room for it must be there, but for the few calls outside loops that reserve themselves. */
  #u64(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#reserve(8)
    const high = value > 0xffffffff ? Math.floor(value / 2 ** 32) : 0
    this.#at = writePair(this.#bytes, this.#at, value >>> 0, high)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#at++] = rest
  }

  #reserve(more: number): void {
    const needed = this.#at + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, needed))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** Ends of arrays by row: row i has the elements from `ends[i - 1]` (0 for the first) to `ends[i]`. */
export interface ArrayEnds {
  readonly count: number
  readonly ends: Uint32Array | Float64Array
}

/** Elements `[offsets[row], offsets[row + 1])` of the chosen rows, as rows of the element columns. */
export function elementsOf(offsets: Uint32Array, rows: Rows): Rows {
  if (rows.isAll) return allRows(offsets[rows.count])
  let count = 0
  for (let i = 0; i < rows.count; i++) count += offsets[rows.indexes[i] + 1] - offsets[rows.indexes[i]]
  const indexes = new Uint32Array(count)
  let at = 0
  for (let i = 0; i < rows.count; i++) {
    const end = offsets[rows.indexes[i] + 1]
    for (let element = offsets[rows.indexes[i]]; element < end; element++) indexes[at++] = element
  }
  return { count, indexes, isAll: false }
}

function bytesOf(offsets: Uint32Array, rows: Rows): number {
  if (rows.isAll) return offsets[rows.count]
  let bytes = 0
  for (let i = 0; i < rows.count; i++) bytes += offsets[rows.indexes[i] + 1] - offsets[rows.indexes[i]]
  return bytes
}

let identity = new Uint32Array(0)

/** All of `count` rows. */
export function allRows(count: number): Rows {
  if (identity.length < count) {
    identity = new Uint32Array(Math.max(count, identity.length * 2, 65_536))
    for (let i = 0; i < identity.length; i++) identity[i] = i
  }
  return { count, indexes: identity, isAll: true }
}

/** The rows that `reject` does not mark. */
export function keptRows(count: number, reject: Uint8Array | null): Rows {
  if (reject === null) return allRows(count)
  const indexes = new Uint32Array(count)
  let kept = 0
  for (let row = 0; row < count; row++) if (reject[row] === 0) indexes[kept++] = row
  return kept === count ? allRows(count) : { count: kept, indexes, isAll: false }
}

/** Rows of all parts. */
export function rowTotal(parts: readonly { readonly rows: Rows }[]): number {
  let total = 0
  for (const { rows } of parts) total += rows.count
  return total
}
