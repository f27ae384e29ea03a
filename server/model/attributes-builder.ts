import { Buffer, isAscii, isUtf8 } from 'node:buffer'
import { ByteInterner } from './byte-interner.ts'
import { BytesBuilder, Uint32Builder } from './column-builders.ts'
import type { AttributesColumn, AttributeType } from './columns.ts'
import { freshMemory } from './memory.ts'

const letters = { string: 0x73, boolean: 0x62, integer: 0x69, double: 0x64, none: 0x6e } as const

/**
 * Growable AttributesColumn.
 *
 * Per entry: `key` or `keyText`, then exactly one of the value calls; per row: `endRow`, or `abandonRow` to take back
 * what was added since. Of a key that is repeated in a row the last value is kept, at the place of the first.
 * Strings may be invalid UTF-8 when added: `finish` replaces what is invalid by U+FFFD. That costs nothing for valid
 * ones, as a whole column is checked at once.
 */
export class AttributesBuilder {
  readonly #keys = new ByteInterner()
  readonly #keyIndexes: Uint32Builder
  readonly #values: BytesBuilder
  readonly #types = new ByteInterner()
  readonly #typeIndexes: Uint32Builder
  readonly #offsets: Uint32Builder
  /** Letters of the row so far. */
  #rowTypes: Buffer = Buffer.alloc(64)
  #rowStart = 0
  #row = 1
  /** By key number: the row that had the key last. */
  #lastRow = new Uint32Array(32)
  #hasRepeat = false

  constructor({ expectedRows = 16, expectedEntries = 64, expectedBytes = 1024, memory = freshMemory } = {}) {
    this.#keyIndexes = new Uint32Builder(expectedEntries, memory)
    this.#values = new BytesBuilder(expectedBytes, expectedEntries, memory)
    this.#typeIndexes = new Uint32Builder(expectedRows, memory)
    this.#offsets = new Uint32Builder(expectedRows + 1, memory)
    this.#offsets.add(0)
  }

  /** Rows ended. */
  get rowCount(): number {
    return this.#offsets.count - 1
  }

  /** Entries of the row so far, repeated keys among them. */
  get rowEntries(): number {
    return this.#keyIndexes.count - this.#rowStart
  }

  /** Begins an entry whose key is `source[start .. end)`. */
  key(source: Uint8Array, start: number, end: number): void {
    this.#addKey(this.#keys.intern(source, start, end))
  }

  keyText(text: string): void {
    this.#addKey(this.#keys.internText(text))
  }

  /** A string, copied from `source[start .. end)`. */
  string(source: Uint8Array, start: number, end: number): void {
    this.#addType(letters.string)
    this.#values.add(source, start, end)
  }

  /** A signed 64-bit integer, given as its two words. */
  integer(low: number, high: number): void {
    this.#addType(letters.integer)
    this.#values.addDecimal(low, high)
  }

  double(value: number): void {
    this.#addType(letters.double)
    this.#values.addText(doubleText(value))
  }

  boolean(value: boolean): void {
    this.#addType(letters.boolean)
    this.#values.addText(value ? 'true' : 'false')
  }

  none(): void {
    this.#addType(letters.none)
    this.#values.addEmpty()
  }

  /** A value whose text form stands in `source[start .. end)`: any type. */
  copy(type: AttributeType, source: Uint8Array, { start, end }: { start: number; end: number }): void {
    this.#addType(type.charCodeAt(0))
    this.#values.add(source, start, end)
  }

  /** A value whose text form is at hand: any type. */
  text(type: AttributeType, value: string): void {
    this.#addType(type.charCodeAt(0))
    this.#values.addText(value)
  }

  endRow(): void {
    if (this.#hasRepeat) this.#mergeRepeats()
    this.#typeIndexes.add(this.#types.intern(this.#rowTypes, 0, this.rowEntries))
    this.#offsets.add(this.#keyIndexes.count)
    this.#nextRow()
  }

  /** Takes back the entries added since the last `endRow`. */
  abandonRow(): void {
    this.#keyIndexes.truncate(this.#rowStart)
    this.#values.truncate(this.#rowStart)
    this.#nextRow()
  }

  /** Cuts back to the first `rows` rows; the row begun is abandoned too. */
  truncate(rows: number): void {
    this.#rowStart = this.#offsets.at(rows)
    this.#offsets.truncate(rows + 1)
    this.#typeIndexes.truncate(rows)
    this.abandonRow()
  }

  finish(): AttributesColumn {
    const values = this.#values.finish()
    return {
      offsets: this.#offsets.finish(),
      keys: { values: this.#keys.values, indexes: this.#keyIndexes.finish() },
      values: areAllUtf8(values.data, values.offsets) ? values : replacedInvalid(values.data, values.offsets),
      types: { values: this.#types.values, indexes: this.#typeIndexes.finish() },
    }
  }

  #addKey(index: number): void {
    if (index >= this.#lastRow.length) {
      const larger = new Uint32Array(Math.max(this.#lastRow.length * 2, index + 1))
      larger.set(this.#lastRow)
      this.#lastRow = larger
    }
    if (this.#lastRow[index] === this.#row) this.#hasRepeat = true
    else this.#lastRow[index] = this.#row
    this.#keyIndexes.add(index)
  }

  #addType(letter: number): void {
    const entry = this.rowEntries - 1
    if (entry === this.#rowTypes.length) {
      const larger = Buffer.alloc(entry * 2)
      this.#rowTypes.copy(larger)
      this.#rowTypes = larger
    }
    this.#rowTypes[entry] = letter
  }

  #nextRow(): void {
    this.#rowStart = this.#keyIndexes.count
    this.#row++
    this.#hasRepeat = false
    this.#keys.startRun()
  }

  /** Writes the row anew, each key once: at the place of its first entry, with the value of its last. */
  #mergeRepeats(): void {
    const merged = new Map<number, { letter: number; value: Buffer }>()
    for (let entry = this.#rowStart; entry < this.#keyIndexes.count; entry++)
      merged.set(this.#keyIndexes.at(entry), {
        letter: this.#rowTypes[entry - this.#rowStart],
        value: Buffer.from(this.#values.view(entry)),
      })
    this.#keyIndexes.truncate(this.#rowStart)
    this.#values.truncate(this.#rowStart)
    for (const [key, { letter, value }] of merged) {
      this.#keyIndexes.add(key)
      this.#addType(letter)
      this.#values.add(value, 0, value.length)
    }
  }
}

/** Text form of a double: the shortest decimal that reads back equal; `NaN`, `Infinity`, `-Infinity`; `-0` keeps its sign. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** Whether every string of the column is valid UTF-8: the whole is, and none begins within a character. */
function areAllUtf8(data: Uint8Array, offsets: Uint32Array): boolean {
  if (isAscii(data)) return true
  if (!isUtf8(data)) return false
  for (let i = 0; i + 1 < offsets.length; i++)
    if (offsets[i] !== offsets[i + 1] && (data[offsets[i]] & 0xc0) === 0x80) return false
  return true
}

function replacedInvalid(data: Uint8Array, offsets: Uint32Array): AttributesColumn['values'] {
  const values = new BytesBuilder(data.length)
  for (let i = 0; i + 1 < offsets.length; i++) {
    const value = Buffer.from(data.buffer, data.byteOffset + offsets[i], offsets[i + 1] - offsets[i])
    if (isUtf8(value)) values.add(value, 0, value.length)
    else values.addText(value.toString('utf8'))
  }
  return values.finish()
}
