import type { Scope } from '../../model/scope.ts'
import { all, count, type Fragment, instant, joined, type NsRange, sql, text } from './fragment.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** Traces of either side that are compared; of more a sample is taken by the hash of their ids. */
export const maxComparedTraces = 5000
/** Spans of these traces that are read. */
const maxSpans = 2_000_000
/** Values that are given back, those whose counts differ most. */
const maxValues = 1000
/** Characters of a value that are compared. */
const valueLength = 200

export interface BoxQuestion {
  readonly rows: Fragment
  readonly conditions: readonly Fragment[]
  /** True for rows in the box. */
  readonly inBox: Fragment
  readonly range: NsRange
}

/** An attribute of a span or its resource, with the service that has it. */
export interface AttributeValue {
  readonly service: string
  readonly name: string
  readonly value: string
}

export interface BoxFigures {
  readonly box: number
  readonly rest: number
  /** Traces that are compared of either side. */
  readonly boxTraces: number
  readonly restTraces: number
}

/** How many requests and traces there are on either side, before any sampling. A trace in the box is not in the rest. */
export async function boxFigures(reader: TenantReader, scope: Scope, question: BoxQuestion): Promise<BoxFigures> {
  const { rows } = await reader.rows<{ box: string; rest: string; box_traces: string; traces: string }>(
    scope,
    sql`SELECT countIf(${question.inBox}) AS box, countIf(NOT (${question.inBox})) AS rest,
        uniqIf(trace_id, ${question.inBox}) AS box_traces, uniq(trace_id) AS traces
      FROM ${question.rows} WHERE ${all(question.conditions)}`,
  )
  const [{ box, rest, box_traces: boxTraces, traces }] = rows
  const restTraces = Math.max(0, Number(traces) - Number(boxTraces))
  return { box: Number(box), rest: Number(rest), boxTraces: Number(boxTraces), restTraces }
}

export interface ValueCounts {
  /** Traces compared. */
  readonly box: number
  readonly rest: number
  /** Different values. */
  readonly values: number
  readonly counts: readonly (AttributeValue & { readonly box: number; readonly rest: number })[]
}

/** In how many traces of the box and of the rest each value occurs, those that differ most. */
export async function valueCounts(reader: TenantReader, scope: Scope, question: BoxQuestion): Promise<ValueCounts> {
  const { rows } = await reader.rows<{
    total: readonly [box: string, rest: string]
    all_values: string
    found: readonly (readonly [service: string, name: string, value: string, box: string, rest: string])[]
  }>(
    scope,
    sql`WITH (SELECT (countIf(in_box), countIf(NOT in_box)) FROM ${chosenTraces(question)}) AS total
      SELECT total, count() AS all_values, arraySlice(arraySort(x ->
          -abs(toFloat64(x.4) / greatest(total.1, 1) - toFloat64(x.5) / greatest(total.2, 1)),
          groupArray((kv.1, kv.2, kv.3, box, rest))), 1, ${count(maxValues)}) AS found
      FROM (SELECT kv, uniqExactIf(trace_id, in_box) AS box, uniqExactIf(trace_id, NOT in_box) AS rest
        FROM (SELECT trace_id, in_box, arrayJoin(pairs) AS kv FROM ${spansOfChosen(question)})
        GROUP BY kv HAVING box + rest > 1)`,
  )
  const [{ total, all_values: values, found }] = rows
  return {
    ...{ box: Number(total[0]), rest: Number(total[1]), values: Number(values) },
    counts: found.map(([service, name, value, box, rest]) => ({
      ...{ service, name, value, box: Number(box), rest: Number(rest) },
    })),
  }
}

/** In how many traces of either side each subset of the values occurs; bit i of `mask` is the i-th value. At most 16. */
export async function valueMasks(
  reader: TenantReader,
  scope: Scope,
  question: BoxQuestion & { readonly values: readonly AttributeValue[] },
): Promise<readonly { readonly mask: number; readonly box: number; readonly rest: number }[]> {
  const bits = question.values.map(
    ({ service, name, value }, at) =>
      sql`bitShiftLeft(toUInt16(has(pairs, (${text(service)}, ${text(name)}, ${text(value)}))), ${count(at)})`,
  )
  const { rows } = await reader.rows<{ mask: number; box: string; rest: string }>(
    scope,
    sql`SELECT mask, countIf(in_box) AS box, countIf(NOT in_box) AS rest
      FROM (SELECT trace_id, any(in_box) AS in_box, groupBitOr(toUInt16(arraySum([${joined(bits, ', ')}]))) AS mask
        FROM ${spansOfChosen(question)} GROUP BY trace_id)
      GROUP BY mask`,
  )
  return rows.map(({ mask, box, rest }) => ({ mask, box: Number(box), rest: Number(rest) }))
}

/** The trace whose request lies nearest to a moment and a duration (nanoseconds), within the box. */
export async function closestTrace(
  reader: TenantReader,
  scope: Scope,
  question: BoxQuestion & { readonly middleNs: bigint; readonly durationNs: bigint; readonly lengthNs: bigint },
): Promise<{ readonly traceId: string; readonly startNs: bigint; readonly durationNs: number } | null> {
  const int = (value: bigint) => sql`toInt64(${text(value.toString())})`
  const { rows } = await reader.rows<{ trace: string; start_ns: string; took: string }>(
    scope,
    sql`SELECT lower(hex(trace_id)) AS trace, toUnixTimestamp64Nano(ts) AS start_ns, greatest(duration, 0) AS took
      FROM ${question.rows} WHERE ${all(question.conditions)} AND ${question.inBox}
      ORDER BY abs(toUnixTimestamp64Nano(ts) - ${int(question.middleNs)}) / ${int(question.lengthNs)}
        + abs(log(greatest(duration, 1)) - log(greatest(${int(question.durationNs)}, 1))) LIMIT 1`,
  )
  if (rows.length === 0) return null
  return { traceId: rows[0].trace, startNs: BigInt(rows[0].start_ns), durationNs: Number(rows[0].took) }
}

/** Traces that are compared with their side; a trace with a request in the box belongs to it. */
function chosenTraces({ rows, conditions, inBox }: BoxQuestion): Fragment {
  return sql`(SELECT trace_id, in_box FROM (SELECT trace_id, max(${inBox}) AS in_box FROM ${rows}
      WHERE ${all(conditions)} GROUP BY trace_id)
    ORDER BY sipHash64(trace_id) LIMIT ${count(maxComparedTraces)} BY in_box)`
}

/** All spans of these traces with what they and their resources say, as `pairs` of service, name and value. */
function spansOfChosen(question: BoxQuestion): Fragment {
  const { startNs, endNs } = question.range
  const margin = 300_000_000_000n
  const resources = sql`(SELECT resource_id, any(attrs) AS found FROM ${rowsOf('resources')} GROUP BY resource_id)`
  const pair = (map: Fragment) =>
    sql`arrayMap((k, v) -> (toString(service), toString(k), substring(v, 1, ${count(valueLength)})), mapKeys(${map}), mapValues(${map}))`
  return sql`(SELECT s.trace_id AS trace_id, c.in_box AS in_box,
      arrayConcat(${pair(sql`s.attrs`)}, ${pair(sql`r.found`)}, [(toString(service), 'status', transform(status, [1, 2], ['ok', 'error'], 'unset'))]) AS pairs
    FROM (SELECT * FROM ${rowsOf('spans')} WHERE ts >= ${instant(startNs > margin ? startNs - margin : 0n)}
        AND ts < ${instant(endNs + margin)} AND trace_id IN (SELECT trace_id FROM ${chosenTraces(question)})
        LIMIT ${count(maxSpans)}) AS s
    INNER JOIN ${chosenTraces(question)} AS c ON s.trace_id = c.trace_id
    LEFT ANY JOIN ${resources} AS r ON s.resource_id = r.resource_id)`
}
