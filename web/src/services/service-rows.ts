import type { QueryAnswer, ServiceMapAnswer, ServiceStateAnswer } from '../../../contract/index.ts'
import { formatAgainstUsual, formatPercent } from '../format/number.ts'
import type { Judgement } from '../parts/verdict.tsx'
import type { Span } from '../time/range.ts'
import { byStep, type Red, redOf } from './questions.ts'

/** One line of the list of services. */
export interface ServiceRow {
  readonly name: string
  readonly type: ServiceMapAnswer['services'][number]['type']
  readonly now: Red
  /** The same figures in the time it is compared with; null where the service was not there. */
  readonly before: Red | null
  /** Requests and errors by step; empty for what is known only from its callers. */
  readonly rates: readonly (number | null)[]
  readonly errors: readonly (number | null)[]
  /** Share of the time that users wait longer than before, 0 to 1. */
  readonly changeShare: number
  readonly judgement: Judgement
  readonly words: string
  /** Of `service.version`, the newest first. */
  readonly versions: ServiceStateAnswer['versions']
}

interface Answers {
  readonly now: QueryAnswer
  readonly before: QueryAnswer | undefined
  readonly steps: QueryAnswer | undefined
  readonly map: ServiceMapAnswer | undefined
  readonly seconds: number
  readonly stepSeconds: number
  readonly stepTimes: readonly number[]
  readonly span: Span
  /** How the other time is called: `the hour before`. */
  readonly beforeWords: string
}

/** p95 against the other time from which it is bad, and from which it is worth a look. */
const badTimes = 2
const watchTimes = 1.5
/** Share of failed requests above the other time's from which it is bad, and worth a look. */
const badErrors = 0.05
const watchErrors = 0.01
/** Requests below which durations say nothing. */
const fewRequests = 5

/** The lines of the list; what was there before and is gone has a line too. */
export function serviceRows(answers: Answers): ServiceRow[] {
  const { now, before, seconds } = answers
  const figures = byService(now, seconds)
  const others = before === undefined ? null : byService(before, seconds)
  const names = new Set([...figures.keys(), ...(others?.keys() ?? [])])
  const hasBefore = others !== null && others.size > 0
  const rows = [...names].map((name) => {
    const current = figures.get(name) ?? nothing
    const other = others?.get(name) ?? null
    return {
      ...{ name, type: 'service' as const, now: current, before: other },
      ...stepsOfService(answers, name),
      ...{ changeShare: 0, versions: [] },
      ...judge(current, other, { hasBefore, words: answers.beforeWords }),
    }
  })
  return shared([...rows, ...peers(answers, names)])
}

const nothing: Red = { requests: 0, rate: 0, errors: 0, p50: null, p95: null, p99: null }

function byService(answer: QueryAnswer, seconds: number): Map<string, Red> {
  return new Map(
    answer.results
      .map((row) => [row.group.service ?? '', redOf(row, seconds)] as const)
      .filter(([name]) => name !== ''),
  )
}

function stepsOfService({ steps, stepSeconds, stepTimes, span }: Answers, name: string) {
  const rows = (steps?.results ?? []).filter((row) => row.group.service === name)
  const figures = byStep(rows, stepTimes, { stepSeconds, span })
  return { rates: figures.map((red) => red?.rate ?? 0), errors: figures.map((red) => red?.errors ?? 0) }
}

/** Databases, queues and third parties, known from the spans of their callers. */
function peers({ map }: Answers, known: ReadonlySet<string>): ServiceRow[] {
  return (map?.services ?? [])
    .filter(({ name, type }) => type !== 'service' && !known.has(name))
    .map(({ name, type, metrics }) => ({
      ...{ name, type, before: null, rates: [], errors: [], changeShare: 0, versions: [] },
      now: { ...nothing, rate: metrics.request_rate, errors: metrics.error_rate },
      ...(metrics.error_rate >= badErrors
        ? { judgement: 'bad' as const, words: `${formatPercent(metrics.error_rate)} of calls fail` }
        : { judgement: 'usual' as const, words: 'Seen by its callers' }),
    }))
}

/** The worst that can be said about a service, as a claim with a number. */
export function judge(
  now: Red,
  before: Red | null,
  { hasBefore, words }: { hasBefore: boolean; words: string },
): { judgement: Judgement; words: string } {
  if (now.requests === 0) return { judgement: 'none', words: 'no requests in this range' }
  const risen = now.errors - (before?.errors ?? 0)
  if (risen >= badErrors) return { judgement: 'bad', words: `${formatPercent(now.errors)} errors` }
  if (before === null) {
    if (risen >= watchErrors) return { judgement: 'watch', words: `${formatPercent(now.errors)} errors` }
    return hasBefore
      ? { judgement: 'new', words: 'new in this range' }
      : { judgement: 'none', words: 'nothing to compare with' }
  }
  const isKnown =
    now.requests >= fewRequests && before.requests >= fewRequests && now.p95 !== null && before.p95 !== null
  const times = isKnown ? now.p95! / Math.max(before.p95!, 0.001) : 1
  const claim = `p95 ${formatAgainstUsual(now.p95, before.p95).replace('× ', '')} × ${words}`
  if (times >= badTimes) return { judgement: 'bad', words: claim }
  if (times >= watchTimes) return { judgement: 'watch', words: claim }
  if (risen >= watchErrors) return { judgement: 'watch', words: `${formatPercent(now.errors)} errors` }
  if (now.rate < before.rate / badTimes && before.requests >= fewRequests)
    return {
      judgement: 'watch',
      words: `requests ${formatAgainstUsual(now.rate, before.rate).replace('× ', '')} × ${words}`,
    }
  return { judgement: 'usual', words: 'Usual' }
}

/** Shares out the time that is waited longer than before: requests times the rise of the median. */
function shared(rows: ServiceRow[]): ServiceRow[] {
  const longer = rows.map(({ now, before }) =>
    before?.p95 == null || now.p95 === null ? 0 : Math.max(0, now.p95 - before.p95) * now.requests,
  )
  const sum = longer.reduce((total, one) => total + one, 0)
  return rows.map((row, at) => ({ ...row, changeShare: sum === 0 ? 0 : longer[at] / sum }))
}

const ranks: Readonly<Record<Judgement, number>> = { bad: 0, watch: 1, new: 2, none: 3, mended: 4, usual: 5 }

/** What the columns sort by; a leading `-` turns the order. */
const keys: Readonly<Record<string, (row: ServiceRow) => number | string>> = {
  name: ({ name }) => name,
  verdict: ({ judgement }) => ranks[judgement],
  rate: ({ now }) => now.rate,
  errors: ({ now }) => now.errors,
  p50: ({ now }) => now.p50 ?? -1,
  p95: ({ now }) => now.p95 ?? -1,
  p99: ({ now }) => now.p99 ?? -1,
  share: ({ changeShare }) => changeShare,
  version: ({ versions }) => versions[0]?.since ?? '',
}

/** The same order, but what is starred first. */
export function starredFirst(rows: readonly ServiceRow[], stars: ReadonlySet<string>): ServiceRow[] {
  return [...rows.filter(({ name }) => stars.has(name)), ...rows.filter(({ name }) => !stars.has(name))]
}

/** In the order asked for; equal ones worst first, then by name. */
export function sortRows(rows: readonly ServiceRow[], sort: string): ServiceRow[] {
  const isDown = sort.startsWith('-')
  const key = keys[sort.replace(/^-/, '')] ?? keys.share
  return rows.toSorted((one, other) => {
    const order = compare(key(one), key(other))
    if (order !== 0) return isDown ? -order : order
    return ranks[one.judgement] - ranks[other.judgement] || compare(one.name, other.name)
  })
}

function compare(one: number | string, other: number | string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
