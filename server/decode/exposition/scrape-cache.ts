import type { MetricMetadata } from '../../model/metric.ts'
import { ByteIndex } from '../../model/series/byte-index.ts'
import type { SeriesTable } from '../../model/series-table.ts'

/** Answer of `find` for a series that was dropped by relabelling. */
export const droppedSeries = -1

/** Answer of `find` for a series that was not seen before. */
export const unknownSeries = -2

/** Metadata lines and families remembered per target; beyond it all are forgotten and handed on again. */
const maxFamilies = 50_000

/** Metadata is handed on again after so long, ms: the batch that carried it may have been refused. */
const announceEveryMs = 3_600_000

/** Entries that may stand unused before they are removed, beside as many as the last scrape had. */
const spareEntries = 200

/**
 * What a target exposed before: the bytes of its series → ref, so that a line seen before costs neither parsing nor
 * relabelling, and which series the last scrape had, so that those gone now get staleness markers. One per target and
 * tenant; to be thrown away when the target's labels or its relabelling change.
 *
 * A scrape is `begin`, the reading, then `commit` or `abort`. Memory: about 40 bytes and its text per series.
 */
export class ScrapeCache {
  readonly #series: SeriesTable
  readonly #index = new ByteIndex()
  /** By entry: ref or `droppedSeries`, its generation, the scrapes in which the line and its staleness were seen. */
  #refs = new Int32Array(this.#index.capacity)
  #generations = new Uint32Array(this.#index.capacity)
  #seenIn = new Uint32Array(this.#index.capacity)
  #trackedIn = new Uint32Array(this.#index.capacity)
  /** Entries with staleness in the scrape at hand and in the last one that was committed. */
  #present: number[] = []
  #presentBefore: number[] = []
  #scrape = 0
  #entry = -1
  #metadataLines = new ByteIndex()
  #announcedMs = Number.NEGATIVE_INFINITY
  readonly #families = new Map<string, MetricMetadata>()

  constructor(series: SeriesTable) {
    this.#series = series
  }

  /** Series known, those dropped by relabelling among them. */
  get size(): number {
    return this.#index.count
  }

  begin(): void {
    this.#scrape++
    this.#present = []
    this.#entry = -1
  }

  /** Ref of the series `bytes[start .. end)`, or `droppedSeries`, or `unknownSeries`. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const entry = this.#index.find(bytes, start, end, this.#entry)
    if (entry < 0) return unknownSeries
    this.#entry = entry
    this.#seenIn[entry] = this.#scrape
    const ref = this.#refs[entry]
    // A target scraped very rarely may have had its series forgotten and their refs given to others.
    if (ref >= 0 && this.#series.generation[ref] !== this.#generations[entry]) return unknownSeries
    return ref
  }

  /** End of the series that usually follows the one found last, where `bytes` has it at `start`; else -1. */
  guessEnd(bytes: Uint8Array, start: number): number {
    if (this.#entry < 0) return -1
    const entry = this.#index.guess(bytes, start, bytes.length, this.#entry)
    return entry < 0 ? -1 : start + this.#index.lengthOf(entry)
  }

  /** Remembers what the series that `find` did not know means: a ref or `droppedSeries`. */
  learn(bytes: Uint8Array, start: number, end: number, ref: number): void {
    const known = this.#index.find(bytes, start, end, -1)
    const entry = known >= 0 ? known : this.#index.add(bytes, start, end, this.#entry)
    this.#entry = entry
    if (entry < 0) return
    this.#grow()
    this.#refs[entry] = ref
    this.#generations[entry] = ref >= 0 ? this.#series.generation[ref] : 0
    this.#seenIn[entry] = this.#scrape
    this.#trackedIn[entry] = 0
  }

  /**
   * Notes that the series found or learned last has a sample in this scrape, and is to be marked stale when it is gone.
   * False: it had one already.
   */
  track(): boolean {
    const entry = this.#entry
    if (entry < 0) return true
    if (this.#trackedIn[entry] === this.#scrape) return false
    this.#trackedIn[entry] = this.#scrape
    this.#present.push(entry)
    return true
  }

  /** Ends a scrape that was read to its end. The answer: refs of the series that the scrape before had and this not. */
  commit(): number[] {
    const scrape = this.#scrape
    const gone = this.#presentBefore.filter((entry) => this.#trackedIn[entry] !== scrape)
    const goneRefs = this.#refsOf(gone)
    if (goneRefs.size > 0) for (const ref of this.#refsOf(this.#present)) goneRefs.delete(ref)
    this.#presentBefore = this.#present
    this.#present = []
    if (this.#index.count > 2 * this.#presentBefore.length + spareEntries) this.#removeUnseen()
    this.#release()
    return [...goneRefs]
  }

  /** Ends a scrape that failed, or the life of a target. The answer: refs of all series that the last one had. */
  abort(): number[] {
    const goneRefs = this.#refsOf(this.#presentBefore)
    this.#presentBefore = []
    this.#present = []
    this.#release()
    return [...goneRefs]
  }

  /** Forgets metadata that was handed on more than an hour before `nowMs`. */
  refreshMetadata(nowMs: number): void {
    if (Math.abs(nowMs - this.#announcedMs) < announceEveryMs) return
    this.#announcedMs = nowMs
    this.#metadataLines = new ByteIndex()
    this.#families.clear()
  }

  /** Whether the metadata line `bytes[start .. end)` was there before. */
  knowsMetadata(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#metadataLines.find(bytes, start, end, -1) >= 0
  }

  learnMetadata(bytes: Uint8Array, start: number, end: number): void {
    this.#metadataLines.add(bytes, start, end, -1)
  }

  /** Metadata of a family as far as it is known. */
  family(name: string): MetricMetadata {
    return this.#families.get(name) ?? { name, type: 'unknown', unit: '', help: '' }
  }

  setFamily(metadata: MetricMetadata): void {
    if (this.#families.size >= maxFamilies) this.#families.clear()
    this.#families.set(metadata.name, metadata)
  }

  /** Refs of entries, without dropped series and those that were forgotten since. */
  #refsOf(entries: readonly number[]): Set<number> {
    const refs = new Set<number>()
    for (const entry of entries) {
      const ref = this.#refs[entry]
      if (ref >= 0 && this.#series.generation[ref] === this.#generations[entry]) refs.add(ref)
    }
    return refs
  }

  #removeUnseen(): void {
    for (let entry = 0; entry < this.#seenIn.length; entry++) {
      if (this.#seenIn[entry] === 0 || this.#seenIn[entry] === this.#scrape) continue
      this.#index.remove(entry)
      this.#seenIn[entry] = 0
    }
    this.#index.compact(Number.POSITIVE_INFINITY)
  }

  /** Lets go of the body of the scrape. */
  #release(): void {
    this.#index.release()
    this.#metadataLines.release()
    if (this.#metadataLines.count > maxFamilies) this.#metadataLines = new ByteIndex()
  }

  #grow(): void {
    const capacity = this.#index.capacity
    if (capacity === this.#refs.length) return
    const refs = new Int32Array(capacity)
    refs.set(this.#refs)
    this.#refs = refs
    this.#generations = grown(this.#generations, capacity)
    this.#seenIn = grown(this.#seenIn, capacity)
    this.#trackedIn = grown(this.#trackedIn, capacity)
  }
}

function grown(column: Uint32Array<ArrayBuffer>, capacity: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(capacity)
  larger.set(column)
  return larger
}
