import { credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WireWriter } from '../../bench/ingest/wire-writer.ts'
import { ApiClient } from './api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from './platform.ts'
import { sendRemoteWrite } from './remote-write-request.ts'

/** A journal that a few requests fill. */
const journalBytes = 256 * 1024
/** Lines of one request; about 45 KiB in the journal. */
const linesEach = 300
/** Requests that are sent before the test gives up waiting for a refusal. */
const maxRequests = 2000
const recoverMs = 60_000

const folder = makeFolder('back-pressure')
let platform: Platform
let api: ApiClient
beforeAll(async () => {
  platform = await startPlatform({
    folder: `${folder.path}/data`,
    flags: [`--journal.maxBytes=${journalBytes}`, '--selfTelemetry.enabled=false'],
  })
  api = new ApiClient(platform.url)
})
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

let nextLine = 0
const ackedLines = new Set<string>()

function numberedLines(): string[] {
  return Array.from({ length: linesEach }, () => `line ${nextLine++} ${'x'.repeat(100)}`)
}

async function sendLines(): Promise<Response> {
  const lines = numberedLines()
  const time = new Date().toISOString()
  const answer = await fetch(`${platform.url}/api/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((msg) => JSON.stringify({ time, service: 'flood', msg })).join('\n'),
  })
  if (answer.ok) for (const line of lines) ackedLines.add(line)
  return answer
}

/** OTLP logs as protobuf, from opentelemetry-proto 1.x: resource_logs 1, scope_logs 2, log_records 2, time 1, body 5. */
function otlpLogs(lines: readonly string[]): Buffer {
  const wire = new WireWriter()
  wire.nested(1, () => {
    wire.nested(1, () => wire.attribute(1, 'service.name', 'flood'))
    wire.nested(2, () => {
      for (const line of lines)
        wire.nested(2, () => {
          const at = wire.fixed64(1)
          wire.bytes.writeBigUInt64LE(BigInt(Date.now()) * 1_000_000n, at)
          wire.nested(5, () => wire.text(1, line))
        })
    })
  })
  return wire.finish()
}

async function sendOtlp(): Promise<Response> {
  const lines = numberedLines()
  const headers = { 'content-type': 'application/x-protobuf' }
  const body = new Uint8Array(otlpLogs(lines))
  const answer = await fetch(`${platform.otlpHttp}/v1/logs`, { method: 'POST', headers, body })
  if (answer.ok) for (const line of lines) ackedLines.add(line)
  return answer
}

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

/** Sends over gRPC until it is refused; answers the error. */
async function refusedGrpc(): Promise<ServiceError> {
  const client = new LogsClient(platform.otlpGrpc, credentials.createInsecure())
  try {
    return await floodUntilRefused(async () => {
      const lines = numberedLines()
      const error = await new Promise<ServiceError | null>((resolve) => {
        client.Export(otlpLogs(lines), (failure: ServiceError | null) => resolve(failure))
      })
      if (error === null) for (const line of lines) ackedLines.add(line)
      return error
    })
  } finally {
    client.close()
  }
}

/** Sends, several requests at a time, until one is refused. */
async function floodUntilRefused<T>(send: () => Promise<T | null>): Promise<T> {
  for (let sent = 0; sent < maxRequests; sent += 8) {
    const refusals = await Promise.all(Array.from({ length: 8 }, send))
    const first = refusals.find((one) => one !== null)
    if (first !== undefined && first !== null) return first
  }
  throw new Error(`nothing was refused in ${maxRequests} requests`)
}

const ifRefused = async (answer: Promise<Response>) => ((await answer).ok ? null : answer)

/** Waits until nothing waits for the store any more. */
async function untilDrained(): Promise<void> {
  await until('the journal is drained', recoverMs, async () => {
    const { entries, holds } = await api.health()
    expect(holds).toBe(true)
    return entries.every(({ waiting }) => waiting === 0) ? true : null
  })
}

describe('a journal that is full', () => {
  it('is told to senders of NDJSON and OTLP as 503 with Retry-After, while reading goes on; then all is taken again', async () => {
    for (const send of [sendLines, sendOtlp]) {
      const refusal = await floodUntilRefused(() => ifRefused(send()))
      expect(refusal.status).toBe(503)
      expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(await refusal.text()).toContain('journal')
      // Nothing that reads is refused meanwhile.
      expect((await api.logs({ service: 'flood', limit: '1' })).logs.length).toBeLessThanOrEqual(1)
      expect((await fetch(`${platform.url}/healthz`)).status).toBe(200)
      await untilDrained()
      expect((await send()).status).toBe(200)
    }
  })

  it('is told to Prometheus as 503', async () => {
    const labels = { __name__: 'flood', job: 'flood' }
    let sample = Date.now() - 3_600_000
    const refusal = await floodUntilRefused(() => {
      const samples = Array.from({ length: 5000 }, () => [sample++, Math.random()] as const)
      return ifRefused(sendRemoteWrite(platform.url, [{ labels, samples }]))
    })
    expect(refusal.status).toBe(503)
    expect(refusal.headers.get('retry-after')).not.toBeNull()
    await untilDrained()
  })

  it('is told over gRPC as UNAVAILABLE with RetryInfo', async () => {
    const error = await refusedGrpc()
    expect(error.code).toBe(14)
    const [details] = error.metadata.get('grpc-status-details-bin') as Buffer[]
    expect(details.toString('latin1')).toContain('type.googleapis.com/google.rpc.RetryInfo')
    await untilDrained()
  })

  it('costs nothing that was acknowledged, and what was refused is in no account', async () => {
    await untilDrained()
    const filters = [{ field: 'service_name', operator: 'eq', value: 'flood' }]
    const aggregations = [{ function: 'count' }, { field: 'message', function: 'count_distinct' }]
    const { results } = await api.query({ signal: 'logs', filters, aggregations })
    expect(results[0].values).toEqual({ count: ackedLines.size, message_count_distinct: ackedLines.size })
    const { entries } = await api.health()
    const lines = entries.filter(({ signal }) => signal === 'logs')
    expect(lines.reduce((sum, { received }) => sum + received, 0)).toBe(ackedLines.size)
    expect(lines.reduce((sum, { stored }) => sum + stored, 0)).toBe(ackedLines.size)
  })
})
