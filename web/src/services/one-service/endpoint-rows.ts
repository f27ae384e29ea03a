import type { QueryAnswer, ServiceMetrics } from '../../../../contract/index.ts'
import type { Judgement } from '../../parts/verdict.tsx'
import { type Red, redOf } from '../questions.ts'

/** What is told of one line against the other time. */
export interface Judged {
  readonly now: Red
  /** Milliseconds in the other time; null where there was none. */
  readonly wasP95: number | null
  /** Share of what is waited longer, 0 to 1. */
  readonly share: number
  readonly judgement: Judgement
}

export interface EndpointRow extends Judged {
  readonly endpoint: string
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
  return byShare(
    (now?.results ?? []).map((row) => {
      const endpoint = row.group.endpoint ?? ''
      return { line: { endpoint }, now: redOf(row, seconds), other: was === null ? null : was.get(endpoint) }
    }),
  )
}

/** Lines by their share of what is waited longer, then the busiest. `other`: as in `judged`. */
export function byShare<T extends object>(
  lines: readonly { readonly line: T; readonly now: Red; readonly other: Measure | null | undefined }[],
): (T & Judged)[] {
  const rows = lines.map(({ line, now, other }) => {
    const wasP95 = other?.p95 ?? null
    const longer = wasP95 === null || now.p95 === null ? 0 : Math.max(0, now.p95 - wasP95) * now.requests
    return { line, longer, about: { now, wasP95, judgement: judged(now, other) } }
  })
  const sum = rows.reduce((total, { longer }) => total + longer, 0)
  return rows
    .map(({ line, longer, about }) => ({ ...line, ...about, share: sum === 0 ? 0 : longer / sum }))
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
