import type { TraceTree, TreeSpan } from './trace-tree.ts'

/** Nanoseconds of every span by what they were spent on; a column each, by `TreeSpan.row`. */
export interface SpanTimes {
  /** Duration not covered by any child. */
  readonly selfNs: Float64Array
  /** Part of the root's duration that the root spent waiting for this span's own work. */
  readonly criticalNs: Float64Array
  /** 1 where the span, or one below it, has critical time. */
  readonly isOnPath: Uint8Array
  /** While the root waited for the span or what is below it; equal where it never did. */
  readonly waitedFromNs: Float64Array
  readonly waitedUntilNs: Float64Array
}

/**
 * Times of every span of a trace, each under its root.
 *
 * The critical path is read backwards from the root's end: the child that ended last is what the parent waited for;
 * before that child's start, the child that had ended last by then, and so on. What no child covers is the span's
 * own critical time; the critical times of a tree add up to the root's duration.
 * A message consumer is never waited for. A child that outlives its parent is cut at the parent's end.
 * Cost: one sort per parent; no recursion, and no object per span.
 */
export function spanTimes({ roots, spans }: Pick<TraceTree, 'roots' | 'spans'>): SpanTimes {
  const column = () => new Float64Array(spans.length)
  const times: SpanTimes = {
    ...{ selfNs: column(), criticalNs: column(), isOnPath: new Uint8Array(spans.length) },
    ...{ waitedFromNs: column(), waitedUntilNs: column() },
  }
  for (const root of roots) fillCritical(times, root)
  for (const span of spans) {
    times.selfNs[span.row] = selfTime(span)
    if (times.criticalNs[span.row] === 0) continue
    for (let at: TreeSpan | null = span; at !== null && times.isOnPath[at.row] === 0; at = at.parent)
      times.isOnPath[at.row] = 1
  }
  return times
}

function fillCritical({ criticalNs, waitedFromNs, waitedUntilNs }: SpanTimes, root: TreeSpan): void {
  waitedFromNs[root.row] = root.startNs
  waitedUntilNs[root.row] = root.endNs
  const stack = [root]
  for (let span = stack.pop(); span !== undefined; span = stack.pop()) {
    const fromNs = waitedFromNs[span.row]
    let cursor = waitedUntilNs[span.row]
    let ownNs = 0
    for (const child of lastEndedFirst(span.children)) {
      if (child.span.kind === 'consumer') continue
      const start = Math.max(child.startNs, fromNs)
      const end = Math.min(child.endNs, cursor)
      if (end <= start) continue
      ownNs += cursor - end
      waitedFromNs[child.row] = start
      waitedUntilNs[child.row] = end
      stack.push(child)
      cursor = start
    }
    criticalNs[span.row] = ownNs + Math.max(0, cursor - fromNs)
  }
}

function lastEndedFirst(children: readonly TreeSpan[]): readonly TreeSpan[] {
  return children.length < 2 ? children : children.toSorted((a, b) => b.endNs - a.endNs)
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
