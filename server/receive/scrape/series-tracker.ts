import type { SeriesTable } from '../../model/series-table.ts'

/** What changed against the scrape before. */
export interface SeriesChange {
  /** Series that must be marked as gone. */
  readonly gone: readonly number[]
  /** Series that the last good scrape did not have. */
  readonly addedCount: number
  /** Positions in the given refs that repeat a series of the same scrape. Ascending. */
  readonly repeated: readonly number[]
  /** To be called once the change is stored. Until then the next scrape is compared with the old state. */
  commit(): void
}

const nothing: readonly number[] = []

/**
 * Remembers which series a target had, to mark those that disappear. After a failed scrape all are marked, once.
 * Memory: 8 bytes per series. Cost: one comparison per series while a target repeats its order, a hash set otherwise.
 */
export class SeriesTracker {
  readonly #table: SeriesTable
  /** Of the last good scrape, in its order, repetitions among them. */
  #refs = new Uint32Array(0)
  #generations = new Uint32Array(0)
  #repeated: readonly number[] = nothing
  /** False once the series are marked as gone. */
  #isLive = false

  constructor(table: SeriesTable) {
    this.#table = table
  }

  /** `refs` of a good scrape; the array is copied. */
  compare(refs: Uint32Array): SeriesChange {
    if (this.#isSame(refs)) {
      const commit = (): void => {
        this.#isLive = true
      }
      return { gone: nothing, addedCount: 0, repeated: this.#repeated, commit }
    }
    const current = new Set<number>()
    const repeated: number[] = []
    refs.forEach((ref, i) => {
      if (current.has(ref)) repeated.push(i)
      else current.add(ref)
    })
    const known = new Set(this.#valid())
    let addedCount = 0
    for (const ref of current) if (!known.has(ref)) addedCount += 1
    const gone = this.#isLive ? [...known].filter((ref) => !current.has(ref)) : nothing
    return { gone, addedCount, repeated, commit: () => this.#keep(refs, repeated) }
  }

  /** For a scrape that failed, and for a target that is gone. */
  fail(): Pick<SeriesChange, 'gone' | 'commit'> {
    const gone = this.#isLive ? [...new Set(this.#valid())] : nothing
    return {
      gone,
      commit: () => {
        this.#isLive = false
      },
    }
  }

  #keep(refs: Uint32Array, repeated: readonly number[]): void {
    this.#refs = refs.slice()
    this.#generations = this.#refs.map((ref) => this.#table.generation[ref])
    this.#repeated = repeated
    this.#isLive = true
  }

  #isSame(refs: Uint32Array): boolean {
    if (refs.length !== this.#refs.length) return false
    const { generation } = this.#table
    for (let i = 0; i < refs.length; i++)
      if (refs[i] !== this.#refs[i] || generation[refs[i]] !== this.#generations[i]) return false
    return true
  }

  /** Refs that still mean the series that they meant. */
  *#valid(): Generator<number> {
    for (let i = 0; i < this.#refs.length; i++)
      if (this.#table.generation[this.#refs[i]] === this.#generations[i]) yield this.#refs[i]
  }
}
