import { z } from 'zod'

/** `absent`: this installation carries no demo shop. */
const demoStatuses = ['absent', 'off', 'starting', 'running', 'stopping', 'removing'] as const

const fault = z.object({
  name: z.string(),
  title: z.string(),
  active: z.boolean(),
  since: z.string().nullable(),
})

/** `GET /api/demo`, and the answer of each act on it. */
export const demoStateSchema = z
  .object({
    status: z.enum(demoStatuses),
    tenant: z.string().meta({ description: 'Where its telemetry is: a tenant of its own.' }),
    has_rows: z.boolean().meta({ description: 'It has run before, and its rows have not been removed.' }),
    started_at: z.string().nullable(),
    stops_at: z.string().nullable().meta({ description: 'When it ends by itself.' }),
    processes: z.array(z.string()).meta({ description: 'Processes that are up.' }),
    faults: z.array(fault),
    may_manage: z.boolean().meta({ description: 'Whether who asks may start and stop it.' }),
    message: z.string().optional().meta({ description: 'Why the last act failed.' }),
  })
  .meta({ id: 'DemoState' })

/** `POST /api/demo/{act}` */
export const demoActSchema = z.strictObject({ act: z.enum(['start', 'stop', 'remove']) })

/** `POST /api/demo/faults/{name}` */
export const demoFaultPathSchema = z.strictObject({
  name: z.string().regex(/^[a-z-]{1,64}$/, 'expected the name of a fault'),
})
export const demoFaultSchema = z.strictObject({ active: z.boolean() }).meta({ id: 'DemoFault' })

export type DemoState = z.infer<typeof demoStateSchema>
