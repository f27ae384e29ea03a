import type { Scope } from '../../../model/scope.ts'
import { all, count, type Fragment, float, instant, joined, type NsRange, sql, within } from '../fragment.ts'
import { isRequest, resourcesSince } from '../span-fields.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'
import type { Usual } from './red.ts'
import type { ServiceStep, SpanChoice, VersionSighting } from './service-steps.ts'

const minuteNs = 60_000_000_000n
/** Share by which a duration may be off that is known by its bucket: half a bucket, of which there are 16 to an octave. */
export const bucketError = 0.022

/**
 * Minutes of services: as far as they are counted from the derived table, what lies before and after straight from the
 * spans. Whole minutes: the first and the last of a range count whole where they come from the table. Durations are
 * known within 2.2 %.
 */
export interface ServiceMinutes {
  readonly spans: SpanChoice
  /** What the table holds of the time that is looked at; null: nothing, or the question has conditions on spans. */
  readonly counted: NsRange | null
}

/** Finds out how far the table reaches in the range. */
export async function serviceMinutes(
  reader: TenantReader,
  scope: Scope,
  { spans, range }: { spans: SpanChoice; range: NsRange },
): Promise<ServiceMinutes> {
  if (spans.conditions.length > 0) return { spans, counted: null }
  const { rows } = await reader.rows<{ n: string; first: number; last: number }>(
    scope,
    sql`SELECT count() AS n, toUnixTimestamp(min(t)) AS first, toUnixTimestamp(max(t)) AS last
      FROM ${rowsOf('service_minutes')} WHERE ${minutesOf(range)}`,
  )
  const { n, first, last } = rows[0]
  if (Number(n) === 0) return { spans, counted: null }
  return { spans, counted: { startNs: toNs(first), endNs: toNs(last) + minuteNs } }
}

function toNs(seconds: number): bigint {
  return BigInt(seconds) * 1_000_000_000n
}

function minutesOf(range: NsRange): Fragment {
  return sql`t >= toStartOfMinute(${instant(range.startNs)}) AND t < ${instant(range.endNs)}`
}

/** The parts of a range that the table holds and does not hold; empty parts are left out. */
function partsOf(range: NsRange, counted: NsRange | null): { table: readonly NsRange[]; spans: readonly NsRange[] } {
  if (counted === null) return { table: [], spans: [range] }
  const cut = (startNs: bigint, endNs: bigint) => {
    const part = {
      startNs: startNs > range.startNs ? startNs : range.startNs,
      endNs: endNs < range.endNs ? endNs : range.endNs,
    }
    return part.startNs < part.endNs ? [part] : []
  }
  return {
    table: cut(counted.startNs, counted.endNs),
    spans: [...cut(range.startNs, counted.startNs), ...cut(counted.endNs, range.endNs)],
  }
}

/** Rows of service, minute, requests, errors and their durations by bucket. */
function requestRows({ spans, counted }: ServiceMinutes, range: NsRange): Fragment {
  const parts = partsOf(range, counted)
  const fromTable = parts.table.map(
    (part) => sql`SELECT toString(service) AS service, t, requests, errors, durations
      FROM ${rowsOf('service_minutes')} WHERE ${minutesOf(part)} AND requests > 0`,
  )
  const fromSpans = parts.spans.map((part) => {
    const conditions = [within(part), isRequest, sql`service != ''`, ...spans.conditions]
    return sql`SELECT service, t, sum(q) AS requests, sum(bad) AS errors,
        mapFromArrays(groupArray(bucket), groupArray(q)) AS durations
      FROM (SELECT toString(service) AS service, toStartOfMinute(ts) AS t,
          toUInt16(floor(16 * log2(greatest(duration, 1)))) AS bucket, count() AS q, countIf(status = 2) AS bad
        FROM ${spans.rows} WHERE ${all(conditions)} GROUP BY service, t, bucket)
      GROUP BY service, t`
  })
  return sql`(${joined([...fromTable, ...fromSpans], ' UNION ALL ')})`
}

/** Nanoseconds below which the share of the requests in `d` lies: the middle of the bucket that it falls into. */
function durationAt(level: number): Fragment {
  return sql`exp2((mapKeys(d)[arrayFirstIndex(c -> c >= ${float(level)} * n, arrayCumSum(mapValues(d)))] + 0.5) / 16)`
}

interface StepWire {
  readonly service: string
  readonly step: number
  readonly n: string
  readonly bad: string
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** Requests of each service: by step where one is given, else over the whole range, the busiest first. */
export async function requestsByMinute(
  reader: TenantReader,
  scope: Scope,
  question: { minutes: ServiceMinutes; range: NsRange; stepSeconds?: number; limit: number },
): Promise<readonly ServiceStep[]> {
  const { minutes, range, stepSeconds, limit } = question
  const step =
    stepSeconds === undefined
      ? sql`toUInt32(0)`
      : sql`toUnixTimestamp(toStartOfInterval(t, toIntervalSecond(${count(stepSeconds)})))`
  const { rows } = await reader.rows<StepWire>(
    scope,
    sql`SELECT service, step, n, bad, ${durationAt(0.5)} AS p50, ${durationAt(0.95)} AS p95, ${durationAt(0.99)} AS p99
      FROM (SELECT service, ${step} AS step, sum(requests) AS n, sum(errors) AS bad, sumMap(durations) AS d
        FROM ${requestRows(minutes, range)} GROUP BY service, step)
      ORDER BY step, n DESC, service LIMIT ${count(limit)}`,
  )
  return rows.map(({ service, step: stepStart, n, bad, p50, p95, p99 }) => ({
    ...{ service, stepStart, requests: Number(n), errors: Number(bad) },
    ...{ p50Us: p50 / 1000, p95Us: p95 / 1000, p99Us: p99 / 1000 },
  }))
}

/** Usual figures of the requests of each service, from the minutes of a window. */
export async function usualByMinute(
  reader: TenantReader,
  scope: Scope,
  question: { minutes: ServiceMinutes; window: NsRange; limit: number },
): Promise<ReadonlyMap<string, Usual>> {
  const { minutes, window, limit } = question
  const { rows } = await reader.rows<{ service: string; minutes: string; spans: string; bad: string; p95: number }>(
    scope,
    sql`SELECT service, count() AS minutes, sum(n) AS spans, sum(failed) AS bad, quantileExact(0.5)(took) AS p95
      FROM (SELECT service, n, failed, ${durationAt(0.95)} AS took
        FROM (SELECT service, t, sum(requests) AS n, sum(errors) AS failed, sumMap(durations) AS d
          FROM ${requestRows(minutes, window)} GROUP BY service, t))
      GROUP BY service ORDER BY spans DESC LIMIT ${count(limit)}`,
  )
  return new Map(
    rows.map(({ service, minutes: seen, spans, bad, p95 }) => [
      service,
      { minutes: Number(seen), spans: Number(spans), p95Ns: p95, errorRate: Number(bad) / Number(spans) },
    ]),
  )
}

/** When which version of which service sent spans, in order of time, by steps of whole minutes. */
export async function sightingsByMinute(
  reader: TenantReader,
  scope: Scope,
  question: { minutes: ServiceMinutes; range: NsRange; stepSeconds: number; limit: number },
): Promise<readonly VersionSighting[]> {
  const { minutes, range, stepSeconds, limit } = question
  const parts = partsOf(range, minutes.counted)
  const step = (time: Fragment) => sql`toStartOfInterval(${time}, toIntervalSecond(${count(stepSeconds)}))`
  const fromTable = parts.table.map(
    (
      part,
    ) => sql`SELECT toString(any(service)) AS s, resource_id, ${step(sql`t`)} AS step, min(first) AS a, max(last) AS z,
        sum(spans) AS n
      FROM ${rowsOf('service_minutes')} WHERE ${minutesOf(part)} AND spans > 0 GROUP BY resource_id, step`,
  )
  const fromSpans = parts.spans.map(
    (part) => sql`SELECT toString(any(service)) AS s, resource_id, ${step(sql`toStartOfMinute(ts)`)} AS step,
        toDateTime64(min(ts), 3, 'UTC') AS a, toDateTime64(max(ts), 3, 'UTC') AS z, count() AS n
      FROM ${minutes.spans.rows} WHERE ${all([within(part), sql`service != ''`, ...minutes.spans.conditions])}
      GROUP BY resource_id, step`,
  )
  const { rows } = await reader.rows<{ s: string; v: string; first: string; last: string; seen: string }>(
    scope,
    sql`SELECT s, v, toUnixTimestamp64Milli(min(a)) AS first, toUnixTimestamp64Milli(max(z)) AS last, sum(n) AS seen
      FROM (${joined([...fromTable, ...fromSpans], ' UNION ALL ')}) AS b
      LEFT ANY JOIN (SELECT resource_id, any(attrs['service.version']) AS v FROM ${rowsOf('resources')}
        WHERE ${resourcesSince(range.startNs)} GROUP BY resource_id) AS r ON b.resource_id = r.resource_id
      GROUP BY s, v, step ORDER BY first, s, v LIMIT ${count(limit)}`,
  )
  return rows.map(({ s, v, first, last, seen }) => ({
    ...{ service: s, version: v, firstMs: Number(first), lastMs: Number(last), spans: Number(seen) },
  }))
}
