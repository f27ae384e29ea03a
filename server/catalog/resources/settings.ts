import { asc, eq } from 'drizzle-orm'
import type { ResourceContext } from '../database.ts'
import { settings } from '../tables.ts'
import { record } from './audit-records.ts'

export type StoredSetting = typeof settings.$inferSelect

/** Settings that people change while Sightline runs. The caller validates what it reads: values are plain JSON. */
export interface Settings {
  get(key: string): Promise<unknown>
  list(): Promise<readonly StoredSetting[]>
  /** Writes the value (JSON, not null), whether or not the key exists. */
  put(key: string, value: unknown, by: string): Promise<void>
  remove(key: string, by: string): Promise<boolean>
}

export function settingsOf(context: ResourceContext): Settings {
  return {
    get: async (key) => (await context.database().select().from(settings).where(eq(settings.key, key)))[0]?.value,
    list: async () => context.database().select().from(settings).orderBy(asc(settings.key)),
    put: async (key, value, by) =>
      context.database().transaction(async (transaction) => {
        const changedMs = context.clock.nowMs()
        const change = { value, changedMs, changedBy: by }
        await transaction
          .insert(settings)
          .values({ key, ...change })
          .onConflictDoUpdate({ target: settings.key, set: change })
        await record(transaction, changedMs, { principal: by, action: 'setting.put', subject: key })
      }),
    remove: async (key, by) =>
      context.database().transaction(async (transaction) => {
        const rows = await transaction.delete(settings).where(eq(settings.key, key)).returning({ key: settings.key })
        if (rows.length === 0) return false
        await record(transaction, context.clock.nowMs(), { principal: by, action: 'setting.remove', subject: key })
        return true
      }),
  }
}
