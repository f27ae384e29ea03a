import type { Scope } from '../../model/scope.ts'
import { type Field, numberOf } from './field.ts'
import { all, count, type Fragment, float, joined, sql } from './fragment.ts'
import type { TenantReader } from './tenant-rows.ts'

/** `percentile` takes `level` 0 to 1. `rate` counts rows per second. */
export type Aggregate =
  | { readonly kind: 'percentile'; readonly level: number; readonly field: Field }
  | { readonly kind: 'avg' | 'sum' | 'min' | 'max' | 'count_distinct'; readonly field: Field }
  | { readonly kind: 'count'; readonly field?: Field }
  | { readonly kind: 'rate'; readonly field?: Field }

export interface AggregateQuestion {
  /** What stands after FROM; must have `ts`. */
  readonly rows: Fragment
  readonly conditions: readonly Fragment[]
  readonly groups: readonly Field[]
  readonly aggregates: readonly Aggregate[]
  /** Seconds of one step; left out: one row for the whole range. */
  readonly stepSeconds?: number
  readonly rangeSeconds: number
  /** Most rows; the largest groups first, with steps in order of time. */
  readonly limit: number
}

export interface AggregateRow {
  /** Unix seconds of the step's start; with steps only. */
  readonly stepStart?: number
  readonly groups: readonly string[]
  /** Null where no row had the field. */
  readonly values: readonly (number | null)[]
  readonly matched: number
}

export interface AggregateAnswer {
  readonly rows: readonly AggregateRow[]
  /** Percentiles come from a sketch and are within 0.1 % of the value. */
  readonly isEstimated: boolean
}

/** Up to this many rows percentiles are exact: 8 bytes each are held in memory. */
const exactRows = 2_000_000

interface Wire {
  readonly g: readonly string[]
  /** NaN and infinities come as text. */
  readonly a: readonly (number | string | null)[]
  readonly matched: string
  readonly step: number
}

/** Filters and aggregates rows. Where percentiles are asked, rows are counted first to choose between exact and sketch. */
export async function aggregateRows(
  reader: TenantReader,
  scope: Scope,
  question: AggregateQuestion,
): Promise<AggregateAnswer> {
  const where = all(question.conditions)
  let isEstimated = false
  if (question.aggregates.some((aggregate) => aggregate.kind === 'percentile')) {
    const counted = await reader.rows<{ n: string }>(
      scope,
      sql`SELECT count() AS n FROM ${question.rows} WHERE ${where}`,
    )
    isEstimated = Number(counted.rows[0].n) > exactRows
  }
  const { rows } = await reader.rows<Wire>(scope, aggregateQuery(question, isEstimated))
  const answer = rows.map((row) => ({
    ...(question.stepSeconds === undefined ? {} : { stepStart: row.step }),
    groups: row.g,
    values: row.a.map((value) => (typeof value === 'number' ? value : null)),
    matched: Number(row.matched),
  }))
  return { rows: answer, isEstimated }
}

function aggregateQuery(question: AggregateQuestion, isEstimated: boolean): Fragment {
  const { groups, aggregates, stepSeconds, limit } = question
  const seconds = stepSeconds ?? question.rangeSeconds
  const groupValues = groups.map((field) => sql`toString(${field.value})`)
  const values = aggregates.map((one) => sql`toNullable(toFloat64(${aggregateSql(one, { seconds, isEstimated })}))`)
  const step =
    stepSeconds === undefined
      ? sql`0`
      : sql`toUnixTimestamp(toStartOfInterval(ts, toIntervalSecond(${count(stepSeconds)})))`
  const keys = [...(groups.length > 0 ? [sql`g`] : []), ...(stepSeconds === undefined ? [] : [sql`step`])]
  const groupList = groups.length === 0 ? sql`emptyArrayString()` : sql`[${joined(groupValues, ', ')}]`
  return sql`SELECT ${groupList} AS g, toUInt32(${step}) AS step, count() AS matched,
    ${values.length === 0 ? sql`CAST([], 'Array(Nullable(Float64))')` : sql`[${joined(values, ', ')}]`} AS a
    FROM ${question.rows} WHERE ${all(question.conditions)}
    ${keys.length === 0 ? sql`` : sql`GROUP BY ${joined(keys, ', ')}`}
    ORDER BY step, matched DESC, g LIMIT ${count(limit)}`
}

function aggregateSql(aggregate: Aggregate, context: { seconds: number; isEstimated: boolean }): Fragment {
  const present = aggregate.field?.present ?? sql`1`
  if (aggregate.kind === 'count' || aggregate.kind === 'rate') {
    const rows = sql`countIf(${present})`
    return aggregate.kind === 'count' ? rows : sql`${rows} / ${float(context.seconds)}`
  }
  if (aggregate.kind === 'count_distinct') return sql`uniqExactIf(${aggregate.field.value}, ${present})`
  const value = numberOf(aggregate.field)
  switch (aggregate.kind) {
    case 'percentile':
      return percentile(aggregate.level, sql`(${value}, ${present})`, context.isEstimated)
    case 'avg':
      return sql`avgOrNullIf(${value}, ${present})`
    case 'sum':
      return sql`sumOrNullIf(${value}, ${present})`
    case 'min':
      return sql`minOrNullIf(${value}, ${present})`
    case 'max':
      return sql`maxOrNullIf(${value}, ${present})`
  }
}

/** Levels are written out: a parametric function takes constants only. */
function percentile(level: number, args: Fragment, isEstimated: boolean): Fragment {
  const exact: Readonly<Record<number, Fragment>> = {
    0.5: sql`quantileExactOrNullIf(0.5)`,
    0.75: sql`quantileExactOrNullIf(0.75)`,
    0.9: sql`quantileExactOrNullIf(0.9)`,
    0.95: sql`quantileExactOrNullIf(0.95)`,
    0.99: sql`quantileExactOrNullIf(0.99)`,
  }
  const sketch: Readonly<Record<number, Fragment>> = {
    0.5: sql`quantileDDOrNullIf(0.001, 0.5)`,
    0.75: sql`quantileDDOrNullIf(0.001, 0.75)`,
    0.9: sql`quantileDDOrNullIf(0.001, 0.9)`,
    0.95: sql`quantileDDOrNullIf(0.001, 0.95)`,
    0.99: sql`quantileDDOrNullIf(0.001, 0.99)`,
  }
  return sql`${(isEstimated ? sketch : exact)[level]}${args}`
}
