import type { Scope } from '../../model/scope.ts'
import { hasHistograms } from '../../store/read/promql/sample-blocks.ts'
import { type SeriesPart, type SeriesParts, seriesBlocks } from '../../store/read/promql/series-blocks.ts'
import type { TenantReader } from '../../store/read/tenant-rows.ts'
import type { Matcher } from '../promql/ast.ts'
import { type DayRange, SeriesIndex } from './series-index.ts'

/** Selections remembered per tenant. */
const maxSelections = 256

const unlimited = 4_294_967_295

/** Where the samples of a selection lie: series numbers in the order of storage. */
export interface Selection {
  readonly index: SeriesIndex
  /** By metric, target and series hash. */
  readonly numbers: Uint32Array
}

/**
 * The index of one tenant and how much of the store is in it. Days are loaded when first asked for; later only the
 * parts of `series` that are new.
 */
export class TenantIndex {
  readonly index = new SeriesIndex()
  mayHaveHistograms = false
  private readonly reader: TenantReader
  private readonly maxSeries: number
  private readonly listParts: () => Promise<readonly SeriesPart[]>
  /** By day: newest block of each partition that is in the index. */
  private readonly loaded = new Map<number, Map<string, number>>()
  private readonly selections = new Map<string, { version: number; numbers: Uint32Array }>()
  /** Loads run one after another. */
  private tail: Promise<void> = Promise.resolve()

  constructor(options: {
    reader: TenantReader
    maxSeries: number
    listParts: () => Promise<readonly SeriesPart[]>
  }) {
    this.reader = options.reader
    this.maxSeries = options.maxSeries
    this.listParts = options.listParts
  }

  /** True while more series are stored than may be held: the index is incomplete then and must not be used. */
  isFull = false

  /** Brings the days up to the given state of the store. Throws what the store throws. */
  load(scope: Scope, parts: SeriesParts, days: DayRange): Promise<void> {
    const work = this.tail.then(() => this.loadNow(scope, parts, days))
    this.tail = work.catch(() => {})
    return work
  }

  private async loadNow(scope: Scope, { parts, hasHistograms: anyHas }: SeriesParts, days: DayRange): Promise<void> {
    const wanted = parts.filter(
      ({ day, partition, maxBlock }) =>
        day >= days.firstDay && day <= days.lastDay && maxBlock > (this.loaded.get(day)?.get(partition) ?? -1),
    )
    if (anyHas && !this.mayHaveHistograms) this.mayHaveHistograms = await hasHistograms(this.reader, scope)
    if (wanted.length === 0 || this.isFull) return
    const names = wanted.map(({ name }) => name)
    await this.read(scope, wanted, names)
    // Parts that were merged away meanwhile may not have been read: their days are read whole.
    const active = new Set((await this.listParts()).map(({ name }) => name))
    const gone = wanted.filter(({ name }) => !active.has(name))
    if (gone.length > 0) await this.read(scope, gone, null)
    if (this.isFull) return
    for (const { day, partition, maxBlock } of wanted) {
      const known = this.loaded.get(day) ?? new Map<string, number>()
      this.loaded.set(day, known)
      known.set(partition, Math.max(maxBlock, known.get(partition) ?? -1))
    }
  }

  private async read(scope: Scope, parts: readonly SeriesPart[], names: readonly string[] | null): Promise<void> {
    const days = [...new Set(parts.map(({ day }) => day))]
    for await (const block of seriesBlocks(this.reader, scope, { days, parts: names, limit: unlimited })) {
      if (this.index.size > this.maxSeries) {
        this.isFull = true
        return
      }
      this.index.add(block)
    }
  }

  /** Series of a selector, remembered while nothing new comes in. */
  select(matchers: readonly Matcher[], days: DayRange): Selection {
    const { index } = this
    const key = JSON.stringify([days.firstDay, days.lastDay, matchers])
    const known = this.selections.get(key)
    if (known !== undefined && known.version === index.version) return { index, numbers: known.numbers }
    const numbers = inStorageOrder(index, index.select(matchers, days))
    this.selections.delete(key)
    if (this.selections.size >= maxSelections) this.selections.delete(this.selections.keys().next().value as string)
    this.selections.set(key, { version: index.version, numbers })
    return { index, numbers }
  }
}

function inStorageOrder(index: SeriesIndex, numbers: Uint32Array): Uint32Array {
  const { metricWords, targets, seriesWords } = index
  return numbers.sort(
    (a, b) =>
      metricWords[2 * a + 1] - metricWords[2 * b + 1] ||
      metricWords[2 * a] - metricWords[2 * b] ||
      targets[a] - targets[b] ||
      seriesWords[2 * a + 1] - seriesWords[2 * b + 1] ||
      seriesWords[2 * a] - seriesWords[2 * b],
  )
}
