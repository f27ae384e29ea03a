import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ColumnStore } from '../engine/column-store.ts'
import { fillTemplate, type Migration, readMigrations, type SchemaLayout } from './migrations.ts'

/** The store was written by a newer program. Nothing was changed in it. */
export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew'
}

const recordTable = `CREATE TABLE IF NOT EXISTS schema_migrations {{on_cluster}} (
  version UInt32, name String, checksum String, applied DateTime64(3, 'UTC')
) ENGINE = {{engine ReplacingMergeTree(applied)}} ORDER BY version`

interface AppliedRow {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/**
 * Brings the store's tables up to this program's schema. Running it twice, or from two processes at the same time,
 * does no harm: each statement of a migration can run twice, and a migration is recorded after its last statement.
 *
 * Throws: SchemaTooNew (before anything is changed), Error where an applied migration was edited, and the store's
 * own errors.
 */
export async function migrate(
  store: ColumnStore,
  options: { layout: SchemaLayout; clock: Clock; logger: Logger; migrations?: readonly Migration[] },
): Promise<void> {
  const { layout, logger } = options
  const migrations = options.migrations ?? readMigrations()
  const applied = await readApplied(store)
  check(applied, migrations)
  await store.command({ sql: fillTemplate(recordTable, layout) })
  for (const migration of migrations) {
    if (applied.has(migration.version)) continue
    for (const statement of migration.statements) await store.command({ sql: fillTemplate(statement, layout) })
    const { version, name, checksum } = migration
    await store.command({
      sql: `INSERT INTO schema_migrations (version, name, checksum, applied)
        SELECT {version:UInt32}, {name:String}, {checksum:String}, fromUnixTimestamp64Milli({applied:Int64}, 'UTC')`,
      params: { version, name, checksum, applied: options.clock.nowMs() },
    })
    logger.info({ version, name }, 'schema: migration applied')
  }
}

async function readApplied(store: ColumnStore): Promise<Map<number, AppliedRow>> {
  const { rows: tables } = await store.rows<{ name: string }>({
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'schema_migrations'",
  })
  if (tables.length === 0) return new Map()
  const { rows } = await store.rows<AppliedRow>({
    sql: 'SELECT version, name, checksum FROM schema_migrations FINAL ORDER BY version',
  })
  return new Map(rows.map((row) => [row.version, row]))
}

function check(applied: ReadonlyMap<number, AppliedRow>, migrations: readonly Migration[]): void {
  for (const { version, name, checksum } of applied.values()) {
    const known = migrations.find((migration) => migration.version === version)
    if (known === undefined)
      throw new SchemaTooNew(
        `The data was written by a newer version: its schema has step ${version} (${name}), this program knows ${migrations.length}. Start the newer version, or restore a backup.`,
      )
    if (known.checksum !== checksum)
      throw new Error(`schema: step ${version} (${name}) differs from the one that was applied; add a new step instead`)
  }
}
