import type { Clock } from '../../runtime/clock.ts'
import { badQuestion } from '../faults.ts'
import type { Signal } from '../fields/named-field.ts'
import { parseDurationMs, rangeSeconds, resolveTimeRange } from '../time/time-range.ts'
import type { SettledQuestion, UnifiedQuestion } from './question.ts'

/** Names that only one signal has; they settle which one is meant. */
const namesOfSignals: Readonly<Record<Signal, ReadonlySet<string>>> = {
  traces: new Set([
    ...['latency', 'duration', 'error_rate', 'error', 'endpoint', 'route', 'operation', 'span_name'],
    ...['kind', 'span_kind', 'parent_span_id', 'status_message'],
  ]),
  logs: new Set(['level', 'severity', 'severity_number', 'message', 'body', 'event_name']),
  metrics: new Set(['metric', 'metric_name', '__name__', 'value']),
}

/** Most steps of one answer. */
const maxSteps = 11_000

/**
 * Settles range, step and signal. Throws BadQuestion: fields of two signals in one question, a signal that the fields
 * do not fit, a step that is none, too many steps.
 */
export function settleQuestion(question: UnifiedQuestion, clock: Clock): SettledQuestion {
  const range = resolveTimeRange(question.timeRange, { nowMs: clock.nowMs(), path: 'time_range' })
  const seconds = rangeSeconds(range)
  const stepSeconds = question.interval === undefined ? undefined : settledStep(question.interval, seconds)
  if (question.aggregations.length === 0 && (question.groupBy.length > 0 || stepSeconds !== undefined))
    throw badQuestion('aggregations', 'expected at least one with `group_by` or `interval`, e.g. {"function": "count"}')
  return {
    ...question,
    settledSignal: settledSignal(question),
    range,
    rangeSeconds: seconds,
    ...(stepSeconds === undefined ? {} : { stepSeconds }),
  }
}

function settledStep(interval: string, seconds: number): number {
  const stepMs = parseDurationMs(interval)
  if (stepMs === null || stepMs < 1000)
    throw badQuestion('interval', `${JSON.stringify(interval)} is not a length like 30s, 1m, 1h of at least a second`)
  if (seconds / (stepMs / 1000) > maxSteps)
    throw badQuestion('interval', `expected at most ${maxSteps} steps in the range; take a longer interval`)
  return stepMs / 1000
}

function settledSignal(question: UnifiedQuestion): Signal {
  const named = fieldPaths(question)
  let settled = question.metrics === undefined ? question.signal : 'metrics'
  let because = question.metrics === undefined ? 'signal' : 'metrics'
  if (question.metrics !== undefined && question.signal !== undefined && question.signal !== 'metrics')
    throw badQuestion('signal', `expected "metrics" beside \`metrics\`, not ${JSON.stringify(question.signal)}`)
  for (const [path, name] of named) {
    const of = (Object.keys(namesOfSignals) as Signal[]).find((signal) => namesOfSignals[signal].has(name))
    if (of === undefined || of === settled) continue
    // A label may have any name; only the fields of samples are fixed.
    if (settled === 'metrics' && !path.startsWith('aggregations')) continue
    if (settled !== undefined)
      throw badQuestion(
        path,
        `${name} is a field of ${of}, but ${because} asks for ${settled}; ask one signal at a time`,
      )
    settled = of
    because = path
  }
  return settled ?? 'traces'
}

function fieldPaths(question: UnifiedQuestion): readonly (readonly [path: string, name: string])[] {
  return [
    ...question.filters.map((one, i) => [`filters[${i}].field`, one.field] as const),
    ...question.aggregations.flatMap((one, i) =>
      one.field === undefined ? [] : [[`aggregations[${i}].field`, one.field] as const],
    ),
    ...question.groupBy.map((name, i) => [`group_by[${i}]`, name] as const),
  ]
}
