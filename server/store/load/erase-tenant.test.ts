import { afterAll, beforeAll, expect, it } from 'vitest'
import { tellCheckoutStory } from '../../query/checkout-story-suite.ts'
import { openReadFixture, type ReadFixture } from '../read/read-fixture-suite.ts'
import { tenantTables } from '../read/tables.ts'
import { eraseTenant } from './erase-tenant.ts'

let fixture: ReadFixture
beforeAll(async () => {
  fixture = await openReadFixture()
  await tellCheckoutStory(fixture.store)
})
afterAll(() => fixture.close())

const rowsOf = async (table: string, tenant: number) => {
  const { rows } = await fixture.store.rows<{ n: string }>({
    sql: `SELECT count() AS n FROM ${table} WHERE tenant = {tenant:UInt32}`,
    params: { tenant },
  })
  return Number(rows[0].n)
}

it('takes out every row of the tenant from every table, and none of others', async () => {
  const { rows } = await fixture.store.rows<{ table: string }>({
    sql: `SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'tenant' AND table != 'late_marks'`,
  })
  expect(rows.map(({ table }) => table).sort()).toEqual([...tenantTables].sort())
  const others = await Promise.all(tenantTables.map((table) => rowsOf(table, 2)))
  const own = await Promise.all(tenantTables.map((table) => rowsOf(table, 1)))
  expect(own.filter((count) => count > 0).length).toBeGreaterThan(5)
  expect(others.filter((count) => count > 0).length).toBeGreaterThan(3)
  await eraseTenant(fixture.store, 1 as Parameters<typeof eraseTenant>[1])
  expect(await Promise.all(tenantTables.map((table) => rowsOf(table, 1)))).toEqual(tenantTables.map(() => 0))
  expect(await Promise.all(tenantTables.map((table) => rowsOf(table, 2)))).toEqual(others)
})
