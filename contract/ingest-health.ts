import { z } from 'zod'

const rejection = z.object({
  reason: z.string(),
  count: z.number(),
  sample: z.string().meta({ description: 'The last rejected row of this reason in words.' }),
  last_at: z.string(),
})

/** `GET /api/ingest/health`: what became of every row since this process started. */
export const ingestHealthSchema = z
  .object({
    holds: z.boolean().meta({ description: 'received = stored + rejected + waiting holds in every entry.' }),
    entries: z.array(
      z.object({
        tenant: z.string(),
        signal: z.enum(['metrics', 'logs', 'traces']),
        receiver: z.string(),
        received: z.number(),
        received_bytes: z.number(),
        stored: z.number(),
        waiting: z
          .number()
          .meta({ description: 'In the journal or on the way to it: durable or not yet acknowledged.' }),
        rejected: z.number(),
        rejections: z.array(rejection),
        holds: z.boolean(),
        last_received_at: z.string().nullable(),
        lately: z
          .object({ received: z.number(), stored: z.number(), rejected: z.number() })
          .meta({ description: 'Rows of the last five minutes.' }),
      }),
    ),
    message: z.string().optional(),
  })
  .meta({ id: 'IngestHealth' })

export type IngestHealth = z.infer<typeof ingestHealthSchema>
