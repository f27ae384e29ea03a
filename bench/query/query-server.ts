import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import type { Scope } from '../../server/model/scope.ts'
import { MetricsQueries } from '../../server/query/metrics/metrics-queries.ts'
import { systemClock } from '../../server/runtime/clock.ts'
import { createLogger, silentLogger } from '../../server/runtime/logger.ts'
import { registerPrometheusApi } from '../../server/serve/prometheus/register-prometheus-api.ts'
import { EmbeddedEngine } from '../../server/store/engine/embedded-engine.ts'
import { migrate } from '../../server/store/schema/migrate.ts'
import { insertStatements, seriesLines, seriesStatement } from './query-data.ts'

/** A process of its own for the query bench: engine, data and the Prometheus API; prints its URL and ends with SIGTERM. */
const [targets, hours, endMs] = process.argv.slice(2).map(Number)
const shape = { targets, hours, endMs }
const folder = mkdtempSync(join(tmpdir(), 'sightline-query-bench-'))
const engine = new EmbeddedEngine({ folder: join(folder, 'engine'), logger: silentLogger() })
await engine.start()
const { store } = engine
await migrate(store, { layout: { cluster: null }, clock: systemClock, logger: silentLogger() })

/** Lines of one statement. */
const linesPerStatement = 10_000
let lines: string[] = []
for (const line of seriesLines(shape)) {
  lines.push(line)
  if (lines.length < linesPerStatement) continue
  await store.command({ sql: seriesStatement(shape, lines.join('\n')) })
  lines = []
}
if (lines.length > 0) await store.command({ sql: seriesStatement(shape, lines.join('\n')) })
for (const sql of insertStatements(shape)) await store.command({ sql })
for (const table of ['samples', 'series']) await store.command({ sql: `OPTIMIZE TABLE ${table} FINAL` })

const app = fastify()
await registerPrometheusApi(app, {
  metrics: new MetricsQueries({ store, clock: systemClock, warmBytes: 256 << 20 }),
  scopeOf: ({ signal }) =>
    Promise.resolve({
      tenant: 1,
      principal: { kind: 'local', name: 'bench' },
      signal,
      deadlineMs: Date.now() + 300_000,
      limits: { maxMemoryBytes: 4e9, maxRowsToRead: 1e9, maxResultRows: 1e9 },
    } as unknown as Scope),
  clock: systemClock,
  logger: createLogger({ level: 'error' }),
  version: 'bench',
  targets: () => [],
})
console.log(`ready ${await app.listen({ host: '127.0.0.1', port: 0 })}`)
process.once('SIGTERM', async () => {
  await app.close()
  await engine.stop()
  rmSync(folder, { recursive: true, force: true })
})
