import type { TreeSpan } from './trace-tree.ts'

/** Nanoseconds of one span by what they were spent on. */
export interface SpanTimes {
  /** Duration not covered by any child. */
  readonly selfNs: number
  /** Part of the root's duration that the root spent waiting for this span's own work. */
  readonly criticalNs: number
  /** The span, or one below it, has critical time. */
  readonly isOnPath: boolean
}

/**
 * Times of every span under one root.
 *
 * The critical path is read backwards from the root's end: the child that ended last is what the parent waited for;
 * before that child's start, the child that had ended last by then, and so on. What no child covers is the span's
 * own critical time; the critical times of a tree add up to the root's duration.
 * A message consumer is never waited for. A child that outlives its parent is cut at the parent's end.
 * Cost: one sort per parent; no recursion.
 */
export function spanTimes(root: TreeSpan): ReadonlyMap<TreeSpan, SpanTimes> {
  const critical = criticalTimes(root)
  const times = new Map<TreeSpan, SpanTimes>()
  const onPath = new Set<TreeSpan>()
  for (const [span, ns] of critical) {
    if (ns === 0) continue
    for (let at: TreeSpan | null = span; at !== null && !onPath.has(at); at = at.parent) onPath.add(at)
  }
  const stack = [root]
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    times.set(span, {
      selfNs: selfTime(span),
      criticalNs: critical.get(span) ?? 0,
      isOnPath: onPath.has(span),
    })
    stack.push(...span.children)
  }
  return times
}

function criticalTimes(root: TreeSpan): Map<TreeSpan, number> {
  const critical = new Map<TreeSpan, number>()
  const stack = [{ span: root, fromNs: root.startNs, untilNs: root.endNs }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { span, fromNs, untilNs } = top
    let cursor = untilNs
    let own = 0
    for (const child of [...span.children].sort((a, b) => b.endNs - a.endNs)) {
      if (child.span.kind === 'consumer') continue
      const start = Math.max(child.startNs, fromNs)
      const end = Math.min(child.endNs, cursor)
      if (end <= start) continue
      own += cursor - end
      stack.push({ span: child, fromNs: start, untilNs: end })
      cursor = start
    }
    critical.set(span, own + Math.max(0, cursor - fromNs))
  }
  return critical
}

function selfTime(span: TreeSpan): number {
  let covered = 0
  let reached = span.startNs
  for (const child of span.children) {
    const start = Math.max(child.startNs, reached)
    const end = Math.min(child.endNs, span.endNs)
    if (end <= start) continue
    covered += end - start
    reached = end
  }
  return span.endNs - span.startNs - covered
}
