import type { LogRecord, QueryAnswer, SpanNode } from '../../../contract/index.ts'
import type { ResourceFinding } from '../../query/correlate/resources.ts'
import type { FoundLogs } from '../../query/logs/find-logs.ts'
import { formatInstant } from '../../query/time/instant.ts'
import { type TimeRange, toNs } from '../../query/time/time-range.ts'
import type { TreeSpan } from '../../query/traces/trace-tree.ts'
import type { TraceView } from '../../query/traces/trace-view.ts'

type StoredSpan = TreeSpan['span']
type SpanRecord = NonNullable<QueryAnswer['spans']>[number]

/** A range as the API shows it. */
export function rangeJson(range: TimeRange): { start: string; end: string } {
  return { start: formatInstant(range.startNs), end: formatInstant(range.endNs) }
}

/** Milliseconds as ISO 8601. */
export const instantJson = (unixMs: number): string => formatInstant(toNs(unixMs))

export function logJson(log: FoundLogs['logs'][number]): LogRecord {
  return {
    timestamp: formatInstant(log.timeNs),
    level: log.level,
    service: log.service,
    message: log.body,
    trace_id: log.traceId,
    span_id: log.spanId,
    attributes: { ...log.attributes },
  }
}

function spanFieldsJson(span: StoredSpan): Omit<SpanRecord, 'trace_id'> {
  return {
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    operation: span.name,
    service: span.service,
    start_time: formatInstant(span.startNs),
    duration: span.durationNs / 1000,
    kind: span.kind,
    status: span.status,
    status_message: span.statusMessage,
    tags: { ...span.attributes },
  }
}

export function spanJson(span: StoredSpan): SpanRecord {
  return { trace_id: span.traceId, ...spanFieldsJson(span) }
}

/** A span with all below it; the depth of a tree is bounded where it is built. */
export function spanNodeJson(view: TraceView, node: TreeSpan): SpanNode {
  const { span } = node
  const usualNs = view.usual(span)
  return {
    ...spanFieldsJson(span),
    resource: { ...span.resource },
    self_time: view.times.selfNs[node.row] / 1000,
    critical_time: view.times.criticalNs[node.row] / 1000,
    usual_duration: usualNs === null ? null : usualNs / 1000,
    marks: [...(view.marks.get(node) ?? [])],
    events: span.events.map((event) => ({
      time: formatInstant(event.timeNs),
      name: event.name,
      attributes: { ...event.attributes },
    })),
    links: span.links.map((link) => ({
      trace_id: link.traceId,
      span_id: link.spanId,
      attributes: { ...link.attributes },
    })),
    children: node.children.map((child) => spanNodeJson(view, child)),
  }
}

/** A resource as a route shows it; `name` is its title. */
export function resourceJson(finding: ResourceFinding) {
  return {
    name: finding.title,
    metric: finding.metric,
    value: finding.value,
    max_value: finding.maxValue,
    timestamp: instantJson(finding.timestampMs),
    service: finding.service,
    labels: { ...finding.labels },
    reason: finding.reason,
    warning: finding.isWarning,
  }
}
