import { asc, eq } from 'drizzle-orm'
import { builtInTenants, type TenantId } from '../../model/tenant.ts'
import { CatalogRefusal, NameTaken, type ResourceContext } from '../database.ts'
import { tenants } from '../tables.ts'
import { record } from './audit-records.ts'
import {
  type LimitOverrides,
  limitOverridesSchema,
  type RetentionOverrides,
  retentionOverridesSchema,
} from './tenant-overrides.ts'

export interface Tenant {
  readonly id: TenantId
  readonly name: string
  readonly createdMs: number
  readonly retention: RetentionOverrides
  readonly limits: LimitOverrides
}

/** What may be said about a tenant. */
export interface TenantDraft {
  readonly name: string
  readonly retention?: RetentionOverrides
  readonly limits?: LimitOverrides
}

/** The tenants. `by` is the name of the principal, for the audit record. */
export interface Tenants {
  list(): Promise<readonly Tenant[]>
  /** Throws: NameTaken; CatalogRefusal where the name or an override is not valid. */
  create(draft: TenantDraft, by: string): Promise<Tenant>
  /** Replaces the overrides. Undefined where there is no such tenant. */
  update(id: TenantId, overrides: Omit<TenantDraft, 'name'>, by: string): Promise<Tenant | undefined>
  /** Forgets the tenant and its tokens; its rows stay in the store until they expire. The built-in ones stay. */
  remove(id: TenantId, by: string): Promise<boolean>
}

/** Letters, digits and `_ . -`, at most 150 of them: what Loki, Mimir and Tempo allow, less the odd signs. */
const tenantName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,149}$/

export function tenantsOf(context: ResourceContext): Tenants {
  return {
    list: async () => (await context.database().select().from(tenants).orderBy(asc(tenants.id))).map(asTenant),
    create: (draft, by) => createTenant(context, draft, by),
    update: (id, overrides, by) => updateTenant(context, { id, ...overrides }, by),
    remove: (id, by) => removeTenant(context, id, by),
  }
}

async function createTenant(context: ResourceContext, draft: TenantDraft, by: string): Promise<Tenant> {
  if (!tenantName.test(draft.name))
    throw new CatalogRefusal(
      `${JSON.stringify(draft.name)} cannot be a tenant's name: expected 1 to 150 letters, digits, "_", "." or "-", the first a letter or digit`,
    )
  const overrides = checked(draft)
  const row = await context.database().transaction(async (transaction) => {
    const values = { name: draft.name, createdMs: context.clock.nowMs(), ...overrides }
    const [added] = await transaction.insert(tenants).values(values).onConflictDoNothing().returning()
    if (added === undefined) throw new NameTaken(`there is a tenant called ${draft.name} already`)
    const act = { principal: by, action: 'tenant.create', subject: draft.name, detail: overrides }
    await record(transaction, values.createdMs, act)
    return added
  })
  await context.changed()
  return asTenant(row)
}

async function updateTenant(
  context: ResourceContext,
  change: Omit<TenantDraft, 'name'> & { id: TenantId },
  by: string,
): Promise<Tenant | undefined> {
  const overrides = checked(change)
  const row = await context.database().transaction(async (transaction) => {
    const [updated] = await transaction.update(tenants).set(overrides).where(eq(tenants.id, change.id)).returning()
    if (updated === undefined) return undefined
    const act = { principal: by, action: 'tenant.update', subject: updated.name, detail: overrides }
    await record(transaction, context.clock.nowMs(), act)
    return updated
  })
  await context.changed()
  return row === undefined ? undefined : asTenant(row)
}

async function removeTenant(context: ResourceContext, id: TenantId, by: string): Promise<boolean> {
  const builtIn = builtInTenants.find((tenant) => tenant.id === id)
  if (builtIn !== undefined) throw new CatalogRefusal(`the tenant ${builtIn.name} is built in and stays`)
  const removed = await context.database().transaction(async (transaction) => {
    const [row] = await transaction.delete(tenants).where(eq(tenants.id, id)).returning()
    if (row === undefined) return false
    const act = { principal: by, action: 'tenant.remove', subject: row.name }
    await record(transaction, context.clock.nowMs(), act)
    return true
  })
  await context.changed()
  return removed
}

function checked(draft: Omit<TenantDraft, 'name'>): { retention: RetentionOverrides; limits: LimitOverrides } {
  const retention = retentionOverridesSchema.safeParse(draft.retention ?? {})
  const limits = limitOverridesSchema.safeParse(draft.limits ?? {})
  const issue = retention.error?.issues[0] ?? limits.error?.issues[0]
  if (issue !== undefined) {
    const section = retention.success ? 'limits' : 'retention'
    throw new CatalogRefusal(`${[section, ...issue.path].join('.')}: ${issue.message}`)
  }
  return { retention: retention.data ?? {}, limits: limits.data ?? {} }
}

function asTenant(row: typeof tenants.$inferSelect): Tenant {
  return { ...row, id: row.id as TenantId }
}
