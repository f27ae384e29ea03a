import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OtlpTranslation } from '../../../server/decode/otlp-metrics/otlp-translation.ts'
import { openJournal } from '../../../server/journal/open-journal.ts'
import { createLedger } from '../../../server/pipeline/ledger.ts'
import { defaultIngestLimits } from '../../../server/pipeline/limits.ts'
import { createPipeline } from '../../../server/pipeline/pipeline.ts'
import { otlpHttp } from '../../../server/receive/protocols/otlp-http.ts'
import { systemClock } from '../../../server/runtime/clock.ts'
import { silentLogger } from '../../../server/runtime/logger.ts'
import { IngestWriter } from '../../../server/store/load/ingest-writer.ts'
import { Loader } from '../../../server/store/load/loader.ts'
import { openReadFixture } from '../../../server/store/read/read-fixture-suite.ts'
import { receiveInto } from '../receive-locally.ts'
import { readLogs } from './read-logs.ts'
import { readMetrics } from './read-metrics.ts'
import { readTraces } from './read-traces.ts'

/** The examples are of 2018: nothing is too old here, and nothing expires. */
const retentionDays = 40_000

/** An OTLP receiver with all that stands behind it, and what its tables hold as parts of OTLP requests. */
export interface StoredTelemetry {
  readonly origin: string
  metrics(): Promise<unknown>
  logs(): Promise<unknown>
  traces(): Promise<unknown>
  close(): Promise<void>
}

export async function openStoredTelemetry(): Promise<StoredTelemetry> {
  const { store, close } = await openReadFixture()
  const folder = mkdtempSync(join(tmpdir(), 'otlp-suite-'))
  const parts = { clock: systemClock, logger: silentLogger() }
  const { journal } = await openJournal({ folder, maxBytes: 1 << 28, ...parts })
  const ledger = createLedger(systemClock)
  const writer = new IngestWriter({ journal, clock: systemClock, retention: () => retentionDays, paceMs: 0 })
  const loader = new Loader({ journal, store, ledger, ...parts, recovered: [] })
  const limits = () => ({ ...defaultIngestLimits, maxAgeMs: retentionDays * 86_400_000 })
  const sink = createPipeline({ sink: writer, ledger, clock: systemClock, limits })
  // Names as sent, all resource attributes, start times: what an operator chooses who wants to lose nothing.
  const otlpTranslation = new OtlpTranslation({ strategy: 'NoTranslation', startTimes: true })
  const local = await receiveInto(otlpHttp, { sink, otlpTranslation })
  return {
    origin: local.origin,
    metrics: () => loader.loadAll().then(() => readMetrics(store)),
    logs: () => loader.loadAll().then(() => readLogs(store)),
    traces: () => loader.loadAll().then(() => readTraces(store)),
    async close() {
      await local.close()
      await journal.close()
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
