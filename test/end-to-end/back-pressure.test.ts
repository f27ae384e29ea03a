import { credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from './api-client.ts'
import { Flood, otlpLogs } from './flood.ts'
import { makeFolder, type Platform, startPlatform, until } from './platform.ts'
import { sendRemoteWrite } from './remote-write-request.ts'

/** A journal that a few requests fill. */
const journalBytes = 256 * 1024

const folder = makeFolder('back-pressure')
let platform: Platform
let flood: Flood
beforeAll(async () => {
  platform = await startPlatform({
    folder: `${folder.path}/data`,
    flags: [`--journal.maxBytes=${journalBytes}`, '--selfTelemetry.enabled=false'],
  })
  flood = new Flood(platform.url)
})
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

const bytes = (value: Buffer) => value
const LogsClient = makeGenericClientConstructor(
  {
    Export: {
      path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  },
  'LogsService',
)

describe('a journal that is full', () => {
  it.each(['ndjson', 'otlp'] as const)(
    'is told over %s as 503 with Retry-After, while reading goes on',
    async (way) => {
      const refusal = await flood.untilRefused(flood[way])
      expect(refusal.status).toBe(503)
      expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(await refusal.text()).toContain('journal')
      expect(
        (await new ApiClient(platform.url).logs({ service: 'flood', limit: '1' })).logs.length,
      ).toBeLessThanOrEqual(1)
      expect((await fetch(`${platform.url}/healthz`)).status).toBe(200)
      await flood.untilDrained()
      // The room of what is stored is free once the journal has noted it durably, a moment later.
      await until('the journal takes more', 10_000, async () => ((await flood.send(flood[way])) === null ? true : null))
    },
  )

  it('is told to Prometheus as 503', async () => {
    const labels = { __name__: 'flood', job: 'flood' }
    let sample = Date.now() - 3_600_000
    // A flood of its own, whose lines are never looked for.
    const refusal = await new Flood(platform.url).untilRefused(async () => {
      const samples = Array.from({ length: 5000 }, () => [sample++, Math.random()] as const)
      const answer = await sendRemoteWrite(platform.url, [{ labels, samples }])
      return answer.ok ? null : answer
    })
    expect(refusal.status).toBe(503)
    expect(refusal.headers.get('retry-after')).not.toBeNull()
    await flood.untilDrained()
  })

  it('is told over gRPC as UNAVAILABLE with RetryInfo', async () => {
    const client = new LogsClient(platform.otlpGrpc, credentials.createInsecure())
    const error = await flood.untilRefused(
      (lines) =>
        new Promise<ServiceError | null>((resolve) => {
          client.Export(otlpLogs(lines), (failure: ServiceError | null) => resolve(failure))
        }),
    )
    client.close()
    expect(error.code).toBe(14)
    const [details] = error.metadata.get('grpc-status-details-bin') as Buffer[]
    expect(details.toString('latin1')).toContain('type.googleapis.com/google.rpc.RetryInfo')
  })

  it('costs nothing that was acknowledged, and what was refused is in no account', async () => {
    const count = flood.acked.size
    expect(await flood.told()).toEqual({ rows: count, different: count, received: count, stored: count })
  })
})
