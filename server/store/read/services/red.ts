import type { Scope } from '../../../model/scope.ts'
import { type Aggregate, aggregateRows } from '../aggregate.ts'
import { all, count, type Fragment, type NsRange, sql, text, textList, within } from '../fragment.ts'
import { isRequest, spanField } from '../span-fields.ts'
import { type SpanRow, spanKinds } from '../span-row.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'

/** Requests that a service served. Latencies in microseconds, null where there were no requests. */
export interface RequestFigures {
  readonly requestCount: number
  readonly errorCount: number
  readonly p50Us: number
  readonly p95Us: number
  readonly p99Us: number
}

const latency = spanField({ kind: 'column', column: 'request_latency_us' })
const failed = spanField({ kind: 'column', column: 'request_failed' })
const endpoint = spanField({ kind: 'column', column: 'endpoint' })

const figures: readonly Aggregate[] = [
  { kind: 'sum', field: failed },
  { kind: 'percentile', level: 0.5, field: latency },
  { kind: 'percentile', level: 0.95, field: latency },
  { kind: 'percentile', level: 0.99, field: latency },
]

export interface ServiceRequests {
  readonly total: RequestFigures | null
  /** The busiest endpoints, busiest first. */
  readonly endpoints: readonly (RequestFigures & { readonly endpoint: string })[]
}

/** Rate, errors and duration of one service's requests, in all and by endpoint. */
export async function requestsOfService(
  reader: TenantReader,
  scope: Scope,
  question: { service: string; range: NsRange; endpointLimit: number },
): Promise<ServiceRequests> {
  const conditions = [within(question.range), sql`service = ${text(question.service)}`, isRequest]
  const common = { rows: sql`${rowsOf('spans')}`, conditions, aggregates: figures, rangeSeconds: 1 }
  const whole = await aggregateRows(reader, scope, { ...common, groups: [], limit: 1 })
  const total = figuresOf(whole.rows[0])
  if (total === null) return { total, endpoints: [] }
  const each = await aggregateRows(reader, scope, { ...common, groups: [endpoint], limit: question.endpointLimit })
  const endpoints = each.rows.flatMap((row) => {
    const found = figuresOf(row)
    return found === null ? [] : [{ endpoint: row.groups[0], ...found }]
  })
  return { total, endpoints }
}

function figuresOf(row: { values: readonly (number | null)[]; matched: number }): RequestFigures | null {
  const [errorCount, p50Us, p95Us, p99Us] = row.values
  if (row.matched === 0 || errorCount === null || p50Us === null || p95Us === null || p99Us === null) return null
  return { requestCount: row.matched, errorCount, p50Us, p95Us, p99Us }
}

/** What is usual, taken from whole minutes of an earlier window. */
export interface Usual {
  /** Minutes that had spans, and how many spans in all. */
  readonly minutes: number
  readonly spans: number
  /** Median over the minutes of their 95th percentile: an incident shorter than half the window does not move it. */
  readonly p95Ns: number
  readonly errorRate: number
}

interface UsualWire {
  readonly key: string
  readonly minutes: string
  readonly spans: string
  readonly p95: number | string | null
  readonly errors: string
}

/** What is compared with what: spans of one service, name and kind, of calls also with the same host. */
export type SpanSort = Pick<SpanRow, 'service' | 'name' | 'kind' | 'attributes'>

/** Text that is the same for spans of one sort. */
export function sortKey(span: SpanSort): string {
  const isCall = span.kind === 'client' || span.kind === 'producer'
  const host = isCall ? span.attributes['server.address'] || span.attributes['net.peer.name'] || '' : ''
  return [span.service, span.name, String(spanKinds.indexOf(span.kind)), host].join('\n')
}

/** The same of a stored span. */
const storedSortKey = sql`concat(toString(service), '\n', toString(name), '\n', toString(kind), '\n', multiIf(kind NOT IN (3, 4), '',
  attrs['server.address'] != '', attrs['server.address'], attrs['net.peer.name']))`

/** Usual figures of sorts of spans, by `sortKey`. */
export async function usualSpans(
  reader: TenantReader,
  scope: Scope,
  question: { sorts: readonly SpanSort[]; window: NsRange },
): Promise<ReadonlyMap<string, Usual>> {
  if (question.sorts.length === 0) return new Map()
  const services = [...new Set(question.sorts.map((sort) => sort.service))]
  const names = [...new Set(question.sorts.map((sort) => sort.name))]
  const { rows } = await reader.rows<UsualWire>(
    scope,
    usualQuery(storedSortKey, [
      within(question.window),
      sql`service IN (${textList(services)})`,
      sql`name IN (${textList(names)})`,
      sql`has(${textList(question.sorts.map(sortKey))}, ${storedSortKey})`,
    ]),
  )
  return new Map(rows.map((row) => [row.key, usualOf(row)]))
}

/** Usual figures of one service's requests; null where there were none. */
export async function usualRequests(
  reader: TenantReader,
  scope: Scope,
  question: { service: string; window: NsRange },
): Promise<Usual | null> {
  const { rows } = await reader.rows<UsualWire>(
    scope,
    usualQuery(sql`''`, [within(question.window), sql`service = ${text(question.service)}`, isRequest]),
  )
  return rows.length === 0 ? null : usualOf(rows[0])
}

/** Usual figures of what one service serves, by endpoint; of more than a thousand the others are missing. */
export async function usualEndpoints(
  reader: TenantReader,
  scope: Scope,
  question: { service: string; window: NsRange },
): Promise<ReadonlyMap<string, Usual>> {
  const chosen = [within(question.window), sql`service = ${text(question.service)}`, isRequest]
  const { rows } = await reader.rows<UsualWire>(scope, usualQuery(sql`toString(${endpoint.value})`, chosen))
  return new Map(rows.map((row) => [row.key, usualOf(row)]))
}

function usualQuery(key: Fragment, conditions: readonly Fragment[]): Fragment {
  return sql`SELECT sort AS key, count() AS minutes, sum(n) AS spans, sum(bad) AS errors, quantileExact(0.5)(p95) AS p95
    FROM (SELECT ${key} AS sort, toStartOfMinute(ts) AS minute, count() AS n, countIf(status = 2) AS bad,
        quantileExact(0.95)(greatest(duration, 0)) AS p95
      FROM ${rowsOf('spans')} WHERE ${all(conditions)} GROUP BY sort, minute)
    GROUP BY sort LIMIT ${count(1000)}`
}

function usualOf(row: UsualWire): Usual {
  const spans = Number(row.spans)
  return {
    minutes: Number(row.minutes),
    spans,
    p95Ns: Number(row.p95 ?? 0),
    errorRate: spans === 0 ? 0 : Number(row.errors) / spans,
  }
}
