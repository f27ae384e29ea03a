import type { Scope } from '../../../model/scope.ts'
import { count, type Fragment, instant, type NsRange, sql, within } from '../fragment.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'

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

/** Most spans of which edges are read straight: the joins hold about 60 bytes of each in memory. */
const maxSpansRead = 4_000_000

export interface ServiceEdges {
  readonly edges: readonly ServiceEdge[]
  /** Part of the range that is not in them: it holds too many spans to be read straight and is not derived yet. */
  readonly missing: NsRange | null
}

/**
 * Edges of the range: whole minutes from the derived table as far as it reaches, what comes after straight from spans.
 * The first and last minute of the range count whole where they come from the table.
 */
export async function serviceEdges(reader: TenantReader, scope: Scope, range: NsRange): Promise<ServiceEdges> {
  const derivedUntilNs = await derivedUntil(reader, scope, range)
  const derived = derivedUntilNs === null ? [] : await edgesFromTable(reader, scope, range)
  const recent = { startNs: derivedUntilNs ?? range.startNs, endNs: range.endNs }
  if (recent.startNs >= recent.endNs) return { edges: derived, missing: null }
  const startNs = await readableFrom(reader, scope, recent)
  const read = await edgesFromSpans(reader, scope, { startNs, endNs: recent.endNs })
  const missing = startNs > recent.startNs ? { startNs: recent.startNs, endNs: startNs } : null
  return { edges: addUp([...derived, ...read]), missing }
}

/** Where the newest `maxSpansRead` spans of the range begin, to the minute; the range's start where it holds fewer. */
async function readableFrom(reader: TenantReader, scope: Scope, range: NsRange): Promise<bigint> {
  const { rows } = await reader.rows<{ minute: number; n: string }>(
    scope,
    sql`SELECT toUnixTimestamp(toStartOfMinute(ts)) AS minute, count() AS n FROM ${rowsOf('spans')}
      WHERE ${within(range)} GROUP BY minute ORDER BY minute DESC`,
  )
  let spans = 0
  for (const { minute, n } of rows) {
    spans += Number(n)
    if (spans > maxSpansRead) {
      const endNs = BigInt(minute) * 1_000_000_000n + minuteNs
      return endNs < range.endNs ? endNs : range.endNs - minuteNs
    }
  }
  return range.startNs
}

/** End of the last minute of the range that the derived table holds; null where it holds none. */
async function derivedUntil(reader: TenantReader, scope: Scope, range: NsRange): Promise<bigint | null> {
  const { rows } = await reader.rows<{ n: string; last: number }>(
    scope,
    sql`SELECT count() AS n, toUnixTimestamp(max(t)) AS last FROM ${rowsOf('service_edges')} WHERE ${minutesOf(range)}`,
  )
  return Number(rows[0].n) === 0 ? null : BigInt(rows[0].last) * 1_000_000_000n + minuteNs
}

/**
 * Who calls whom, for judgements that need the links and no counts: the derived edges of the range where there are any,
 * else those of its newest part, straight from spans.
 */
export async function serviceLinks(
  reader: TenantReader,
  scope: Scope,
  { range, newest }: { range: NsRange; newest: NsRange },
): Promise<readonly ServiceEdge[]> {
  const derived = await edgesFromTable(reader, scope, range)
  return derived.length > 0 ? derived : (await serviceEdges(reader, scope, newest)).edges
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
      FROM (${servedSpans(range)} UNION ALL ${consumedSpans(range)} UNION ALL ${calledSpans(range)})
      GROUP BY client, client_type, server, server_type ORDER BY all_calls DESC LIMIT ${count(maxEdges)}`,
  )
  return rows.map(edgeOf)
}

/** Spans are matched by a 64-bit hash of their ids: several times cheaper than by the ids themselves. */
const ownKey = sql`cityHash64(trace_id, span_id)`
const parentKey = sql`cityHash64(trace_id, parent_id)`

/** Where callers of the range's spans are looked for. */
function nearby(range: NsRange): Fragment {
  return within({ startNs: range.startNs - callerBeforeNs, endNs: range.endNs + callerAfterNs })
}

/** A server span, or a root span of unknown kind, and who called it: the service of its parent, or nobody known. */
function servedSpans(range: NsRange): Fragment {
  return sql`SELECT toString(p.service) AS client, if(client != '', 'service', 'entry') AS client_type,
      toString(s.service) AS server, 'service' AS server_type, s.status = 2 AS failed, greatest(s.duration, 0) AS took
    FROM (SELECT ${parentKey} AS key, service, status, duration FROM ${rowsOf('spans')}
      WHERE ${within(range)} AND (kind = 2 OR (kind IN (0, 1) AND parent_id = toFixedString('', 8)))) AS s
    LEFT ANY JOIN (SELECT ${ownKey} AS key, service FROM ${rowsOf('spans')} WHERE ${nearby(range)}) AS p ON s.key = p.key`
}

/**
 * A consumer span and who called it: the topic that it consumes from (its own attribute, or that of the producer that
 * is its parent or its first link), else the service of its parent, or nobody known.
 */
function consumedSpans(range: NsRange): Fragment {
  const consumers = sql`${rowsOf('spans')} WHERE ${within(range)} AND kind = 5`
  const producers = sql`(SELECT ${ownKey} AS key, ${topic} AS topic FROM ${rowsOf('spans')} WHERE ${nearby(range)} AND kind = 4)`
  return sql`SELECT if(topic_name != '', topic_name, toString(p.service)) AS client,
      multiIf(topic_name != '', 'topic', client != '', 'service', 'entry') AS client_type,
      s.service AS server, 'service' AS server_type, s.failed AS failed, s.took AS took
    FROM (SELECT c.key AS key, c.service AS service, c.failed AS failed, c.took AS took,
        multiIf(c.own_topic != '', c.own_topic, q.topic != '', q.topic, l.topic) AS topic_name
      FROM (SELECT ${parentKey} AS key, toString(service) AS service, ${topic} AS own_topic, status = 2 AS failed,
          greatest(duration, 0) AS took, cityHash64(links.trace_id[1], links.span_id[1]) AS link FROM ${consumers}) AS c
      LEFT ANY JOIN ${producers} AS q ON c.key = q.key
      LEFT ANY JOIN ${producers} AS l ON c.link = l.key) AS s
    LEFT ANY JOIN (SELECT ${ownKey} AS key, service FROM ${rowsOf('spans')}
      WHERE ${nearby(range)} AND ${ownKey} IN (SELECT ${parentKey} FROM ${consumers})) AS p ON s.key = p.key
    WHERE client_type != 'service' OR client != server`
}

/** A client or producer span that no server span answers goes to what it names: a database, a topic, a peer. */
function calledSpans(range: NsRange): Fragment {
  const near = within({ startNs: range.startNs - callerAfterNs, endNs: range.endNs + callerBeforeNs })
  const system = sql`if(attrs['db.system.name'] != '', attrs['db.system.name'], attrs['db.system'])`
  const database = sql`if(attrs['db.namespace'] != '', attrs['db.namespace'], attrs['db.name'])`
  const peer = sql`multiIf(attrs['service.peer.name'] != '', attrs['service.peer.name'], attrs['peer.service'] != '', attrs['peer.service'],
    attrs['server.address'] != '', attrs['server.address'], attrs['net.peer.name'] != '', attrs['net.peer.name'],
    domain(if(attrs['url.full'] != '', attrs['url.full'], attrs['http.url'])))`
  return sql`SELECT client, client_type, server, server_type, failed, took
    FROM (SELECT toString(service) AS client, 'service' AS client_type, status = 2 AS failed, greatest(duration, 0) AS took,
        multiIf(${system} != '', if(${database} = '', ${system}, concat(${system}, ':', ${database})), kind = 4, ${topic}, ${peer}) AS server,
        multiIf(${system} != '', 'database', kind = 4, 'topic', 'external') AS server_type
      FROM ${rowsOf('spans')} WHERE ${within(range)} AND kind IN (3, 4)
        AND ${ownKey} NOT IN (SELECT ${parentKey} FROM ${rowsOf('spans')} WHERE ${near} AND kind = 2))
    WHERE server != ''`
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
