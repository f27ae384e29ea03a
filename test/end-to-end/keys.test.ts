import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiKeys, NewApiKey } from '../../contract/index.ts'
import { makeFolder, type Platform, startPlatform, until } from './platform.ts'

/** From revoked to refused, ms: tokens are remembered for a while. */
const patienceMs = 60_000

const folder = makeFolder('keys')
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ folder: folder.path })
})
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

const json = { 'content-type': 'application/json' }
const make = (name: string, headers: Record<string, string> = {}) =>
  fetch(`${platform.url}/api/keys`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: JSON.stringify({ name }),
  })
const send = (key: string) =>
  fetch(`${platform.url}/v1/logs`, {
    method: 'POST',
    headers: { ...json, 'x-api-key': key },
    body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}',
  })

describe('keys of a tenant', () => {
  it('are made, listed without their secret, good for sending only, and revoked', async () => {
    const { key, secret } = (await (await make('collector of the shop')).json()) as NewApiKey
    expect(secret).toMatch(/^slt_/)
    expect(key).toMatchObject({ name: 'collector of the shop', rights: ['ingest'], created_by: 'local' })
    const listed = (await (await fetch(`${platform.url}/api/keys`)).json()) as ApiKeys
    expect(listed).toEqual({ keys: [key], may_manage: true })
    expect(JSON.stringify(listed)).not.toContain(secret)
    expect((await send(secret)).status).toBe(200)
    expect((await fetch(`${platform.url}/api/keys`, { headers: { 'x-api-key': secret } })).status).toBe(403)
    expect((await make('another', { 'x-api-key': secret })).status).toBe(403)
    const gone = await fetch(`${platform.url}/api/keys/${key.id}`, { method: 'DELETE' })
    expect(await gone.json()).toEqual({ revoked: true })
    await until('the key is refused', patienceMs, async () => ((await send(secret)).status === 401 ? true : null))
  })

  it('are refused where they have no name, or are not there', async () => {
    expect((await make(' ')).status).toBe(400)
    expect(await (await fetch(`${platform.url}/api/keys/999`, { method: 'DELETE' })).json()).toEqual({ revoked: false })
  })
})
