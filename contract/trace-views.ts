import { z } from 'zod'
import { bounds } from './bounds.ts'
import { logRecordSchema } from './logs.ts'
import { correlatedMetricSchema, spanEventSchema, spanFieldsSchema, spanLinkSchema, spanMarks } from './traces.ts'

/** Rows of one window of a trace. */
const traceWindowRows = 500

const micros = (what: string) => z.number().meta({ description: `${what}, microseconds.` })
const fromStart = (what: string) => micros(`${what}, from the start of the trace`)

const finding = z
  .object({
    kind: z.enum(['repeats', 'gap', 'retry']),
    words: z.string(),
    span_id: z.string().meta({ description: 'Where to look.' }),
    duration: micros('What it took'),
  })
  .meta({ id: 'TraceFinding' })

/** `GET /api/traces/{id}/summary`: what is said of a trace before any of its rows. */
export const traceOverviewSchema = z
  .object({
    trace_id: z.string(),
    version: z.string().meta({ description: 'Changes when spans of the trace arrive.' }),
    start_time: z.string(),
    duration: micros('First start to last end'),
    span_count: z.number(),
    error_count: z.number(),
    depth: z.number().meta({ description: 'Deepest nesting; a root is at 0.' }),
    root: z
      .object({
        ...{ span_id: z.string(), service: z.string(), operation: z.string(), duration: micros('Duration') },
        usual_duration: micros('Usual 95th percentile; null where too few').nullable(),
      })
      .nullable(),
    services: z.array(
      z.object({
        ...{ name: z.string(), spans: z.number(), errors: z.number() },
        self_time: micros('Sum of self times'),
        critical_time: micros('Time that the trace waited for it'),
      }),
    ),
    culprit: z.string().nullable().meta({ description: 'Span id of the first culprit.' }),
    findings: z.array(finding),
    overview: z.array(z.array(z.tuple([z.number(), z.number(), z.number()]))).meta({
      description: 'Lanes from top to bottom; each [from, to, 0 or 1 for bad] in thousandths of the duration.',
    }),
    complete: z.boolean(),
    message: z.string().optional(),
  })
  .meta({ id: 'TraceOverview' })

const orderFields = {
  closed: z.array(z.string().max(64)).max(2000).default([]).meta({
    description: 'Spans whose children are hidden; `=ID` shows each of the equal siblings that begin with ID.',
  }),
  repeats: z
    .enum(['fold', 'show'])
    .default('fold')
    .meta({ description: 'Equal siblings without children as one row.' }),
  only: z.enum(['all', 'errors', 'critical']).default('all'),
  services: z.array(z.string().max(bounds.fieldLength)).max(100).default([]).meta({ description: 'Empty: all.' }),
  words: z.string().max(256).default('').meta({ description: 'Marks rows; in names, ids and attributes.' }),
}

/** `POST /api/traces/{id}/rows` */
export const traceRowsRequestSchema = z
  .strictObject({
    ...orderFields,
    offset: z.int().min(0).default(0),
    limit: z.int().min(1).max(traceWindowRows).default(traceWindowRows),
    around: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'A span that the window is placed around, instead of `offset`.' }),
  })
  .meta({ id: 'TraceRowsRequest' })

const traceRow = z
  .object({
    ...{ span_id: z.string(), service: z.string(), operation: z.string(), depth: z.number() },
    start: fromStart('Start'),
    duration: micros('Duration; of folded rows first start to last end'),
    self_time: micros('Duration not covered by any child'),
    critical: z
      .array(z.tuple([z.number(), z.number()]))
      .meta({ description: 'Parts on the critical path, microseconds from the start of the trace; at most 60.' }),
    status: z.enum(['unset', 'ok', 'error']),
    marks: z.array(z.enum(spanMarks)),
    below: z.number().meta({ description: 'Spans below it.' }),
    linked: z.boolean().meta({ description: 'It takes up work of another trace and nobody waits for it.' }),
    found: z.boolean(),
    repeats: z
      .object({ count: z.number(), p95: micros('95th percentile of the durations') })
      .nullable()
      .meta({ description: 'Equal siblings that this row stands for.' }),
  })
  .meta({ id: 'TraceRow' })

export const traceRowsAnswerSchema = z
  .object({
    version: z.string(),
    total: z.number().meta({ description: 'Rows in this order.' }),
    found: z.number().meta({ description: 'Rows with the words.' }),
    offset: z.number(),
    around: z.number().nullable().meta({ description: 'Row of the span asked for, or of what hides it.' }),
    rows: z.array(traceRow),
  })
  .meta({ id: 'TraceRowsAnswer' })

/** `POST /api/traces/{id}/seek`: the next row that fits, around the end. */
export const traceSeekRequestSchema = z
  .strictObject({
    ...orderFields,
    from: z.string().max(64).optional().meta({ description: 'Span to start from; left out: before the first row.' }),
    step: z.union([z.literal(1), z.literal(-1)]).default(1),
    what: z.enum(['row', 'critical', 'error', 'found']),
  })
  .meta({ id: 'TraceSeekRequest' })

export const traceSeekAnswerSchema = z
  .object({ row: z.number(), span_id: z.string() })
  .nullable()
  .meta({ id: 'TraceSeekAnswer', description: 'Null where no row fits.' })

export const traceSpanPathSchema = z.strictObject({ id: z.string().min(1).max(64), span: z.string().min(1).max(64) })

/** `GET /api/traces/{id}/spans/{span}` */
export const traceSpanAnswerSchema = z
  .object({
    ...spanFieldsSchema,
    ...{ resource: z.record(z.string(), z.string()), events: z.array(spanEventSchema), links: z.array(spanLinkSchema) },
    start: fromStart('Start'),
    ...{ self_time: micros('Self time'), critical_time: micros('Time that the trace waited for it') },
    usual_duration: micros('Usual 95th percentile; null where too few').nullable(),
    marks: z.array(z.enum(spanMarks)),
  })
  .meta({ id: 'TraceSpan' })

/** `GET /api/traces/{id}/context`: what else happened meanwhile. */
export const traceContextSchema = z
  .object({
    correlated_logs: z.array(logRecordSchema),
    correlated_metrics: z.array(correlatedMetricSchema),
    message: z.string().optional(),
  })
  .meta({ id: 'TraceContext' })

const operation = z
  .object({
    ...{ service: z.string(), operation: z.string(), count: z.number(), errors: z.number() },
    self_time: micros('Sum of self times'),
    critical_time: micros('Time that the trace waited for it'),
    longest: micros('Longest span'),
    longest_span: z.string(),
  })
  .meta({ id: 'TraceOperation' })

const flameFrame = z
  .object({
    parent: z.number().meta({ description: 'Place of the frame above in this list; -1 for the top.' }),
    ...{ service: z.string(), operation: z.string(), depth: z.number(), count: z.number(), errors: z.number() },
    time: micros('Self times of the frame and all below'),
    self_time: micros('Sum of self times'),
    span_id: z.string().meta({ description: 'Its longest span.' }),
  })
  .meta({ id: 'TraceFlameFrame' })

/** `GET /api/traces/{id}/profile`: where the time went, by operation, by path and between services. */
export const traceProfileSchema = z
  .object({
    version: z.string(),
    operations: z.array(operation).meta({ description: 'Most self time first, at most 1,000.' }),
    frames: z.array(flameFrame).meta({ description: 'Paths of operations, parents before children, at most 2,000.' }),
    calls: z
      .array(
        z.object({
          from: z.string(),
          to: z.string(),
          count: z.number(),
          errors: z.number(),
          time: micros('Sum of durations'),
        }),
      )
      .meta({ description: 'Spans of one service under a span of another, at most 500.' }),
    left_out: z.number().meta({ description: 'Operations, paths and calls beyond these bounds.' }),
  })
  .meta({ id: 'TraceProfile' })

/** `GET /api/traces/{id}/compare?with=healthy` or `with=` another trace id. */
export const traceCompareQuerySchema = z.strictObject({ with: z.string().min(1).max(64).default('healthy') })

const comparedOperation = z
  .object({
    ...{ service: z.string(), operation: z.string(), count: z.number(), other_count: z.number() },
    self_time: micros('Sum of self times'),
    other_self_time: micros('The same in the other trace'),
    span_id: z.string().meta({ description: 'Its longest span here; empty where there is none.' }),
  })
  .meta({ id: 'ComparedOperation' })

export const traceComparisonSchema = z
  .object({
    other: z
      .object({
        ...{ trace_id: z.string(), start_time: z.string(), service: z.string(), operation: z.string() },
        ...{ duration: micros('Duration'), span_count: z.number(), error_count: z.number() },
      })
      .nullable()
      .meta({ description: 'Null where none is known that is like it.' }),
    healthy: z
      .object({
        ...{ median: micros('Median of their root spans'), traces: z.number(), window: z.string() },
        times: z.number().meta({ description: 'Root duration of this trace over the median.' }),
      })
      .nullable(),
    operations: z.array(comparedOperation).meta({ description: 'Largest difference of self time first, at most 200.' }),
    message: z.string().optional(),
  })
  .meta({ id: 'TraceComparison' })

export type TraceOverview = z.infer<typeof traceOverviewSchema>
export type TraceRowsRequest = z.input<typeof traceRowsRequestSchema>
export type TraceRowsAnswer = z.infer<typeof traceRowsAnswerSchema>
export type TraceSeekRequest = z.input<typeof traceSeekRequestSchema>
export type TraceSeekAnswer = z.infer<typeof traceSeekAnswerSchema>
export type TraceSpan = z.infer<typeof traceSpanAnswerSchema>
export type TraceContext = z.infer<typeof traceContextSchema>
export type TraceProfile = z.infer<typeof traceProfileSchema>
export type TraceComparison = z.infer<typeof traceComparisonSchema>
