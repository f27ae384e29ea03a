import { desc, lt } from 'drizzle-orm'
import type { Executor, ResourceContext } from '../database.ts'
import { auditRecords } from '../tables.ts'

export type AuditRecord = typeof auditRecords.$inferSelect

/** One act, without its number and time. `detail` never holds a secret. */
export interface Act {
  readonly principal: string
  readonly action: string
  readonly subject: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/** The audit records; they are added to and read, never changed. */
export interface AuditRecords {
  append(act: Act): Promise<void>
  /** Newest first; `before` is the number of the last record of the page before. At most 1,000 a page. */
  list(page: { limit: number; before?: number }): Promise<readonly AuditRecord[]>
}

const maxPage = 1_000

export function auditRecordsOf(context: ResourceContext): AuditRecords {
  return {
    append: async (act) => record(context.database(), context.clock.nowMs(), act),
    list: async ({ limit, before }) =>
      context
        .database()
        .select()
        .from(auditRecords)
        .where(before === undefined ? undefined : lt(auditRecords.id, before))
        .orderBy(desc(auditRecords.id))
        .limit(Math.min(limit, maxPage)),
  }
}

/** Writes one record in the caller's transaction: the act and its record stand or fall together. */
export async function record(executor: Executor, atMs: number, act: Act): Promise<void> {
  await executor.insert(auditRecords).values({ ...act, atMs, detail: act.detail ?? {} })
}
