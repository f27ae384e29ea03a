import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from './api-client.ts'
import { Flood } from './flood.ts'
import { makeFolder, type Platform, startPlatform, until } from './platform.ts'

const recoverMs = 60_000

const folder = makeFolder('disk-full')
const journal = `${folder.path}/data/journal`
const mounted = mountSmallDisk()
if (mounted !== null) console.warn(`SKIPPED the full disk: ${mounted}`)

/** A file system of 1 MiB for the journal alone; the reason where this machine does not allow one. */
function mountSmallDisk(): string | null {
  mkdirSync(journal, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', journal], { stdio: 'pipe' })
    return null
  } catch (error) {
    return `a small file system cannot be mounted here: ${(error as Error).message.split('\n')[0]}`
  }
}

let platform: Platform
beforeAll(async () => {
  if (mounted === null) platform = await startPlatform({ folder: `${folder.path}/data` })
})
afterAll(async () => {
  await platform?.stop()
  if (mounted === null) execFileSync('umount', [journal])
  folder.remove()
})

describe.skipIf(mounted !== null)('a disk that is full', () => {
  it('is told to senders as "later" while reading goes on; nothing that was acknowledged is lost', async () => {
    const flood = new Flood(platform.url)
    for (let time = 0; time < 3; time++) {
      const refusal = await flood.untilRefused(flood.ndjson)
      expect(refusal.status).toBe(503)
      expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      await new ApiClient(platform.url).logs({ service: 'flood', limit: '1' })
      await until('lines are taken again', recoverMs, async () =>
        (await flood.send(flood.ndjson)) === null ? true : null,
      )
    }
    const count = flood.acked.size
    expect(await flood.told()).toEqual({ rows: count, different: count, received: count, stored: count })
  })

  it('leaves a journal that is read again after kill -9', async () => {
    const flood = new Flood(platform.url, 'again')
    await flood.untilRefused(flood.ndjson)
    await platform.kill()
    platform = await startPlatform({ folder: `${folder.path}/data` })
    const { rows, different } = await new Flood(platform.url).told()
    expect(rows).toBe(different)
    expect(rows).toBeGreaterThanOrEqual(flood.acked.size)
  })
})
