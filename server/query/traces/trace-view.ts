import type { Scope } from '../../model/scope.ts'
import type { NsRange } from '../../store/read/fragment.ts'
import type { LogRow } from '../../store/read/logs.ts'
import { type SpanSort, sortKey } from '../../store/read/services/red.ts'
import { spansOfTrace } from '../../store/read/spans.ts'
import { traceVersion } from '../../store/read/trace-skeleton.ts'
import type { ResourceFinding } from '../correlate/resources.ts'
import { logsOfTrace, maxTraceLogs, metricsOfTrace } from '../correlate/trace-context.ts'
import { NotStored } from '../faults.ts'
import type { QueryContext } from '../query-context.ts'
import { type UsualDuration, usualDurations } from '../usual.ts'
import { type SpanTimes, spanTimes } from './critical-path.ts'
import { type Mark, markSpans } from './marks.ts'
import { parseTraceId } from './trace-id.ts'
import { buildTraceTree, type TraceTree, type TreeSpan } from './trace-tree.ts'

/** One trace as it is explained to people. */
export interface TraceView {
  /** 32 hex digits. */
  readonly traceId: string
  readonly tree: TraceTree
  readonly services: readonly string[]
  readonly times: SpanTimes
  /** Of spans that have any. */
  readonly marks: ReadonlyMap<TreeSpan, readonly Mark[]>
  readonly usual: UsualDuration
  readonly isComplete: boolean
  /** What is missing, in words. */
  readonly message?: string
  readonly logs?: readonly LogRow[]
  readonly resources?: readonly ResourceFinding[]
}

/** Sorts of spans whose usual duration is looked up, those of the longest spans first. */
const maxSorts = 200

/**
 * One trace with its critical path, marks, and on request its log records and the resources of its services.
 * Throws: BadQuestion (no trace id), NotStored, and what ColumnStore throws.
 */
export async function viewTrace(
  context: QueryContext,
  scope: Scope,
  question: { traceId: string; path: string; isCorrelated: boolean },
): Promise<TraceView> {
  const traceId = parseTraceId(question.traceId, question.path)
  const bounds = await traceVersion(context.reader, scope, traceId)
  if (bounds === null) throw notStored(question.traceId)
  // The index knows the services and the time: what else happened is looked for while the spans are read.
  const services = bounds.services.filter((service) => service !== '')
  const around = { traceId, services, range: { startNs: bounds.startNs, endNs: bounds.untilNs + 1n } }
  const beside = question.isCorrelated
    ? Promise.all([logsOfTrace(context, scope, around), metricsOfTrace(context, scope, around)])
    : undefined
  beside?.catch(() => {})
  const stored = await spansOfTrace(context.reader, scope, { traceId, bounds })
  if (stored === null) throw notStored(question.traceId)
  const tree = buildTraceTree(stored.spans)
  const range: NsRange = { startNs: tree.startNs, endNs: tree.startNs + BigInt(Math.ceil(tree.durationNs)) + 1n }
  const sorts = sortsOf(tree.spans.map(({ span }) => span))
  const [usual, [logs, resources] = []] = await Promise.all([usualDurations(context, scope, { sorts, range }), beside])
  const missing = missingWords(tree, stored.isTruncated)
  const hasMoreLogs = (logs?.length ?? 0) > maxTraceLogs
  const notes = [
    missing,
    hasMoreLogs ? `Of its log records the first ${maxTraceLogs} are shown.` : '',
    resources?.message ?? '',
  ]
  const message = notes.filter((note) => note !== '').join(' ')
  return {
    ...{ traceId, tree, usual, ...explain(tree, usual) },
    services: [...new Set(tree.spans.map((node) => node.span.service))].filter((service) => service !== ''),
    isComplete: missing === '',
    ...(message === '' ? {} : { message }),
    ...(logs === undefined ? {} : { logs: logs.slice(0, maxTraceLogs) }),
    ...(resources === undefined ? {} : { resources: resources.findings }),
  }
}

function notStored(traceId: string): NotStored {
  return new NotStored(
    `No span of trace ${traceId} is stored. It may be older than the retention, not sampled by its sender, or not arrived yet.`,
  )
}

function explain(tree: TraceTree, usual: UsualDuration): Pick<TraceView, 'times' | 'marks'> {
  const times = spanTimes(tree)
  return { times, marks: markSpans(tree, times, usual) }
}

/** Sorts of the longest spans, at most `maxSorts`. */
export function sortsOf(spans: readonly (SpanSort & { durationNs: number })[]): readonly SpanSort[] {
  const longest = new Map<string, SpanSort & { durationNs: number }>()
  for (const span of spans) {
    const key = sortKey(span)
    const before = longest.get(key)
    if (before === undefined || before.durationNs < span.durationNs) longest.set(key, span)
  }
  return [...longest.values()].sort((a, b) => b.durationNs - a.durationNs).slice(0, maxSorts)
}

function missingWords(tree: TraceTree, isTruncated: boolean): string {
  const words: string[] = []
  if (isTruncated) words.push(`The trace has more than the ${tree.spans.length} spans shown, which are the earliest.`)
  if (tree.orphanCount > 0) words.push(`${tree.orphanCount} spans have a parent that is not stored.`)
  if (tree.flattenedCount > 0)
    words.push(`${tree.flattenedCount} spans lie deeper than can be shown; they hang under the deepest shown span.`)
  return words.join(' ')
}
