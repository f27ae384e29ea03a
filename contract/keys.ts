import { z } from 'zod'

const key = z
  .object({
    id: z.number(),
    name: z.string(),
    rights: z.array(z.enum(['ingest', 'query', 'admin'])),
    created_at: z.string(),
    created_by: z.string(),
    expires_at: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' })

/** `GET /api/keys`: the keys of the tenant, without their secrets. */
export const keysSchema = z
  .object({
    keys: z.array(key),
    may_manage: z.boolean().meta({ description: 'Whether who asks may make and revoke them.' }),
  })
  .meta({ id: 'ApiKeys' })

/** `POST /api/keys`: a key with which senders of the tenant may send, and nothing else. */
export const keyRequestSchema = z
  .strictObject({ name: z.string().trim().min(1).max(100) })
  .meta({ id: 'ApiKeyRequest' })

export const newKeySchema = z
  .object({ key, secret: z.string().meta({ description: 'The key itself; it is shown this once.' }) })
  .meta({ id: 'NewApiKey' })

/** `DELETE /api/keys/{id}` */
export const keyPathSchema = z.strictObject({ id: z.coerce.number().int().min(1).max(2_147_483_647) })
export const revokedKeySchema = z.object({ revoked: z.boolean() }).meta({ id: 'RevokedApiKey' })

export type ApiKeys = z.infer<typeof keysSchema>
export type NewApiKey = z.infer<typeof newKeySchema>
