import { Buffer } from 'node:buffer'
import { BytesBuilder, Uint32Builder } from '../../model/column-builders.ts'
import type { AttributesColumn } from '../../model/columns.ts'

/**
 * The attributes of a batch written anew, row by row: rows that no stage changed are copied, others given entry by
 * entry. Keys and types keep their numbers, so that copying takes no look-up.
 */
export class AttributeRows {
  readonly #given: AttributesColumn
  readonly #givenBytes: Buffer
  readonly #keys: string[]
  readonly #keyIndexes: Map<string, number>
  readonly #types: string[]
  readonly #typeIndexes: Map<string, number>
  readonly #offsets: Uint32Builder
  readonly #entryKeys: Uint32Builder
  readonly #rowTypes: Uint32Builder
  readonly #values: BytesBuilder
  #letters = ''

  constructor(given: AttributesColumn) {
    const { data } = given.values
    this.#given = given
    this.#givenBytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    this.#keys = [...given.keys.values]
    this.#keyIndexes = new Map(this.#keys.map((key, index) => [key, index]))
    this.#types = [...given.types.values]
    this.#typeIndexes = new Map(this.#types.map((letters, index) => [letters, index]))
    const rows = given.offsets.length - 1
    this.#offsets = new Uint32Builder(rows + 1)
    this.#offsets.add(0)
    this.#entryKeys = new Uint32Builder(given.keys.indexes.length + rows)
    this.#rowTypes = new Uint32Builder(rows)
    this.#values = new BytesBuilder(data.length + 16 * rows, given.keys.indexes.length + rows)
  }

  /** Adds row `row` of the given column as it is. */
  copyRow(row: number): void {
    const { offsets, keys, types } = this.#given
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      this.#entryKeys.add(keys.indexes[entry])
      this.#copyValue(entry)
    }
    this.#rowTypes.add(types.indexes[row])
    this.#offsets.add(this.#entryKeys.count)
  }

  /** Adds an entry to the row begun, its value that of entry `entry` of the given column. */
  copy(key: string, letter: string, entry: number): void {
    this.#addKey(key, letter)
    this.#copyValue(entry)
  }

  text(key: string, letter: string, value: string): void {
    this.#addKey(key, letter)
    this.#values.addText(value)
  }

  endRow(): void {
    let index = this.#typeIndexes.get(this.#letters)
    if (index === undefined) {
      index = this.#types.push(this.#letters) - 1
      this.#typeIndexes.set(this.#letters, index)
    }
    this.#rowTypes.add(index)
    this.#offsets.add(this.#entryKeys.count)
    this.#letters = ''
  }

  finish(): AttributesColumn {
    return {
      offsets: this.#offsets.finish(),
      keys: { values: this.#keys, indexes: this.#entryKeys.finish() },
      values: this.#values.finish(),
      types: { values: this.#types, indexes: this.#rowTypes.finish() },
    }
  }

  #addKey(key: string, letter: string): void {
    let index = this.#keyIndexes.get(key)
    if (index === undefined) {
      index = this.#keys.push(key) - 1
      this.#keyIndexes.set(key, index)
    }
    this.#entryKeys.add(index)
    this.#letters += letter
  }

  #copyValue(entry: number): void {
    const { offsets } = this.#given.values
    this.#values.add(this.#givenBytes, offsets[entry], offsets[entry + 1])
  }
}
