import type { ColumnStore } from '../store/engine/column-store.ts'
import { type Columns, insertRows } from '../store/read/read-fixture-suite.ts'

/**
 * For tests: the story "checkout is slow", as rows of tenant 1. Until half past eleven all is well; then payment's
 * query becomes slow, its connections run out and a tenth of the checkouts fail. Trace `abc123` is one of the slow
 * ones. Tenant 2 has a trace of the same id and a service that nobody else may see.
 */
export const story = {
  nowMs: Date.parse('2026-03-01T12:00:00Z'),
  wellFromMs: Date.parse('2026-03-01T10:30:00Z'),
  slowFromMs: Date.parse('2026-03-01T11:30:00Z'),
  traceId: 'abc123',
  otherTenant: 2,
  slowSql: "SELECT * FROM transactions WHERE customer = 'x'",
} as const

const retention = 30_000
const everyMs = 20_000

type Span = {
  readonly tenant: number
  readonly trace: string
  readonly span: string
  readonly parent: string
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly status: number
  readonly status_message: string
  readonly start_ms: number
  readonly took_ms: number
  readonly attrs: Readonly<Record<string, string>>
}

/** Builds one checkout's spans. */
function checkout(number: number, atMs: number, trace: string): Span[] {
  const isSlow = atMs >= story.slowFromMs
  const isFailed = isSlow && number % 10 === 0
  const query = isSlow ? 1900 : 15
  const spans: Span[] = []
  const add = (service: string, name: string, fields: Partial<Span> & { from: number; took: number; up?: string }) => {
    const { from, took, up = '', ...others } = fields
    const span = (number * 100 + spans.length + 1).toString(16).padStart(16, '0')
    spans.push({
      ...{ tenant: 1, trace, span, parent: up, service, name, kind: 1, status: 0, status_message: '', attrs: {} },
      ...{ start_ms: atMs + from, took_ms: took },
      ...others,
    })
    return span
  }
  /** A call to another service: a client span and the server span that answers it. */
  const call = (
    from: string,
    to: string,
    fields: { up: string; at: number; took: number; path: string; failed?: boolean },
  ) => {
    const status = fields.failed ? 2 : 0
    const attrs = { 'http.request.method': 'POST', 'server.address': to }
    const client = add(from, 'POST', { kind: 3, up: fields.up, from: fields.at, took: fields.took, status, attrs })
    const route = { 'http.request.method': 'POST', 'http.route': fields.path }
    return add(to, `POST ${fields.path}`, {
      ...{ kind: 2, up: client, from: fields.at + 1, took: fields.took - 2, attrs: route, status },
    })
  }
  const total = query + 235
  const root = add('api-gateway', 'POST /api/checkout', {
    ...{ kind: 2, from: 0, took: total + 20, status: isFailed ? 2 : 0 },
    attrs: { 'http.method': 'POST', 'http.target': '/api/checkout?cart=7', 'http.route': '/api/checkout' },
  })
  const shop = call('api-gateway', 'checkout', { up: root, at: 5, took: total, path: '/checkout', failed: isFailed })
  call('checkout', 'auth', { up: shop, at: 10, took: 15, path: '/token' })
  call('checkout', 'inventory', { up: shop, at: 30, took: 30, path: '/reserve' })
  const pay = call('checkout', 'payment', { up: shop, at: 65, took: query + 90, path: '/charge', failed: isFailed })
  add('payment', 'pg.query:SELECT shop', {
    ...{ kind: 3, up: pay, from: 70, took: query },
    attrs: { 'db.system': 'postgresql', 'db.name': 'shop', 'db.statement': story.slowSql },
    ...(isFailed ? { status: 2, status_message: 'timeout exceeded when trying to connect' } : {}),
  })
  add('payment', 'POST', { kind: 3, up: pay, from: 75 + query, took: 60, attrs: { 'server.address': 'bank.example' } })
  call('checkout', 'notification', { up: shop, at: query + 160, took: 40, path: '/notify' })
  return spans
}

const spanColumns: Columns = {
  tenant: ['UInt32'],
  trace: ['String', ''],
  span: ['String', ''],
  parent: ['String', ''],
  start_ms: ['Float64', ''],
  took_ms: ['Float64', ''],
  trace_id: ['UInt8', "toFixedString(unhex(leftPad(trace, 32, '0')), 16)"],
  span_id: ['UInt8', 'toFixedString(unhex(span), 8)'],
  parent_id: ['UInt8', "if(parent = '', toFixedString('', 8), toFixedString(unhex(parent), 8))"],
  ts: ['UInt8', "fromUnixTimestamp64Nano(toInt64(start_ms * 1000) * 1000, 'UTC')"],
  duration: ['UInt8', 'toInt64(took_ms * 1000000)'],
  service: ['String'],
  name: ['String'],
  kind: ['UInt8'],
  status: ['UInt8'],
  status_message: ['String'],
  attrs: ['Map(String, String)'],
  resource_id: ['UInt8', 'cityHash64(service)'],
  retention: ['UInt16', String(retention)],
}

async function insertSpans(store: ColumnStore, spans: readonly Span[]): Promise<void> {
  await insertRows(store, 'spans', { columns: spanColumns, rows: spans })
  await store.command({
    sql: `INSERT INTO trace_index SELECT tenant, trace_id, min(ts), max(ts), count(), countIf(status = 2), groupUniqArray(service),
      minIf(ts, parent_id = toFixedString('', 8)), anyIf(service, parent_id = toFixedString('', 8)),
      anyIf(name, parent_id = toFixedString('', 8)), anyIf(duration, parent_id = toFixedString('', 8)),
      anyIf(status, parent_id = toFixedString('', 8)), any(retention)
      FROM spans GROUP BY tenant, trace_id`,
  })
  await store.command({
    sql: `INSERT INTO resources (tenant, resource_id, service, attrs, seen_day, retention)
      SELECT DISTINCT tenant, resource_id, service, map('service.name', toString(service), 'service.namespace', 'shop',
        'deployment.environment', 'production'), toDate(ts), ${retention} FROM spans`,
  })
}

const logColumns: Columns = {
  tenant: ['UInt32'],
  trace: ['String', ''],
  span: ['String', ''],
  at_ms: ['Float64', ''],
  trace_id: ['UInt8', "if(trace = '', toFixedString('', 16), toFixedString(unhex(leftPad(trace, 32, '0')), 16))"],
  span_id: ['UInt8', "if(span = '', toFixedString('', 8), toFixedString(unhex(span), 8))"],
  ts: ['UInt8', "fromUnixTimestamp64Nano(toInt64(at_ms * 1000) * 1000, 'UTC')"],
  severity: ['UInt8'],
  severity_text: ['String'],
  service: ['String'],
  body: ['String'],
  attrs: ['Map(String, String)'],
  resource_id: ['UInt8', 'cityHash64(service)'],
  retention: ['UInt16', String(retention)],
}

function storyLogs(atMs: number, querySpan: string): Record<string, unknown>[] {
  const line = (offset: number, severity: number, body: string, fields: Record<string, unknown> = {}) => ({
    ...{ tenant: 1, trace: story.traceId, span: querySpan, at_ms: atMs + offset, severity, severity_text: '' },
    ...{ service: 'payment', body, attrs: { 'order.id': '12345' } },
    ...fields,
  })
  const loose = { trace: '', span: '' }
  return [
    line(70, 9, 'Payment processing started for order #12345'),
    line(1900, 17, 'Database connection pool exhausted'),
    line(1950, 17, `Slow query: ${story.slowSql}`),
    line(1960, 13, 'Using fallback payment processor'),
    line(10, 9, 'Checkout began', { service: 'checkout' }),
    line(-3_000, 0, 'no number, a text', { ...loose, severity_text: 'warning' }),
    line(-2_000, 21, 'red \u001b[31malert\nsecond line', { ...loose, service: 'auth' }),
    line(1900, 17, 'secret of the other tenant', { tenant: story.otherTenant }),
  ]
}

interface Series {
  readonly id: number
  readonly labels: Readonly<Record<string, string>>
  /** Value by minutes after `wellFromMs`. */
  readonly at: (minute: number) => number | 'stale'
  readonly tenant?: number
}

const payment = { job: 'shop/payment', instance: 'payment-1', service: 'payment' }
const storySeries: readonly Series[] = [
  { id: 11, labels: { __name__: 'db_connections_active', ...payment }, at: (minute) => (minute < 60 ? 12 : 95) },
  { id: 12, labels: { __name__: 'db_connections_max', ...payment }, at: () => 100 },
  { id: 13, labels: { __name__: 'db_connections_waiting', ...payment }, at: (minute) => (minute < 60 ? 0 : 7) },
  // One request a second; the process restarts at minute 45.
  {
    id: 14,
    labels: { __name__: 'payment_requests_total', ...payment, status: 'ok' },
    at: (minute) => (minute < 45 ? 1000 + minute * 60 : (minute - 45) * 60),
  },
  { id: 15, labels: { __name__: 'payment_requests_total', ...payment, status: 'failed' }, at: () => 0.25 },
  { id: 16, labels: { __name__: 'gone', ...payment }, at: (minute) => (minute < 10 ? 1.5 : 'stale') },
  {
    id: 17,
    labels: {
      __name__: 'db_client_connection_count',
      job: 'shop/checkout',
      instance: 'checkout-1',
      db_client_connection_state: 'used',
    },
    at: () => 2,
  },
  {
    id: 18,
    labels: { __name__: 'db_client_connection_max', job: 'shop/checkout', instance: 'checkout-1' },
    at: () => 10,
  },
  { id: 19, labels: { __name__: 'db_connections_active', ...payment }, at: () => 666, tenant: story.otherTenant },
]

/** A value as stored: whole numbers and two decimals as integers, all else by their bits. */
function storedValue(value: number | 'stale'): { exp: number; vi: string } {
  if (value === 'stale') return { exp: 127, vi: '9218868437227405314' }
  if (Number.isInteger(value)) return { exp: 0, vi: String(value) }
  return { exp: -2, vi: String(Math.round(value * 100)) }
}

/** Minutes 0-40 compacted, 35-60 being compacted, 55-90 hot: the overlaps must not count twice. */
async function insertSamples(store: ColumnStore): Promise<void> {
  await insertRows(store, 'series', {
    columns: {
      ...{
        tenant: ['UInt32'],
        metric: ['UInt64', "cityHash64(labels['__name__'])"],
        series: ['UInt64'],
        labels: ['Map(String, String)'],
      },
      ...{
        day: ['Date'],
        seen: ['UInt64', 'toDateTime64(day, 3)'],
        target: ['UInt32', '1'],
        retention: ['UInt16', String(retention)],
      },
    },
    rows: storySeries.map((one) => ({
      tenant: one.tenant ?? 1,
      series: one.id,
      labels: one.labels,
      day: '2026-03-01',
    })),
  })
  const points = (from: number, to: number) =>
    storySeries.flatMap((one) =>
      Array.from({ length: to - from }, (_, i) => {
        const { exp, vi } = storedValue(one.at(from + i))
        const at_ms = story.wellFromMs + (from + i) * 60_000
        return { tenant: one.tenant ?? 1, name: one.labels.__name__, series: one.id, at_ms, exp, vi }
      }),
    )
  const common: Columns = {
    ...{ tenant: ['UInt32'], name: ['String', ''], at_ms: ['Int64', ''], metric: ['UInt64', 'cityHash64(name)'] },
    ...{ target: ['UInt32', '1'], retention: ['UInt16', String(retention)] },
  }
  const time = "fromUnixTimestamp64Milli(at_ms, 'UTC')"
  const wide: Columns = {
    ...common,
    ...{ ts: ['UInt8', time], slot: ['UInt8', `toStartOfTenMinutes(${time})`] },
    ...{ series: ['UInt64', '[series]'], exp: ['Int8', '[exp]'], vi: ['Int64', '[vi]'] },
  }
  const piece: Columns = {
    ...common,
    ...{
      t0: ['UInt8', `toStartOfHour(${time})`],
      series: ['UInt64'],
      exp: ['Int8'],
      ts: ['UInt8', `[${time}]`],
      vi: ['Int64', '[vi]'],
    },
  }
  await insertRows(store, 'samples', { columns: piece, rows: points(0, 40) })
  await insertRows(store, 'samples_compacting', { columns: wide, rows: points(35, 60) })
  await insertRows(store, 'samples_hot', { columns: wide, rows: points(55, 90) })
}

/** Puts the story into a store with empty tables. */
export async function tellCheckoutStory(store: ColumnStore): Promise<void> {
  const spans: Span[] = []
  let number = 1
  const slowAtMs = story.nowMs - 120_000
  for (let at = story.wellFromMs; at < story.nowMs; at += everyMs, number += 1) {
    const isTold = at === slowAtMs
    spans.push(...checkout(isTold ? 7 : number, at, isTold ? story.traceId : (0x1000 + number).toString(16)))
  }
  const told = spans.filter((span) => span.trace === story.traceId)
  spans.push({ ...told[0], tenant: story.otherTenant, service: 'secret-service', name: 'secret operation' })
  await insertSpans(store, spans)
  const querySpan = told.find((span) => span.name.startsWith('pg.'))?.span ?? ''
  await insertRows(store, 'logs', { columns: logColumns, rows: storyLogs(slowAtMs, querySpan) })
  await insertSamples(store)
}
