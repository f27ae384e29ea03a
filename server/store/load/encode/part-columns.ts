import type { AttributesColumn, BytesColumn } from '../../../model/columns.ts'
import type { ArrayEnds, NativeBlock, Parts, Rows, Words } from './native-block.ts'

/** Writes columns of a block from the same parts again and again: each call names only how a part has its column. */
export class PartColumns<P extends { readonly rows: Rows }> {
  readonly #block: NativeBlock
  readonly #parts: readonly P[]

  constructor(block: NativeBlock, parts: readonly P[]) {
    this.#block = block
    this.#parts = parts
  }

  repeated(name: string, width: 1 | 2 | 4, value: (part: P) => number): void {
    this.#block.repeated(name, width, this.#of(value))
  }

  copied(name: string, width: number, column: (part: P) => Uint8Array | Uint32Array): void {
    this.#block.copied(name, width, this.#of(column))
  }

  words(name: string, column: (part: P) => Words): void {
    this.#block.words(name, this.#of(column))
  }

  strings(name: string, column: (part: P) => BytesColumn): void {
    this.#block.strings(name, this.#of(column))
  }

  map(name: string, column: (part: P) => AttributesColumn): void {
    this.#block.map(name, this.#of(column))
  }

  #of<T>(column: (part: P) => T): Parts<T> {
    return this.#parts.map((part) => ({ column: column(part), rows: part.rows }))
  }
}

/** The same for arrays: parts hold elements, `ends` says whose they are. */
export class PartArrays<P extends { readonly rows: Rows }> {
  readonly #block: NativeBlock
  readonly #parts: readonly P[]
  readonly #ends: ArrayEnds

  constructor(block: NativeBlock, parts: readonly P[], ends: ArrayEnds) {
    this.#block = block
    this.#parts = parts
    this.#ends = ends
  }

  copied(name: string, width: number, column: (part: P) => Uint8Array | Uint32Array): void {
    this.#block.fixedArray(name, this.#ends, { width, parts: this.#of(column) })
  }

  words(name: string, column: (part: P) => Words): void {
    this.#block.wordArray(name, this.#ends, this.#of(column))
  }

  map(name: string, column: (part: P) => AttributesColumn): void {
    this.#block.mapArray(name, this.#ends, this.#of(column))
  }

  #of<T>(column: (part: P) => T): Parts<T> {
    return this.#parts.map((part) => ({ column: column(part), rows: part.rows }))
  }
}
