import type { Scope } from '../../model/scope.ts'
import { aggregateRows } from '../../store/read/aggregate.ts'
import { type Fragment, sql, within } from '../../store/read/fragment.ts'
import { listLogs } from '../../store/read/logs.ts'
import { withResources } from '../../store/read/span-fields.ts'
import { listSpans } from '../../store/read/spans.ts'
import { rowsOf } from '../../store/read/tenant-rows.ts'
import { filterCondition } from '../fields/filters.ts'
import { logFieldNamed } from '../fields/log-names.ts'
import type { NamedField } from '../fields/named-field.ts'
import { spanFieldNamed } from '../fields/span-names.ts'
import type { QueryContext } from '../query-context.ts'
import type { TimeRange } from '../time/time-range.ts'
import { describeAggregation, rowAggregate } from './aggregations.ts'
import type { SettledQuestion, UnifiedAnswer } from './question.ts'

/** Asks spans or log records. */
export async function askRows(
  context: QueryContext,
  scope: Scope,
  question: SettledQuestion & { settledSignal: 'traces' | 'logs' },
): Promise<UnifiedAnswer> {
  const named = question.settledSignal === 'traces' ? spanFieldNamed : logFieldNamed
  const filtered = question.filters.map((filter) => named(filter.field))
  const grouped = question.groupBy.map(named)
  const aggregated = question.aggregations.map((one) => (one.field === undefined ? null : named(one.field)))
  const rows = rowsFor(question.settledSignal, {
    fields: [...filtered, ...grouped, ...aggregated],
    range: question.range,
  })
  const conditions = [
    within(question.range),
    ...question.filters.map((filter, i) => filterCondition(filtered[i], filter, `filters[${i}]`)),
  ]
  const found = { signal: question.settledSignal, range: question.range }
  if (question.aggregations.length === 0)
    return { ...found, ...(await listed(context, scope, { question, rows, conditions })) }

  const { limit, rangeSeconds, stepSeconds } = question
  const answer = await aggregateRows(context.reader, scope, {
    ...{ rows, conditions, rangeSeconds, limit: limit + 1 },
    groups: grouped.map((one) => one.field),
    aggregates: question.aggregations.map((one, i) => rowAggregate(one, aggregated[i], `aggregations[${i}]`)),
    ...(stepSeconds === undefined ? {} : { stepSeconds }),
  })
  const aggregations = question.aggregations.map((one, i) => describeAggregation(one, aggregated[i]?.unit ?? ''))
  const shown = answer.rows.slice(0, limit)
  return {
    ...found,
    aggregations,
    rows: shown.map((row) => ({
      ...(row.stepStart === undefined ? {} : { stepStart: row.stepStart }),
      group: Object.fromEntries(question.groupBy.map((name, i) => [name, row.groups[i]])),
      values: Object.fromEntries(aggregations.map((one, i) => [one.name, row.values[i]])),
      count: row.matched,
    })),
    matched: shown.reduce((sum, row) => sum + row.matched, 0),
    isTruncated: answer.rows.length > limit,
    ...(answer.isEstimated
      ? { message: 'Percentiles are estimates, within 0.1 % of the value: many rows match.' }
      : {}),
  }
}

/** The rows of a signal, with the attributes of their resources where a field needs them. */
export function rowsFor(
  signal: 'traces' | 'logs',
  use: { fields: readonly (NamedField | null)[]; range: TimeRange },
): Fragment {
  const rows = sql`${rowsOf(signal === 'traces' ? 'spans' : 'logs')}`
  return use.fields.some((field) => field?.needsResources === true) ? withResources(rows, use.range.startNs) : rows
}

async function listed(
  context: QueryContext,
  scope: Scope,
  parts: { question: SettledQuestion; rows: Fragment; conditions: readonly Fragment[] },
): Promise<Omit<UnifiedAnswer, 'signal' | 'range'>> {
  const { question, rows, conditions } = parts
  const counted = await aggregateRows(context.reader, scope, {
    ...{ rows, conditions, groups: [], aggregates: [], limit: 1, rangeSeconds: question.rangeSeconds },
  })
  const matched = counted.rows[0].matched
  const { limit } = question
  const records =
    question.settledSignal === 'traces'
      ? { spans: await listSpans(context.reader, scope, { rows, conditions, limit }) }
      : { logs: await listLogs(context.reader, scope, { rows, conditions, limit, order: 'newest' }) }
  return { ...records, aggregations: [], rows: [], matched, isTruncated: matched > limit }
}
