import type { Scope } from '../../model/scope.ts'
import { count, type Fragment, instant, type NsRange, sql, within } from './fragment.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** What stands at an end of an edge. `entry`: nobody known called; the client's name is '' then. */
export type EdgeEnd = 'entry' | 'service' | 'topic' | 'database' | 'external' | 'unknown'

/** Calls from one node of the service map to another. Durations in nanoseconds, of the called side where it is known. */
export interface ServiceEdge {
  readonly client: string
  readonly clientType: EdgeEnd
  readonly server: string
  readonly serverType: EdgeEnd
  readonly calls: number
  readonly errors: number
  readonly durationSumNs: number
}

interface EdgeWire {
  readonly client: string
  readonly client_type: EdgeEnd
  readonly server: string
  readonly server_type: EdgeEnd
  readonly all_calls: string
  readonly all_errors: string
  readonly took_ns: string
}

/** Most edges of one answer; the busiest are kept. */
const maxEdges = 5000
const minuteNs = 60_000_000_000n

/**
 * Edges of the range: whole minutes from the derived table as far as it reaches, what comes after straight from spans.
 * The first and last minute of the range count whole where they come from the table.
 */
export async function serviceEdges(
  reader: TenantReader,
  scope: Scope,
  range: NsRange,
): Promise<readonly ServiceEdge[]> {
  const derivedUntilNs = await derivedUntil(reader, scope, range)
  const derived = derivedUntilNs === null ? [] : await edgesFromTable(reader, scope, range)
  const recentStartNs = derivedUntilNs ?? range.startNs
  if (recentStartNs >= range.endNs) return derived
  const recent = await edgesFromSpans(reader, scope, { startNs: recentStartNs, endNs: range.endNs })
  return addUp([...derived, ...recent])
}

/** End of the last minute of the range that the derived table holds; null where it holds none. */
async function derivedUntil(reader: TenantReader, scope: Scope, range: NsRange): Promise<bigint | null> {
  const { rows } = await reader.rows<{ n: string; last: number }>(
    scope,
    sql`SELECT count() AS n, toUnixTimestamp(max(t)) AS last FROM ${rowsOf('service_edges')} WHERE ${minutesOf(range)}`,
  )
  return Number(rows[0].n) === 0 ? null : BigInt(rows[0].last) * 1_000_000_000n + minuteNs
}

function minutesOf(range: NsRange): Fragment {
  return sql`t >= toStartOfMinute(${instant(range.startNs)}) AND t < ${instant(range.endNs)}`
}

async function edgesFromTable(reader: TenantReader, scope: Scope, range: NsRange): Promise<ServiceEdge[]> {
  const { rows } = await reader.rows<EdgeWire>(
    scope,
    sql`SELECT client, client_type, server, server_type, sum(calls) AS all_calls, sum(errors) AS all_errors,
        sum(duration_sum) AS took_ns
      FROM ${rowsOf('service_edges')} WHERE ${minutesOf(range)} AND calls > 0
      GROUP BY client, client_type, server, server_type ORDER BY all_calls DESC LIMIT ${count(maxEdges)}`,
  )
  return rows.map(edgeOf)
}

/** A caller begins at most this long before what it calls … */
const callerBeforeNs = 5n * minuteNs
/** … and, clocks being what they are, this long after it. */
const callerAfterNs = minuteNs

const topic = sql`if(attrs['messaging.destination.name'] != '', attrs['messaging.destination.name'], attrs['messaging.destination'])`

/** Edges straight from the spans that began in the range, by the rules of store/derive/service-edges.sql. */
async function edgesFromSpans(reader: TenantReader, scope: Scope, range: NsRange): Promise<ServiceEdge[]> {
  const { rows } = await reader.rows<EdgeWire>(
    scope,
    sql`SELECT client, client_type, server, server_type, count() AS all_calls, sum(failed) AS all_errors, sum(took) AS took_ns
      FROM (${servedSpans(range)} UNION ALL ${calledSpans(range)})
      GROUP BY client, client_type, server, server_type ORDER BY all_calls DESC LIMIT ${count(maxEdges)}`,
  )
  return rows.map(edgeOf)
}

/**
 * A server or consumer span, or a root span of unknown kind, and who called it: the topic that it consumes from (its
 * own attribute, or that of the producer that is its parent or its first link), the service of its parent, or nobody.
 */
function servedSpans(range: NsRange): Fragment {
  const callers = within({ startNs: range.startNs - callerBeforeNs, endNs: range.endNs + callerAfterNs })
  const spans = sql`${rowsOf('spans')}`
  return sql`SELECT multiIf(s.kind = 5 AND s.topic != '', s.topic, s.kind = 5 AND p.kind = 4 AND p.topic != '', p.topic,
      s.kind = 5 AND l.topic != '', l.topic, '') AS from_topic,
      if(from_topic != '', from_topic, p.service) AS client,
      multiIf(from_topic != '', 'topic', p.service != '', 'service', 'entry') AS client_type,
      s.service AS server, 'service' AS server_type, s.failed AS failed, s.took AS took
    FROM (SELECT trace_id, parent_id, toString(service) AS service, kind, ${topic} AS topic, status = 2 AS failed,
        greatest(duration, 0) AS took, links.trace_id[1] AS link_trace, links.span_id[1] AS link_span
      FROM ${spans} WHERE ${within(range)} AND (kind IN (2, 5) OR (kind IN (0, 1) AND parent_id = toFixedString('', 8)))) AS s
    LEFT ANY JOIN (SELECT trace_id, span_id, toString(service) AS service, kind, ${topic} AS topic
      FROM ${spans} WHERE ${callers} AND (trace_id, span_id) IN (
        SELECT trace_id, parent_id FROM ${spans} WHERE ${within(range)} AND kind IN (2, 5))) AS p
      ON s.trace_id = p.trace_id AND s.parent_id = p.span_id
    LEFT ANY JOIN (SELECT trace_id, span_id, ${topic} AS topic FROM ${spans} WHERE ${callers} AND kind = 4
      AND (trace_id, span_id) IN (SELECT links.trace_id[1], links.span_id[1] FROM ${spans}
        WHERE ${within(range)} AND kind = 5 AND notEmpty(links.trace_id))) AS l
      ON s.link_trace = l.trace_id AND s.link_span = l.span_id
    WHERE client_type != 'service' OR client != server OR s.kind = 2`
}

/** A client or producer span that no server span answers goes to what it names: a database, a topic, a peer. */
function calledSpans(range: NsRange): Fragment {
  const answers = within({ startNs: range.startNs - callerAfterNs, endNs: range.endNs + callerBeforeNs })
  const spans = sql`${rowsOf('spans')}`
  const system = sql`if(attrs['db.system.name'] != '', attrs['db.system.name'], attrs['db.system'])`
  const database = sql`if(attrs['db.namespace'] != '', attrs['db.namespace'], attrs['db.name'])`
  const peer = sql`multiIf(attrs['service.peer.name'] != '', attrs['service.peer.name'], attrs['peer.service'] != '', attrs['peer.service'],
    attrs['server.address'] != '', attrs['server.address'], attrs['net.peer.name'] != '', attrs['net.peer.name'],
    domain(if(attrs['url.full'] != '', attrs['url.full'], attrs['http.url'])))`
  return sql`SELECT '' AS from_topic, toString(service) AS client, 'service' AS client_type,
      multiIf(${system} != '', if(${database} = '', ${system}, concat(${system}, ':', ${database})), kind = 4, ${topic}, ${peer}) AS server,
      multiIf(${system} != '', 'database', kind = 4, 'topic', 'external') AS server_type,
      status = 2 AS failed, greatest(duration, 0) AS took
    FROM ${spans} WHERE ${within(range)} AND kind IN (3, 4) AND server != ''
      AND (trace_id, span_id) NOT IN (SELECT trace_id, parent_id FROM ${spans} WHERE ${answers} AND kind = 2)`
}

function edgeOf(row: EdgeWire): ServiceEdge {
  return {
    client: row.client,
    clientType: row.client_type,
    server: row.server,
    serverType: row.server_type,
    calls: Number(row.all_calls),
    errors: Number(row.all_errors),
    durationSumNs: Number(row.took_ns),
  }
}

function addUp(edges: readonly ServiceEdge[]): ServiceEdge[] {
  const sums = new Map<string, ServiceEdge>()
  for (const edge of edges) {
    const key = JSON.stringify([edge.clientType, edge.client, edge.serverType, edge.server])
    const before = sums.get(key)
    sums.set(
      key,
      before === undefined
        ? edge
        : {
            ...before,
            calls: before.calls + edge.calls,
            errors: before.errors + edge.errors,
            durationSumNs: before.durationSumNs + edge.durationSumNs,
          },
    )
  }
  return [...sums.values()]
}
