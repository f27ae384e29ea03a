import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OtlpTranslation } from '../../server/decode/otlp-metrics/otlp-translation.ts'
import { openJournal } from '../../server/journal/open-journal.ts'
import { createLedger } from '../../server/pipeline/ledger.ts'
import { defaultIngestLimits } from '../../server/pipeline/limits.ts'
import { createPipeline } from '../../server/pipeline/pipeline.ts'
import type { HttpReceiver } from '../../server/receive/receiver.ts'
import { systemClock } from '../../server/runtime/clock.ts'
import { silentLogger } from '../../server/runtime/logger.ts'
import type { ColumnStore } from '../../server/store/engine/column-store.ts'
import { IngestWriter } from '../../server/store/load/ingest-writer.ts'
import { Loader } from '../../server/store/load/loader.ts'
import { openReadFixture } from '../../server/store/read/read-fixture-suite.ts'
import { receiveInto } from './receive-locally.ts'

/** The examples are of 2010 to 2026: nothing is too old here, and nothing expires. */
const retentionDays = 40_000

/** A receiver with all that stands behind it: pipeline, journal, loader and engine. */
export interface LocalStorage {
  readonly origin: string
  /** The engine, once everything that was acknowledged is loaded. */
  loaded(): Promise<ColumnStore>
  close(): Promise<void>
}

export async function storeLocally(receiver: HttpReceiver): Promise<LocalStorage> {
  const { store, close } = await openReadFixture()
  const folder = mkdtempSync(join(tmpdir(), 'suite-'))
  const parts = { clock: systemClock, logger: silentLogger() }
  const { journal } = await openJournal({ folder, maxBytes: 1 << 28, ...parts })
  const ledger = createLedger(systemClock)
  const writer = new IngestWriter({ journal, clock: systemClock, retention: () => retentionDays, paceMs: 0 })
  const loader = new Loader({ journal, store, ledger, ...parts, recovered: [] })
  const limits = () => ({ ...defaultIngestLimits, maxAgeMs: retentionDays * 86_400_000 })
  const sink = createPipeline({ sink: writer, ledger, clock: systemClock, limits })
  // Names as sent, all resource attributes, start times: what an operator chooses who wants to lose nothing.
  const otlpTranslation = new OtlpTranslation({ strategy: 'NoTranslation', startTimes: true })
  const local = await receiveInto(receiver, { sink, otlpTranslation })
  return {
    origin: local.origin,
    async loaded() {
      await loader.loadAll()
      return store
    },
    async close() {
      await local.close()
      await journal.close()
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
