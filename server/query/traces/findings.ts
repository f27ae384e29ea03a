import { childrenOf, flag, type TraceFrame } from './trace-frame.ts'

/** Something in a trace that is worth a look. */
export interface Finding {
  readonly kind: 'repeats' | 'gap' | 'retry'
  readonly words: string
  /** Row of the frame. */
  readonly row: number
  readonly tookNs: number
}

/** Equal siblings from which they are told. */
const repeatsFrom = 5
/** Share of the trace's duration from which a gap is told. */
const gapShare = 0.1
/** Findings of one trace, those that took longest first. */
const mostFindings = 20

/**
 * Repeated work, gaps and retries.
 *
 * `repeats`: equal siblings in a row, five or more, none of them failed: the N+1 query and its kin. `gap`: while the
 * trace waited for a span that has children, none of them ran for a tenth of the trace. `retry`: a sibling that failed
 * and an equal one that begins after its end. Cost: one pass over the children of every span.
 */
export function findingsOf(frame: TraceFrame): readonly Finding[] {
  const found: Finding[] = []
  for (let row = 0; row < frame.ids.length; row += 1) {
    if (frame.end[row] === row + 1) continue
    const children = [...childrenOf(frame, row)]
    found.push(...repeatsAmong(frame, children), ...retriesAmong(frame, children), ...gapIn(frame, row))
  }
  return found.sort((a, b) => b.tookNs - a.tookNs).slice(0, mostFindings)
}

function repeatsAmong(frame: TraceFrame, children: readonly number[]): Finding[] {
  const found: Finding[] = []
  for (let at = 0; at < children.length; ) {
    const first = children[at]
    let next = at + 1
    while (next < children.length && isSame(frame, first, children[next]) && !hasFailed(frame, children[next]))
      next += 1
    const count = next - at
    if (count >= repeatsFrom && !hasFailed(frame, first))
      found.push({
        kind: 'repeats',
        words: `${count.toLocaleString('en-US')} equal spans in a row: ${title(frame, first)}`,
        row: first,
        tookNs: endOf(frame, children[next - 1]) - frame.start[first],
      })
    at = next
  }
  return found
}

function retriesAmong(frame: TraceFrame, children: readonly number[]): Finding[] {
  const failed = new Map<string, { row: number; count: number; untilNs: number }>()
  const found: Finding[] = []
  for (const child of children) {
    const key = `${frame.service[child]} ${frame.name[child]}`
    const before = failed.get(key)
    if (before !== undefined && frame.start[child] >= before.untilNs && !hasFailed(frame, child)) {
      const times = before.count === 1 ? 'once' : `${before.count.toLocaleString('en-US')} times`
      const tookNs = endOf(frame, child) - frame.start[before.row]
      found.push({
        kind: 'retry',
        words: `Tried again after failing ${times}: ${title(frame, child)}`,
        row: before.row,
        tookNs,
      })
      failed.delete(key)
    } else if (hasFailed(frame, child))
      failed.set(key, {
        ...{ row: before?.row ?? child, count: (before?.count ?? 0) + 1 },
        untilNs: Math.max(before?.untilNs ?? 0, endOf(frame, child)),
      })
  }
  return found
}

function gapIn(frame: TraceFrame, row: number): Finding[] {
  if (frame.critical[row] < frame.durationNs * gapShare) return []
  let longestNs = 0
  let reached = frame.start[row]
  for (const child of childrenOf(frame, row)) {
    longestNs = Math.max(longestNs, frame.start[child] - reached)
    reached = Math.max(reached, endOf(frame, child))
  }
  longestNs = Math.max(longestNs, Math.min(endOf(frame, row), frame.waitedUntil[row]) - reached)
  if (longestNs < frame.durationNs * gapShare) return []
  return [
    {
      kind: 'gap',
      words: `Nothing recorded below ${title(frame, row)} while the trace waited`,
      row,
      tookNs: longestNs,
    },
  ]
}

function isSame({ service, name }: TraceFrame, one: number, other: number): boolean {
  return service[one] === service[other] && name[one] === name[other]
}

function hasFailed({ flags }: TraceFrame, row: number): boolean {
  return (flags[row] & flag.error) !== 0
}

function endOf({ start, duration }: TraceFrame, row: number): number {
  return start[row] + duration[row]
}

function title({ service, name, services, names }: TraceFrame, row: number): string {
  return `${services[service[row]]} ${names[name[row]]}`
}
