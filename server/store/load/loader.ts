import type { Journal, RowCount, Segment } from '../../journal/journal.ts'
import type { Ledger } from '../../model/ledger.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Part, PartHealth } from '../../runtime/part.ts'
import type { ColumnStore } from '../engine/column-store.ts'
import { StoreError } from '../engine/store-errors.ts'
import { blockTables } from '../schema/table-columns.ts'
import { defaultLoadBounds, dueMs, type LoadBounds, loadGroups } from './load-plan.ts'

/** A segment that the store refuses is tried so often before it is set aside. */
const maxAttempts = 3
/** Waits after failures double from the first to the last, ms. */
const firstBackOffMs = 200
const lastBackOffMs = 10_000

export interface LoaderOptions {
  readonly journal: Journal
  readonly store: ColumnStore
  readonly ledger: Ledger
  readonly clock: Clock
  readonly logger: Logger
  /** Told of each segment once it is in the store; its file is there until this resolves. Must not throw. */
  readonly onStored?: (segment: Segment) => Promise<void>
  /** Records found in the journal when it was opened. */
  readonly recovered: readonly RowCount[]
  readonly bounds?: LoadBounds
}

/** What the loader has done, for metrics. */
export interface LoaderStats {
  readonly insertedSegments: number
  readonly insertedRows: number
  readonly insertMs: number
  /** Inserts that failed, each attempt. */
  readonly failures: number
  readonly quarantinedSegments: number
}

/**
 * Moves segments from the journal into the store: one segment, one INSERT, one token, so that a segment that is sent
 * again after a crash stores nothing twice.
 *
 * A store that cannot be reached is tried for ever, while data waits in the journal. A segment that the store refuses
 * goes to quarantine after three attempts and is counted as rejected; nothing else waits for it.
 */
export class Loader implements Part {
  readonly name = 'loader'
  readonly #options: LoaderOptions
  readonly #bounds: LoadBounds
  readonly #attempts = new Map<string, { count: number; notBeforeMs: number }>()
  #backOffMs = 0
  #notBeforeMs = 0
  #failingSinceMs = 0
  #fault = ''
  #cancel: (() => void) | null = null
  #pass: Promise<void> | null = null
  #isStarted = false
  #isStopping = false
  #stats = { insertedSegments: 0, insertedRows: 0, insertMs: 0, failures: 0, quarantinedSegments: 0 }

  constructor(options: LoaderOptions) {
    this.#options = options
    this.#bounds = options.bounds ?? defaultLoadBounds
  }

  async start(): Promise<void> {
    for (const { key, rows } of this.#options.recovered) this.#options.ledger.recovered(key, rows)
    this.#isStarted = true
    this.#isStopping = false
    this.#options.journal.onCommit(() => this.#schedule())
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#isStarted = false
    this.#isStopping = true
    this.#cancel?.()
    await this.#pass
  }

  health(): PartHealth {
    const { quarantined } = this.#options.journal.stats()
    const details: string[] = []
    if (this.#fault !== '') {
      const since = new Date(this.#failingSinceMs).toISOString()
      details.push(`data waits in the journal since ${since}: ${this.#fault}; tried again every few seconds`)
    }
    if (quarantined > 0) details.push(`${quarantined} segments lie in quarantine: the store refused them`)
    return { ready: this.#fault === '', ...(details.length > 0 ? { detail: details.join('; ') } : {}) }
  }

  stats(): LoaderStats {
    return { ...this.#stats }
  }

  /** Resolves when the loading in progress, if any, has ended. */
  async idle(): Promise<void> {
    await this.#pass
  }

  /** Loads everything that waits now, due or not. For shutdown, backups and tests. */
  async loadAll(): Promise<void> {
    await this.#pass
    this.#notBeforeMs = 0
    await this.#startPass(() => true)
  }

  #schedule(): void {
    if (!this.#isStarted || this.#pass !== null) return
    this.#cancel?.()
    this.#cancel = null
    const nowMs = this.#options.clock.nowMs()
    const next = Math.max(this.#nextMs(nowMs), this.#notBeforeMs)
    if (next === Number.POSITIVE_INFINITY) return
    this.#cancel = this.#options.clock.after(Math.max(0, next - nowMs), () => {
      this.#cancel = null
      void this.#startPass(
        (segment) => dueMs(segment, this.#options.clock.nowMs(), this.#bounds) <= this.#options.clock.nowMs(),
      )
    })
  }

  /** Unix ms at which there is something to do; Infinity where nothing waits. */
  #nextMs(nowMs: number): number {
    const { journal } = this.#options
    let next = Number.POSITIVE_INFINITY
    for (const table of journal.tables()) {
      if (!this.#isReady(table)) continue
      const sealed = journal.sealed(table)
      for (const segment of sealed) next = Math.min(next, this.#attempts.get(segment.name)?.notBeforeMs ?? nowMs)
      // What is open waits its turn behind what is sealed.
      const open = sealed.length === 0 ? journal.open(table) : null
      if (open !== null) next = Math.min(next, dueMs(open, nowMs, this.#bounds))
    }
    return next
  }

  #startPass(isDue: (segment: Segment) => boolean): Promise<void> {
    this.#pass ??= this.#load(isDue)
      .catch((error: unknown) => this.#unavailable(error))
      .finally(() => {
        this.#pass = null
        this.#schedule()
      })
    return this.#pass
  }

  async #load(isDue: (segment: Segment) => boolean): Promise<void> {
    const { journal } = this.#options
    const wanted = new Set<string>()
    for (const { leader, tables } of loadGroups) {
      const open = journal.open(leader)
      if (journal.sealed(leader).length > 0 || (open !== null && isDue(open)))
        for (const table of tables) wanted.add(table)
    }
    for (const { table } of blockTables) {
      if (!wanted.has(table)) continue
      if (this.#isStopping) return
      if (this.#isReady(table)) await this.#loadTable(table)
    }
  }

  /** Marks wait until the rows they are about are stored. */
  #isReady(table: string): boolean {
    return table !== 'late_marks' || this.#isClear(['samples_hot', 'spans'])
  }

  #isClear(tables: readonly string[]): boolean {
    return tables.every((table) => this.#options.journal.sealed(table).length === 0)
  }

  /** What is sealed first; the open segment is ended only when the store has taken all before it. */
  async #loadTable(table: string): Promise<void> {
    const { journal } = this.#options
    for (const segment of [...journal.sealed(table)]) await this.#loadSegment(segment)
    if (!this.#isClear([table])) return
    await journal.seal(table)
    for (const segment of [...journal.sealed(table)]) await this.#loadSegment(segment)
  }

  /** Throws where the store cannot be reached: then nothing else needs to be tried now. */
  async #loadSegment(segment: Segment): Promise<void> {
    const { clock, journal, ledger, store } = this.#options
    const attempt = this.#attempts.get(segment.name)
    if (attempt !== undefined && attempt.notBeforeMs > clock.nowMs()) return
    const columns = blockTables.find(({ table }) => table === segment.table)?.columns.map(({ name }) => name) ?? []
    const startedMs = clock.nowMs()
    try {
      const token = `${segment.table}-${segment.name}`
      await store.insertNativeFile({ table: segment.table, columns, path: segment.path, token })
    } catch (error) {
      this.#stats.failures += 1
      if (!(error instanceof StoreError) || error.retryable) throw error
      await this.#refused(segment, error)
      return
    }
    this.#stats.insertMs += clock.nowMs() - startedMs
    this.#stats.insertedSegments += 1
    this.#stats.insertedRows += segment.rows
    this.#attempts.delete(segment.name)
    this.#available()
    await this.#options.onStored?.(segment)
    for (const { key, rows } of segment.counts) ledger.stored(key, rows)
    journal.done(segment)
  }

  async #refused(segment: Segment, error: StoreError): Promise<void> {
    const { clock, journal, ledger, logger } = this.#options
    const count = (this.#attempts.get(segment.name)?.count ?? 0) + 1
    const about = { err: error, table: segment.table, segment: segment.name, records: segment.records, attempt: count }
    if (count < maxAttempts) {
      logger.warn(about, 'loader: the store refused a segment, it is tried again')
      this.#attempts.set(segment.name, { count, notBeforeMs: clock.nowMs() + firstBackOffMs * 2 ** count })
      return
    }
    logger.error(about, 'loader: the store refused a segment for good, it is set aside')
    this.#attempts.delete(segment.name)
    this.#stats.quarantinedSegments += 1
    const sample = `segment ${segment.table}-${segment.name} was refused by the store and set aside: ${error.message}`
    const counts = segment.counts
    await journal.quarantine(segment, error.message)
    for (const { key, rows } of counts)
      ledger.rejected(key, { reason: 'unsupported', count: rows, sample: sample.slice(0, 256) })
  }

  #unavailable(error: unknown): void {
    const { clock, logger } = this.#options
    if (this.#fault === '') {
      this.#failingSinceMs = clock.nowMs()
      logger.warn({ err: error }, 'loader: the store cannot be reached, data waits in the journal')
    }
    this.#fault = error instanceof Error ? error.message : String(error)
    this.#backOffMs = Math.min(lastBackOffMs, Math.max(firstBackOffMs, this.#backOffMs * 2))
    this.#notBeforeMs = clock.nowMs() + this.#backOffMs
  }

  #available(): void {
    if (this.#fault !== '') this.#options.logger.info('loader: the store answers again')
    this.#fault = ''
    this.#backOffMs = 0
    this.#notBeforeMs = 0
  }
}
