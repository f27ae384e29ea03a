import type { Scope } from '../../model/scope.ts'
import { bytesOf } from './field.ts'
import { all, count, type Fragment, instant, sql, textList } from './fragment.ts'
import { type AttributeTexts, type SpanRow, spanKinds, spanStatuses } from './span-row.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** Spans of one trace that are read; a larger trace is answered in part. */
const maxTraceSpans = 20_000

export interface StoredTrace {
  readonly spans: readonly SpanRow[]
  /** The trace has more spans than `maxTraceSpans`; these are the earliest. */
  readonly isTruncated: boolean
}

/** Time range of a trace, from the index. */
export interface TraceBounds {
  readonly startNs: bigint
  /** Of the last known start; included. */
  readonly endNs: bigint
}

interface SpanWire {
  readonly trace: string
  readonly span: string
  readonly parent: string
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly status: number
  readonly status_message: string
  readonly start_ns: string
  readonly duration_ns: string
  readonly attrs: AttributeTexts
  readonly resource: string
  readonly event_ns?: readonly string[]
  readonly event_names?: readonly string[]
  readonly event_attrs?: readonly AttributeTexts[]
  readonly link_traces?: readonly string[]
  readonly link_spans?: readonly string[]
  readonly link_attrs?: readonly AttributeTexts[]
}

const spanColumns = sql`lower(hex(trace_id)) AS trace, lower(hex(span_id)) AS span,
  if(parent_id = toFixedString('', 8), '', lower(hex(parent_id))) AS parent, service, name, kind, status, status_message,
  toUnixTimestamp64Nano(ts) AS start_ns, greatest(duration, 0) AS duration_ns, attrs, toString(resource_id) AS resource`

const nestedColumns = sql`arrayMap(t -> toString(toUnixTimestamp64Nano(t)), events.ts) AS event_ns, events.name AS event_names,
  events.attrs AS event_attrs, arrayMap(id -> lower(hex(id)), links.trace_id) AS link_traces,
  arrayMap(id -> lower(hex(id)), links.span_id) AS link_spans, links.attrs AS link_attrs`

/** Where the spans of a trace lie in time, or null where none is stored. One look-up in the index; no scan. */
export async function traceBounds(reader: TenantReader, scope: Scope, traceId: string): Promise<TraceBounds | null> {
  const { rows } = await reader.rows<{ start_ns: string; end_ns: string; n: string }>(
    scope,
    sql`SELECT toUnixTimestamp64Nano(min(min_ts)) AS start_ns, toUnixTimestamp64Nano(max(max_ts)) AS end_ns, count() AS n
      FROM ${rowsOf('trace_index')} WHERE trace_id = ${bytesOf(traceId, 16)}`,
  )
  const found = rows[0]
  return Number(found.n) === 0 ? null : { startNs: BigInt(found.start_ns), endNs: BigInt(found.end_ns) }
}

/** All spans of a trace with their resources; null where none is there any more. `traceId` is 32 hex digits. */
export async function spansOfTrace(
  reader: TenantReader,
  scope: Scope,
  { traceId, bounds }: { traceId: string; bounds: TraceBounds },
): Promise<StoredTrace | null> {
  const { rows } = await reader.rows<SpanWire>(
    scope,
    sql`SELECT ${spanColumns}, ${nestedColumns} FROM ${rowsOf('spans')}
      WHERE trace_id = ${bytesOf(traceId, 16)} AND ts >= ${instant(bounds.startNs)} AND ts <= ${instant(bounds.endNs)}
      ORDER BY ts LIMIT ${count(maxTraceSpans + 1)}`,
  )
  if (rows.length === 0) return null
  const kept = rows.slice(0, maxTraceSpans)
  const resources = await resourcesOf(reader, scope, kept)
  const spans = kept.map((row) => spanRow(row, resources.get(row.resource) ?? {}))
  return { spans, isTruncated: rows.length > kept.length }
}

/** One span with its resource; null where the trace has none with this id. Ids are hex digits as stored. */
export async function spanOfTrace(
  reader: TenantReader,
  scope: Scope,
  { traceId, spanId, bounds }: { traceId: string; spanId: string; bounds: TraceBounds },
): Promise<SpanRow | null> {
  const { rows } = await reader.rows<SpanWire>(
    scope,
    sql`SELECT ${spanColumns}, ${nestedColumns} FROM ${rowsOf('spans')}
      WHERE trace_id = ${bytesOf(traceId, 16)} AND span_id = ${bytesOf(spanId, 8)}
        AND ts >= ${instant(bounds.startNs)} AND ts <= ${instant(bounds.endNs)}
      ORDER BY ts LIMIT 1`,
  )
  if (rows.length === 0) return null
  const resources = await resourcesOf(reader, scope, rows)
  return spanRow(rows[0], resources.get(rows[0].resource) ?? {})
}

/** Newest spans that pass the conditions; without events, links and resource. */
export async function listSpans(
  reader: TenantReader,
  scope: Scope,
  question: { rows: Fragment; conditions: readonly Fragment[]; limit: number },
): Promise<readonly SpanRow[]> {
  const { rows } = await reader.rows<SpanWire>(
    scope,
    sql`SELECT ${spanColumns} FROM ${question.rows} WHERE ${all(question.conditions)}
      ORDER BY ts DESC LIMIT ${count(question.limit)}`,
  )
  return rows.map((row) => spanRow(row, {}))
}

async function resourcesOf(
  reader: TenantReader,
  scope: Scope,
  spans: readonly SpanWire[],
): Promise<ReadonlyMap<string, AttributeTexts>> {
  const ids = [...new Set(spans.map((span) => span.resource))]
  const services = [...new Set(spans.map((span) => span.service))]
  const { rows } = await reader.rows<{ id: string; attributes: AttributeTexts }>(
    scope,
    sql`SELECT toString(resource_id) AS id, any(attrs) AS attributes FROM ${rowsOf('resources')}
      WHERE service IN (${textList(services)}) AND resource_id IN (arrayMap(x -> toUInt64(x), ${textList(ids)}))
      GROUP BY resource_id`,
  )
  return new Map(rows.map((row) => [row.id, row.attributes]))
}

function spanRow(row: SpanWire, resource: AttributeTexts): SpanRow {
  return {
    traceId: row.trace,
    spanId: row.span,
    parentSpanId: row.parent,
    service: row.service,
    name: row.name,
    kind: spanKinds[row.kind] ?? 'unspecified',
    status: spanStatuses[row.status] ?? 'unset',
    statusMessage: row.status_message,
    startNs: BigInt(row.start_ns),
    durationNs: Number(row.duration_ns),
    attributes: row.attrs,
    resource,
    events: (row.event_ns ?? []).map((ns, i) => ({
      timeNs: BigInt(ns),
      name: row.event_names?.[i] ?? '',
      attributes: row.event_attrs?.[i] ?? {},
    })),
    links: (row.link_traces ?? []).map((traceId, i) => ({
      traceId,
      spanId: row.link_spans?.[i] ?? '',
      attributes: row.link_attrs?.[i] ?? {},
    })),
  }
}
