import type { Scope } from '../../model/scope.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { ColumnStore } from '../../store/engine/column-store.ts'
import { readExemplars } from '../../store/read/promql/exemplars.ts'

export type { MetadataRow } from '../../store/read/promql/metadata.ts'

import { type MetadataRow, readMetadata } from '../../store/read/promql/metadata.ts'
import { createTenantReader, type TenantReader } from '../../store/read/tenant-rows.ts'
import type { Expr, Matcher } from '../promql/ast.ts'
import { defaultSettings, type EvaluationSettings } from '../promql/evaluate/evaluation.ts'
import { compareLabels, compareText, type Labels } from '../promql/labels.ts'
import type { LanguageSettings } from '../promql/parse/type-check.ts'
import { type QueryAnswer, queryInstant, queryRange } from '../promql/query.ts'
import type { SeriesSource } from '../promql/source.ts'
import type { AssemblyThreads } from './assembly/assembly-threads.ts'
import { MetricsIndex } from './metrics-index.ts'
import { RollupChoice } from './rollups/rollup-choice.ts'
import { StoreSeriesSource } from './store-series-source.ts'
import type { Selection } from './tenant-index.ts'
import { WarmSamples } from './warm/warm-samples.ts'
import { ThinningChoice, type ThinningMode } from './windows/thinning-choice.ts'
import { ThinningSource } from './windows/thinning-source.ts'

/** Exemplars of one answer; beyond it the rest is left out. */
const maxExemplars = 10_000
/** Series whose exemplars are looked for. */
const maxExemplarSeries = 5_000

/** A time range, Unix ms; both ends belong to it. */
export interface MsRange {
  readonly startMs: number
  readonly endMs: number
}

/** Names or values in order, and whether the limit cut some off. */
export interface Listing<T> {
  readonly items: readonly T[]
  readonly isTruncated: boolean
}

export interface SeriesExemplars {
  readonly labels: Labels
  readonly exemplars: readonly {
    readonly timeMs: number
    readonly value: number
    readonly labels: Readonly<Record<string, string>>
  }[]
}

/** How one query deviates from the deployment's settings. */
export interface QueryOptions {
  readonly lookbackMs?: number
  /** Ends the query before the scope's signal does. */
  readonly signal?: AbortSignal
}

/**
 * Questions about stored metrics in PromQL's terms. One object serves all tenants and requests.
 *
 * Throws: ParseError, EvaluationError, and what the store throws.
 */
export class MetricsQueries {
  readonly settings: EvaluationSettings
  /** What queries may be written with. */
  readonly language: LanguageSettings
  private readonly reader: TenantReader
  private readonly index: MetricsIndex
  private readonly warm: WarmSamples | null
  private readonly rollups: RollupChoice
  private readonly threads: AssemblyThreads | null
  private readonly thinning: ThinningChoice | null
  /** By the numbers of a selection, which the index keeps while nothing new comes in. */
  private readonly knownValues = new WeakMap<Uint32Array, Map<string, ReadonlySet<string>>>()

  constructor(parts: {
    store: ColumnStore
    clock: Clock
    settings?: Partial<EvaluationSettings>
    language?: LanguageSettings
    maxSeries?: number
    /** Bytes of samples that stay in memory for the next question. Only for one who is told of all inserts (`stored`). */
    warmBytes?: number
    /** They put the samples of large answers together. Default: that is done in this thread. */
    threads?: AssemblyThreads
    /** When samples are thinned in the store to what windows need, and whether it is a server elsewhere. Default: never. */
    thinning?: { readonly mode: ThinningMode; readonly isRemote: boolean }
    /** Days that a tenant's samples are kept: older ones are answered from rollups. Default: all are there. */
    rawDays?: (tenant: TenantId) => number
  }) {
    const { warmBytes = 0 } = parts
    this.settings = { ...defaultSettings, ...parts.settings }
    this.language = parts.language ?? { experimental: true }
    this.reader = createTenantReader(parts.store)
    this.index = new MetricsIndex({
      store: parts.store,
      reader: this.reader,
      clock: parts.clock,
      isToldOfInserts: warmBytes > 0,
      ...(parts.maxSeries === undefined ? {} : { maxSeries: parts.maxSeries }),
    })
    this.rollups = new RollupChoice({ ...parts, rawDays: parts.rawDays ?? (() => Number.POSITIVE_INFINITY) })
    this.threads = parts.threads ?? null
    this.thinning = parts.thinning === undefined ? null : new ThinningChoice(parts.thinning)
    this.warm = warmBytes > 0 ? new WarmSamples({ maxBytes: warmBytes, clock: parts.clock }) : null
  }

  /** To be told of every segment that was stored, before its file goes. Throws where it cannot be read; answers stay right. */
  async stored(segment: { readonly table: string; readonly path: string }): Promise<void> {
    if (segment.table === 'series' || segment.table === 'histograms') this.index.refresh()
    await this.warm?.stored(segment)
  }

  /** Forgets what is in memory of a tenant, because its rows were erased. */
  forget(tenant: TenantId): void {
    this.index.forget(tenant)
    this.warm?.forget(tenant)
  }

  /** Bytes of samples in memory. */
  get warmBytes(): number {
    return this.warm?.bytes ?? 0
  }

  /** The samples that a scope may read, for evaluators. */
  source(scope: Scope): SeriesSource {
    const { index, reader, rollups, warm, threads, thinning } = this
    const whole = new StoreSeriesSource({ index, reader, scope, warm, rollups, threads })
    return thinning === null ? whole : new ThinningSource({ whole, index, reader, scope, rollups, choice: thinning })
  }

  instant(scope: Scope, query: string, at: QueryOptions & { timeMs: number }): Promise<QueryAnswer> {
    return queryInstant(this.run(scope, query, at), at.timeMs)
  }

  range(scope: Scope, query: string, over: QueryOptions & MsRange & { stepMs: number }): Promise<QueryAnswer> {
    return queryRange(this.run(scope, query, over), over)
  }

  /** Series that satisfy any of the selectors and were seen on a day of the range, ordered by labels. */
  async series(
    scope: Scope,
    selectors: readonly (readonly Matcher[])[],
    question: MsRange & { limit: number },
  ): Promise<Listing<Labels>> {
    const found = new Map<string, Labels>()
    for (const matchers of selectors) {
      const { index, numbers } = await this.index.select(scope, matchers, question)
      for (const number of numbers) found.set(index.labels[number].key, index.labels[number])
    }
    return cut([...found.values()].sort(compareLabels), question.limit)
  }

  /** Names of labels of the series that satisfy any of the selectors; without selectors of all. */
  async labelNames(
    scope: Scope,
    selectors: readonly (readonly Matcher[])[],
    question: MsRange & { limit: number },
  ): Promise<Listing<string>> {
    const names = new Set<string>()
    for (const { index, numbers } of await this.selections(scope, selectors, question))
      for (const number of numbers) {
        const { flat } = index.labels[number]
        for (let i = 0; i < flat.length; i += 2) names.add(flat[i])
      }
    return cut([...names].sort(compareText), question.limit)
  }

  /** Values of one label among the same. */
  async labelValues(
    scope: Scope,
    selectors: readonly (readonly Matcher[])[],
    question: MsRange & { limit: number; name: string },
  ): Promise<Listing<string>> {
    const values = new Set<string>()
    const present: Matcher = { name: question.name, operator: '!=', value: '' }
    const wanted = selectors.length === 0 ? [[present]] : selectors.map((matchers) => [...matchers, present])
    for (const { index, numbers } of await this.selections(scope, wanted, question))
      for (const value of this.valuesOf({ index, numbers }, question.name)) values.add(value)
    return cut([...values].sort(compareText), question.limit)
  }

  /** Different values of a label among the series of a selection; found once while the selection stays the same. */
  private valuesOf({ index, numbers }: Selection, name: string): ReadonlySet<string> {
    const byName = this.knownValues.get(numbers) ?? new Map<string, ReadonlySet<string>>()
    this.knownValues.set(numbers, byName)
    let values = byName.get(name)
    if (values === undefined) {
      values = new Set(Array.from(numbers, (number) => index.labels[number].get(name)))
      byName.set(name, values)
    }
    return values
  }

  metadata(scope: Scope, question: { name: string | null; limit: number }): Promise<readonly MetadataRow[]> {
    return readMetadata(this.reader, scope, question)
  }

  /** Exemplars of the series that an expression's selectors choose. */
  async exemplars(scope: Scope, expr: Expr, range: MsRange): Promise<readonly SeriesExemplars[]> {
    const found: SeriesExemplars[] = []
    for (const matchers of selectorsOf(expr)) {
      const { index, numbers } = await this.index.select(scope, matchers, range)
      const chosen = numbers.subarray(0, maxExemplarSeries)
      const bySeries = new Map(Array.from(chosen, (number) => [hashOf(index.seriesWords, number), number] as const))
      const rows = await readExemplars(this.reader, scope, {
        metrics: [...new Set(Array.from(chosen, (number) => hashOf(index.metricWords, number)))],
        series: [...bySeries.keys()],
        ...range,
        limit: maxExemplars,
      })
      const grouped = Map.groupBy(rows, ({ series }) => series)
      for (const [series, exemplars] of grouped) {
        const number = bySeries.get(BigInt(series))
        if (number !== undefined) found.push({ labels: index.labels[number], exemplars })
      }
    }
    return found.sort((a, b) => compareLabels(a.labels, b.labels))
  }

  /** All series of a tenant on the days of a range, to be counted. */
  async everything(scope: Scope, range: MsRange): Promise<Selection> {
    return this.index.select(scope, [], range)
  }

  private selections(
    scope: Scope,
    selectors: readonly (readonly Matcher[])[],
    range: MsRange,
  ): Promise<readonly Selection[]> {
    const wanted = selectors.length === 0 ? [[]] : selectors
    return Promise.all(wanted.map((matchers) => this.index.select(scope, matchers, range)))
  }

  private run(scope: Scope, query: string, options: QueryOptions) {
    const settings =
      options.lookbackMs === undefined ? this.settings : { ...this.settings, lookbackMs: options.lookbackMs }
    const signal = options.signal ?? scope.signal
    return { query, source: this.source(scope), settings, language: this.language, signal }
  }
}

function hashOf(words: Uint32Array, number: number): bigint {
  return (BigInt(words[2 * number + 1]) << 32n) | BigInt(words[2 * number])
}

function cut<T>(items: readonly T[], limit: number): Listing<T> {
  const isTruncated = limit > 0 && items.length > limit
  return { items: isTruncated ? items.slice(0, limit) : items, isTruncated }
}

/** Matchers of every selector in an expression. */
function selectorsOf(expr: Expr): readonly (readonly Matcher[])[] {
  switch (expr.kind) {
    case 'selector':
      return [expr.matchers]
    case 'matrix':
      return [expr.selector.matchers]
    case 'paren':
    case 'unary':
    case 'subquery':
      return selectorsOf(expr.inner)
    case 'aggregate':
      return [...selectorsOf(expr.inner), ...(expr.parameter === null ? [] : selectorsOf(expr.parameter))]
    case 'binary':
      return [...selectorsOf(expr.left), ...selectorsOf(expr.right)]
    case 'call':
      return expr.args.flatMap(selectorsOf)
    default:
      return []
  }
}
