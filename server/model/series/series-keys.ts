import type { SeriesKeys, SeriesTable } from '../series-table.ts'
import { ByteIndex } from './byte-index.ts'

/** Keys beyond twice the tenant's series are not remembered; so many are in any case. */
const extraKeys = 65_536

/** Keys of one protocol over a ByteIndex of their own. A ref is good as long as its generation is the one remembered. */
export class SeriesKeyIndex implements SeriesKeys {
  readonly #table: SeriesTable
  readonly #index = new ByteIndex()
  #refs = new Uint32Array(this.#index.capacity)
  #generations = new Uint32Array(this.#index.capacity)
  /** Entry found last, -1 at the beginning of a request. */
  #before = -1
  guessEnd = 0

  constructor(table: SeriesTable) {
    this.#table = table
  }

  get memoryBytes(): number {
    return this.#index.memoryBytes + this.#refs.length * 8
  }

  begin(): void {
    this.#before = -1
  }

  guess(bytes: Uint8Array, start: number, end: number): number {
    if (this.#before < 0) return -1
    const entry = this.#index.guess(bytes, start, end, this.#before)
    if (entry < 0) return -1
    this.guessEnd = start + this.#index.lengthOf(entry)
    return this.#take(entry)
  }

  find(bytes: Uint8Array, start: number, end: number): number {
    const entry = this.#index.find(bytes, start, end, this.#before)
    return entry < 0 ? -1 : this.#take(entry)
  }

  remember(bytes: Uint8Array, start: number, end: number, ref: number): void {
    let entry = this.#index.find(bytes, start, end, this.#before)
    if (entry < 0) {
      if (this.#index.count >= this.#table.active * 2 + extraKeys) return
      entry = this.#index.add(bytes, start, end, this.#before)
      if (entry < 0) return
      this.#growColumns()
    }
    this.#refs[entry] = ref
    this.#generations[entry] = this.#table.generation[ref]
    this.#before = entry
  }

  /** Forgets keys of series that were forgotten. To be called in every sweep of the table, behind its own. */
  sweep(maxCompactedBytes: number): void {
    this.#before = -1
    this.#index.release()
    const { generation } = this.#table
    for (const entry of this.#index.entries())
      if (generation[this.#refs[entry]] !== this.#generations[entry]) this.#index.remove(entry)
    this.#index.compact(maxCompactedBytes)
  }

  #take(entry: number): number {
    const ref = this.#refs[entry]
    if (this.#table.generation[ref] !== this.#generations[entry]) return -1
    this.#before = entry
    this.#table.touch(ref)
    return ref
  }

  #growColumns(): void {
    const { capacity } = this.#index
    if (capacity <= this.#refs.length) return
    const refs = new Uint32Array(capacity)
    refs.set(this.#refs)
    this.#refs = refs
    const generations = new Uint32Array(capacity)
    generations.set(this.#generations)
    this.#generations = generations
  }
}
