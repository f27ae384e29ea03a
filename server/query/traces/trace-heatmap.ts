import type { Scope } from '../../model/scope.ts'
import { type Fragment, within } from '../../store/read/fragment.ts'
import { isRequest } from '../../store/read/span-fields.ts'
import { type HeatCell, heatmapCells, rowsPerDecade } from '../../store/read/trace-heatmap.ts'
import { type Filter, filterCondition } from '../fields/filters.ts'
import { spanFieldNamed } from '../fields/span-names.ts'
import type { QueryContext } from '../query-context.ts'
import { resolveTimeRange, type TimeRange, type TimeRangeQuestion } from '../time/time-range.ts'
import { rowsFor } from '../unified/ask-rows.ts'

/** Spans that are counted, before they are laid out. */
export interface CountedQuestion {
  readonly timeRange: TimeRangeQuestion
  readonly filters: readonly Filter[]
  readonly counted: 'requests' | 'spans'
}

/** The rows and conditions of a question. Throws BadQuestion. */
export function countedSpans(
  context: QueryContext,
  { timeRange, filters, counted }: CountedQuestion,
): { range: TimeRange; rows: Fragment; conditions: readonly Fragment[] } {
  const range = resolveTimeRange(timeRange, { nowMs: context.clock.nowMs(), path: 'time_range' })
  const fields = filters.map((filter) => spanFieldNamed(filter.field))
  const own = filters.map((filter, at) => filterCondition(fields[at], filter, `filters[${at}]`))
  const kind = counted === 'requests' ? [isRequest] : []
  return { range, rows: rowsFor('traces', { fields, range }), conditions: [within(range), ...kind, ...own] }
}

export interface Heatmap {
  readonly range: TimeRange
  /** Unix seconds. */
  readonly firstColumn: number
  readonly stepSeconds: number
  readonly columns: number
  readonly perDecade: number
  /** `step` counted from the first column. */
  readonly cells: readonly HeatCell[]
}

/** Lengths of a step of time, seconds; above a day whole days. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
const secondNs = 1_000_000_000n

/** How long requests took over the range. Throws: BadQuestion, and what ColumnStore throws. */
export async function heatmapOf(
  context: QueryContext,
  scope: Scope,
  question: CountedQuestion & { columns: number },
): Promise<Heatmap> {
  const { range, rows, conditions } = countedSpans(context, question)
  const seconds = Number(range.endNs - range.startNs) / 1e9
  const stepSeconds =
    steps.find((step) => seconds / step <= question.columns) ?? Math.ceil(seconds / question.columns / 86_400) * 86_400
  const cells = await heatmapCells(context.reader, scope, { rows, conditions, stepSeconds })
  const first = Math.floor(Number(range.startNs / secondNs) / stepSeconds)
  const last = Math.floor(Number((range.endNs - 1n) / secondNs) / stepSeconds)
  return {
    ...{ range, stepSeconds, firstColumn: first * stepSeconds, columns: last - first + 1, perDecade: rowsPerDecade },
    cells: cells.map((cell) => ({ ...cell, step: cell.step - first })),
  }
}
