import { childrenOf, flag, isBad, type TraceFrame } from './trace-frame.ts'

/** What of a trace is listed, and how. */
export interface OrderQuestion {
  /** Ids of spans whose children are hidden; `=id` shows each of the equal siblings that begin with that span. */
  readonly closed: readonly string[]
  readonly repeats: 'fold' | 'show'
  readonly only: 'all' | 'errors' | 'critical'
  /** Empty: all. */
  readonly services: readonly string[]
}

/** Rows of a frame in the order in which they are listed. */
export interface TraceOrder {
  /** Rows of the frame, rising. */
  readonly rows: Int32Array
  /** How many equal siblings, beginning with that row, stand in one line; 1 for a single span. */
  readonly runs: Int32Array
}

/** Equal siblings without children from which they are folded. */
const foldFrom = 4

/** Cost: one pass over the spans. */
export function orderOf(frame: TraceFrame, question: OrderQuestion): TraceOrder {
  const { ids, end } = frame
  const closed = new Set(question.closed)
  const fits = fitting(frame, question)
  const rows: number[] = []
  const runs: number[] = []
  for (let row = 0; row < ids.length; ) {
    const run = question.repeats === 'fold' ? runAt(frame, row) : 1
    const length = run >= foldFrom && !closed.has(`=${ids[row]}`) ? run : 1
    if (anyOf(row, length, fits)) {
      rows.push(row)
      runs.push(length)
    }
    if (length > 1) row += length
    else if (run > 1) row = listEach(row, run, { rows, runs, fits })
    else row = closed.has(ids[row]) ? end[row] : row + 1
  }
  return { rows: Int32Array.from(rows), runs: Int32Array.from(runs) }
}

function anyOf(first: number, count: number, fits: (row: number) => boolean): boolean {
  for (let row = first; row < first + count; row += 1) if (fits(row)) return true
  return false
}

interface Listing {
  readonly rows: number[]
  readonly runs: number[]
  readonly fits: (row: number) => boolean
}

/** The rest of a run that is not folded, so that no later part of it is taken for a run of its own. */
function listEach(first: number, run: number, { rows, runs, fits }: Listing): number {
  for (let row = first + 1; row < first + run; row += 1) {
    if (!fits(row)) continue
    rows.push(row)
    runs.push(1)
  }
  return first + run
}

/** Equal siblings without children in a row, beginning with this one. */
function runAt({ end, parent, service, name, flags }: TraceFrame, first: number): number {
  if (end[first] !== first + 1) return 1
  let next = first + 1
  while (
    next < end.length &&
    end[next] === next + 1 &&
    parent[next] === parent[first] &&
    service[next] === service[first] &&
    name[next] === name[first] &&
    (flags[next] & flag.error) === (flags[first] & flag.error)
  )
    next += 1
  return next - first
}

function fitting(frame: TraceFrame, { only, services }: OrderQuestion): (row: number) => boolean {
  const shown = services.length === 0 ? null : new Set(services.map((service) => frame.services.indexOf(service)))
  return (row) => {
    if (shown !== null && !shown.has(frame.service[row])) return false
    if (only === 'errors') return isBad(frame, row) || (frame.flags[row] & flag.slow) !== 0
    return only === 'all' || frame.waitedUntil[row] > frame.waitedFrom[row]
  }
}

/** Place in the order of a row, or of what hides it; -1 where it comes before all. */
export function placeIn({ rows }: TraceOrder, row: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle] <= row) low = middle + 1
    else high = middle
  }
  return low - 1
}

/**
 * The next place whose line fits, around the end; null where none does. `from` is a place, -1 for before the first.
 */
export function seekIn(
  { rows, runs }: TraceOrder,
  { from, step, fits }: { from: number; step: 1 | -1; fits: (row: number) => boolean },
): number | null {
  const count = rows.length
  const begin = from < 0 && step < 0 ? 0 : from
  for (let moved = 1; moved <= count; moved += 1) {
    const place = (((begin + step * moved) % count) + count) % count
    if (anyOf(rows[place], runs[place], fits)) return place
  }
  return null
}

/** Most parts of the critical path that one line draws. */
const mostParts = 60

/** When the trace waited for this span itself: [from, until] in nanoseconds from its start, in order. */
export function criticalParts(frame: TraceFrame, row: number): [number, number][] {
  const { start, duration, waitedFrom, waitedUntil, isConsumer } = frame
  if (frame.critical[row] <= 0) return []
  const children = [...childrenOf(frame, row)].sort((a, b) => start[b] + duration[b] - (start[a] + duration[a]))
  const parts: [number, number][] = []
  let cursor = waitedUntil[row]
  for (const child of children) {
    if (isConsumer[child] === 1) continue
    const from = Math.max(start[child], waitedFrom[row])
    const until = Math.min(start[child] + duration[child], cursor)
    if (until <= from) continue
    if (cursor > until) parts.push([until, cursor])
    cursor = from
  }
  if (cursor > waitedFrom[row]) parts.push([waitedFrom[row], cursor])
  return parts
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))
    .slice(0, mostParts)
    .sort((a, b) => a[0] - b[0])
}
