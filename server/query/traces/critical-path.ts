import type { TreeSpan } from './trace-tree.ts'

/** Nanoseconds of one span by what they were spent on. */
export interface SpanTimes {
  /** Duration not covered by any child. */
  readonly selfNs: number
  /** Part of the root's duration that the root spent waiting for this span's own work. */
  readonly criticalNs: number
  /** The span, or one below it, has critical time. */
  readonly isOnPath: boolean
  /** While the root waited for the span or what is below it; equal where it never did. */
  readonly waitedFromNs: number
  readonly waitedUntilNs: number
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
  for (const [span, { ownNs }] of critical) {
    if (ownNs === 0) continue
    for (let at: TreeSpan | null = span; at !== null && !onPath.has(at); at = at.parent) onPath.add(at)
  }
  const stack = [root]
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const waited = critical.get(span)
    times.set(span, {
      selfNs: selfTime(span),
      criticalNs: waited?.ownNs ?? 0,
      isOnPath: onPath.has(span),
      waitedFromNs: waited?.fromNs ?? 0,
      waitedUntilNs: waited?.untilNs ?? 0,
    })
    for (const child of span.children) stack.push(child)
  }
  return times
}

interface Waited {
  readonly ownNs: number
  readonly fromNs: number
  readonly untilNs: number
}

function criticalTimes(root: TreeSpan): Map<TreeSpan, Waited> {
  const critical = new Map<TreeSpan, Waited>()
  const stack = [{ span: root, fromNs: root.startNs, untilNs: root.endNs }]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { span, fromNs, untilNs } = top
    if (span.children.length === 0) {
      critical.set(span, { ownNs: untilNs - fromNs, fromNs, untilNs })
      continue
    }
    let cursor = untilNs
    let ownNs = 0
    for (const child of span.children.toSorted((a, b) => b.endNs - a.endNs)) {
      if (child.span.kind === 'consumer') continue
      const start = Math.max(child.startNs, fromNs)
      const end = Math.min(child.endNs, cursor)
      if (end <= start) continue
      ownNs += cursor - end
      stack.push({ span: child, fromNs: start, untilNs: end })
      cursor = start
    }
    critical.set(span, { ownNs: ownNs + Math.max(0, cursor - fromNs), fromNs, untilNs })
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
