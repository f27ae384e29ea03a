import type { SpanNode, TraceAnswer } from '../../../contract/index.ts'

/** One line of the waterfall: a span, or equal siblings folded into one. */
export interface TraceRow {
  readonly span: SpanNode
  readonly depth: number
  /** Milliseconds from the start of the trace. */
  readonly startMs: number
  readonly durationMs: number
  readonly hasChildren: boolean
  /** Equal siblings that this line stands for, itself included; empty for a single span. */
  readonly siblings: readonly SpanNode[]
}

export interface RowOptions {
  readonly isFolding: boolean
  /** Ids of spans whose children are hidden, or whose folded siblings are shown (`=id`). */
  readonly closed: ReadonlySet<string>
  readonly hasErrorsOnly: boolean
}

/** Equal siblings without children from which they are folded. */
const foldFrom = 4

/** Lines in the order of the tree; walks without recursion, because a chain can be as deep as the trace is long. */
export function traceRows(trace: TraceAnswer, options: RowOptions): TraceRow[] {
  const startNs = instantMs(trace.start_time)
  const rows: TraceRow[] = []
  const waiting: { span: SpanNode; depth: number; siblings: readonly SpanNode[] }[] = []
  const push = (spans: readonly SpanNode[], depth: number) => {
    const groups = options.isFolding ? folded(spans, options.closed) : spans.map((span) => ({ span, siblings: [] }))
    for (const group of groups.toReversed()) waiting.push({ ...group, depth })
  }
  push(trace.spans, 0)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth, siblings } = next
    if (!options.hasErrorsOnly || span.status === 'error' || span.marks.length > 0)
      rows.push({
        ...{ span, depth, siblings, hasChildren: span.children.length > 0 },
        startMs: instantMs(span.start_time) - startNs,
        durationMs: rangeMs(siblings, span),
      })
    if (!options.closed.has(span.span_id)) push(span.children, depth + 1)
  }
  return rows
}

/** Unix milliseconds with the fraction that `Date.parse` drops: spans are often shorter than a millisecond. */
export function instantMs(text: string): number {
  const match = /\.(\d{1,9})(?=Z|[+-])/.exec(text)
  const whole = Date.parse(match === null ? text : text.replace(match[0], ''))
  return whole + (match === null ? 0 : Number(`0.${match[1]}`) * 1000)
}

function rangeMs(siblings: readonly SpanNode[], span: SpanNode): number {
  if (siblings.length === 0) return span.duration / 1000
  const start = instantMs(span.start_time)
  return Math.max(...siblings.map((one) => instantMs(one.start_time) + one.duration / 1000)) - start
}

function folded(
  spans: readonly SpanNode[],
  closed: ReadonlySet<string>,
): { span: SpanNode; siblings: readonly SpanNode[] }[] {
  const groups: { span: SpanNode; siblings: readonly SpanNode[] }[] = []
  for (let at = 0; at < spans.length; ) {
    let end = at + 1
    while (end < spans.length && isEqual(spans[at], spans[end])) end += 1
    const run = spans.slice(at, end)
    if (run.length >= foldFrom && !closed.has(`=${run[0].span_id}`)) groups.push({ span: run[0], siblings: run })
    else for (const span of run) groups.push({ span, siblings: [] })
    at = end
  }
  return groups
}

function isEqual(one: SpanNode, other: SpanNode): boolean {
  if (one.service !== other.service || one.operation !== other.operation || one.status !== other.status) return false
  return one.children.length + other.children.length === 0
}

/** The 95th percentile of the durations, milliseconds. */
export function p95Ms(spans: readonly SpanNode[]): number {
  const sorted = spans.map(({ duration }) => duration / 1000).sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? 0
}

/** Every span of the trace, in the order of the tree. */
export function allSpans(trace: TraceAnswer): SpanNode[] {
  const found: SpanNode[] = []
  const waiting = trace.spans.toReversed()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next)
    waiting.push(...next.children.toReversed())
  }
  return found
}

/** The words are in the service, the operation, a tag or the id. */
export function matches(span: SpanNode, words: string): boolean {
  const wanted = words.toLowerCase()
  if (`${span.service} ${span.operation} ${span.span_id}`.toLowerCase().includes(wanted)) return true
  return Object.entries(span.tags).some(([key, value]) => `${key}=${value}`.toLowerCase().includes(wanted))
}

/** Most parts of the critical path that one line draws. */
const mostParts = 60

/**
 * The parts of a span on the critical path, as [start, end] in milliseconds from the start of the trace: where none
 * of its children ran. Empty for spans that the trace did not wait for.
 */
export function criticalParts({ span, startMs }: TraceRow): [number, number][] {
  if (span.critical_time <= 0) return []
  const originMs = instantMs(span.start_time) - startMs
  const children = span.children
    .map((child) => instantMs(child.start_time) - originMs)
    .map((start, at) => [start, start + span.children[at].duration / 1000] as const)
    .sort(([one], [other]) => one - other)
  const parts: [number, number][] = []
  let atMs = startMs
  for (const [start, end] of children) {
    if (start > atMs) parts.push([atMs, start])
    atMs = Math.max(atMs, end)
  }
  const endMs = startMs + span.duration / 1000
  if (atMs < endMs) parts.push([atMs, endMs])
  return parts.filter(([from]) => from < endMs).slice(0, mostParts)
}
