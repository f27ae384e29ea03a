import { readAttribute } from '../../query/fields/conventions.ts'
import { formatInstant } from '../../query/time/instant.ts'
import type { Mark } from '../../query/traces/marks.ts'
import type { TreeSpan } from '../../query/traces/trace-tree.ts'
import type { TraceView } from '../../query/traces/trace-view.ts'
import { durationText, shortText } from './figures.ts'

/** Lines of one tree; what is beyond them is counted. */
const maxLines = 400
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
  const stack = childrenOf(lineOf(out.root), '')
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (out.total.left === 0) {
      out.lines.push(`… more spans; see all of them as JSON under /api/traces/${view.traceId}`)
      return
    }
    out.total.left -= 1
    out.lines.push(next.prefix + next.branch + lineText(view, next.line, next.parentService))
    stack.push(...childrenOf(next.line, next.prefix + (next.branch === '└─ ' ? '   ' : '│  ')))
  }
}

interface Pending {
  readonly line: Line
  readonly prefix: string
  readonly branch: '├─ ' | '└─ '
  readonly parentService: string
}

/** Last child first: a stack gives them out in order. */
function childrenOf(parent: Line, prefix: string): Pending[] {
  const { children, span } = parent.node
  return children
    .map(
      (child, i): Pending => ({
        line: lineOf(child),
        prefix,
        branch: i === children.length - 1 ? '└─ ' : '├─ ',
        parentService: span.service,
      }),
    )
    .reverse()
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
