import type { UsualDuration } from '../usual.ts'
import type { SpanTimes } from './critical-path.ts'
import type { TreeSpan } from './trace-tree.ts'

/** What is said about a span. The rules stand in docs/marks.md and nowhere else but here. */
export type Mark = 'slow' | 'culprit' | 'error'

/** A duration is slow beyond this multiple of the usual one … */
const slowFactor = 1.5
/** … and by at least this much: nobody minds 3 ms instead of 1 ms. */
const slowExtraNs = 10_000_000
/** Where nothing usual is known, a second is slow. */
const slowAloneNs = 1_000_000_000
/** Least share of the root's duration that a culprit has as its own critical time. */
const culpritShare = 0.2

export function isSlow(durationNs: number, usualNs: number | null): boolean {
  if (usualNs === null) return durationNs >= slowAloneNs
  return durationNs > usualNs * slowFactor && durationNs - usualNs > slowExtraNs
}

/**
 * Marks of the spans under one root.
 *
 * `error`: the span failed. `slow`: it is slow, on the critical path, and not the root. `culprit`: in a slow trace
 * the span with the most critical time of its own, if that is a fifth of the trace; in a failed trace that is not
 * slow the failed span furthest from the root along failed spans.
 */
export function markSpans(
  root: TreeSpan,
  times: ReadonlyMap<TreeSpan, SpanTimes>,
  usual: UsualDuration,
): ReadonlyMap<TreeSpan, readonly Mark[]> {
  const slow = new Set<TreeSpan>()
  for (const [node, time] of times) if (time.isOnPath && isSlow(node.span.durationNs, usual(node.span))) slow.add(node)
  const culprit = slow.size > 0 ? slowCulprit(root, times) : failedCulprit(root)
  const marks = new Map<TreeSpan, readonly Mark[]>()
  for (const node of times.keys()) {
    const found: Mark[] = []
    if (slow.has(node) && node !== root) found.push('slow')
    if (node === culprit) found.push('culprit')
    if (node.span.status === 'error') found.push('error')
    marks.set(node, found)
  }
  return marks
}

function slowCulprit(root: TreeSpan, times: ReadonlyMap<TreeSpan, SpanTimes>): TreeSpan | null {
  let worst: TreeSpan | null = null
  let worstNs = 0
  for (const [node, time] of times)
    if (time.criticalNs > worstNs) {
      worst = node
      worstNs = time.criticalNs
    }
  return worstNs >= (root.endNs - root.startNs) * culpritShare ? worst : null
}

function failedCulprit(root: TreeSpan): TreeSpan | null {
  let at: TreeSpan | null = null
  for (let next: TreeSpan | undefined = root; next?.span.status === 'error'; ) {
    at = next
    next = next.children.find((child) => child.span.status === 'error')
  }
  return at
}
