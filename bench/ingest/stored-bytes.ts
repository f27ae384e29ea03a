import { join } from 'node:path'
import { silentLogger } from '../../server/runtime/logger.ts'
import { compactSamples } from '../../server/store/derive/compact-samples.ts'
import type { ColumnStore } from '../../server/store/engine/column-store.ts'
import { EmbeddedEngine } from '../../server/store/engine/embedded-engine.ts'
import { processCost } from './process-cost.ts'

/** Far behind every slot: all of them count as closed. */
const lateMs = 86_400_000

/** Tables, and what counts as one record of them. */
const tables = [
  { table: 'samples', record: 'sample', count: 'sum(length(ts))' },
  { table: 'series', record: 'series', count: 'count()' },
  { table: 'logs', record: 'line', count: 'count()' },
  { table: 'spans', record: 'span', count: 'count()' },
  { table: 'trace_index', record: 'trace and part', count: 'count()' },
] as const

/**
 * Compacts and merges what a stopped server has stored, and prints how much each record takes. The own telemetry of
 * the server is in the figures; it is small beside a row's traffic.
 */
export async function printStoredBytes(dataFolder: string): Promise<void> {
  const engine = new EmbeddedEngine({ folder: join(dataFolder, 'engine'), logger: silentLogger() })
  await engine.start()
  try {
    await compact(engine)
    for (const { table, record, count } of tables) await printTable(engine.store, { table, record, count })
  } finally {
    await engine.stop()
  }
}

async function compact(engine: EmbeddedEngine): Promise<void> {
  const { store, pid = 0 } = engine
  const [{ hot }] = (await store.rows<{ hot: string }>({ sql: 'SELECT sum(length(series)) AS hot FROM samples_hot' }))
    .rows
  const before = processCost(pid).cpuSeconds
  const nowMs = Date.now()
  const around = { rollupRetentionDays: 365, spanRetentionDays: 90, signal: new AbortController().signal }
  await compactSamples({ store, nowMs, settledThroughMs: nowMs + lateMs, ...around })
  const cpu = processCost(pid).cpuSeconds - before
  if (Number(hot) > 1_000_000)
    console.log(
      `compaction of ${Number(hot).toLocaleString('en')} samples: ${perMillion(cpu, Number(hot))} CPU-s per million`,
    )
}

async function printTable(store: ColumnStore, about: { table: string; record: string; count: string }): Promise<void> {
  const { table, record, count } = about
  const records = Number((await store.rows<{ n: string }>({ sql: `SELECT ${count} AS n FROM ${table}` })).rows[0].n)
  if (records < 10_000) return
  await store.command({ sql: `OPTIMIZE TABLE ${table} FINAL` })
  const { rows } = await store.rows<{ bytes: string }>({
    sql: `SELECT sum(bytes_on_disk) AS bytes FROM system.parts
      WHERE database = currentDatabase() AND table = {table:String} AND active`,
    params: { table },
  })
  const each = Number(rows[0].bytes) / records
  console.log(`on disk, merged: ${each.toFixed(2)} B per ${record} (${table}, ${records.toLocaleString('en')})`)
}

function perMillion(seconds: number, records: number): string {
  return ((seconds / records) * 1e6).toFixed(2)
}
