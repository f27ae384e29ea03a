import { z } from 'zod'
import { resolvedRangeSchema, timeRangeParameter } from './time-range.ts'

/** What stands at a node: a service that sends spans, or a peer known only from the spans of its callers. */
const nodeTypes = ['service', 'database', 'messaging', 'external'] as const

const figures = {
  request_rate: z.number().meta({ description: 'Requests per second over the range.' }),
  error_rate: z.number().meta({ description: 'Share of failed requests, 0 to 1.' }),
  avg_latency: z.number().meta({ description: 'Milliseconds.' }),
}

/** `GET /api/service-map?time_range=` */
export const serviceMapQuerySchema = z.strictObject({
  time_range: timeRangeParameter.default('1h'),
  service: z.string().min(1).max(256).optional().meta({ description: 'Only this service and its direct neighbours.' }),
})

export const serviceMapAnswerSchema = z
  .object({
    time_range: resolvedRangeSchema,
    services: z.array(z.object({ name: z.string(), type: z.enum(nodeTypes), metrics: z.object(figures) })),
    dependencies: z.array(z.object({ source: z.string(), target: z.string(), ...figures, request_count: z.number() })),
    message: z.string().optional(),
  })
  .meta({ id: 'ServiceMap' })

export type ServiceMapAnswer = z.infer<typeof serviceMapAnswerSchema>
