import type {
  TraceComparison,
  TraceOverview,
  TraceProfile,
  TraceRowsAnswer,
  TraceSpan,
} from '../../../contract/index.ts'
import { formatInstant } from '../../query/time/instant.ts'
import type { ComparedTraces } from '../../query/traces/compare-traces.ts'
import type { Finding } from '../../query/traces/findings.ts'
import type { OverviewBar } from '../../query/traces/overview.ts'
import type { SpanView } from '../../query/traces/trace-context.ts'
import { flag, type TraceFrame } from '../../query/traces/trace-frame.ts'
import { criticalParts, type TraceOrder } from '../../query/traces/trace-order.ts'
import type { OperationFigures, TraceProfileView } from '../../query/traces/trace-profile.ts'
import { spanJson } from './records.ts'

type Row = TraceRowsAnswer['rows'][number]
type Mark = Row['marks'][number]

const micros = (ns: number) => ns / 1000

export function overviewJson(
  frame: TraceFrame,
  { findings, overview }: { findings: readonly Finding[]; overview: OverviewBar[][] },
): TraceOverview {
  const culprit = frame.flags.findIndex((bits) => (bits & flag.culprit) !== 0)
  const services = serviceTotals(frame)
  const usualNs = frame.usualOfRoot.get(0) ?? null
  return {
    ...{ trace_id: frame.traceId, version: frame.version, start_time: formatInstant(frame.startNs) },
    ...{ duration: micros(frame.durationNs), span_count: frame.ids.length },
    error_count: services.reduce((sum, { errors }) => sum + errors, 0),
    depth: frame.depth.reduce((deepest, depth) => Math.max(deepest, depth), 0),
    root: {
      ...{ span_id: frame.ids[0], service: frame.services[frame.service[0]], operation: frame.names[frame.name[0]] },
      ...{ duration: micros(frame.duration[0]), usual_duration: usualNs === null ? null : micros(usualNs) },
    },
    services,
    culprit: culprit < 0 ? null : frame.ids[culprit],
    findings: findings.map(({ kind, words, row, tookNs }) => ({
      ...{ kind, words, span_id: frame.ids[row], duration: micros(tookNs) },
    })),
    overview,
    complete: frame.isComplete,
    ...(frame.missing === '' ? {} : { message: frame.missing }),
  }
}

function serviceTotals(frame: TraceFrame): TraceOverview['services'] {
  const totals = frame.services.map((name) => ({ name, spans: 0, errors: 0, self_time: 0, critical_time: 0 }))
  for (let row = 0; row < frame.ids.length; row += 1) {
    const one = totals[frame.service[row]]
    one.spans += 1
    one.errors += frame.flags[row] & flag.error
    one.self_time += micros(frame.self[row])
    one.critical_time += micros(frame.critical[row])
  }
  return totals
}

interface Lines {
  readonly order: TraceOrder
  readonly offset: number
  readonly limit: number
  readonly isFound: (row: number) => boolean
}

export function rowsJson(frame: TraceFrame, { order, offset, limit, isFound }: Lines): Row[] {
  const until = Math.min(offset + limit, order.rows.length)
  const rows: Row[] = []
  for (let place = offset; place < until; place += 1) rows.push(lineJson(frame, { order, place, isFound }))
  return rows
}

function lineJson(frame: TraceFrame, line: { order: TraceOrder; place: number; isFound: Lines['isFound'] }): Row {
  const { order, place, isFound } = line
  const row = order.rows[place]
  const members = Array.from({ length: order.runs[place] }, (_, at) => row + at)
  const end = members.reduce((latest, one) => Math.max(latest, frame.start[one] + frame.duration[one]), 0)
  return {
    ...{ span_id: frame.ids[row], service: frame.services[frame.service[row]] },
    ...{ operation: frame.names[frame.name[row]], depth: frame.depth[row] },
    ...{ start: micros(frame.start[row]), duration: micros(end - frame.start[row]) },
    self_time: micros(frame.self[row]),
    critical: members
      .flatMap((one) => criticalParts(frame, one))
      .slice(0, mostParts)
      .map(([from, until]) => [micros(from), micros(until)]),
    status: (frame.flags[row] & flag.error) === 0 ? 'unset' : 'error',
    marks: marksOf(frame, row),
    below: frame.end[row] - row - 1,
    linked: (frame.flags[row] & flag.linked) !== 0,
    found: members.some(isFound),
    repeats: members.length === 1 ? null : { count: members.length, p95: micros(p95Of(frame, members)) },
  }
}

/** Parts of the critical path of one line. */
const mostParts = 60

function marksOf({ flags }: TraceFrame, row: number): Mark[] {
  const marks: Mark[] = []
  if ((flags[row] & flag.slow) !== 0) marks.push('slow')
  if ((flags[row] & flag.culprit) !== 0) marks.push('culprit')
  if ((flags[row] & flag.error) !== 0) marks.push('error')
  return marks
}

function p95Of({ duration }: TraceFrame, rows: readonly number[]): number {
  const sorted = rows.map((row) => duration[row]).sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)]
}

export function spanViewJson(frame: TraceFrame, { span, row, usualNs }: SpanView): TraceSpan {
  const { trace_id: _, ...fields } = spanJson(span)
  return {
    ...fields,
    resource: { ...span.resource },
    events: span.events.map(({ timeNs, name, attributes }) => ({
      ...{ time: formatInstant(timeNs), name, attributes: { ...attributes } },
    })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      ...{ trace_id: traceId, span_id: spanId, attributes: { ...attributes } },
    })),
    ...{
      start: micros(frame.start[row]),
      self_time: micros(frame.self[row]),
      critical_time: micros(frame.critical[row]),
    },
    usual_duration: usualNs === null ? null : micros(usualNs),
    marks: marksOf(frame, row),
  }
}

export function profileJson(frame: TraceFrame, { operations, frames, calls, leftOut }: TraceProfileView): TraceProfile {
  return {
    version: frame.version,
    operations: operations.map(({ service, operation, count, errors, selfNs, criticalNs, longestNs, longest }) => ({
      ...{ service, operation, count, errors, self_time: micros(selfNs), critical_time: micros(criticalNs) },
      ...{ longest: micros(longestNs), longest_span: frame.ids[longest] },
    })),
    frames: frames.map(({ parent, depth, service, operation, count, errors, timeNs, selfNs, longest }) => ({
      ...{ parent, service, operation, depth, count, errors, time: micros(timeNs), self_time: micros(selfNs) },
      span_id: frame.ids[longest],
    })),
    calls: calls.map(({ from, to, count, errors, timeNs }) => ({ from, to, count, errors, time: micros(timeNs) })),
    left_out: leftOut,
  }
}

export function comparisonJson({ frame, other, healthy, operations, message }: ComparedTraces): TraceComparison {
  return {
    other: other === null ? null : otherJson(other),
    healthy:
      healthy === null
        ? null
        : {
            ...{ median: micros(healthy.medianNs), traces: healthy.traces, window: healthy.window },
            times: frame.duration[0] / Math.max(healthy.medianNs, 1),
          },
    operations: operations.map(({ here, there }) => comparedJson(frame, { here, there })),
    ...(message === undefined ? {} : { message }),
  }
}

function otherJson(other: TraceFrame): NonNullable<TraceComparison['other']> {
  return {
    ...{ trace_id: other.traceId, start_time: formatInstant(other.startNs) },
    ...{ service: other.services[other.service[0]], operation: other.names[other.name[0]] },
    ...{ duration: micros(other.durationNs), span_count: other.ids.length },
    error_count: other.flags.reduce((sum, bits) => sum + (bits & flag.error), 0),
  }
}

function comparedJson(
  frame: TraceFrame,
  { here, there }: { here: OperationFigures | null; there: OperationFigures | null },
): TraceComparison['operations'][number] {
  return {
    ...{ service: here?.service ?? there?.service ?? '', operation: here?.operation ?? there?.operation ?? '' },
    ...{ count: here?.count ?? 0, other_count: there?.count ?? 0 },
    ...{ self_time: micros(here?.selfNs ?? 0), other_self_time: micros(there?.selfNs ?? 0) },
    span_id: here === null ? '' : frame.ids[here.longest],
  }
}
