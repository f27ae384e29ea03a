import { and, asc, count, eq } from 'drizzle-orm'
import type { TenantId } from '../../model/tenant.ts'
import { CatalogRefusal, type ResourceContext } from '../database.ts'
import { logPipelines } from '../tables.ts'
import { record } from './audit-records.ts'

/** A pipeline as it is kept. The caller judges `definition` when it reads it: it is plain JSON. */
export interface KeptPipeline {
  readonly tenant: TenantId
  readonly name: string
  readonly definition: unknown
  readonly changedMs: number
  readonly changedBy: string
}

/** Where a pipeline is kept, and who acts: the name of the principal, for the audit record. */
export interface PipelinePlace {
  readonly tenant: TenantId
  readonly name: string
  readonly by: string
}

/** The pipelines of all tenants. */
export interface LogPipelines {
  /** Of every tenant, by tenant and name. */
  all(): Promise<readonly KeptPipeline[]>
  /**
   * Writes the definition (JSON, not null), whether or not the pipeline exists; true where it is new. Throws:
   * CatalogRefusal where the tenant would have more than `most`.
   */
  put(place: PipelinePlace, definition: unknown, most: number): Promise<boolean>
  /** False where there is none. */
  remove(place: PipelinePlace): Promise<boolean>
}

export function logPipelinesOf(context: ResourceContext): LogPipelines {
  return {
    all: async () =>
      (
        await context.database().select().from(logPipelines).orderBy(asc(logPipelines.tenantId), asc(logPipelines.name))
      ).map(({ tenantId, ...row }) => ({ ...row, tenant: tenantId as TenantId })),
    put: (place, definition, most) => put(context, place, { definition, most }),
    remove: (place) => remove(context, place),
  }
}

function put(
  context: ResourceContext,
  { tenant, name, by }: PipelinePlace,
  { definition, most }: { definition: unknown; most: number },
): Promise<boolean> {
  return context.database().transaction(async (transaction) => {
    const changedMs = context.clock.nowMs()
    const change = { definition, changedMs, changedBy: by }
    const updated = await transaction
      .update(logPipelines)
      .set(change)
      .where(and(eq(logPipelines.tenantId, tenant), eq(logPipelines.name, name)))
      .returning({ name: logPipelines.name })
    if (updated.length === 0) {
      const [kept] = await transaction
        .select({ rows: count() })
        .from(logPipelines)
        .where(eq(logPipelines.tenantId, tenant))
      if (kept.rows >= most)
        throw new CatalogRefusal(`the tenant has ${kept.rows} pipelines already; expected at most ${most}`)
      await transaction.insert(logPipelines).values({ tenantId: tenant, name, ...change })
    }
    const act = { principal: by, action: 'pipeline.put', subject: name, detail: { tenant } }
    await record(transaction, changedMs, act)
    return updated.length === 0
  })
}

function remove(context: ResourceContext, { tenant, name, by }: PipelinePlace): Promise<boolean> {
  return context.database().transaction(async (transaction) => {
    const rows = await transaction
      .delete(logPipelines)
      .where(and(eq(logPipelines.tenantId, tenant), eq(logPipelines.name, name)))
      .returning({ name: logPipelines.name })
    if (rows.length === 0) return false
    const act = { principal: by, action: 'pipeline.remove', subject: name, detail: { tenant } }
    await record(transaction, context.clock.nowMs(), act)
    return true
  })
}
