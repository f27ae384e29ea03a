import type { Scope } from '../../model/scope.ts'
import { bytesOf } from './field.ts'
import { all, count, type Fragment, joined, sql } from './fragment.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** A trace of which at least one span passed the conditions. Durations in nanoseconds. */
export interface FoundTrace {
  readonly traceId: string
  readonly startNs: bigint
  readonly durationNs: number
  readonly rootService: string
  readonly rootName: string
  readonly services: readonly string[]
  readonly spanCount: number
  readonly errorCount: number
  readonly matchedSpans: number
  readonly longest: {
    readonly spanId: string
    readonly service: string
    readonly name: string
    readonly durationNs: number
  }
}

export interface TraceSearch {
  readonly rows: Fragment
  readonly conditions: readonly Fragment[]
  readonly order: 'newest' | 'slowest'
  readonly limit: number
}

interface MatchWire {
  readonly trace: string
  readonly matched: string
  readonly longest: readonly [span: string, service: string, name: string, durationNs: string]
  readonly start_ns: string
  readonly end_ns: string
}

interface IndexWire {
  readonly trace: string
  readonly start_ns: string
  readonly top_service: string
  readonly top_name: string
  readonly top_duration: string
  readonly span_count: string
  readonly error_count: string
  readonly all_services: readonly string[]
}

/** Ids in one look-up of the index: keeps the statement's parameters small. */
const idsPerLookup = 200

/** Traces with a matching span: `newest` by the start of the match, `slowest` by its duration. */
export async function searchTraces(
  reader: TenantReader,
  scope: Scope,
  search: TraceSearch,
): Promise<readonly FoundTrace[]> {
  const order = search.order === 'newest' ? sql`start_ns DESC` : sql`toInt64(longest.4) DESC`
  const { rows } = await reader.rows<MatchWire>(
    scope,
    sql`SELECT lower(hex(trace_id)) AS trace, count() AS matched, max(toUnixTimestamp64Nano(ts)) AS start_ns,
        max(toUnixTimestamp64Nano(ts) + greatest(duration, 0)) AS end_ns,
        argMax((lower(hex(span_id)), toString(service), toString(name), toString(greatest(duration, 0))), duration) AS longest
      FROM ${search.rows} WHERE ${all(search.conditions)}
      GROUP BY trace_id ORDER BY ${order}, trace LIMIT ${count(search.limit)}`,
  )
  const index = await indexOf(
    reader,
    scope,
    rows.map((row) => row.trace),
  )
  return rows.map((row) => foundTrace(row, index.get(row.trace)))
}

async function indexOf(
  reader: TenantReader,
  scope: Scope,
  traceIds: readonly string[],
): Promise<Map<string, IndexWire>> {
  const found = new Map<string, IndexWire>()
  for (let at = 0; at < traceIds.length; at += idsPerLookup) {
    const ids = traceIds.slice(at, at + idsPerLookup).map((id) => bytesOf(id, 16))
    const { rows } = await reader.rows<IndexWire>(
      scope,
      sql`SELECT lower(hex(trace_id)) AS trace, toUnixTimestamp64Nano(min(min_ts)) AS start_ns, sum(spans) AS span_count,
          sum(errors) AS error_count, arraySort(groupUniqArrayArray(services)) AS all_services,
          argMin(root_service, root_order) AS top_service, argMin(root_name, root_order) AS top_name,
          argMin(root_duration, root_order) AS top_duration
        FROM (SELECT *, if(toUnixTimestamp64Nano(root_ts) = 0, toInt64('9223372036854775807'), toUnixTimestamp64Nano(root_ts)) AS root_order
          FROM ${rowsOf('trace_index')} WHERE trace_id IN (${joined(ids, ', ')}))
        GROUP BY trace_id`,
    )
    for (const row of rows) found.set(row.trace, row)
  }
  return found
}

function foundTrace(match: MatchWire, index: IndexWire | undefined): FoundTrace {
  const [spanId, service, name, durationNs] = match.longest
  const startNs = BigInt(index?.start_ns ?? match.start_ns)
  const rootDuration = Number(index?.top_duration ?? 0)
  const matchedUntil = Number(BigInt(match.end_ns) - startNs)
  return {
    traceId: match.trace,
    startNs,
    durationNs: Math.max(rootDuration, matchedUntil),
    rootService: index?.top_service ?? '',
    rootName: index?.top_name ?? '',
    services: index?.all_services ?? [service],
    spanCount: Number(index?.span_count ?? match.matched),
    errorCount: Number(index?.error_count ?? 0),
    matchedSpans: Number(match.matched),
    longest: { spanId, service, name, durationNs: Number(durationNs) },
  }
}
