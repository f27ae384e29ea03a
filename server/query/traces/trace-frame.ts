import type { SpanRow } from '../../store/read/span-row.ts'
import type { UsualDuration } from '../usual.ts'
import { spanTimes } from './critical-path.ts'
import { markSpans } from './marks.ts'
import { buildTraceTree, type TraceTree } from './trace-tree.ts'

/** Bits of `TraceFrame.flags`. */
export const flag = { error: 1, slow: 2, culprit: 4, linked: 8 } as const

/**
 * A trace worked out once: all spans in the order of the tree, a column per property, about 120 bytes a span.
 * Row `i` has its descendants in the rows `i + 1` to `end[i] - 1`. Times are nanoseconds from the start of the trace.
 */
export interface TraceFrame {
  readonly traceId: string
  readonly version: string
  readonly startNs: bigint
  readonly durationNs: number
  readonly ids: readonly string[]
  /** Row of the parent; -1 for a root. */
  readonly parent: Int32Array
  readonly end: Int32Array
  readonly depth: Int32Array
  readonly start: Float64Array
  readonly duration: Float64Array
  readonly self: Float64Array
  readonly critical: Float64Array
  /** While the root waited for the span or what is below it; equal where it never did. */
  readonly waitedFrom: Float64Array
  readonly waitedUntil: Float64Array
  readonly flags: Uint8Array
  /** Place in `services` and `names`. */
  readonly service: Uint32Array
  readonly name: Uint32Array
  readonly services: readonly string[]
  readonly names: readonly string[]
  /** Where a row is a consumer: nobody waits for it. */
  readonly isConsumer: Uint8Array
  /** Usual durations of the roots, by row; null where too few are stored. */
  readonly usualOfRoot: ReadonlyMap<number, number | null>
  readonly isComplete: boolean
  /** What is missing, in words; empty where nothing is. */
  readonly missing: string
}

/** The tree of a trace that is shown in windows: any depth, because no answer nests it. */
export function frameTree(spans: readonly SpanRow[]): TraceTree {
  return buildTraceTree(spans, Number.POSITIVE_INFINITY)
}

interface FrameParts {
  readonly traceId: string
  readonly version: string
  readonly tree: TraceTree
  readonly isTruncated: boolean
}

/**
 * All of a frame but what depends on what is usual, which is looked up meanwhile; the rest is done when that is known.
 * Cost: a few passes over the spans; 100,000 take about 0.1 s.
 */
export function buildFrame({ traceId, version, tree, isTruncated }: FrameParts): (usual: UsualDuration) => TraceFrame {
  const count = tree.spans.length
  const services = new Dictionary()
  const names = new Dictionary()
  const times = spanTimes(tree)
  const frame = {
    ...{ traceId, version, startNs: tree.startNs, durationNs: tree.durationNs },
    ids: tree.spans.map(({ span }) => span.spanId),
    ...{ parent: new Int32Array(count).fill(-1), end: new Int32Array(count), depth: new Int32Array(count) },
    ...{ start: new Float64Array(count), duration: new Float64Array(count) },
    ...{ self: times.selfNs, critical: times.criticalNs },
    ...{ waitedFrom: times.waitedFromNs, waitedUntil: times.waitedUntilNs },
    ...{ flags: new Uint8Array(count), service: new Uint32Array(count), name: new Uint32Array(count) },
    ...{ services: services.texts, names: names.texts, isConsumer: new Uint8Array(count) },
    ...missingOf(tree, isTruncated),
  }
  for (const { span, row, parent, startNs, endNs } of tree.spans) {
    const above = parent?.row ?? -1
    frame.parent[row] = above
    frame.depth[row] = above < 0 ? 0 : frame.depth[above] + 1
    frame.start[row] = startNs
    frame.duration[row] = endNs - startNs
    frame.service[row] = services.placeOf(span.service)
    frame.name[row] = names.placeOf(span.name)
    if (span.status === 'error') frame.flags[row] |= flag.error
    if (span.kind === 'consumer') frame.isConsumer[row] = 1
    if (span.kind === 'consumer' && span.links.length > 0) frame.flags[row] |= flag.linked
  }
  fillEnds(frame)
  return (usual) => {
    for (const [{ row }, marks] of markSpans(tree, times, usual)) {
      if (marks.includes('slow')) frame.flags[row] |= flag.slow
      if (marks.includes('culprit')) frame.flags[row] |= flag.culprit
    }
    return { ...frame, usualOfRoot: new Map(tree.roots.map(({ row, span }) => [row, usual(span)])) }
  }
}

function fillEnds({ end, parent }: Pick<TraceFrame, 'end' | 'parent'>): void {
  for (let row = end.length - 1; row >= 0; row -= 1) {
    if (end[row] === 0) end[row] = row + 1
    const above = parent[row]
    if (above >= 0 && end[above] < end[row]) end[above] = end[row]
  }
}

function missingOf(tree: TraceTree, isTruncated: boolean): Pick<TraceFrame, 'isComplete' | 'missing'> {
  const words: string[] = []
  const count = tree.spans.length.toLocaleString('en-US')
  if (isTruncated) words.push(`The trace has more than the ${count} spans shown, which are the earliest.`)
  if (tree.orphanCount > 0)
    words.push(`${tree.orphanCount.toLocaleString('en-US')} spans have a parent that is not stored.`)
  return { isComplete: words.length === 0, missing: words.join(' ') }
}

/** Texts that come often, each kept once. */
class Dictionary {
  readonly texts: string[] = []
  readonly #places = new Map<string, number>()

  placeOf(text: string): number {
    let place = this.#places.get(text)
    if (place === undefined) {
      place = this.texts.push(text) - 1
      this.#places.set(text, place)
    }
    return place
  }
}

/** Rows of the children of a row, in order. */
export function* childrenOf({ end }: Pick<TraceFrame, 'end'>, row: number): Generator<number> {
  for (let child = row + 1; child < end[row]; child = end[child]) yield child
}

/** The span failed or is the culprit: only these are shown as bad. */
export function isBad({ flags }: Pick<TraceFrame, 'flags'>, row: number): boolean {
  return (flags[row] & (flag.error | flag.culprit)) !== 0
}
