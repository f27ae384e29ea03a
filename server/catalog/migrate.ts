import { fileURLToPath } from 'node:url'
import { sql } from 'drizzle-orm'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import type { PoolClient } from 'pg'
import { builtInTenants } from '../model/tenant.ts'
import { tenants } from './tables.ts'

/** The SQL files that `drizzle-kit generate` writes from tables.ts. */
export const migrationsFolder = fileURLToPath(new URL('./migrations', import.meta.url))

/** Number of the advisory lock under which one program at a time migrates: "sigl" in ASCII. */
const lockNumber = 0x7369676c

/** The database was migrated by a newer Sightline; this one leaves it untouched. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema'
}

/**
 * Brings the database to this program's schema; does nothing where it is there already. Programs that start at the
 * same moment wait for one another. All migrations run in one transaction: after a failure nothing has changed.
 * Throws: NewerSchema.
 */
export async function migrateCatalog(client: PoolClient, nowMs: number, folder = migrationsFolder): Promise<void> {
  const database = drizzle(client)
  await client.query('SELECT pg_advisory_lock($1)', [lockNumber])
  try {
    await refuseNewer(client, folder)
    await applyMigrations(database, { migrationsFolder: folder })
    const builtIn = builtInTenants.map(({ id, name }) => ({ id, name, createdMs: nowMs }))
    await database.insert(tenants).values(builtIn).onConflictDoNothing()
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [lockNumber])
  }
}

async function refuseNewer(client: PoolClient, folder: string): Promise<void> {
  const known = new Set(readMigrationFiles({ migrationsFolder: folder }).map((migration) => migration.folderMillis))
  const exists = await client.query("SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS there")
  if (!exists.rows[0].there) return
  const rows = await drizzle(client).execute<{ created_at: string }>(
    sql`SELECT created_at FROM drizzle.__drizzle_migrations ORDER BY created_at`,
  )
  const unknown = rows.rows.filter((row) => !known.has(Number(row.created_at)))
  if (unknown.length === 0) return
  const when = new Date(Number(unknown[unknown.length - 1].created_at)).toISOString()
  throw new NewerSchema(
    `the settings database has ${unknown.length} schema change(s) that this version does not know, the newest of ${when}; it was left untouched. Expected: a Sightline at least as new as the one that last used it`,
  )
}
