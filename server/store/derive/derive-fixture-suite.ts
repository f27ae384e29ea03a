import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../../journal/open-journal.ts'
import type { Batch } from '../../model/batch.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import type { SeriesTables } from '../../model/series-table.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import type { ColumnStore } from '../engine/column-store.ts'
import { openTestEngine } from '../engine/engine-fixture-suite.ts'
import { HandClock } from '../load/hand-clock-suite.ts'
import { IngestWriter } from '../load/ingest-writer.ts'
import { Loader } from '../load/loader.ts'
import { migrate } from '../schema/migrate.ts'
import type { DeriveContext } from './progress.ts'

/** For tests of the derived tables: an engine with the schema, and a writer and loader on a clock that is set by hand. */
export interface DeriveBench {
  readonly store: ColumnStore
  readonly clock: HandClock
  readonly series: SeriesTables
  /** Writes batches at the clock's time and loads them. */
  write(...batches: readonly Batch[]): Promise<void>
  /** What a job gets at the clock's time. */
  context(store?: ColumnStore): DeriveContext
  rows<T = Record<string, unknown>>(sql: string): Promise<T[]>
  empty(...tables: readonly string[]): Promise<void>
  close(): Promise<void>
}

export async function openDeriveBench(nowMs: number): Promise<DeriveBench> {
  const { store, close } = await openTestEngine()
  const folder = mkdtempSync(join(tmpdir(), 'derive-'))
  const logger = silentLogger()
  await migrate(store, { layout: { cluster: null }, clock: systemClock, logger })
  const clock = new HandClock(nowMs)
  const { journal } = await openJournal({ folder, maxBytes: 1 << 28, clock, logger })
  const writer = new IngestWriter({ journal, clock, retention: () => 1000, paceMs: 0 })
  const ledger = { stored() {}, recovered() {}, received() {}, returned() {}, rejected() {}, entries: () => [] }
  const loader = new Loader({ journal, store, ledger, clock, logger, recovered: [] })
  return {
    store,
    clock,
    series: await createSeriesTables(),
    async write(...batches) {
      await Promise.all(batches.map((batch) => writer.append(batch)))
      await loader.loadAll()
    },
    context: (other = store) => ({
      store: other,
      settledThroughMs: writer.settledThroughMs(),
      nowMs: clock.nowMs(),
      rollupRetentionDays: 3650,
      spanRetentionDays: 3650,
      signal: new AbortController().signal,
    }),
    async rows<T>(sql: string) {
      return [...(await store.rows<T>({ sql })).rows]
    },
    async empty(...tables) {
      for (const table of tables) await store.command({ sql: `TRUNCATE TABLE ${table}` })
    },
    async close() {
      await journal.close()
      await close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The store, that breaks off before its `allowed + 1`st command: a crash at that point. */
function breakingStore(store: ColumnStore, allowed: number): ColumnStore {
  let left = allowed
  return {
    rows: store.rows.bind(store),
    nativeBlocks: store.nativeBlocks.bind(store),
    insertNativeFile: store.insertNativeFile.bind(store),
    async command(statement, bounds) {
      if (left === 0) throw new Error('broken off')
      left -= 1
      await store.command(statement, bounds)
    },
  }
}

/** Runs a job broken off before each of its commands in turn, and then to its end. */
export async function runWithCrashes(
  bench: DeriveBench,
  job: (context: DeriveContext) => Promise<number>,
): Promise<number> {
  for (let allowed = 0; ; allowed++) {
    try {
      await job(bench.context(breakingStore(bench.store, allowed)))
      return allowed
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'broken off') throw error
    }
  }
}
