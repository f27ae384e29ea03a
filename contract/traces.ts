import { z } from 'zod'
import { bounds } from './bounds.ts'
import { filtersSchema } from './filter.ts'
import { logRecordSchema } from './logs.ts'
import { resolvedRangeSchema, timeRangeSchema } from './time-range.ts'

const spanKinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const spanStatuses = ['unset', 'ok', 'error'] as const
/** Marks of a span; the rules stand in docs/marks.md. */
export const spanMarks = ['slow', 'culprit', 'error'] as const

const micros = (what: string) => z.number().meta({ description: `${what}, microseconds.` })
const tags = z.record(z.string(), z.string())

/** `POST /api/traces/search`: traces with at least one span that passes all filters. */
export const traceSearchRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    filters: filtersSchema.default([]),
    order: z.enum(['newest', 'slowest']).default('newest'),
    limit: z.int().min(1).max(bounds.limit).default(20),
  })
  .meta({ id: 'TraceSearchRequest' })

const traceSummary = z
  .object({
    trace_id: z.string(),
    start_time: z.string(),
    duration: micros('First start to last end of the stored spans'),
    root_service: z.string(),
    root_operation: z.string(),
    services: z.array(z.string()),
    span_count: z.number(),
    error_count: z.number(),
    matched_spans: z.number().meta({ description: 'Spans of the trace that passed the filters.' }),
    longest_match: z
      .object({ span_id: z.string(), service: z.string(), operation: z.string(), duration: micros('Duration') })
      .meta({ description: 'The longest of the matching spans.' }),
  })
  .meta({ id: 'TraceSummary' })

export const traceSearchAnswerSchema = z
  .object({
    time_range: resolvedRangeSchema,
    traces: z.array(traceSummary),
    truncated: z.boolean(),
    message: z.string().optional(),
  })
  .meta({ id: 'TraceSearchAnswer' })

export const spanFieldsSchema = {
  span_id: z.string(),
  parent_span_id: z.string().meta({ description: 'Empty for a root span.' }),
  operation: z.string().meta({ description: 'Span name.' }),
  service: z.string(),
  start_time: z.string(),
  duration: micros('Duration'),
  kind: z.enum(spanKinds),
  status: z.enum(spanStatuses),
  status_message: z.string(),
  tags: tags.meta({ description: 'Span attributes as stored, never renamed.' }),
}

/** One span as `POST /api/query` lists it. */
export const spanRecordSchema = z.object({ trace_id: z.string(), ...spanFieldsSchema }).meta({ id: 'SpanRecord' })

export const spanEventSchema = z.object({ time: z.string(), name: z.string(), attributes: tags })
export const spanLinkSchema = z.object({ trace_id: z.string(), span_id: z.string(), attributes: tags })

const flatSpan = z.object({
  ...spanFieldsSchema,
  resource: tags.meta({ description: 'Attributes of what produced the span.' }),
  self_time: micros('Duration not covered by any child'),
  critical_time: micros('Time during which the trace waited for this span itself'),
  usual_duration: micros('Usual 95th percentile of spans of this service and name; null where too few').nullable(),
  marks: z.array(z.enum(spanMarks)),
  events: z.array(spanEventSchema),
  links: z.array(spanLinkSchema),
})

/** A span with its children, in order of start. */
export interface SpanNode extends z.infer<typeof flatSpan> {
  children: SpanNode[]
}

const spanNode: z.ZodType<SpanNode> = flatSpan.extend({
  get children() {
    return z.array(spanNode)
  },
})
spanNode.register(z.globalRegistry, { id: 'SpanNode' })

export const correlatedMetricSchema = z
  .object({
    metric: z.string(),
    value: z.number(),
    max_value: z
      .number()
      .nullable()
      .meta({ description: 'The limit that the value runs against; null where none is known.' }),
    timestamp: z.string(),
    service: z.string(),
    labels: tags,
    reason: z.string().meta({ description: 'The rule that chose this metric, in words.' }),
    warning: z.boolean().meta({ description: 'The value is near its limit, by the rule in docs/marks.md.' }),
  })
  .meta({ id: 'CorrelatedMetric' })

/** `GET /api/traces/{id}`; the `correlated_…` lists are there with `correlate=true`. */
export const traceAnswerSchema = z
  .object({
    trace_id: z.string(),
    start_time: z.string(),
    duration: micros('First start to last end'),
    span_count: z.number(),
    services: z.array(z.string()),
    spans: z
      .array(spanNode)
      .meta({ description: 'Root spans, children nested; a span whose parent is not stored is a root.' }),
    complete: z
      .boolean()
      .meta({ description: 'False where a parent is missing or the trace has more spans than one answer holds.' }),
    message: z.string().optional(),
    correlated_logs: z.array(logRecordSchema).optional(),
    correlated_metrics: z.array(correlatedMetricSchema).optional(),
  })
  .meta({ id: 'TraceAnswer' })

export const tracePathSchema = z.strictObject({ id: z.string().min(1).max(64) })
export const traceQuerySchema = z.strictObject({ correlate: z.enum(['true', 'false']).default('false') })

/** `GET /traces?trace_id=` */
export const tracePageQuerySchema = z.strictObject({
  trace_id: z.string().min(1).max(64).optional(),
  format: z.enum(['json', 'text']).optional(),
})

export type TraceSearchAnswer = z.infer<typeof traceSearchAnswerSchema>
export type TraceAnswer = z.infer<typeof traceAnswerSchema>

/** `POST /api/traces/exceptions`: exceptions that spans recorded, by service and type. */
export const traceExceptionsRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    filters: filtersSchema.default([]),
    limit: z.int().min(1).max(bounds.filters).default(20),
  })
  .meta({ id: 'TraceExceptionsRequest' })

const exception = z
  .object({
    service: z.string(),
    type: z.string().meta({ description: '`exception.type`; empty where the span did not say it.' }),
    count: z.number(),
    escaped: z.number().meta({ description: 'Of these, how many ended their span (`exception.escaped`).' }),
    first_seen: z.string().meta({ description: 'In the range.' }),
    last_seen: z.string(),
    newest: z
      .object({ message: z.string(), trace_id: z.string(), span_id: z.string(), operation: z.string() })
      .meta({ description: 'The last of them; of its message the first 500 characters.' }),
  })
  .meta({ id: 'TraceException' })

export const traceExceptionsSchema = z
  .object({
    time_range: resolvedRangeSchema,
    exceptions: z.array(exception).meta({ description: 'Those that came most often first.' }),
    truncated: z.boolean().meta({ description: 'More were there than `limit`.' }),
    message: z.string().optional(),
  })
  .meta({ id: 'TraceExceptions' })

export type TraceExceptionsRequest = z.input<typeof traceExceptionsRequestSchema>
export type TraceExceptions = z.infer<typeof traceExceptionsSchema>
