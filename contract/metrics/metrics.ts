import { z } from 'zod'
import { bounds } from '../bounds.ts'
import { resolvedRangeSchema, timeRangeParameter } from '../time-range.ts'

/** `GET /metrics?service=&timerange=`; without `service` it is the platform's own exposition. */
export const metricsQuerySchema = z.strictObject({
  service: z.string().min(1).max(bounds.fieldLength).optional(),
  timerange: timeRangeParameter.optional().meta({ description: 'Left out: the last hour.' }),
  format: z.enum(['json', 'text']).optional(),
})

const latency = z.object({
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
})

const usual = z.object({
  p95: z.number(),
  error_rate: z.number(),
  window: z.string().meta({ description: 'Which time it was taken from, in words.' }),
})

/** Rate, errors and durations of one service, and the resources near their limit. Latencies in microseconds. */
export const serviceMetricsSchema = z
  .object({
    service: z.string(),
    time_range: resolvedRangeSchema,
    request_count: z.number(),
    request_rate: z.number().meta({ description: 'Requests per second over the range.' }),
    latency: latency.nullable().meta({ description: 'Null where there were no requests.' }),
    error_rate: z.number().nullable().meta({ description: 'Share of failed requests, 0 to 1.' }),
    usual: usual.nullable().meta({ description: 'What the marks compare with; null where too little is stored.' }),
    warnings: z.array(z.enum(['latency', 'error_rate'])),
    endpoints: z.array(
      z.object({
        endpoint: z.string(),
        request_count: z.number(),
        error_rate: z.number(),
        latency,
        usual: usual.nullable(),
      }),
    ),
    resources: z.array(
      z.object({
        name: z.string().meta({ description: 'For people, e.g. `Database connections`.' }),
        service: z.string().meta({ description: 'Whose resource: the service itself or one that it calls.' }),
        metric: z.string(),
        value: z.number(),
        max_value: z.number().nullable(),
        timestamp: z.string(),
        warning: z.boolean(),
        reason: z.string(),
        labels: z.record(z.string(), z.string()),
      }),
    ),
    message: z.string().optional(),
  })
  .meta({ id: 'ServiceMetrics' })

export type ServiceMetrics = z.infer<typeof serviceMetricsSchema>
