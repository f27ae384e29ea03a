import type { SpanRow } from '../../store/read/span-row.ts'

/** One span in its tree. Times are nanoseconds after the start of the trace: exact as a JavaScript number for 104 days. */
export interface TreeSpan {
  readonly span: SpanRow
  readonly startNs: number
  readonly endNs: number
  /** Place in `TraceTree.spans`. */
  row: number
  parent: TreeSpan | null
  /** In order of start. */
  readonly children: TreeSpan[]
}

export interface TraceTree {
  /** Spans without a stored parent, in order of start. */
  readonly roots: readonly TreeSpan[]
  /** All spans, each before all that are below it, and these before its next sibling. */
  readonly spans: readonly TreeSpan[]
  readonly startNs: bigint
  readonly durationNs: number
  /** Spans whose parent is named but not stored. */
  readonly orphanCount: number
  /** Spans deeper than `maxDepth`, hung under their ancestor at that depth. */
  readonly flattenedCount: number
}

/** Deepest nesting of an answer; JSON readers give up not far beyond it. */
const maxDepth = 200

/**
 * Builds the tree of one trace.
 *
 * A span sent twice counts once. A server span that reuses its client's id (Zipkin) hangs under the client span.
 * A span whose parent is not stored is a root, and so is the earliest span of a ring of parents.
 * `deepest` levels are kept, what lies below hangs under the last; Infinity where no reader minds the depth.
 * Cost: one sort and a few passes; no recursion.
 */
export function buildTraceTree(rows: readonly SpanRow[], deepest = maxDepth): TraceTree {
  if (rows.length === 0) return { roots: [], spans: [], startNs: 0n, durationNs: 0, orphanCount: 0, flattenedCount: 0 }
  let startNs = rows[0].startNs
  for (const row of rows) if (row.startNs < startNs) startNs = row.startNs
  const nodes = withoutRepeats(rows).map((span): TreeSpan => {
    const start = Number(span.startNs - startNs)
    return { span, startNs: start, endNs: start + span.durationNs, row: -1, parent: null, children: [] }
  })
  nodes.sort((a, b) => a.startNs - b.startNs || b.endNs - a.endNs)
  const orphanCount = hangUnderParents(nodes)
  cutRings(nodes)
  for (const node of nodes) node.parent?.children.push(node)
  const roots = nodes.filter((node) => node.parent === null)
  const { spans, flattenedCount } = flattenDeep(roots, deepest)
  const durationNs = nodes.reduce((latest, node) => Math.max(latest, node.endNs), 0)
  return { roots, spans, startNs, durationNs, orphanCount, flattenedCount }
}

function withoutRepeats(rows: readonly SpanRow[]): SpanRow[] {
  const seen = new Map<string, SpanRow | SpanRow[]>()
  return rows.filter((row) => {
    const before = seen.get(row.spanId)
    if (before === undefined) {
      seen.set(row.spanId, row)
      return true
    }
    // Ids that come more than once are few; one text per span for all of them would cost more than the rest.
    const known = Array.isArray(before) ? before : [before]
    if (known.some(({ kind, service }) => kind === row.kind && service === row.service)) return false
    seen.set(row.spanId, [...known, row])
    return true
  })
}

function hangUnderParents(nodes: readonly TreeSpan[]): number {
  const client = new Map<string, TreeSpan>()
  const server = new Map<string, TreeSpan>()
  for (const node of nodes) {
    const { spanId } = node.span
    const isServer = node.span.kind === 'server' || node.span.kind === 'consumer'
    const holder = isServer ? server : client
    if (!holder.has(spanId)) holder.set(spanId, node)
  }
  let orphanCount = 0
  for (const node of nodes) {
    const { spanId, parentSpanId } = node.span
    const twin = client.get(spanId)
    if (server.get(spanId) === node && twin !== undefined) {
      node.parent = twin
      continue
    }
    if (parentSpanId === '') continue
    node.parent = server.get(parentSpanId) ?? client.get(parentSpanId) ?? null
    if (node.parent === null) orphanCount += 1
  }
  return orphanCount
}

/** A span that is its own ancestor loses its parent. */
function cutRings(nodes: readonly TreeSpan[]): void {
  const settled = new Set<TreeSpan>()
  for (const node of nodes) {
    // In order of start a parent nearly always comes before its children.
    if (node.parent === null || settled.has(node.parent)) {
      settled.add(node)
      continue
    }
    const path = new Set<TreeSpan>()
    let at: TreeSpan | null = node
    while (at !== null && !settled.has(at)) {
      if (path.has(at)) {
        at.parent = null
        break
      }
      path.add(at)
      at = at.parent
    }
    for (const passed of path) settled.add(passed)
  }
}

function flattenDeep(roots: readonly TreeSpan[], deepest: number): { spans: TreeSpan[]; flattenedCount: number } {
  const spans: TreeSpan[] = []
  let flattenedCount = 0
  const stack = roots.map((node) => ({ node, depth: 1 })).reverse()
  while (stack.length > 0) {
    const { node, depth } = stack.pop() as { node: TreeSpan; depth: number }
    node.row = spans.push(node) - 1
    if (depth === deepest - 1) flattenedCount += adoptDescendants(node)
    for (let i = node.children.length - 1; i >= 0; i--) stack.push({ node: node.children[i], depth: depth + 1 })
  }
  return { spans, flattenedCount }
}

/** Makes all descendants direct children; returns how many moved. */
function adoptDescendants(node: TreeSpan): number {
  const directCount = node.children.length
  for (let i = 0; i < node.children.length; i++) {
    const child = node.children[i]
    child.parent = node
    for (const grandchild of child.children) node.children.push(grandchild)
    child.children.length = 0
  }
  node.children.sort((a, b) => a.startNs - b.startNs)
  return node.children.length - directCount
}
