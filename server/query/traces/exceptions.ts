import type { Scope } from '../../model/scope.ts'
import { type ExceptionKind, spanExceptions } from '../../store/read/services/span-exceptions.ts'
import type { Filter } from '../fields/filters.ts'
import type { QueryContext } from '../query-context.ts'
import type { TimeRange, TimeRangeQuestion } from '../time/time-range.ts'
import { countedSpans } from './trace-heatmap.ts'

export interface Exceptions {
  readonly range: TimeRange
  readonly kinds: readonly ExceptionKind[]
  /** More kinds were there than the limit. */
  readonly isTruncated: boolean
  readonly message?: string
}

/** Exceptions of spans by service and type, the most frequent first. Throws: BadQuestion, and what ColumnStore throws. */
export async function findExceptions(
  context: QueryContext,
  scope: Scope,
  question: { timeRange: TimeRangeQuestion; filters: readonly Filter[]; limit: number },
): Promise<Exceptions> {
  const { limit } = question
  const { range, rows, conditions } = countedSpans(context, { ...question, counted: 'spans' })
  const found = await spanExceptions(context.reader, scope, { rows, conditions, limit: limit + 1 })
  return {
    ...{ range, kinds: found.slice(0, limit), isTruncated: found.length > limit },
    ...(found.length === 0 ? { message: 'No span of this range has an event named exception.' } : {}),
  }
}
