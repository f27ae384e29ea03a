import type { Scope } from '../../model/scope.ts'
import { within } from '../../store/read/fragment.ts'
import { type FoundTrace, searchTraces } from '../../store/read/trace-search.ts'
import { type Filter, filterCondition } from '../fields/filters.ts'
import { spanFieldNamed } from '../fields/span-names.ts'
import { rangeWords, serviceWords } from '../known-services.ts'
import type { QueryContext } from '../query-context.ts'
import { resolveTimeRange, type TimeRange, type TimeRangeQuestion } from '../time/time-range.ts'
import { rowsFor } from '../unified/ask-rows.ts'

export interface TraceQuestion {
  readonly timeRange: TimeRangeQuestion
  /** A trace is found where one of its spans passes them all. */
  readonly filters: readonly Filter[]
  readonly order: 'newest' | 'slowest'
  readonly limit: number
}

export interface FoundTraces {
  readonly range: TimeRange
  readonly traces: readonly FoundTrace[]
  readonly isTruncated: boolean
  readonly message?: string
}

/** Traces with a span that began in the range and passes the filters. Throws: BadQuestion, and what ColumnStore throws. */
export async function findTraces(context: QueryContext, scope: Scope, question: TraceQuestion): Promise<FoundTraces> {
  const range = resolveTimeRange(question.timeRange, { nowMs: context.clock.nowMs(), path: 'time_range' })
  const fields = question.filters.map((filter) => spanFieldNamed(filter.field))
  const conditions = question.filters.map((filter, i) => filterCondition(fields[i], filter, `filters[${i}]`))
  const found = await searchTraces(context.reader, scope, {
    rows: rowsFor('traces', { fields, range }),
    conditions: [within(range), ...conditions],
    order: question.order,
    limit: question.limit + 1,
  })
  const traces = found.slice(0, question.limit)
  const answer = { range, traces, isTruncated: found.length > traces.length }
  if (traces.length > 0) return answer
  const service = question.filters.find(
    (filter, i) => filter.operator === 'eq' && fields[i].field === spanFieldNamed('service_name').field,
  )?.value
  const hint = typeof service === 'string' ? await serviceWords(context, scope, { service, range }) : ''
  return { ...answer, message: `No span ${rangeWords(range)} passes these filters. ${hint}`.trimEnd() }
}
