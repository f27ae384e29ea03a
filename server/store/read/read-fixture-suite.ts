import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Principal, QueryLimits, Scope } from '../../model/scope.ts'
import { defaultTenant } from '../../model/tenant.ts'
import type { ColumnStore } from '../engine/column-store.ts'
import { openTestEngine } from '../engine/engine-fixture-suite.ts'
import { createTenantReader, type TenantReader } from './tenant-rows.ts'

/** For tests: a real engine with all tables and a way to put rows into them. */
export interface ReadFixture {
  readonly store: ColumnStore
  readonly reader: TenantReader
  insert(table: string, rows: readonly Record<string, unknown>[]): Promise<void>
  close(): Promise<void>
}

export async function openReadFixture(): Promise<ReadFixture> {
  const engine = await openTestEngine()
  const { store } = engine
  for (const statement of tableStatements()) await store.command({ sql: statement })
  return {
    store,
    reader: createTenantReader(store),
    async insert(table, rows) {
      const lines = rows.map((row) => JSON.stringify(row)).join('\n')
      await store.command({ sql: `INSERT INTO ${table} FORMAT JSONEachRow ${lines}` })
    },
    close: () => engine.close(),
  }
}

function tableStatements(): string[] {
  const folder = join(import.meta.dirname, '../schema')
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
  return files.flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .replaceAll('{{on_cluster}}', '')
      .replaceAll(/\{\{engine ([^}]+)\}\}/g, '$1')
      .replaceAll(/\{\{dedup (\d+)\}\}/g, 'non_replicated_deduplication_window = $1')
      .replaceAll(/^--.*$/gm, '')
      .split(/;\s*$/m)
      .map((statement) => statement.trim())
      .filter((statement) => statement !== ''),
  )
}

const principal: Principal = { kind: 'system', name: 'test' }
const limits: QueryLimits = { maxMemoryBytes: 500_000_000, maxRowsToRead: 10_000_000, maxResultRows: 100_000 }

/** A scope as access would make it. */
export function testScope(
  fields: { tenant?: number; limits?: QueryLimits; signal?: AbortSignal; deadlineMs?: number } = {},
): Scope {
  return {
    tenant: fields.tenant ?? defaultTenant,
    principal,
    signal: fields.signal ?? new AbortController().signal,
    deadlineMs: fields.deadlineMs ?? Date.now() + 60_000,
    limits: fields.limits ?? limits,
  } as unknown as Scope
}
