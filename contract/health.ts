import { z } from 'zod'

/** `GET /readyz`: 200 where all parts are ready, else 503. */
export const readinessSchema = z
  .object({
    ready: z.boolean(),
    parts: z.array(z.object({ name: z.string(), ready: z.boolean(), detail: z.string().optional() })),
  })
  .meta({ id: 'Readiness' })

/** `GET /healthz`: 200 while the process answers at all. */
export const livenessSchema = z.object({ alive: z.literal(true) }).meta({ id: 'Liveness' })

export type Readiness = z.infer<typeof readinessSchema>
