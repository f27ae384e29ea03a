import type { UsualDuration } from '../usual.ts'
import type { SpanTimes } from './critical-path.ts'
import type { TraceTree, TreeSpan } from './trace-tree.ts'

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
 * Marks of the spans of a trace that have any, judged root by root.
 *
 * `error`: the span failed. `slow`: it is slow, on the critical path, and not the root. `culprit`: in a slow trace
 * the span with the most critical time of its own, if that is a fifth of the trace; in a failed trace that is not
 * slow the failed span furthest from the root along failed spans.
 */
export function markSpans(
  { roots, spans }: Pick<TraceTree, 'roots' | 'spans'>,
  times: SpanTimes,
  usual: UsualDuration,
): ReadonlyMap<TreeSpan, readonly Mark[]> {
  const marks = new Map<TreeSpan, readonly Mark[]>()
  for (const [at, root] of roots.entries()) {
    const ofRoot = spans.slice(root.row, roots[at + 1]?.row)
    const slow = new Set(ofRoot.filter((node) => isSlowOnPath(node, times, usual)))
    const culprit = slow.size > 0 ? slowCulprit(ofRoot, times) : failedCulprit(root)
    for (const node of ofRoot) {
      const isSlow = node !== root && slow.has(node)
      if (!isSlow && node !== culprit && node.span.status !== 'error') continue
      const found: Mark[] = []
      if (isSlow) found.push('slow')
      if (node === culprit) found.push('culprit')
      if (node.span.status === 'error') found.push('error')
      marks.set(node, found)
    }
  }
  return marks
}

function isSlowOnPath({ span, row }: TreeSpan, { isOnPath }: SpanTimes, usual: UsualDuration): boolean {
  // A span this short is never slow: most of a large trace is not looked up.
  return isOnPath[row] === 1 && span.durationNs > slowExtraNs && isSlow(span.durationNs, usual(span))
}

function slowCulprit([root, ...below]: readonly TreeSpan[], { criticalNs }: SpanTimes): TreeSpan | null {
  let worst = root
  for (const node of below) if (criticalNs[node.row] > criticalNs[worst.row]) worst = node
  return criticalNs[worst.row] >= (root.endNs - root.startNs) * culpritShare ? worst : null
}

function failedCulprit(root: TreeSpan): TreeSpan | null {
  let at: TreeSpan | null = null
  for (let next: TreeSpan | undefined = root; next?.span.status === 'error'; ) {
    at = next
    next = next.children.find((child) => child.span.status === 'error')
  }
  return at
}
