import { Buffer } from 'node:buffer'
import type { AttributesColumn } from '../../model/columns.ts'

/**
 * Puts what was found in lines behind what the sender gave, row by row; a key that the sender gave keeps its value.
 * Both columns have the same rows. Where the sender gave nothing, `found` is returned as it is; and the other way round.
 */
export function mergeAttributes(given: AttributesColumn, found: AttributesColumn): AttributesColumn {
  if (found.keys.indexes.length === 0) return given
  if (given.keys.indexes.length === 0) return found
  return new Merge(given, found).result()
}

class Merge {
  readonly #given: AttributesColumn
  readonly #found: AttributesColumn
  readonly #keys: string[]
  /** Index of a key in `found` → in the result. */
  readonly #keyOfFound: Uint32Array
  readonly #keyIndexes: Uint32Array
  readonly #valueOffsets: Uint32Array
  readonly #data: Buffer
  readonly #types: string[] = ['']
  readonly #typeIndexes = new Map<string, number>([['', 0]])
  /** By key: the row, from 1, that has the key already. */
  readonly #rowOfKey: Uint32Array
  /** By index of the letters given: their index in the result, from 1. */
  readonly #typesOfGiven: Uint32Array
  #entries = 0
  #size = 0

  constructor(given: AttributesColumn, found: AttributesColumn) {
    this.#given = given
    this.#found = found
    this.#keys = [...given.keys.values]
    const indexes = new Map(this.#keys.map((key, index) => [key, index]))
    this.#keyOfFound = Uint32Array.from(found.keys.values, (key) => indexes.get(key) ?? this.#keys.push(key) - 1)
    const entries = given.keys.indexes.length + found.keys.indexes.length
    this.#keyIndexes = new Uint32Array(entries)
    this.#valueOffsets = new Uint32Array(entries + 1)
    this.#data = Buffer.allocUnsafeSlow(given.values.data.length + found.values.data.length)
    this.#rowOfKey = new Uint32Array(this.#keys.length)
    this.#typesOfGiven = new Uint32Array(given.types.values.length)
  }

  /** Rows in which nothing was found are copied together, as long as they follow one another. */
  result(): AttributesColumn {
    const { offsets: found } = this.#found
    const rows = found.length - 1
    const offsets = new Uint32Array(rows + 1)
    const typeIndexes = new Uint32Array(rows)
    let row = 0
    while (row < rows) {
      const first = row
      while (row < rows && found[row + 1] === found[row]) row++
      this.#copyRows(first, row, { offsets, typeIndexes })
      if (row === rows) break
      this.#copyRows(row, row + 1, { offsets, typeIndexes })
      const letters = this.#copyFound(row)
      if (letters !== '') typeIndexes[row] = this.#typeIndexOf(this.#types[typeIndexes[row]] + letters)
      offsets[row + 1] = this.#entries
      row++
    }
    return {
      offsets,
      keys: { values: this.#keys, indexes: this.#keyIndexes.subarray(0, this.#entries) },
      values: { data: this.#data.subarray(0, this.#size), offsets: this.#valueOffsets.subarray(0, this.#entries + 1) },
      types: { values: this.#types, indexes: typeIndexes },
    }
  }

  /** Copies what was given of the rows `[first, end)`. */
  #copyRows(first: number, end: number, into: { offsets: Uint32Array; typeIndexes: Uint32Array }): void {
    const { offsets, keys, types, values } = this.#given
    const from = offsets[first]
    const to = offsets[end]
    const start = values.offsets[from]
    this.#keyIndexes.set(keys.indexes.subarray(from, to), this.#entries)
    this.#data.set(values.data.subarray(start, values.offsets[to]), this.#size)
    const shift = this.#size - start
    const entriesShift = this.#entries - from
    for (let entry = from; entry < to; entry++)
      this.#valueOffsets[entry + entriesShift + 1] = values.offsets[entry + 1] + shift
    for (let row = first; row < end; row++) {
      into.offsets[row + 1] = offsets[row + 1] + entriesShift
      into.typeIndexes[row] = this.#typeOfGiven(types.indexes[row])
    }
    this.#entries = to + entriesShift
    this.#size = values.offsets[to] + shift
  }

  /** Copies what was found in a row and not given, behind what was given; the answer is its letters. */
  #copyFound(row: number): string {
    const { offsets, keys, types, values } = this.#found
    const given = this.#given
    for (let entry = given.offsets[row]; entry < given.offsets[row + 1]; entry++)
      this.#rowOfKey[given.keys.indexes[entry]] = row + 1
    const letters = types.values[types.indexes[row]]
    let kept = ''
    let isWhole = true
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      const key = this.#keyOfFound[keys.indexes[entry]]
      if (this.#rowOfKey[key] === row + 1) {
        if (isWhole) kept = letters.slice(0, entry - offsets[row])
        isWhole = false
        continue
      }
      this.#add(key, values, entry)
      if (!isWhole) kept += letters[entry - offsets[row]]
    }
    return isWhole ? letters : kept
  }

  #add(key: number, { data, offsets }: AttributesColumn['values'], entry: number): void {
    const start = offsets[entry]
    const end = offsets[entry + 1]
    for (let i = start; i < end; i++) this.#data[this.#size++] = data[i]
    this.#keyIndexes[this.#entries++] = key
    this.#valueOffsets[this.#entries] = this.#size
  }

  #typeOfGiven(index: number): number {
    if (this.#typesOfGiven[index] === 0)
      this.#typesOfGiven[index] = this.#typeIndexOf(this.#given.types.values[index]) + 1
    return this.#typesOfGiven[index] - 1
  }

  #typeIndexOf(letters: string): number {
    const known = this.#typeIndexes.get(letters)
    if (known !== undefined) return known
    const index = this.#types.push(letters) - 1
    this.#typeIndexes.set(letters, index)
    return index
  }
}
