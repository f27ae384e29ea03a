import type { Journal } from './journal/journal.ts'
import type { Ledger, LedgerEntry } from './model/ledger.ts'
import type { SeriesTables } from './model/series-table.ts'
import type { TenantId } from './model/tenant.ts'
import type { MetricsQueries } from './query/metrics/metrics-queries.ts'
import type { InFlight } from './receive/in-flight.ts'
import type { LabelledValue, OwnMetrics } from './runtime/own-metrics.ts'
import type { Deriver } from './store/derive/deriver.ts'
import type { IngestWriter } from './store/load/ingest-writer.ts'
import type { Loader } from './store/load/loader.ts'

export interface WatchedParts {
  readonly ledger: Ledger
  readonly journal: Journal
  readonly writer: IngestWriter
  readonly loader: Loader
  readonly tables: SeriesTables
  readonly inFlight: InFlight
  readonly deriver: Deriver
  readonly queries: MetricsQueries
  readonly tenantName: (tenant: TenantId) => string
}

function watchDeriver(metrics: OwnMetrics, deriver: Deriver): void {
  const each = (pick: (job: ReturnType<Deriver['stats']>[number]) => number) => () =>
    deriver.stats().map((job) => ({ labels: { job: job.job }, value: pick(job) }))
  metrics.counter(
    'sightline_derive_runs_total',
    'Runs of a periodic job',
    each(({ runs }) => runs),
  )
  metrics.counter(
    'sightline_derive_failures_total',
    'Runs of a periodic job that failed',
    each(({ failures }) => failures),
  )
  metrics.gauge(
    'sightline_derive_last_seconds',
    'Time that the last run of a job took',
    each(({ lastMs }) => lastMs / 1000),
  )
}

/** Shows the state of the ingest chain at `/metrics`; read from the parts when asked. */
export function watchProgram(metrics: OwnMetrics, parts: WatchedParts): void {
  watchLedger(metrics, parts)
  watchDeriver(metrics, parts.deriver)
  const { journal, writer, loader, tables, inFlight } = parts
  metrics.gauge(
    'sightline_journal_waiting_bytes',
    'Acknowledged bytes that wait for the column store',
    () => journal.stats().waitingBytes,
  )
  metrics.gauge(
    'sightline_journal_waiting_segments',
    'Segments that wait for the column store',
    () => journal.stats().waitingSegments,
  )
  metrics.gauge('sightline_journal_max_bytes', 'Size at which the journal refuses more', () => journal.stats().maxBytes)
  metrics.counter('sightline_journal_commits_total', 'Commits made durable', () => journal.stats().commits)
  metrics.gauge(
    'sightline_journal_last_commit_seconds',
    'Time of the last commit, first write to last sync',
    () => journal.stats().lastCommitMs / 1000,
  )
  metrics.gauge(
    'sightline_journal_quarantined_segments',
    'Segments that the store refused and that lie in quarantine',
    () => journal.stats().quarantined,
  )
  metrics.gauge(
    'sightline_ingest_in_flight_bytes',
    'Bytes of decoded columns on their way to the journal',
    () => writer.stats().inFlightBytes,
  )
  metrics.gauge(
    'sightline_ingest_waiting_batches',
    'Batches that wait for the next commit',
    () => writer.stats().waitingBatches,
  )
  metrics.counter('sightline_ingest_committed_rows_total', 'Rows made durable', () => writer.stats().committedRows)
  metrics.gauge('sightline_request_in_flight_bytes', 'Bytes of requests that are being received', () => inFlight.bytes)
  metrics.counter(
    'sightline_load_segments_total',
    'Segments inserted into the column store',
    () => loader.stats().insertedSegments,
  )
  metrics.counter(
    'sightline_load_rows_total',
    'Rows of tables inserted into the column store',
    () => loader.stats().insertedRows,
  )
  metrics.counter(
    'sightline_load_seconds_total',
    'Time spent waiting for inserts',
    () => loader.stats().insertMs / 1000,
  )
  metrics.counter('sightline_load_failures_total', 'Attempts to insert that failed', () => loader.stats().failures)
  metrics.gauge(
    'sightline_query_sample_memory_bytes',
    'Samples that questions asked for and that stay in memory',
    () => parts.queries.warmBytes,
  )
  metrics.gauge('sightline_series_active', 'Series in memory', () => tables.usage().series)
  metrics.gauge('sightline_series_memory_bytes', 'Memory of the series tables', () => tables.usage().bytes)
}

function watchLedger(metrics: OwnMetrics, { ledger, tenantName }: WatchedParts): void {
  const each = (pick: (entry: LedgerEntry) => number) => (): LabelledValue[] =>
    ledger.entries().map((entry) => ({ labels: labelsOf(entry, tenantName), value: pick(entry) }))
  metrics.counter(
    'sightline_received_rows_total',
    'Rows received',
    each((entry) => entry.receivedRows),
  )
  metrics.counter(
    'sightline_received_bytes_total',
    'Bytes received, as they came',
    each((entry) => entry.receivedBytes),
  )
  metrics.counter(
    'sightline_stored_rows_total',
    'Rows in the column store',
    each((entry) => entry.storedRows),
  )
  metrics.gauge(
    'sightline_waiting_rows',
    'Rows acknowledged and not yet in the column store',
    each((entry) => entry.waitingRows),
  )
  metrics.counter('sightline_rejected_rows_total', 'Rows rejected, by reason', () =>
    ledger.entries().flatMap((entry) =>
      entry.rejections.map(({ reason, count }) => ({
        labels: { ...labelsOf(entry, tenantName), reason },
        value: count,
      })),
    ),
  )
}

function labelsOf(entry: LedgerEntry, tenantName: WatchedParts['tenantName']): Record<string, string> {
  return { tenant: tenantName(entry.tenant), signal: entry.signal, receiver: entry.receiver }
}
