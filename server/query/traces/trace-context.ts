import type { Scope } from '../../model/scope.ts'
import type { LogRow } from '../../store/read/logs.ts'
import type { SpanRow } from '../../store/read/span-row.ts'
import { spanOfTrace } from '../../store/read/spans.ts'
import type { ResourceFinding } from '../correlate/resources.ts'
import { logsOfTrace, maxTraceLogs, metricsOfTrace } from '../correlate/trace-context.ts'
import { badQuestion, NotStored } from '../faults.ts'
import type { QueryContext } from '../query-context.ts'
import { usualDurations } from '../usual.ts'
import type { KeptFrame } from './trace-frames.ts'

/** What else happened while a trace ran. */
export interface TraceContextView {
  readonly logs: readonly LogRow[]
  readonly resources: readonly ResourceFinding[]
  readonly message?: string
}

export async function contextOfTrace(context: QueryContext, scope: Scope, kept: KeptFrame): Promise<TraceContextView> {
  const { traceId, services } = kept.frame
  const around = { traceId, services: services.filter((service) => service !== ''), range: rangeOf(kept) }
  const [logs, resources] = await Promise.all([
    logsOfTrace(context, scope, around),
    metricsOfTrace(context, scope, around),
  ])
  const hasMore = logs.length > maxTraceLogs
  const message = [
    hasMore ? `Of its log records the first ${maxTraceLogs} are shown.` : '',
    resources.message ?? '',
  ].filter((words) => words !== '')
  return {
    ...{ logs: logs.slice(0, maxTraceLogs), resources: resources.findings },
    ...(message.length === 0 ? {} : { message: message.join(' ') }),
  }
}

/** One span with all its fields. */
export interface SpanView {
  readonly span: SpanRow
  /** Row of the frame. */
  readonly row: number
  readonly usualNs: number | null
}

/** Throws: BadQuestion (no span id), NotStored. */
export async function viewSpan(
  context: QueryContext,
  scope: Scope,
  { kept, spanId }: { kept: KeptFrame; spanId: string },
): Promise<SpanView> {
  if (!/^[0-9a-f]{16}$/.test(spanId))
    throw badQuestion('params.span', `${JSON.stringify(spanId)} is no span id: expected 16 lower-case hex digits`)
  const row = kept.frame.ids.indexOf(spanId)
  const question = { traceId: kept.frame.traceId, spanId, bounds: kept.bounds }
  const span = row < 0 ? null : await spanOfTrace(context.reader, scope, question)
  if (span === null) throw new NotStored(`Trace ${kept.frame.traceId} has no span ${spanId}.`)
  const usual = await usualDurations(context, scope, { sorts: [span], range: rangeOf(kept) })
  return { span, row, usualNs: usual(span) }
}

function rangeOf({ frame: { startNs, durationNs } }: KeptFrame) {
  return { startNs, endNs: startNs + BigInt(Math.ceil(durationNs)) + 1n }
}
