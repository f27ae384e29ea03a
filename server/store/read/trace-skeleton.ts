import type { Scope } from '../../model/scope.ts'
import { bytesOf } from './field.ts'
import { count, type Fragment, instant, sql, text } from './fragment.ts'
import { type SpanRow, spanKinds, spanStatuses } from './span-row.ts'
import type { TraceBounds } from './spans.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** Spans of one trace that are put into an order; of a larger trace the earliest. */
const maxTreeSpans = 200_000

/** What the index knows of a trace; changes whenever spans of it arrive. */
export interface TraceVersion extends TraceBounds {
  /** End of its root or start of its last span, whichever is later. */
  readonly untilNs: bigint
  readonly services: readonly string[]
  readonly version: string
}

/** The spans of a trace without attributes, events, links and resources; those are read span by span. */
export interface TraceSkeleton {
  readonly spans: readonly SpanRow[]
  readonly isTruncated: boolean
}

interface Wire {
  readonly ids: readonly string[]
  readonly parents: readonly string[]
  readonly services: readonly string[]
  readonly names: readonly string[]
  readonly kinds: readonly number[]
  readonly statuses: readonly number[]
  readonly starts: readonly string[]
  readonly durations: readonly string[]
  readonly linked: readonly number[]
}

/** Spans that call a host, and the host. */
interface CallsWire {
  readonly ids: readonly string[]
  readonly hosts: readonly string[]
}

/** Where a trace lies and how much of it is stored; null where nothing is. One look-up in the index. */
export async function traceVersion(reader: TenantReader, scope: Scope, traceId: string): Promise<TraceVersion | null> {
  const { rows } = await reader.rows<VersionWire>(
    scope,
    sql`SELECT toUnixTimestamp64Nano(min(min_ts)) AS start_ns, toUnixTimestamp64Nano(max(max_ts)) AS end_ns,
        max(if(toUnixTimestamp64Nano(root_ts) = 0, 0, toUnixTimestamp64Nano(root_ts) + greatest(root_duration, 0))) AS root_end_ns,
        groupUniqArrayArray(services) AS all_services, count() AS n, sum(spans) AS spans
      FROM ${rowsOf('trace_index')} WHERE trace_id = ${bytesOf(traceId, 16)}`,
  )
  const [{ start_ns: start, end_ns: end, root_end_ns: rootEnd, all_services: services, n, spans }] = rows
  if (Number(n) === 0) return null
  const endNs = BigInt(end)
  const untilNs = BigInt(rootEnd) > endNs ? BigInt(rootEnd) : endNs
  return { startNs: BigInt(start), endNs, untilNs, services, version: `${n}.${spans}.${end}` }
}

interface VersionWire {
  readonly start_ns: string
  readonly end_ns: string
  readonly root_end_ns: string
  readonly all_services: readonly string[]
  readonly n: string
  readonly spans: string
}

const noAttributes: SpanRow['attributes'] = {}
/** Stands for any link: only whether there is one is read. */
const someLink: SpanRow['links'] = [{ traceId: '', spanId: '', attributes: noAttributes }]

/** Attributes that tell the host of a call, for the sort of a span. */
const host = sql`if(attrs['server.address'] != '', attrs['server.address'], attrs['net.peer.name'])`

/**
 * All spans of a trace, columns of one answer: 100,000 spans take a tenth of what they take as objects with all their
 * fields. `attributes` has the host of a call and nothing else. Attributes are the most of a span's bytes, so that
 * those of calls are read beside the rest and those of other spans are not.
 */
export async function skeletonOfTrace(
  reader: TenantReader,
  scope: Scope,
  trace: { traceId: string; bounds: TraceBounds },
): Promise<TraceSkeleton> {
  const [{ rows }, calls] = await Promise.all([
    reader.rows<Wire>(
      scope,
      sql`SELECT groupArray(lower(hex(span_id))) AS ids, groupArray(if(parent_id = toFixedString('', 8), '', lower(hex(parent_id)))) AS parents,
          groupArray(toString(service)) AS services, groupArray(toString(name)) AS names, groupArray(kind) AS kinds,
          groupArray(status) AS statuses, groupArray(toUnixTimestamp64Nano(ts)) AS starts,
          groupArray(greatest(duration, 0)) AS durations, groupArray(linked) AS linked
        FROM (SELECT span_id, parent_id, service, name, kind, status, ts, duration, notEmpty(links.span_id) AS linked
          FROM ${ofTrace(trace)} ORDER BY ts LIMIT ${count(maxTreeSpans + 1)})`,
    ),
    reader.rows<CallsWire>(
      scope,
      sql`SELECT groupArray(lower(hex(span_id))) AS ids, groupArray(at) AS hosts
        FROM (SELECT span_id, ${host} AS at FROM ${ofTrace(trace)} AND kind IN (3, 4) LIMIT ${count(maxTreeSpans)}) WHERE at != ''`,
    ),
  ])
  const [wire] = rows
  const hosts = hostsOf(calls.rows[0])
  const kept = Math.min(wire.ids.length, maxTreeSpans)
  const spans = Array.from({ length: kept }, (_, at) => spanOf(trace.traceId, wire, { at, hosts }))
  return { spans, isTruncated: wire.ids.length > kept }
}

/** By span; each host once. */
function hostsOf({ ids, hosts }: CallsWire): ReadonlyMap<string, SpanRow['attributes']> {
  const known = new Map<string, SpanRow['attributes']>()
  return new Map(
    ids.map((id, at) => {
      const attributes = known.get(hosts[at]) ?? { 'server.address': hosts[at] }
      known.set(hosts[at], attributes)
      return [id, attributes]
    }),
  )
}

function spanOf(
  traceId: string,
  wire: Wire,
  { at, hosts }: { at: number; hosts: ReadonlyMap<string, SpanRow['attributes']> },
): SpanRow {
  const kind = spanKinds[wire.kinds[at]] ?? 'unspecified'
  const isCall = kind === 'client' || kind === 'producer'
  return {
    traceId,
    spanId: wire.ids[at],
    parentSpanId: wire.parents[at],
    service: wire.services[at],
    name: wire.names[at],
    kind,
    status: spanStatuses[wire.statuses[at]] ?? 'unset',
    statusMessage: '',
    startNs: BigInt(wire.starts[at]),
    durationNs: Number(wire.durations[at]),
    // A server span may have the id of the call: its host is not the span's own.
    attributes: (isCall ? hosts.get(wire.ids[at]) : undefined) ?? noAttributes,
    resource: noAttributes,
    events: [],
    links: wire.linked[at] === 0 ? [] : someLink,
  }
}

/** Ids of the spans of a trace with these words in an attribute's `key=value`, or in the status message. */
export async function spansWithWords(
  reader: TenantReader,
  scope: Scope,
  trace: { traceId: string; bounds: TraceBounds; words: string },
): Promise<ReadonlySet<string>> {
  const words = text(trace.words)
  const { rows } = await reader.rows<{ ids: readonly string[] }>(
    scope,
    sql`SELECT groupArray(lower(hex(span_id))) AS ids FROM (SELECT span_id FROM ${ofTrace(trace)}
        AND (positionCaseInsensitiveUTF8(toString(status_message), ${words}) > 0
          OR arrayExists((k, v) -> positionCaseInsensitiveUTF8(concat(k, '=', v), ${words}) > 0, mapKeys(attrs), mapValues(attrs)))
        LIMIT ${count(maxTreeSpans)})`,
  )
  return new Set(rows[0].ids)
}

/** The spans of one trace with their condition; more conditions may follow with AND. */
function ofTrace({ traceId, bounds }: { traceId: string; bounds: TraceBounds }): Fragment {
  return sql`${rowsOf('spans')} WHERE trace_id = ${bytesOf(traceId, 16)}
    AND ts >= ${instant(bounds.startNs)} AND ts <= ${instant(bounds.endNs)}`
}
