import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoState } from '../../contract/index.ts'
import { makeFolder, type Platform, startPlatform, until } from './platform.ts'

/** From asked to done on a machine that is busy with other tests, ms. */
const patienceMs = 90_000

const folder = makeFolder('demo-shop')
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ folder: folder.path })
})
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

const headers = { 'x-sightline-tenant': 'demo-shop' }
const state = async () => (await (await fetch(`${platform.url}/api/demo`)).json()) as DemoState
const act = (path: string, body?: object, more: Record<string, string> = {}) =>
  fetch(`${platform.url}/api/demo/${path}`, {
    method: 'POST',
    headers: { ...more, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
const untilStatus = (wanted: DemoState['status']) =>
  until(`the demo shop is ${wanted}`, patienceMs, async () => {
    const now = await state()
    return now.status === wanted ? now : null
  })

describe('the demo shop on a started server', () => {
  it('is off at first, and started by nobody from another page', async () => {
    expect(await state()).toMatchObject({ status: 'off', has_rows: false, may_manage: true, processes: [] })
    expect((await act('start', undefined, { origin: 'https://elsewhere.example' })).status).toBe(403)
    expect((await act('begin')).status).toBe(400)
    expect((await act('faults/connection-pool', { active: true })).status).toBe(400)
  })

  it('starts, sends into a tenant of its own, is scraped there, breaks and mends', async () => {
    expect((await act('start')).status).toBe(200)
    expect((await act('start')).status).toBe(400)
    const running = await untilStatus('running')
    expect(running.processes).toHaveLength(11)
    expect(Date.parse(running.stops_at!) - Date.parse(running.started_at!)).toBe(4 * 3_600_000)
    await until('services are seen', patienceMs, async () => {
      const answer = await fetch(`${platform.url}/api/service-map?time_range=15m`, { headers })
      const { services: found } = (await answer.json()) as { services: { name: string }[] }
      return found.some(({ name }) => name === 'checkout') ? true : null
    })
    await until('a target is scraped', patienceMs, async () => {
      const answer = await fetch(`${platform.url}/api/v1/targets`, { headers })
      const { data } = (await answer.json()) as { data: { activeTargets: { health: string }[] } }
      return data.activeTargets.some(({ health }) => health === 'up') ? true : null
    })
    const own = await fetch(`${platform.url}/api/service-map?time_range=15m`)
    expect(((await own.json()) as { services: object[] }).services).toEqual([])
    const broken = (await (await act('faults/bad-deploy', { active: true })).json()) as DemoState
    expect(broken.faults.find(({ name }) => name === 'bad-deploy')).toMatchObject({ active: true })
    expect((await act('faults/no-such-fault', { active: true })).status).toBe(400)
  })

  it('removes every row and the tenant on request', async () => {
    expect((await act('remove')).status).toBe(200)
    const off = await untilStatus('off')
    expect(off).toMatchObject({ has_rows: false, processes: [], started_at: null })
    expect(off.message).toBe(undefined)
    expect((await fetch(`${platform.url}/api/service-map?time_range=1h`, { headers })).status).toBe(403)
  })

  it('ends with the server, also one that is killed', async () => {
    await act('start')
    await untilStatus('running')
    const scrapeUrl = await until('a target is known', patienceMs, async () => {
      const answer = await fetch(`${platform.url}/api/v1/targets`, { headers })
      const { data } = (await answer.json()) as { data: { activeTargets: { scrapeUrl: string }[] } }
      return data.activeTargets[0]?.scrapeUrl ?? null
    })
    expect((await fetch(scrapeUrl)).ok).toBe(true)
    await platform.kill()
    await until('the shop is gone', patienceMs, () =>
      fetch(scrapeUrl).then(
        () => null,
        () => true,
      ),
    )
    platform = await startPlatform({ folder: folder.path })
    expect(await state()).toMatchObject({ status: 'off', has_rows: true })
  })
})
