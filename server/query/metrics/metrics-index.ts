import type { Scope } from '../../model/scope.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { ColumnStore } from '../../store/engine/column-store.ts'
import { type Fragment, sql, text } from '../../store/read/fragment.ts'
import { type SeriesParts, seriesBlocks, seriesParts } from '../../store/read/promql/series-blocks.ts'
import type { TenantReader } from '../../store/read/tenant-rows.ts'
import type { Matcher } from '../promql/ast.ts'
import { type DayRange, SeriesIndex } from './series-index.ts'
import { type Selection, TenantIndex } from './tenant-index.ts'

/** Milliseconds for which the list of the store's parts is good: a series is found so long after it was stored. */
const freshMs = 500

/** The same where every insert is announced; merges change the list meanwhile, not what it says of new series. */
const maxAgeMs = 60_000

/** Series that all tenants together may have in memory; tenants beyond it are answered from the store. */
const defaultMaxSeries = 3_000_000

/** Series that a selector may choose where it is answered from the store. */
const maxFromStore = 1_000_000

const dayMs = 86_400_000

export interface MetricsIndexOptions {
  readonly store: ColumnStore
  readonly reader: TenantReader
  readonly clock: Clock
  /** Default: `defaultMaxSeries`. */
  readonly maxSeries?: number
  /** Every insert is announced through `refresh`: between two of them the store need not be looked at. */
  readonly isToldOfInserts?: boolean
}

/** A selection, and whether native histograms may be among its samples. */
export type ReadySelection = Selection & {
  readonly mayHaveHistograms: boolean
  /** The index stays; it was not made for this question only. */
  readonly isKept: boolean
}

/**
 * Finds the series of selectors. In memory per tenant, loaded by day as days are asked for and kept up to date from
 * the parts of `series` that are new; a tenant with too many series is answered by SQL.
 */
export class MetricsIndex {
  private readonly options: MetricsIndexOptions
  private readonly tenants = new Map<TenantId, TenantIndex>()
  private parts: Promise<SeriesParts> | null = null
  private partsReadMs = -Infinity

  constructor(options: MetricsIndexOptions) {
    this.options = options
  }

  /** Series that satisfy the matchers and may have samples in the range. Throws what the store throws. */
  async select(
    scope: Scope,
    matchers: readonly Matcher[],
    range: { startMs: number; endMs: number },
  ): Promise<ReadySelection> {
    const days = daysOf(range)
    const tenant = await this.tenantOf(scope, days)
    if (tenant.isFull) return this.fromStore(scope, matchers, days)
    return { ...tenant.select(matchers, days), mayHaveHistograms: tenant.mayHaveHistograms, isKept: true }
  }

  /** Looks at the store anew with the next question. */
  refresh(): void {
    this.partsReadMs = -Infinity
  }

  /** Forgets the series of a tenant, because they were erased. */
  forget(tenant: TenantId): void {
    this.tenants.delete(tenant)
    this.refresh()
  }

  /** Series in memory, all tenants. */
  get size(): number {
    let size = 0
    for (const { index } of this.tenants.values()) size += index.size
    return size
  }

  private async tenantOf(scope: Scope, days: DayRange): Promise<TenantIndex> {
    const parts = await this.currentParts()
    let tenant = this.tenants.get(scope.tenant)
    if (tenant === undefined) {
      const left = Math.max(0, (this.options.maxSeries ?? defaultMaxSeries) - this.size)
      tenant = new TenantIndex({
        reader: this.options.reader,
        maxSeries: left,
        listParts: async () => (await seriesParts(this.options.store)).parts,
      })
      this.tenants.set(scope.tenant, tenant)
    }
    await tenant.load(scope, parts, days)
    return tenant
  }

  private currentParts(): Promise<SeriesParts> {
    const now = this.options.clock.nowMs()
    const isOld = now - this.partsReadMs >= (this.options.isToldOfInserts === true ? maxAgeMs : freshMs)
    if (this.parts === null || isOld || now < this.partsReadMs) {
      this.partsReadMs = now
      this.parts = seriesParts(this.options.store)
      this.parts.catch(() => {
        this.parts = null
      })
    }
    return this.parts
  }

  private async fromStore(scope: Scope, matchers: readonly Matcher[], days: DayRange): Promise<ReadySelection> {
    const index = new SeriesIndex()
    const { parts } = await this.currentParts()
    const wanted = parts.filter(({ day }) => day >= days.firstDay && day <= days.lastDay).map(({ day }) => day)
    if (wanted.length > 0)
      for await (const block of seriesBlocks(this.options.reader, scope, {
        days: [...new Set(wanted)],
        parts: null,
        conditions: matchers.map(conditionOf),
        limit: maxFromStore,
      }))
        index.add(block)
    return { index, numbers: index.select(matchers, days), mayHaveHistograms: true, isKept: false }
  }
}

/** A range that reaches below 1970 or beyond 2149 is every day on that side. */
function daysOf({ startMs, endMs }: { startMs: number; endMs: number }): DayRange {
  const day = (ms: number) => Math.max(0, Math.min(65_535, Math.floor(ms / dayMs)))
  return { firstDay: day(startMs), lastDay: day(endMs) }
}

function conditionOf({ name, operator, value }: Matcher): Fragment {
  switch (operator) {
    case '=':
      return value === '' ? sql`labels[${text(name)}] = ''` : sql`has(kv, ${text(`${name}=${value}`)})`
    case '!=':
      return sql`labels[${text(name)}] != ${text(value)}`
    case '=~':
      return sql`match(labels[${text(name)}], ${text(`^(?s:${value})$`)})`
    case '!~':
      return sql`NOT match(labels[${text(name)}], ${text(`^(?s:${value})$`)})`
  }
}
