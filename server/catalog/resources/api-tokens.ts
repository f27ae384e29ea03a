import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { asc, eq } from 'drizzle-orm'
import type { TenantId } from '../../model/tenant.ts'
import { CatalogRefusal, type ResourceContext } from '../database.ts'
import { apiTokens } from '../tables.ts'
import { record } from './audit-records.ts'

/** What a token is good for. `admin` includes the other two. */
export type Right = 'ingest' | 'query' | 'admin'

export interface ApiToken {
  readonly id: number
  readonly name: string
  /** Null: every tenant. */
  readonly tenant: TenantId | null
  readonly rights: readonly Right[]
  readonly createdMs: number
  /** Unix ms; null: never. */
  readonly expiresMs: number | null
  readonly createdBy: string
}

export interface ApiTokenDraft {
  readonly name: string
  readonly tenant: TenantId | null
  readonly rights: readonly Right[]
  readonly expiresMs?: number | null
}

/** The keys of senders and programs. `by` is the name of the principal, for the audit record. */
export interface ApiTokens {
  list(): Promise<readonly ApiToken[]>
  /** `secret` is the token itself: it is shown this once and cannot be read again. */
  create(draft: ApiTokenDraft, by: string): Promise<{ secret: string; token: ApiToken }>
  /** The token that this text is, expired ones too; undefined for any other text. Compared in constant time. */
  find(text: string): Promise<ApiToken | undefined>
  revoke(id: number, by: string): Promise<boolean>
}

/** Begins every token of Sightline; marks it for secret scanners. */
export const tokenPrefix = 'slt_'
/** 12 hex digits find the row; 32 random bytes are the secret. */
const tokenShape = /^slt_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/

export function apiTokensOf(context: ResourceContext): ApiTokens {
  return {
    list: async () => (await context.database().select().from(apiTokens).orderBy(asc(apiTokens.id))).map(asToken),
    create: (draft, by) => createToken(context, draft, by),
    find: (text) => findToken(context, text),
    revoke: async (id, by) =>
      context.database().transaction(async (transaction) => {
        const [row] = await transaction.delete(apiTokens).where(eq(apiTokens.id, id)).returning()
        if (row === undefined) return false
        const act = { principal: by, action: 'token.revoke', subject: row.name, detail: { id } }
        await record(transaction, context.clock.nowMs(), act)
        return true
      }),
  }
}

async function createToken(
  context: ResourceContext,
  draft: ApiTokenDraft,
  by: string,
): Promise<{ secret: string; token: ApiToken }> {
  if (draft.name.trim() === '' || draft.rights.length === 0)
    throw new CatalogRefusal('a token needs a name and at least one right of ingest, query, admin')
  const lookup = randomBytes(6).toString('hex')
  const secret = `${tokenPrefix}${lookup}_${randomBytes(32).toString('base64url')}`
  const { name, rights, expiresMs = null } = draft
  const values = { name, rights: [...rights], expiresMs, lookup, hash: sha256(secret), tenantId: draft.tenant }
  const row = await context.database().transaction(async (transaction) => {
    const createdMs = context.clock.nowMs()
    const [added] = await transaction
      .insert(apiTokens)
      .values({ ...values, createdMs, createdBy: by })
      .returning()
    const detail = { id: added.id, tenant: draft.tenant, rights, expiresMs }
    await record(transaction, createdMs, { principal: by, action: 'token.create', subject: name, detail })
    return added
  })
  return { secret, token: asToken(row) }
}

async function findToken(context: ResourceContext, text: string): Promise<ApiToken | undefined> {
  const lookup = tokenShape.exec(text)?.[1]
  if (lookup === undefined) return undefined
  const [row] = await context.database().select().from(apiTokens).where(eq(apiTokens.lookup, lookup))
  if (row === undefined || !timingSafeEqual(row.hash, sha256(text))) return undefined
  return asToken(row)
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function asToken(row: typeof apiTokens.$inferSelect): ApiToken {
  const { id, name, rights, createdMs, expiresMs, createdBy } = row
  return { id, name, rights, createdMs, expiresMs, createdBy, tenant: row.tenantId as TenantId | null }
}
