import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from './api-client.ts'
import { storyLogs, storyMetrics, storySpans, tellStory } from './open-telemetry-sender.ts'
import {
  beginPlatform,
  canSeeProcesses,
  makeFolder,
  type Platform,
  processTree,
  startPlatform,
  stillRunning,
  until,
} from './platform.ts'

/** An engine that died is back within this time on a busy machine, ms. */
const backMs = 60_000

const folder = makeFolder('lifecycle')
const data = `${folder.path}/data`
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ folder: data })
})
afterAll(async () => {
  // In order, so that no process writes into the folder while it is removed.
  await platform?.stop()
  folder.remove()
})

interface Readiness {
  readonly ready: boolean
  readonly parts: readonly { name: string; ready: boolean; detail?: string }[]
}

/** Path of the program that a process runs. */
function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]
}

async function readiness(): Promise<{ status: number; answer: Readiness }> {
  const answer = await fetch(`${platform.url}/readyz`)
  return { status: answer.status, answer: (await answer.json()) as Readiness }
}

describe('one life after another', () => {
  it('/readyz tells that the engine is down, and that it is back; what came meanwhile is stored', async () => {
    expect(await readiness()).toMatchObject({ status: 200, answer: { ready: true } })
    process.kill(platform.enginePid(), 'SIGKILL')
    const down = await until('the engine is missed', backMs, async () => {
      const now = await readiness()
      return now.status === 503 ? now.answer : null
    })
    const missing = down.parts.filter(({ ready }) => !ready)
    expect(missing.map(({ name }) => name)).toContain('engine')
    expect(missing.every(({ detail }) => (detail ?? '') !== '')).toBe(true)
    // Acknowledged while the engine is away: it waits in the journal.
    const sent = await tellStory('protobuf', { http: platform.otlpHttp, grpc: platform.otlpGrpc })
    expect((await fetch(`${platform.url}/healthz`)).status).toBe(200)
    await until('all parts are ready again', backMs, async () => ((await readiness()).status === 200 ? true : null))
    const api = new ApiClient(platform.url)
    const trace = await until('the trace', backMs, async () => {
      const found = await api.trace(sent.traceId)
      return found.span_count === storySpans ? found : null
    })
    expect(trace.complete).toBe(true)
    expect(await api.text('/metrics')).toContain('\nsightline_engine_restarts_total 1\n')
  })

  it.runIf(canSeeProcesses)(
    '/readyz tells that the settings are away; ingest and queries go on, and they come back',
    async () => {
      const server = processTree(platform.pid).find((pid) => commandOf(pid).endsWith('/bin/postgres'))
      process.kill(server ?? 0, 'SIGKILL')
      const down = await until('the settings are missed', backMs, async () => {
        const now = await readiness()
        return now.status === 503 ? now.answer : null
      })
      expect(down.parts.filter(({ ready }) => !ready).map(({ name }) => name)).toEqual(['catalog'])
      const answer = await fetch(`${platform.url}/api/logs`, { method: 'POST', body: 'settings are away' })
      expect(answer.ok).toBe(true)
      await new ApiClient(platform.url).searchTraces({})
      await until('all parts are ready again', backMs, async () => ((await readiness()).status === 200 ? true : null))
    },
  )

  it('a second start on the same folder is told who holds it, and harms nothing', async () => {
    const { code, output } = await beginPlatform({ folder: data }).ended
    expect(code).toBe(1)
    expect(output).toContain(`in use by process ${platform.pid}`)
    expect((await readiness()).status).toBe(200)
  })

  it('SIGTERM ends all processes, and the next start has all that was acknowledged', async () => {
    const origins = { http: platform.otlpHttp, grpc: platform.otlpGrpc }
    const sent = await tellStory('json', origins)
    const family = canSeeProcesses ? processTree(platform.pid) : []
    // At once: what was acknowledged a moment ago may still lie in the journal.
    await platform.stop()
    if (canSeeProcesses) {
      expect(family.length).toBeGreaterThan(3)
      expect(stillRunning(family)).toEqual([])
    }
    platform = await startPlatform({ folder: data })
    const api = new ApiClient(platform.url)
    const trace = await until('the trace', backMs, async () => {
      const found = await api.trace(sent.traceId)
      return found.span_count === storySpans ? found : null
    })
    expect([...trace.services].sort()).toEqual([sent.back, sent.front])
    for (const encoding of ['protobuf', 'json']) {
      await until(`logs over ${encoding}`, backMs, async () => {
        const { logs } = await api.logs({ service: `back-${encoding}` })
        return logs.length === storyLogs ? true : null
      })
      await until(`metrics over ${encoding}`, backMs, async () => {
        const values = await api.newestValues(`front-${encoding}`)
        const found = Object.values(values).filter((value) => Object.values(storyMetrics).includes(value ?? Number.NaN))
        return found.length >= Object.keys(storyMetrics).length ? true : null
      })
    }
  })

  it('a platform that was killed starts again on its folder', async () => {
    const family = canSeeProcesses ? processTree(platform.pid) : []
    await platform.kill()
    platform = await startPlatform({ folder: data })
    expect(await readiness()).toMatchObject({ status: 200, answer: { ready: true } })
    // Those of the life before ended with their parent.
    if (canSeeProcesses)
      await until('the earlier processes are gone', backMs, async () =>
        stillRunning(family).length === 0 ? true : null,
      )
    const { traces } = await new ApiClient(platform.url).searchTraces({})
    expect(traces.map(({ span_count }) => span_count)).toEqual([storySpans, storySpans])
  })

  it('a flag that is no setting is refused with the nearest right one', async () => {
    const { code, output } = await beginPlatform({ folder: data, flags: ['--journal.maxByte=1'] }).ended
    expect(code).toBe(2)
    expect(output).toContain('journal.maxBytes')
  })
})
