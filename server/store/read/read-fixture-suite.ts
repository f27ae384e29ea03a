import type { Principal, QueryLimits, Scope } from '../../model/scope.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import type { ColumnStore } from '../engine/column-store.ts'
import { openTestEngine } from '../engine/engine-fixture-suite.ts'
import { migrate } from '../schema/migrate.ts'
import { createTenantReader, type TenantReader } from './tenant-rows.ts'

/** For tests: a real engine with all tables. */
export interface ReadFixture {
  readonly store: ColumnStore
  readonly reader: TenantReader
  close(): Promise<void>
}

export async function openReadFixture(): Promise<ReadFixture> {
  const engine = await openTestEngine()
  const { store } = engine
  await migrate(store, { layout: { cluster: null }, clock: systemClock, logger: silentLogger() })
  return { store, reader: createTenantReader(store), close: () => engine.close() }
}

/** Each column's type as written in a row and, where the stored form differs, the expression that makes it; '' = none. */
export type Columns = Readonly<Record<string, readonly [type: string, expression?: string]>>

/**
 * Puts rows into a table. `columns` gives each column its type as written in the row and, where the stored form
 * differs, the expression that makes it, e.g. `{ trace_id: ['String', 'unhex(trace_id)'] }`.
 */
export async function insertRows(
  store: ColumnStore,
  table: string,
  input: {
    columns: Columns
    rows: readonly Readonly<Record<string, unknown>>[]
  },
): Promise<void> {
  const names = Object.keys(input.columns).filter((name) => input.columns[name][1] !== '')
  const values = names.map((name) => input.columns[name][1] ?? name)
  const structure = Object.entries(input.columns).map(([name, [type]]) => `${name} ${type}`)
  const lines = input.rows.map((row) => JSON.stringify(row)).join('\n')
  await store.command({
    sql: `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')}
      FROM input('${structure.join(', ').replaceAll("'", "\\'")}') FORMAT JSONEachRow ${lines}`,
  })
}

const principal: Principal = { kind: 'system', name: 'test' }
const limits: QueryLimits = { maxMemoryBytes: 500_000_000, maxRowsToRead: 10_000_000, maxResultRows: 100_000 }

/** A scope as access would make it. */
export function testScope(
  fields: { tenant?: number; limits?: Partial<QueryLimits>; signal?: AbortSignal; deadlineMs?: number } = {},
): Scope {
  return {
    tenant: fields.tenant ?? defaultTenant,
    principal,
    signal: fields.signal ?? new AbortController().signal,
    deadlineMs: fields.deadlineMs ?? Date.now() + 60_000,
    limits: { ...limits, ...fields.limits },
  } as unknown as Scope
}
