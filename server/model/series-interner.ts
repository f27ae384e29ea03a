import { canonicalLabelBytes, labelsOfCanonical } from './label-bytes.ts'
import { ByteIndex, grownCapacity } from './series/byte-index.ts'
import { createSeriesHashes, type SeriesHashes, SeriesIdentity } from './series/series-identity.ts'
import { SeriesKeyIndex } from './series/series-keys.ts'
import type { Labels, SeriesKeys, SeriesTable, SeriesTables } from './series-table.ts'
import type { TenantId } from './tenant.ts'

export interface SeriesTableOptions {
  /** Series one tenant may have active at once; beyond it `intern` answers -1. 400 B of memory each. */
  readonly maxSeries: number
  /** Calls of `sweep` (one a minute) after which a series that was not seen is forgotten. At least 10. */
  readonly idleSweeps: number
}

const defaultSeriesTableOptions: SeriesTableOptions = { maxSeries: 3_000_000, idleSweeps: 180 }

/** Most series forgotten in one sweep, which bounds its pause to some 50 ms; the rest follows in the next. */
const maxForgottenPerSweep = 50_000

/** Bytes moved per sweep to give memory of forgotten series back. */
const maxCompactedBytesPerSweep = 16 << 20

/** Encodings remembered beside the canonical one: this many, and twice the number of series. */
const extraKeys = 65_536

/** Forms of keys (`keysOf`) of one tenant. */
const maxForms = 64

/** Stands for no ref and no entry. */
const none = 0xffffffff

/** The tables of all tenants. Each is made at its first use. */
export async function createSeriesTables(options: Partial<SeriesTableOptions> = {}): Promise<SeriesTables> {
  const merged = { ...defaultSeriesTableOptions, ...options }
  const bounds = { ...merged, idleSweeps: Math.max(10, merged.idleSweeps) }
  const hashes = await createSeriesHashes()
  const tables = new Map<TenantId, SeriesInterner>()
  return {
    of(tenant) {
      let table = tables.get(tenant)
      if (table === undefined) {
        table = new SeriesInterner(tenant, bounds, hashes)
        tables.set(tenant, table)
      }
      return table
    },
    sweep() {
      for (const table of tables.values()) table.sweep()
    },
    usage() {
      let series = 0
      let bytes = 0
      for (const table of tables.values()) {
        series += table.active
        bytes += table.memoryBytes
      }
      return { series, bytes }
    },
  }
}

/**
 * Series of one tenant over a ByteIndex that holds the canonical bytes of every series and, beside them, what other
 * encodings of them senders use.
 *
 * Memory, measured with 1.5 M series of 10 labels and 210 bytes of label text (bench/decode-metrics.ts): 346 B held per
 * series, 270 B of them its canonical bytes. Other encodings cost 28 B and their bytes each.
 */
class SeriesInterner implements SeriesTable {
  readonly tenant: TenantId
  readonly #options: SeriesTableOptions
  readonly #identity: SeriesIdentity
  readonly #index = new ByteIndex()
  /** By entry of the index: its ref, and the sweep in which it was seen last. */
  #refs = new Uint32Array(this.#index.capacity).fill(none)
  #seen = new Uint32Array(this.#index.capacity)
  /** By ref: the entry of its canonical bytes. */
  #entries = new Uint32Array(64).fill(none)
  metricHash = new Uint32Array(128)
  seriesHash = new Uint32Array(128)
  target = new Uint32Array(64)
  generation = new Uint32Array(64)
  writtenDay = new Uint16Array(64)
  exponent = new Int8Array(64)
  size = 0
  guessEnd = 0
  readonly #freeRefs: number[] = []
  readonly #forms = new Map<string, SeriesKeyIndex>()
  #sweeps = 0
  /** Entry after which `find` missed last: what is remembered next becomes its successor. */
  #missedAfter = -1
  constructor(tenant: TenantId, options: SeriesTableOptions, hashes: SeriesHashes) {
    this.tenant = tenant
    this.#options = options
    this.#identity = new SeriesIdentity(hashes)
  }

  get active(): number {
    return this.size - this.#freeRefs.length
  }

  get memoryBytes(): number {
    let sum = this.#index.memoryBytes + this.#refs.length * 8 + this.#entries.length * 31
    for (const keys of this.#forms.values()) sum += keys.memoryBytes
    return sum
  }

  find(bytes: Uint8Array, start: number, end: number, after: number): number {
    const before = after < 0 ? -1 : this.#entries[after]
    const entry = this.#index.find(bytes, start, end, before)
    if (entry < 0) {
      this.#missedAfter = before
      return -1
    }
    this.#seen[entry] = this.#sweeps
    return this.#refs[entry]
  }

  guess(bytes: Uint8Array, start: number, end: number, after: number): number {
    if (after < 0) return -1
    const entry = this.#index.guess(bytes, start, end, this.#entries[after])
    if (entry < 0) return -1
    this.guessEnd = start + this.#index.lengthOf(entry)
    this.#seen[entry] = this.#sweeps
    return this.#refs[entry]
  }

  intern(labels: Labels): number {
    const bytes = canonicalLabelBytes(labels)
    return this.internCanonical(bytes, 0, bytes.length)
  }

  internCanonical(bytes: Uint8Array, start: number, end: number): number {
    const after = this.#missedAfter
    this.#missedAfter = -1
    const known = this.#index.find(bytes, start, end, after)
    if (known >= 0) {
      this.#seen[known] = this.#sweeps
      return this.#refs[known]
    }
    if (this.active >= this.#options.maxSeries) return -1
    const entry = this.#addKey(bytes, start, end, after)
    if (entry < 0) return -1
    const ref = this.#freeRefs.pop() ?? this.size++
    if (ref === this.#entries.length) this.#growRefs()
    this.#refs[entry] = ref
    this.#entries[ref] = entry
    this.#identify(ref, bytes.subarray(start, end))
    return ref
  }

  remember(bytes: Uint8Array, start: number, end: number, ref: number): void {
    const after = this.#missedAfter
    this.#missedAfter = -1
    const known = this.#index.find(bytes, start, end, after)
    if (known >= 0) {
      // The canonical bytes of a series never mean another one.
      if (this.#entries[this.#refs[known]] !== known) this.#refs[known] = ref
      this.#seen[known] = this.#sweeps
      return
    }
    if (this.#index.count >= this.active * 3 + extraKeys) return
    const entry = this.#addKey(bytes, start, end, after)
    if (entry >= 0) this.#refs[entry] = ref
  }

  keysOf(form: string): SeriesKeys {
    let keys = this.#forms.get(form)
    if (keys === undefined) {
      const [first] = this.#forms.keys()
      if (this.#forms.size >= maxForms) this.#forms.delete(first)
      keys = new SeriesKeyIndex(this)
      this.#forms.set(form, keys)
    }
    keys.begin()
    return keys
  }

  touch(ref: number): void {
    this.#seen[this.#entries[ref]] = this.#sweeps
  }

  labelBytes(ref: number): Uint8Array {
    const entry = this.#entries[ref]
    return entry === none ? new Uint8Array(0) : this.#index.key(entry)
  }

  labels(ref: number): Labels {
    const entry = this.#entries[ref]
    return entry === none ? [] : labelsOfCanonical(this.#index.key(entry))
  }

  /** See SeriesTables.sweep. Cost: two passes over a column, and 0.2 µs per series forgotten. */
  sweep(): void {
    this.#sweeps++
    this.#index.release()
    const oldest = this.#sweeps - this.#options.idleSweeps
    if (oldest <= 0) return
    const forgotten = this.#forgetUnseenSince(oldest)
    const refs = this.#refs
    for (let entry = 0; entry < refs.length; entry++) {
      const ref = refs[entry]
      // An encoding that is not used any more goes alone; the canonical one stays as long as its series.
      if (ref === none || (!forgotten[ref] && (this.#seen[entry] >= oldest || this.#entries[ref] === entry))) continue
      this.#index.remove(entry)
      refs[entry] = none
    }
    for (let ref = 0; ref < this.size; ref++) if (forgotten[ref]) this.#entries[ref] = none
    this.#index.compact(maxCompactedBytesPerSweep)
    for (const keys of this.#forms.values()) keys.sweep(maxCompactedBytesPerSweep)
  }

  /** Frees the refs of series not seen since sweep `oldest`; the answer has 1 for each. */
  #forgetUnseenSince(oldest: number): Uint8Array {
    const forgotten = new Uint8Array(this.size)
    const lastSeen = new Uint32Array(this.size)
    for (let entry = 0; entry < this.#refs.length; entry++) {
      const ref = this.#refs[entry]
      if (ref !== none && this.#seen[entry] > lastSeen[ref]) lastSeen[ref] = this.#seen[entry]
    }
    let left = maxForgottenPerSweep
    for (let ref = 0; ref < this.size && left > 0; ref++) {
      if (lastSeen[ref] >= oldest || this.#entries[ref] === none) continue
      left--
      forgotten[ref] = 1
      this.generation[ref]++
      this.#freeRefs.push(ref)
    }
    return forgotten
  }

  #addKey(bytes: Uint8Array, start: number, end: number, after: number): number {
    const entry = this.#index.add(bytes, start, end, after)
    if (this.#index.capacity > this.#refs.length) {
      this.#refs = grown(this.#refs, new Uint32Array(this.#index.capacity).fill(none))
      this.#seen = grown(this.#seen, new Uint32Array(this.#index.capacity))
    }
    if (entry >= 0) this.#seen[entry] = this.#sweeps
    return entry
  }

  #identify(ref: number, bytes: Uint8Array): void {
    const identity = this.#identity.of(bytes)
    this.metricHash[2 * ref] = identity.metricLow
    this.metricHash[2 * ref + 1] = identity.metricHigh
    this.seriesHash[2 * ref] = identity.seriesLow
    this.seriesHash[2 * ref + 1] = identity.seriesHigh
    this.target[ref] = identity.target
    this.writtenDay[ref] = 0
    this.exponent[ref] = 0
  }

  #growRefs(): void {
    const capacity = grownCapacity(this.#entries.length)
    this.#entries = grown(this.#entries, new Uint32Array(capacity).fill(none))
    this.metricHash = grown(this.metricHash, new Uint32Array(capacity * 2))
    this.seriesHash = grown(this.seriesHash, new Uint32Array(capacity * 2))
    this.target = grown(this.target, new Uint32Array(capacity))
    this.generation = grown(this.generation, new Uint32Array(capacity))
    this.writtenDay = grown(this.writtenDay, new Uint16Array(capacity))
    this.exponent = grown(this.exponent, new Int8Array(capacity))
  }
}

function grown<T extends Uint32Array | Uint16Array | Int8Array>(column: T, larger: T): T {
  larger.set(column)
  return larger
}
