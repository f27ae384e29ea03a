import type { Scope } from '../../model/scope.ts'
import type { Aggregate, AggregateAnswer } from './aggregate.ts'
import {
  count,
  type Fragment,
  float,
  instant,
  joined,
  type NsRange,
  type Parameter,
  sql,
  textList,
  withinMs,
} from './fragment.ts'
import type { SeriesRow } from './series.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** Finite samples of one series in a range. Times in Unix milliseconds. */
export interface SeriesFigures {
  readonly series: string
  readonly count: number
  readonly last: number
  readonly lastMs: number
  readonly min: number
  readonly max: number
  /** Of the newest sample that has the greatest value. */
  readonly maxMs: number
}

interface FiguresWire {
  readonly series: string
  readonly n: string
  readonly last: number
  readonly last_ms: string
  readonly least: number
  readonly greatest: number
  readonly greatest_ms: string
}

/** Seconds before the range in which a counter's earlier value is looked for, so that its first step counts. */
const lookbackSeconds = 300

/** Last, least and greatest values by series; series without a finite sample in the range are left out. */
export async function seriesFigures(
  reader: TenantReader,
  scope: Scope,
  question: { series: readonly SeriesRow[]; range: NsRange },
): Promise<readonly SeriesFigures[]> {
  if (question.series.length === 0) return []
  const { rows } = await reader.rows<FiguresWire>(
    scope,
    sql`SELECT toString(series) AS series, count() AS n, argMax(v, t) AS last, toUnixTimestamp64Milli(max(t)) AS last_ms,
        min(v) AS least, max(v) AS greatest, toUnixTimestamp64Milli(argMax(t, (v, t))) AS greatest_ms
      FROM (${points(question.series, question.range)}) GROUP BY series`,
  )
  return rows.map((row) => ({
    series: row.series,
    count: Number(row.n),
    last: row.last,
    lastMs: Number(row.last_ms),
    min: row.least,
    max: row.greatest,
    maxMs: Number(row.greatest_ms),
  }))
}

/** An aggregate over samples; its field is always the value. */
export type SampleAggregate = Aggregate['kind'] extends infer Kind
  ? { readonly kind: Kind; readonly level?: number }
  : never

export interface SampleQuestion {
  readonly series: readonly SeriesRow[]
  /** One entry per series: the number of its group. */
  readonly groupOf: readonly number[]
  readonly range: NsRange
  readonly rangeSeconds: number
  readonly stepSeconds?: number
  readonly aggregates: readonly SampleAggregate[]
  readonly limit: number
}

interface AggregateWire {
  readonly g: number
  readonly step: number
  readonly matched: string
  readonly a: readonly (number | string | null)[]
}

/**
 * Aggregates samples by group of series, and by step. `avg`, `min`, `max`, percentiles and `count` are over the samples;
 * `sum` adds up the series, each with its average; `rate` adds up their increases per second, aware of resets, and
 * does not extend them beyond the samples; `count_distinct` counts values. The group's number comes in `groups[0]`.
 */
export async function aggregateSamples(
  reader: TenantReader,
  scope: Scope,
  question: SampleQuestion,
): Promise<AggregateAnswer> {
  if (question.series.length === 0) return { rows: [], isEstimated: false }
  const { rows } = await reader.rows<AggregateWire>(scope, sampleQuery(question))
  return {
    isEstimated: false,
    rows: rows.map((row) => ({
      ...(question.stepSeconds === undefined ? {} : { stepStart: row.step }),
      groups: [String(row.g)],
      values: row.a.map((value) => (typeof value === 'number' ? value : null)),
      matched: Number(row.matched),
    })),
  }
}

function sampleQuery(question: SampleQuestion): Fragment {
  const { series, groupOf, range, stepSeconds, aggregates } = question
  const seconds = float(stepSeconds ?? question.rangeSeconds)
  const values = aggregates.map((one) => sql`toNullable(toFloat64(${aggregateSql(one, seconds)}))`)
  const step =
    stepSeconds === undefined
      ? sql`0`
      : sql`toUnixTimestamp(toStartOfInterval(t, toIntervalSecond(${count(stepSeconds)})))`
  const ids = textList(series.map((one) => one.series))
  const groups = textList(groupOf.map(String))
  const earlier = { startNs: range.startNs - BigInt(lookbackSeconds) * 1_000_000_000n, endNs: range.endNs }
  const increase = sql`if(earlier_t = toDateTime64(0, 3, 'UTC'), 0, if(v >= earlier_v, v - earlier_v, v))`
  const inOrder = sql`OVER (PARTITION BY series ORDER BY t ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING)`
  return sql`SELECT toUInt32(transform(toString(series), ${ids}, ${groups})) AS g, step, sum(n) AS matched,
      [${joined(values, ', ')}] AS a
    FROM (
      SELECT series, toUInt32(${step}) AS step, count() AS n, sum(v) AS total, min(v) AS least, max(v) AS greatest,
        sum(${increase}) AS increase, groupArray(v) AS all_values
      FROM (
        SELECT series, t, v, any(v) ${inOrder} AS earlier_v, any(t) ${inOrder} AS earlier_t
        FROM (${points(series, earlier)})
      ) WHERE t >= ${instant(range.startNs)} GROUP BY series, step
    ) GROUP BY g, step ORDER BY step, g LIMIT ${count(question.limit)}`
}

function aggregateSql(aggregate: SampleAggregate, seconds: Parameter): Fragment {
  switch (aggregate.kind) {
    case 'percentile':
      // The element that `quantileExact` takes, as for spans and logs.
      return sql`arrayElement(arraySort(arrayFlatten(groupArray(all_values))), 1 + least(toUInt64(floor(${float(aggregate.level ?? 0.5)} * sum(n))), sum(n) - 1))`
    case 'avg':
      return sql`sum(total) / sum(n)`
    case 'sum':
      return sql`sum(total / n)`
    case 'min':
      return sql`min(least)`
    case 'max':
      return sql`max(greatest)`
    case 'count':
      return sql`sum(n)`
    case 'count_distinct':
      return sql`uniqExactArray(all_values)`
    case 'rate':
      return sql`sum(increase) / ${seconds}`
  }
}

/**
 * Rows `series, t, v` of finite samples: hot, being compacted and compacted, in this order, since rows move only that
 * way. Samples seen twice and equal times count once, with the greater value. Staleness markers are left out.
 */
function points(series: readonly SeriesRow[], range: NsRange): Fragment {
  const metrics = textList([...new Set(series.map((one) => one.metric))])
  const ids = textList(series.map((one) => one.series))
  const isChosen = sql`metric IN (arrayMap(x -> toUInt64(x), ${metrics})) AND one IN (arrayMap(x -> toUInt64(x), ${ids}))`
  const hot = (table: 'samples_hot' | 'samples_compacting') => sql`SELECT one, ts AS t, e, i
    FROM ${rowsOf(table)} ARRAY JOIN series AS one, exp AS e, vi AS i WHERE ${withinMs(range)} AND ${isChosen}`
  return sql`SELECT one AS series, t, max(multiIf(e = 127, reinterpretAsFloat64(i), e < 0, i / exp10(-e), toFloat64(i))) AS v
    FROM (${hot('samples_hot')} UNION ALL ${hot('samples_compacting')} UNION ALL
      SELECT series AS one, t, exp AS e, i FROM ${rowsOf('samples')} ARRAY JOIN ts AS t, vi AS i
      WHERE t0 >= toStartOfHour(${instant(range.startNs)}) AND t0 < ${instant(range.endNs)}
        AND t >= ${instant(range.startNs)} AND t < ${instant(range.endNs)} AND ${isChosen})
    WHERE NOT (e = 127 AND NOT isFinite(reinterpretAsFloat64(i))) GROUP BY one, t`
}
