import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Segment } from '../../journal/journal.ts'
import { openJournal } from '../../journal/open-journal.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import type { TenantId } from '../../model/tenant.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import type { ColumnStore } from '../../store/engine/column-store.ts'
import { metricBatch, type SampleRow } from '../../store/load/batches-fixture-suite.ts'
import { IngestWriter } from '../../store/load/ingest-writer.ts'
import { Loader } from '../../store/load/loader.ts'
import { openReadFixture } from '../../store/read/read-fixture-suite.ts'
import type { TenantReader } from '../../store/read/tenant-rows.ts'

/** Days for which samples of 1970 stay: beyond today. */
const retentionDays = 40_000

type Rest = NonNullable<Parameters<typeof metricBatch>[2]>

/** For tests: metrics written through journal and loader into a real engine. */
export interface MetricsFixture {
  readonly store: ColumnStore
  readonly reader: TenantReader
  /** Resolves when what was written can be read. */
  write(tenant: number, samples: readonly SampleRow[], rest?: Rest): Promise<void>
  close(): Promise<void>
}

/** `onStored` is told of every segment, as by the loader of the program. */
export async function openMetricsFixture(
  onStored: (segment: Segment) => Promise<void> = async () => {},
): Promise<MetricsFixture> {
  const { store, reader, close } = await openReadFixture()
  const folder = mkdtempSync(join(tmpdir(), 'metrics-'))
  const logger = silentLogger()
  const { journal } = await openJournal({ folder, maxBytes: 1 << 28, clock: systemClock, logger })
  const writer = new IngestWriter({ journal, clock: systemClock, retention: () => retentionDays, paceMs: 0 })
  const ledger = { stored() {}, recovered() {}, received() {}, returned() {}, rejected() {}, entries: () => [] }
  const loader = new Loader({ journal, store, ledger, clock: systemClock, logger, onStored, recovered: [] })
  const tables = await createSeriesTables()
  return {
    store,
    reader,
    async write(tenant, samples, rest = {}) {
      await writer.append(metricBatch(tables.of(tenant as TenantId), samples, rest))
      await loader.loadAll()
    },
    async close() {
      await journal.close()
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
