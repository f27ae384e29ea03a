/**
 * For crash.test.ts: a process with journal, engine, writer and loader on one folder.
 * `write`: appends numbered batches of logs, spans and samples for ever and says which are acknowledged.
 * `count`: loads what waits and says which numbers are stored.
 */
import { openJournal } from '../../journal/open-journal.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { EmbeddedEngine } from '../engine/embedded-engine.ts'
import { migrate } from '../schema/migrate.ts'
import { logBatch, metricBatch, spanBatch } from './batches-fixture-suite.ts'
import { IngestWriter } from './ingest-writer.ts'
import { Loader } from './loader.ts'

const [folder, mode] = process.argv.slice(2)
const clock = systemClock
const logger = silentLogger()
const engine = new EmbeddedEngine({ folder: `${folder}/engine`, logger })
await engine.start()
await migrate(engine.store, { layout: { cluster: null }, clock, logger })
console.log(`engine ${engine.pid}`)
const { journal, recovery } = await openJournal({ folder: `${folder}/journal`, maxBytes: 1 << 28, clock, logger })
const writer = new IngestWriter({ journal, clock, retention: () => 30, paceMs: 2 })
const ledger = { stored() {}, recovered() {}, received() {}, returned() {}, rejected() {}, entries: () => [] }
const bounds = { fullRecords: 30, fullSamples: 30, minDelayMs: 20, maxDelayMs: 40, slowRate: 1e6, fastRate: 1e7 }
const loader = new Loader({ journal, store: engine.store, ledger, clock, logger, recovered: recovery.waiting, bounds })

if (mode === 'count') {
  await loader.loadAll()
  const numbersOf = async (sql: string) =>
    (await engine.store.rows<{ n: string }>({ sql })).rows.map(({ n }) => Number(n))
  const logs = await numbersOf('SELECT body n FROM logs')
  const spans = await numbersOf('SELECT name n FROM spans')
  const samples = await numbersOf('SELECT arrayJoin(vi) n FROM samples_hot')
  console.log(`counted ${JSON.stringify({ logs, spans, samples })}`)
  await journal.close()
  await engine.stop()
} else {
  await loader.start()
  const table = (await createSeriesTables()).of(defaultTenant)
  const dayMs = 86_400_000
  for (let number = clock.nowMs() * 1000; ; number++) {
    // Rows of three days: one insert makes several parts.
    const ms = clock.nowMs() - (number % 3) * dayMs
    const time = BigInt(ms) * 1_000_000n
    const span = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), start: time, end: time, name: `${number}` }
    const sample = { labels: { __name__: 'm', i: `${number % 7}` }, ms, value: number }
    const all = [
      writer.append(logBatch([{ time, body: `${number}` }])),
      writer.append(spanBatch([span])),
      writer.append(metricBatch(table, [sample])),
    ]
    await Promise.all(all)
    console.log(`acked ${number}`)
  }
}
