import type { IngestHealth } from '../../../contract/index.ts'
import { formatDuration } from '../format/number.ts'

export type LedgerRow = IngestHealth['entries'][number]

const receivers: Readonly<Record<string, string>> = {
  otlp_http: 'OTLP over HTTP',
  otlp_grpc: 'OTLP over gRPC',
  prometheus_remote_write: 'Prometheus remote write',
  prometheus_scrape: 'Scrape',
  scrape: 'Scrape',
  own_telemetry: 'Sightline itself',
  loki_push: 'Loki push',
  elasticsearch_bulk: 'Elasticsearch bulk',
  influxdb: 'InfluxDB line protocol',
  influx_line: 'InfluxDB line protocol over UDP',
  zipkin: 'Zipkin',
  statsd: 'StatsD',
  syslog: 'Syslog',
  graphite: 'Graphite',
  datadog: 'Datadog',
  splunk_hec: 'Splunk HEC',
  jaeger_grpc: 'Jaeger over gRPC',
  jaeger_thrift_http: 'Jaeger, Thrift over HTTP',
  fluent_forward: 'Fluent forward',
  pushgateway: 'Pushgateway',
  ndjson_logs: 'Log lines over HTTP',
}

/** The name of a receiver for people; its own name where we have none. */
export function receiverWords(receiver: string): string {
  return receivers[receiver] ?? receiver.replaceAll('_', ' ')
}

/** Lines of the ledger: what people send first, most rows first; the platform's own last. */
export function ledgerRows(health: IngestHealth | undefined): LedgerRow[] {
  const isOwn = ({ tenant }: LedgerRow) => (tenant.startsWith('_') ? 1 : 0)
  return (health?.entries ?? []).toSorted(
    (one, other) =>
      isOwn(one) - isOwn(other) || other.received - one.received || (one.receiver < other.receiver ? -1 : 1),
  )
}

/** The same lines with the rows of the last five minutes; what waits, waits now. */
export function latelyRows(rows: readonly LedgerRow[]): LedgerRow[] {
  return rows.map((row) => ({ ...row, ...row.lately }))
}

/** Sums of all lines; the newest is the latest of all. */
export function ledgerTotal(rows: readonly LedgerRow[]) {
  const sum = (of: (row: LedgerRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const newest = rows.reduce((latest, { last_received_at }) => {
    const ms = last_received_at === null ? 0 : Date.parse(last_received_at)
    return Math.max(latest, ms)
  }, 0)
  return {
    received: sum(({ received }) => received),
    stored: sum(({ stored }) => stored),
    waiting: sum(({ waiting }) => waiting),
    rejected: sum(({ rejected }) => rejected),
    newestMs: newest,
  }
}

/** How long ago, `–` for never. */
export function ageWords(at: string | null, nowMs: number): string {
  if (at === null) return '–'
  const ms = Math.round((nowMs - Date.parse(at)) / 100) * 100
  return ms <= 100 ? 'now' : formatDuration(ms)
}
