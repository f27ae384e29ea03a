import type { Scope } from '../model/scope.ts'
import type { NsRange } from '../store/read/fragment.ts'
import {
  type SpanSort,
  sortKey,
  type Usual,
  usualEndpoints,
  usualRequests,
  usualSpans,
} from '../store/read/services/red.ts'
import type { QueryContext } from './query-context.ts'

/** Least minutes with spans, and least spans, of a window that is taken as usual. */
const leastMinutes = 10
const leastSpans = 20

const hourNs = 3_600_000_000_000n
const dayNs = 24n * hourNs

/** A usual figure and the window it was taken from, in words. */
export interface UsualFigures {
  readonly p95Ns: number
  readonly errorRate: number
  readonly window: string
}

/**
 * The two windows that say what is usual for a range: as long as the range (at least an hour, at most a day), right
 * before it, and the same time a day earlier. The better of the two counts, so that an incident that has gone on
 * for hours is still measured against yesterday.
 */
export function usualWindows(range: NsRange): readonly (NsRange & { readonly words: string })[] {
  const length = range.endNs - range.startNs
  const windowNs = length < hourNs ? hourNs : length > dayNs ? dayNs : length
  const before = { startNs: floor(range.startNs - windowNs), endNs: range.startNs }
  const words = windowNs === hourNs ? 'the hour before' : 'the time before'
  if (windowNs === dayNs) return [{ ...before, words: 'the day before' }]
  const dayBefore = { startNs: floor(range.startNs - dayNs), endNs: floor(range.startNs - dayNs + windowNs) }
  return [
    { ...before, words },
    { ...dayBefore, words: 'the same time a day before' },
  ]
}

/** Usual 95th percentile of the spans of a span's sort, nanoseconds; null where too few are stored. */
export type UsualDuration = (span: SpanSort) => number | null

export async function usualDurations(
  context: QueryContext,
  scope: Scope,
  question: { sorts: readonly SpanSort[]; range: NsRange },
): Promise<UsualDuration> {
  const windows = usualWindows(question.range)
  const found = await Promise.all(
    windows.map((window) => usualSpans(context.reader, scope, { sorts: question.sorts, window })),
  )
  return (span) => {
    const key = sortKey(span)
    const figures = found.flatMap((one) => enoughUsual(one.get(key)))
    return figures.length === 0 ? null : Math.min(...figures.map((one) => one.p95Ns))
  }
}

/** Usual figures of one service's requests; null where too few are stored. */
export async function usualOfService(
  context: QueryContext,
  scope: Scope,
  question: { service: string; range: NsRange },
): Promise<UsualFigures | null> {
  const windows = usualWindows(question.range)
  const found = await Promise.all(
    windows.map((window) => usualRequests(context.reader, scope, { service: question.service, window })),
  )
  return better(found, windows)
}

/** Usual figures of what one service serves, by endpoint; those of which too few requests are stored are left out. */
export async function usualOfEndpoints(
  context: QueryContext,
  scope: Scope,
  question: { service: string; range: NsRange },
): Promise<ReadonlyMap<string, UsualFigures>> {
  const windows = usualWindows(question.range)
  const found = await Promise.all(
    windows.map((window) => usualEndpoints(context.reader, scope, { service: question.service, window })),
  )
  const endpoints = new Set(found.flatMap((one) => [...one.keys()]))
  return new Map(
    [...endpoints].flatMap((endpoint) => {
      const usual = better(
        found.map((one) => one.get(endpoint)),
        windows,
      )
      return usual === null ? [] : [[endpoint, usual] as const]
    }),
  )
}

/** The better of the windows that hold enough. */
function better(
  found: readonly (Usual | null | undefined)[],
  windows: readonly { readonly words: string }[],
): UsualFigures | null {
  const figures = found.flatMap((one, i) => enoughUsual(one).map((usual) => ({ ...usual, window: windows[i].words })))
  if (figures.length === 0) return null
  const best = figures.reduce((a, b) => (b.p95Ns < a.p95Ns ? b : a))
  return {
    p95Ns: best.p95Ns,
    errorRate: Math.min(...figures.map((one) => one.errorRate)),
    window: best.window,
  }
}

/** The figures where they stand on enough spans, else nothing. */
export function enoughUsual(usual: Usual | null | undefined): Usual[] {
  if (usual === null || usual === undefined) return []
  return usual.minutes >= leastMinutes && usual.spans >= leastSpans ? [usual] : []
}

function floor(ns: bigint): bigint {
  return ns < 0n ? 0n : ns
}
