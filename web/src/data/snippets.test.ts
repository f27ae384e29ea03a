import { describe, expect, it } from 'vitest'
import { snippets } from './snippets.ts'

const origin = 'http://127.0.0.1:8080'
const textOf = (id: string, place: { tenant?: string; key?: string } = {}) =>
  snippets.find((one) => one.id === id)!.text({ origin, tenant: 'default', ...place })

describe('snippets', () => {
  it('hold the address of this server', () => {
    for (const { id } of snippets) expect(textOf(id)).toContain(origin)
  })

  it('say nothing of tenants and keys where none is needed', () => {
    for (const { id } of snippets) expect(textOf(id)).not.toMatch(/X-Scope-OrgID|X-API-Key|undefined/)
  })

  it('carry the tenant, and a key instead of it', () => {
    for (const { id } of snippets) {
      expect(textOf(id, { tenant: 'shop' })).toMatch(/X-Scope-OrgID(=|: | = ")shop/)
      const text = textOf(id, { tenant: 'shop', key: 'slt_secret' })
      expect(text).toMatch(/X-API-Key(=|: | = ")slt_secret/)
      expect(text).not.toContain('X-Scope-OrgID')
    }
  })

  it('are complete where a header is one more line', () => {
    expect(textOf('influx')).toMatch(/database = "telegraf"$/)
    expect(textOf('influx', { key: 'slt_secret' })).toMatch(/\n {2}http_headers = { X-API-Key = "slt_secret" }$/)
    expect(textOf('elasticsearch', { tenant: 'shop' })).toMatch(/\n {2}headers:\n {4}X-Scope-OrgID: shop$/)
  })
})
