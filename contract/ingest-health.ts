import { z } from 'zod'

const rejection = z.object({
  reason: z.string(),
  count: z.number(),
  sample: z.string().meta({ description: 'The last rejected row of this reason in words.' }),
  last_at: z.string(),
})

/** `GET /api/ingest/health?by=sender` */
export const ingestHealthQuerySchema = z.strictObject({
  by: z
    .enum(['receiver', 'sender', 'key'])
    .default('receiver')
    .meta({ description: 'What entries are told apart by, besides tenant, signal and receiver.' }),
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
        title: z.string().meta({ description: 'The receiver as people read it.' }),
        sender: z.string().optional().meta({
          description:
            'By sender: what it calls itself (User-Agent), the job of a scrape; "other" beyond 200 names; empty: unnamed.',
        }),
        key: z
          .string()
          .optional()
          .meta({ description: 'By key: name of the access key that was shown; "other" beyond 200; empty: none.' }),
        senders: z.number().meta({ description: 'How many different senders that name themselves.' }),
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
          .object({
            received: z.number(),
            stored: z.number(),
            rejected: z.number(),
            received_course: z.array(z.number()).meta({ description: 'By steps of ten seconds, oldest first.' }),
          })
          .meta({ description: 'Rows of the last five minutes.' }),
      }),
    ),
    receivers: z
      .array(
        z.object({
          receiver: z.string(),
          title: z.string(),
          listens_at: z
            .array(z.string())
            .meta({ description: 'Ports and paths, the first first; none where it fetches.' }),
        }),
      )
      .meta({ description: 'All ways in that are open, whether something came or not.' }),
    message: z.string().optional(),
  })
  .meta({ id: 'IngestHealth' })

export type IngestHealthQuery = z.infer<typeof ingestHealthQuerySchema>
export type IngestHealth = z.infer<typeof ingestHealthSchema>
