import type { TenantId } from '../../model/tenant.ts'
import type { ColumnStore } from '../engine/column-store.ts'
import { tenantTables } from '../read/tables.ts'

/**
 * Takes all stored rows of one tenant out of the store, those that were derived from them too: no read finds them after
 * it resolves, and merges free the disk in time. Rows of others are not rewritten. The caller makes sure that no rows
 * of the tenant wait in the journal, and forgets the tenant after it: its number is not given again, so that what is
 * remembered of its series in memory is of no effect.
 * Throws what ColumnStore throws; called again it goes on where it failed.
 */
export async function eraseTenant(store: ColumnStore, tenant: TenantId): Promise<void> {
  for (const table of tenantTables)
    await store.command({
      sql: `DELETE FROM ${table} WHERE tenant = {tenant:UInt32} SETTINGS lightweight_deletes_sync = 2`,
      params: { tenant },
    })
}
