import type { QueryAnswer, ServiceMetrics } from '../../../../contract/index.ts'
import type { Judgement } from '../../parts/verdict.tsx'
import { type Red, redOf } from '../questions.ts'

export interface EndpointRow {
  readonly endpoint: string
  readonly now: Red
  /** Milliseconds in the other time; null where it served none. */
  readonly wasP95: number | null
  /** Share of what is waited longer, 0 to 1. */
  readonly share: number
  readonly judgement: Judgement
}

/** p95 against the other time from which an endpoint is bad, and from which it is worth a look; and by so much, ms. */
const badTimes = 2
const watchTimes = 1.5
const leastMs = 10
/** Share of failed requests from which it is bad, if it was less than half of it. */
const badErrors = 0.05

/** What an endpoint is measured against; p95 in milliseconds. */
export interface Measure {
  readonly p95: number | null
  readonly errors: number
}

/** What endpoints did in the other time; one that is not in it is new. Null: nothing is known of that time. */
export function measuresOf(before: QueryAnswer | undefined, seconds: number): ReadonlyMap<string, Measure> | null {
  if (before === undefined || before.results.length === 0) return null
  return new Map(before.results.map((row) => [row.group.endpoint ?? '', redOf(row, seconds)]))
}

/** What is usual of endpoints; one of which too little is known has none and is not new for that. */
export function usualMeasures(metrics: ServiceMetrics | undefined): ReadonlyMap<string, Measure | null> | null {
  if (metrics === undefined) return null
  return new Map(
    metrics.endpoints.map(({ endpoint, usual }) => [
      endpoint,
      usual === null ? null : { p95: usual.p95 / 1000, errors: usual.error_rate },
    ]),
  )
}

/** Endpoints by their share of what is waited longer, then the busiest. */
export function endpointRows(
  now: QueryAnswer | undefined,
  was: ReadonlyMap<string, Measure | null> | null,
  seconds: number,
): EndpointRow[] {
  const rows = (now?.results ?? []).map((row) => {
    const red = redOf(row, seconds)
    const endpoint = row.group.endpoint ?? ''
    const other = was === null ? null : was.get(endpoint)
    const wasP95 = other?.p95 ?? null
    const longer = wasP95 === null || red.p95 === null ? 0 : Math.max(0, red.p95 - wasP95) * red.requests
    return { endpoint, now: red, wasP95, longer, judgement: judged(red, other) }
  })
  const sum = rows.reduce((total, { longer }) => total + longer, 0)
  return rows
    .map(({ longer, ...row }) => ({ ...row, share: sum === 0 ? 0 : longer / sum }))
    .sort((one, other) => other.share - one.share || other.now.requests - one.now.requests)
}

/** `other`: undefined where the other time is known and did not have it, null where nothing is known. */
function judged(now: Red, other: Measure | null | undefined): Judgement {
  if (now.errors >= badErrors && now.errors > (other?.errors ?? 0) * 2) return 'bad'
  if (other === undefined) return 'new'
  if (other === null) return 'none'
  if (now.p95 === null || other.p95 === null || now.p95 < other.p95 + leastMs) return 'usual'
  const times = now.p95 / other.p95
  return times >= badTimes ? 'bad' : times >= watchTimes ? 'watch' : 'usual'
}
