import type { QueryAnswer } from '../../../../contract/index.ts'
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

/** Endpoints by their share of what is waited longer, then the busiest. */
export function endpointRows(
  now: QueryAnswer | undefined,
  before: QueryAnswer | undefined,
  seconds: number,
): EndpointRow[] {
  const was = new Map((before?.results ?? []).map((row) => [row.group.endpoint, redOf(row, seconds)]))
  const rows = (now?.results ?? []).map((row) => {
    const red = redOf(row, seconds)
    const other = was.get(row.group.endpoint)
    const wasP95 = other?.p95 ?? null
    const longer = wasP95 === null || red.p95 === null ? 0 : Math.max(0, red.p95 - wasP95) * red.requests
    return { endpoint: row.group.endpoint ?? '', now: red, wasP95, longer, judgement: judged(red, other, before) }
  })
  const sum = rows.reduce((total, { longer }) => total + longer, 0)
  return rows
    .map(({ longer, ...row }) => ({ ...row, share: sum === 0 ? 0 : longer / sum }))
    .sort((one, other) => other.share - one.share || other.now.requests - one.now.requests)
}

function judged(now: Red, other: Red | undefined, before: QueryAnswer | undefined): Judgement {
  if (now.errors >= badErrors && now.errors > (other?.errors ?? 0) * 2) return 'bad'
  if (other === undefined) return before === undefined || before.results.length === 0 ? 'none' : 'new'
  if (now.p95 === null || other.p95 === null || now.p95 < other.p95 + leastMs) return 'usual'
  const times = now.p95 / other.p95
  return times >= badTimes ? 'bad' : times >= watchTimes ? 'watch' : 'usual'
}
