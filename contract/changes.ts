import { z } from 'zod'
import { filtersSchema } from './filter.ts'
import { resolvedRangeSchema, timeRangeSchema } from './time-range.ts'

/** What can be said of a service. `none`: nothing to compare with. */
const judgements = ['bad', 'watch', 'mended', 'usual', 'new', 'none'] as const
const changeKinds = ['latency', 'errors', 'rate', 'gone', 'new', 'deploy'] as const

/** `POST /api/changes` */
export const changesRequestSchema = z
  .strictObject({
    time_range: timeRangeSchema,
    filters: filtersSchema.default([]).meta({ description: 'On spans, as in `POST /api/query`.' }),
  })
  .meta({ id: 'ChangesRequest' })

const change = z
  .object({
    kind: z.enum(changeKinds),
    service: z.string(),
    judgement: z.enum(judgements),
    at: z.string().meta({ description: 'Since when it is true.' }),
    until: z.string().nullable().meta({ description: 'When it was over; null: it goes on, or was a moment.' }),
    value: z.number().nullable().meta({
      description: 'Microseconds for `latency`, a share (0 to 1) for `errors`, requests per second for `rate`, `gone`.',
    }),
    usual: z.number().nullable(),
    version: z.string().optional().meta({ description: 'Of a deploy: `service.version` that came.' }),
    previous: z.string().optional().meta({ description: 'The version seen before it.' }),
  })
  .meta({ id: 'Change' })

const figures = z.object({
  request_count: z.number(),
  request_rate: z.number().meta({ description: 'Per second since the first span of the range.' }),
  error_rate: z.number().meta({ description: '0 to 1.' }),
  latency: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).meta({ description: 'Microseconds.' }),
})

const usual = z.object({
  p95: z.number().meta({ description: 'Microseconds.' }),
  error_rate: z.number(),
  request_rate: z.number(),
  window: z.string().meta({ description: 'Which time it was taken from, in words.' }),
})

const seenVersion = z.object({
  version: z.string(),
  first_seen: z.string().meta({ description: 'In the range or the time looked at before it.' }),
  last_seen: z.string(),
  since: z.string().meta({ description: 'When it took over the last time.' }),
  span_count: z.number(),
})

const serviceState = z
  .object({
    service: z.string(),
    judgement: z.enum(judgements),
    claim: change.nullable().meta({ description: 'The worst that is true now, else the last that was.' }),
    now: figures.nullable().meta({ description: 'Over the whole range; null where it served no request.' }),
    usual: usual.nullable(),
    requests: z.array(z.number()).meta({ description: 'Requests per second by step; empty where there were none.' }),
    errors: z.array(z.number().nullable()).meta({ description: 'Share of failed requests by step.' }),
    p95: z.array(z.number().nullable()).meta({ description: 'Microseconds by step.' }),
    versions: z
      .array(seenVersion)
      .meta({ description: 'By `service.version`: those that still serve first, of them the newest first.' }),
  })
  .meta({ id: 'ServiceState' })

export const changesAnswerSchema = z
  .object({
    time_range: resolvedRangeSchema,
    steps: z.object({ start: z.string(), seconds: z.number(), count: z.number() }),
    services: z.array(serviceState),
    stories: z
      .array(z.object({ head: change, changes: z.array(change) }))
      .meta({ description: 'Changes that belong together by who calls whom and by time; worst first.' }),
    duration_error: z.number().meta({
      description: 'Share by which durations may be off: 0.022 where they come from counted minutes, else 0.',
    }),
    message: z.string().optional(),
  })
  .meta({ id: 'Changes' })

export type ChangesAnswer = z.infer<typeof changesAnswerSchema>
export type ServiceStateAnswer = ChangesAnswer['services'][number]
export type ChangeAnswer = ChangesAnswer['stories'][number]['head']
