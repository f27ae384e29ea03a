import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DemoState } from '../../contract/index.ts'
import { type Program, packageVersion, startProgram } from '../../server/program.ts'
import { loadConfig } from '../../server/runtime/config/load.ts'
import { makeFolder } from './platform.ts'

const folder = makeFolder('demo-rights')
let program: Program
beforeAll(async () => {
  const listen = ['http', 'otlp.http', 'otlp.grpc'].map((name) => `--${name}.listen=127.0.0.1:0`)
  const { config } = loadConfig({
    ...{ file: undefined, environment: {}, folder: folder.path },
    flags: [`--data.folder=${folder.path}/data`, '--log.level=warn', ...listen],
  })
  program = await startProgram({ config, version: packageVersion(), progress: () => {} })
})
afterAll(async () => {
  await program?.stop()
  folder.remove()
})

it('an admin of one tenant sees the demo shop, but starts no process on this machine', async () => {
  const tenant = await program.catalog.tenants.create({ name: 'bookshop' }, 'test')
  const draft = { name: 'its admin', tenant: tenant.id, rights: ['admin'] as const }
  const { secret } = await program.catalog.tokens.create(draft, 'test')
  const headers = { 'x-api-key': secret }
  const state = (await (await fetch(`${program.url}/api/demo`, { headers })).json()) as DemoState
  expect(state).toMatchObject({ status: 'off', may_manage: false })
  for (const act of ['start', 'stop', 'remove']) {
    const answer = await fetch(`${program.url}/api/demo/${act}`, { method: 'POST', headers })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('admin on all tenants')
  }
  const all = await program.catalog.tokens.create({ ...draft, name: 'of all', tenant: null }, 'test')
  const answer = await fetch(`${program.url}/api/demo`, { headers: { 'x-api-key': all.secret } })
  expect(await answer.json()).toMatchObject({ may_manage: true })
})

it('keys of one tenant are not seen from another', async () => {
  const tenant = await program.catalog.tenants.create({ name: 'library' }, 'test')
  const made = await fetch(`${program.url}/api/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sightline-tenant': 'library' },
    body: JSON.stringify({ name: 'of the library' }),
  })
  const { key } = (await made.json()) as { key: { id: number } }
  expect((await program.catalog.tokens.list()).find(({ id }) => id === key.id)?.tenant).toBe(tenant.id)
  const others = (await (await fetch(`${program.url}/api/keys`)).json()) as { keys: { id: number }[] }
  expect(others.keys.some(({ id }) => id === key.id)).toBe(false)
  const gone = await fetch(`${program.url}/api/keys/${key.id}`, { method: 'DELETE' })
  expect(await gone.json()).toEqual({ revoked: false })
})
