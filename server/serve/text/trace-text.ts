import { readAttribute } from '../../query/fields/conventions.ts'
import { formatInstant } from '../../query/time/instant.ts'
import type { Mark } from '../../query/traces/marks.ts'
import type { TreeSpan } from '../../query/traces/trace-tree.ts'
import type { TraceView } from '../../query/traces/trace-view.ts'
import { durationText, shortText } from './figures.ts'

/** Lines of one tree; what is beyond them is counted. */
const maxLines = 400
/** From this many on, spans that are alike and stand side by side are one line; the first is shown. */
const foldFrom = 4
const nameLength = 100
const statementLength = 80

/** One line of the tree: a span, or a client span together with the server span that answered it. */
interface Line {
  readonly node: TreeSpan
  /** The client span that waited for `node`; its duration is the one that was felt. */
  readonly caller: TreeSpan | null
}

/** A trace as a tree for a terminal, with marks for what is slow, failed or to blame. */
export function traceText(view: TraceView): string {
  const lines: string[] = []
  const total = { left: maxLines }
  for (const root of view.tree.roots) {
    lines.push(lineText(view, lineOf(root), ''))
    total.left -= 1
    pushChildren(view, { lines, total, root })
  }
  const { tree, services } = view
  const usual = view.usual(tree.roots[0].span)
  const usually = usual === null ? '' : `, usually ${durationText(usual / 1000)}`
  lines.push(
    '',
    `${counted(tree.spans.length, 'span')} of ${counted(services.length, 'service')} in ${durationText(tree.durationNs / 1000)}${usually}, from ${formatInstant(tree.startNs)}`,
  )
  if (view.message !== undefined) lines.push(view.message)
  return `${lines.join('\n')}\n`
}

function pushChildren(view: TraceView, out: { lines: string[]; total: { left: number }; root: TreeSpan }): void {
  const stack = childrenOf(view, lineOf(out.root), '')
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (out.total.left === 0) {
      out.lines.push(`… more spans; see all of them as JSON under /api/traces/${view.traceId}`)
      return
    }
    out.total.left -= 1
    const start = next.prefix + next.branch
    if (next.alike !== undefined) {
      out.lines.push(start + alikeText(next.alike))
      continue
    }
    out.lines.push(start + lineText(view, next.line, next.parentService))
    stack.push(...childrenOf(view, next.line, next.prefix + (next.branch === '└─ ' ? '   ' : '│  ')))
  }
}

interface Pending {
  readonly line: Line
  readonly prefix: string
  readonly branch: '├─ ' | '└─ '
  readonly parentService: string
  /** Instead of one line: siblings like the one before. */
  readonly alike?: readonly TreeSpan[]
}

/** Last child first: a stack gives them out in order. */
function childrenOf(view: TraceView, parent: Line, prefix: string): Pending[] {
  const parentService = parent.node.span.service
  const pending: Omit<Pending, 'branch'>[] = []
  for (const run of runsOf(view, parent.node.children)) {
    const shown = run.length < foldFrom ? run : run.slice(0, 1)
    for (const node of shown) pending.push({ line: lineOf(node), prefix, parentService })
    if (shown.length < run.length) pending.push({ line: lineOf(run[1]), prefix, parentService, alike: run.slice(1) })
  }
  return pending.map((one, i): Pending => ({ ...one, branch: i === pending.length - 1 ? '└─ ' : '├─ ' })).reverse()
}

/** Neighbours that are alike: no marks, nothing below, the same service and name. */
function runsOf(view: TraceView, nodes: readonly TreeSpan[]): readonly TreeSpan[][] {
  const runs: TreeSpan[][] = []
  let before: TreeSpan | undefined
  for (const node of nodes) {
    const isAlike =
      before !== undefined &&
      before.span.service === node.span.service &&
      before.span.name === node.span.name &&
      [before, node].every((one) => one.children.length === 0 && (view.marks.get(one) ?? []).length === 0)
    if (isAlike) runs[runs.length - 1].push(node)
    else runs.push([node])
    before = node
  }
  return runs
}

function alikeText(nodes: readonly TreeSpan[]): string {
  const totalNs = nodes.reduce((sum, node) => sum + node.span.durationNs, 0)
  return `… ${nodes.length} more ${shortText(nodes[0].span.name, nameLength)} (${durationText(totalNs / 1000)} in all)`
}

/** A call and its answer on the other side are one line. */
function lineOf(node: TreeSpan): Line {
  const [only] = node.children
  const isCall =
    node.span.kind === 'client' &&
    node.children.length === 1 &&
    only.span.kind === 'server' &&
    only.span.service !== node.span.service
  return isCall ? { node: only, caller: node } : { node, caller: null }
}

function lineText(view: TraceView, line: Line, parentService: string): string {
  const { node, caller } = line
  const { service, name, durationNs } = node.span
  const statement = readAttribute(node.span.attributes, 'db.query.text')
  const label = service !== '' && service !== parentService ? `${shortText(service, nameLength)}: ` : ''
  const detail = statement === '' ? '' : ` ${shortText(statement, statementLength)}`
  const took = durationText((caller?.span.durationNs ?? durationNs) / 1000)
  return `${label}${shortText(name, nameLength)}${detail} (${took})${marksText(view, line)}`
}

function marksText(view: TraceView, line: Line): string {
  const marks = new Set<Mark>([...(view.marks.get(line.node) ?? []), ...marksOfCaller(view, line)])
  const words: string[] = []
  if (marks.has('culprit')) words.push('CULPRIT')
  else if (marks.has('slow')) words.push('SLOW')
  if (marks.has('error')) words.push('ERROR')
  if (words.length === 0) return ''
  const { status, statusMessage } = line.node.span
  const why = status === 'error' && statusMessage !== '' ? `: ${shortText(statusMessage, nameLength)}` : ''
  return ` ⚠️ ${words.join(' ')}${why}`
}

function marksOfCaller(view: TraceView, line: Line): readonly Mark[] {
  return line.caller === null ? [] : (view.marks.get(line.caller) ?? [])
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
