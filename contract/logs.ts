import { z } from 'zod'
import { bounds } from './bounds.ts'
import { resolvedRangeSchema, timeRangeParameter } from './time-range.ts'

/** Levels of a log record, from its severity number where it has one, else from its severity text. */
const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'UNSET'] as const

export const logRecordSchema = z
  .object({
    timestamp: z.string(),
    level: z.enum(logLevels),
    service: z.string(),
    message: z.string().meta({ description: 'The body as received.' }),
    trace_id: z.string().meta({ description: 'Empty where the record has none.' }),
    span_id: z.string(),
    attributes: z.record(z.string(), z.string()),
  })
  .meta({ id: 'LogRecord' })

/** `GET /logs?service=&level=&time=&trace_id=` */
export const logsQuerySchema = z.strictObject({
  service: z.string().min(1).max(bounds.fieldLength).optional(),
  level: z.string().min(1).max(32).optional().meta({
    description:
      'This level and those above it: trace, debug, info, warn, error, fatal. Several exact ones: `info,warn`.',
  }),
  time: timeRangeParameter
    .optional()
    .meta({ description: 'Left out: the last hour, with `trace_id` the time of the trace.' }),
  trace_id: z.string().min(1).max(64).optional(),
  text: z
    .string()
    .min(1)
    .max(bounds.stringLength)
    .optional()
    .meta({ description: 'Text in the message, in any case.' }),
  limit: z.coerce.number().int().min(1).max(bounds.limit).default(100),
  format: z.enum(['json', 'text']).optional(),
})

export const logsAnswerSchema = z
  .object({
    time_range: resolvedRangeSchema,
    logs: z.array(logRecordSchema).meta({ description: 'Newest first; with `trace_id` in order of time.' }),
    context: z
      .array(logRecordSchema)
      .meta({ description: 'With `trace_id` and `level`: the other records of the same trace and service.' }),
    truncated: z.boolean(),
    message: z.string().optional(),
  })
  .meta({ id: 'LogsAnswer' })

export type LogsQuery = z.infer<typeof logsQuerySchema>
export type LogRecord = z.infer<typeof logRecordSchema>
export type LogsAnswer = z.infer<typeof logsAnswerSchema>
