import type { FilterRequest, QueryAnswer, QueryRequest } from '../../../contract/index.ts'
import type { Span } from '../time/range.ts'

/** What a service did in a range. Durations in milliseconds, rate in requests a second, errors as a share. */
export interface Red {
  readonly requests: number
  readonly rate: number
  readonly errors: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** The span as the API reads it. */
export function timeRangeOf({ fromMs, toMs }: Span): { start: string; end: string } {
  return { start: new Date(fromMs).toISOString(), end: new Date(toMs).toISOString() }
}

const figures: QueryRequest['aggregations'] = [
  { field: 'latency', function: 'count' },
  { field: 'error_rate', function: 'avg' },
  { field: 'latency', function: 'percentile_50' },
  { field: 'latency', function: 'percentile_95' },
  { field: 'latency', function: 'percentile_99' },
]

interface RedQuestion {
  readonly span: Span
  readonly filters: FilterRequest[]
  readonly groupBy: string[]
  /** Seconds; one row per step where given. */
  readonly stepSeconds?: number
}

/** Most rows of one answer that the screens ask for. */
const mostRows = 10_000

/** Requests, errors and durations by group, in one question. */
export function redQuestion({ span, filters, groupBy, stepSeconds }: RedQuestion): QueryRequest {
  return {
    signal: 'traces',
    time_range: timeRangeOf(span),
    filters,
    aggregations: figures,
    group_by: groupBy,
    limit: mostRows,
    ...(stepSeconds === undefined ? {} : { interval: `${stepSeconds}s` }),
  }
}

/** The figures of one row of the answer; `seconds` is the time that the row covers. */
export function redOf(row: QueryAnswer['results'][number], seconds: number): Red {
  const requests = row.values.latency_count ?? 0
  const ms = (name: string) => {
    const value = row.values[name]
    return value === null || value === undefined ? null : value / 1000
  }
  return {
    requests,
    rate: requests / seconds,
    errors: row.values.error_rate_avg ?? 0,
    p50: ms('latency_percentile_50'),
    p95: ms('latency_percentile_95'),
    p99: ms('latency_percentile_99'),
  }
}

/** Starts of the steps of the span in milliseconds, as the server cuts them: multiples of the step. */
export function stepsOf({ fromMs, toMs }: Span, stepSeconds: number): number[] {
  const step = stepSeconds * 1000
  const first = Math.floor(fromMs / step) * step
  return Array.from({ length: Math.max(0, Math.ceil((toMs - first) / step)) }, (_, at) => first + at * step)
}

/** Rows of one group by step of the span: the figures, null where nothing was. */
export function byStep(
  rows: QueryAnswer['results'],
  steps: readonly number[],
  { stepSeconds, span }: { stepSeconds: number; span: Span },
): (Red | null)[] {
  const found = new Map(rows.map((row) => [Date.parse(row.time ?? ''), row]))
  return steps.map((ms) => {
    const row = found.get(ms)
    // The first and the last step are cut by the range: their rate is over the part that lies in it.
    const seconds = (Math.min(ms + stepSeconds * 1000, span.toMs) - Math.max(ms, span.fromMs)) / 1000
    return row === undefined ? null : redOf(row, Math.max(seconds, 0.001))
  })
}
