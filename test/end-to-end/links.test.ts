import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, type Platform, startPlatform } from './platform.ts'

const folder = makeFolder('links')
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ folder: folder.path })
})
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

const keep = (path: string) =>
  fetch(`${platform.url}/api/links`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  })
const follow = (path: string) => fetch(platform.url + path, { redirect: 'manual' })

describe('short links', () => {
  it('lead to the address that was kept, the same for the same address', async () => {
    const long = `/default/metrics?q=${'up,'.repeat(2000)}&from=now-1h&to=now`
    const { path } = (await (await keep(long)).json()) as { path: string }
    expect(path).toMatch(/^\/s\/[\w-]{12}$/)
    expect(await (await keep(long)).json()).toEqual({ path })
    const answer = await follow(path)
    expect([answer.status, answer.headers.get('location')]).toEqual([302, long])
  })

  it.each([
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '/\\elsewhere.example/',
    '/default/services\r\nx: y',
    'javascript:alert(1)',
    `/default/${'a'.repeat(16_385)}`,
  ])('keep no address but those of the web app: %#', async (path) => {
    expect((await keep(path)).status).toBe(400)
  })

  it('that are not there say so', async () => {
    expect((await follow('/s/AAAAAAAAAAAA')).status).toBe(404)
    expect((await follow('/s/short')).status).toBe(400)
  })
})
