import { Buffer } from 'node:buffer'
import type { AttributesColumn, AttributeType } from '../../model/columns.ts'
import type { AttributeRows } from './attribute-rows.ts'
import { pipelineBounds } from './bounds.ts'

/** Stands for an entry whose value is no longer that of the batch. */
const own = -1

/** The attributes of one row while stages work on it; one object serves all rows. Values are read when asked for. */
export class RecordAttributes {
  #column: AttributesColumn | null = null
  #bytes: Buffer = Buffer.alloc(0)
  #row = 0
  #isLoaded = false
  #isChanged = false
  #count = 0
  readonly #keys: string[] = []
  readonly #letters: string[] = []
  readonly #texts: (string | null)[] = []
  readonly #entries: number[] = []

  open(column: AttributesColumn): void {
    const { data } = column.values
    this.#column = column
    this.#bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  }

  begin(row: number): void {
    this.#row = row
    this.#isLoaded = false
    this.#isChanged = false
    this.#count = 0
  }

  get isChanged(): boolean {
    return this.#isChanged
  }

  get count(): number {
    if (!this.#isLoaded) this.#load()
    return this.#count
  }

  /** Place of a key, -1 where the row does not have it. */
  indexOf(key: string): number {
    if (!this.#isLoaded) this.#load()
    const keys = this.#keys
    for (let i = 0; i < this.#count; i++) if (keys[i] === key) return i
    return -1
  }

  keyAt(index: number): string {
    return this.#keys[index]
  }

  typeAt(index: number): AttributeType {
    return this.#letters[index] as AttributeType
  }

  textAt(index: number): string {
    let text = this.#texts[index]
    if (text === null) {
      const { offsets } = (this.#column as AttributesColumn).values
      const entry = this.#entries[index]
      text = this.#bytes.toString('utf8', offsets[entry], offsets[entry + 1])
      this.#texts[index] = text
    }
    return text
  }

  /** Gives the key a value; false where the row has as many attributes as it may. */
  set(key: string, type: AttributeType, value: string): boolean {
    let index = this.indexOf(key)
    if (index === -1) {
      if (this.#count >= pipelineBounds.attributesPerLine) return false
      index = this.#count++
      this.#keys[index] = key
    }
    this.#letters[index] = type
    this.#texts[index] = value
    this.#entries[index] = own
    this.#isChanged = true
    return true
  }

  /** Adds an entry whose key the row does not have, whatever the bound. */
  mark(key: string, value: string): void {
    const index = this.count
    this.#keys[index] = key
    this.#letters[index] = 's'
    this.#texts[index] = value
    this.#entries[index] = own
    this.#count = index + 1
    this.#isChanged = true
  }

  /** Takes the entry out; those behind it move up. */
  removeAt(index: number): void {
    for (const column of [this.#keys, this.#letters, this.#texts, this.#entries] as unknown[][])
      column.copyWithin(index, index + 1, this.#count)
    this.#count -= 1
    this.#isChanged = true
  }

  /** Gives the entry another key; one that has it already is replaced. */
  renameAt(index: number, key: string): void {
    const other = this.indexOf(key)
    if (other === index) return
    this.#keys[index] = key
    this.#isChanged = true
    if (other !== -1) this.removeAt(other)
  }

  writeTo(rows: AttributeRows): void {
    for (let i = 0; i < this.#count; i++) {
      const entry = this.#entries[i]
      if (entry === own) rows.text(this.#keys[i], this.#letters[i], this.#texts[i] ?? '')
      else rows.copy(this.#keys[i], this.#letters[i], entry)
    }
    rows.endRow()
  }

  #load(): void {
    const { offsets, keys, types } = this.#column as AttributesColumn
    const letters = types.values[types.indexes[this.#row]]
    const from = offsets[this.#row]
    this.#count = offsets[this.#row + 1] - from
    for (let i = 0; i < this.#count; i++) {
      this.#keys[i] = keys.values[keys.indexes[from + i]]
      this.#letters[i] = letters[i]
      this.#texts[i] = null
      this.#entries[i] = from + i
    }
    this.#isLoaded = true
  }
}
