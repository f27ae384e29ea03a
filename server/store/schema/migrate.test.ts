import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { openTestEngine } from '../engine/engine-fixture-suite.ts'
import { migrate, SchemaTooNew } from './migrate.ts'
import { fillTemplate, readMigrations } from './migrations.ts'
import { blockTables } from './table-columns.ts'

const layout = { cluster: null }
const options = { layout, clock: systemClock, logger: silentLogger() }

describe('readMigrations', () => {
  it('has only statements that can run twice', () => {
    for (const { statements } of readMigrations())
      for (const statement of statements) expect(statement).toMatch(/\bIF (NOT )?EXISTS\b/)
  })

  it('replicates every table on a cluster', () => {
    for (const { statements } of readMigrations())
      for (const statement of statements) {
        const sql = fillTemplate(statement, { cluster: 'main' })
        expect(sql).toContain('ON CLUSTER `main`')
        expect(sql).toMatch(
          /ENGINE = Replicated\w*MergeTree\('\/clickhouse\/tables\/\{uuid\}\/\{shard\}', '\{replica\}'/,
        )
        expect(sql).not.toMatch(/\{\{|non_replicated/)
      }
  })

  it('refuses a placeholder that it does not know', () => {
    expect(() => fillTemplate('CREATE {{table}}', layout)).toThrow('{{table}}')
  })
})

describe('migrate', () => {
  let engine: Awaited<ReturnType<typeof openTestEngine>>
  beforeAll(async () => {
    engine = await openTestEngine()
  })
  afterAll(() => engine.close())

  const tables = async () =>
    (await engine.store.rows<{ name: string }>({ sql: 'SHOW TABLES' })).rows.map(({ name }) => name)

  it('runs from two processes at once, and again', async () => {
    await Promise.all([migrate(engine.store, options), migrate(engine.store, options)])
    await migrate(engine.store, options)
    const { rows } = await engine.store.rows<{ version: number }>({
      sql: 'SELECT version FROM schema_migrations FINAL ORDER BY version',
    })
    expect(rows.map(({ version }) => version)).toEqual(readMigrations().map(({ version }) => version))
  })

  it('makes the columns of the blocks with exactly their types', async () => {
    for (const { table, columns } of blockTables) {
      const { rows } = await engine.store.rows<{ name: string; type: string }>({ sql: `DESCRIBE TABLE ${table}` })
      const types = new Map(rows.map(({ name, type }) => [name, type]))
      for (const { name, type } of columns)
        expect(`${table}.${name} ${types.get(name)}`).toBe(`${table}.${name} ${type}`)
    }
  })

  it('refuses a store that a newer program wrote, and leaves it as it is', async () => {
    const newer = {
      version: 99,
      name: 'later',
      checksum: 'x',
      statements: ['CREATE TABLE IF NOT EXISTS later (x UInt8) ENGINE = Memory'],
    }
    await migrate(engine.store, { ...options, migrations: [...readMigrations(), newer] })
    const before = await tables()
    await expect(migrate(engine.store, options)).rejects.toThrow(SchemaTooNew)
    expect(await tables()).toEqual(before)
    await engine.store.command({
      sql: 'ALTER TABLE schema_migrations DELETE WHERE version = 99 SETTINGS mutations_sync = 1',
    })
  })

  it('refuses a step that was edited after it was applied', async () => {
    const edited = readMigrations().map((migration) => ({ ...migration, checksum: 'edited' }))
    await expect(migrate(engine.store, { ...options, migrations: edited })).rejects.toThrow('add a new step')
  })
})
