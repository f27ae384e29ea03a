import { connect } from 'node:net'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Ledger } from '../model/ledger.ts'
import { createSeriesTables } from '../model/series-interner.ts'
import { systemTenant } from '../model/tenant.ts'
import { createLedger } from '../pipeline/ledger.ts'
import { systemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { createHttpListener, type ListenerPart } from './http-listener.ts'
import { createInFlight, type InFlight } from './in-flight.ts'
import { receivers } from './protocols/registry.ts'
import type { AuthorizeIngest } from './receiver.ts'
import { RecordingSink } from './recording-sink-suite.ts'

let sink: RecordingSink
let ledger: Ledger
let inFlight: InFlight
let listener: ListenerPart
let authorizeIngest: AuthorizeIngest

async function start(maxInFlightBytes?: number): Promise<void> {
  sink = new RecordingSink()
  ledger = createLedger(systemClock)
  inFlight = createInFlight({ maxBytes: maxInFlightBytes })
  const tables = await createSeriesTables()
  const context = { sink, ledger, tables, clock: systemClock, logger: silentLogger() }
  const options = { context, inFlight, authorizeIngest: ((...args) => authorizeIngest(...args)) as AuthorizeIngest }
  listener = createHttpListener({ host: '127.0.0.1', port: 0 }, receivers, options)
  await listener.start()
}

beforeEach(async () => {
  authorizeIngest = () => ({ tenant: systemTenant })
  await start()
})
afterEach(() => listener.stop())

const json = { 'content-type': 'application/json' }
const oneLog = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] })

async function send(
  path: string,
  options: { method?: 'GET' | 'POST'; body?: string; headers?: Record<string, string> },
) {
  const { method = 'POST', body, headers = json } = options
  const answer = await request(`http://127.0.0.1:${listener.port}${path}`, { method, headers, body })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

describe('the OTLP port', () => {
  it('takes OTLP under both paths, for the tenant that the sender was given', async () => {
    for (const path of ['/v1/logs', '/otlp/v1/logs'])
      expect(await send(path, { body: oneLog })).toMatchObject({ status: 200, text: '{}' })
    expect(sink.batches.map(({ tenant }) => tenant)).toEqual([systemTenant, systemTenant])
  })

  it('takes nothing else, and says what it takes', async () => {
    const answer = await send('/api/v1/write', { body: '' })
    expect(answer.status).toBe(404)
    expect(answer.text).toContain('this port takes /v1/metrics, /v1/logs, /v1/traces')
    const got = await send('/v1/logs', { method: 'GET', headers: {} })
    expect(got).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  })

  it('is ready while it listens', async () => {
    expect(listener.health()).toEqual({ ready: true })
    await listener.stop()
    expect(listener.health()).toMatchObject({ ready: false })
  })
})

describe('a request', () => {
  it('whose sender is not let in is answered before its body is read', async () => {
    authorizeIngest = async () => ({ status: 403, message: 'this token may not write' })
    const answer = await send('/v1/logs', { body: oneLog })
    expect(answer).toMatchObject({ status: 403 })
    expect(JSON.parse(answer.text)).toEqual({ code: 7, message: 'this token may not write' })
    expect(ledger.entries()).toEqual([])
  })

  it('is counted for its sender and the name of its key, whether it can be read or not', async () => {
    authorizeIngest = () => ({ tenant: systemTenant, accessKey: 'till' })
    const headers = { ...json, 'user-agent': 'OTel-OTLP-Exporter-Python/1.38.0 (x)' }
    await send('/v1/logs', { body: oneLog, headers })
    await send('/v1/logs', { body: '{', headers })
    const sender = 'OTel-OTLP-Exporter-Python/1.38.0'
    expect(sink.batches.map(({ source }) => source)).toEqual([{ sender, accessKey: 'till' }])
    expect(ledger.entries('sender')).toMatchObject([{ source: { sender, accessKey: '' }, rejectedRows: 1 }])
    expect(ledger.entries('key')).toMatchObject([{ source: { sender: '', accessKey: 'till' }, rejectedRows: 1 }])
  })

  it('that would take more memory than there is for requests is asked to come again', async () => {
    await listener.stop()
    await start(oneLog.length - 1)
    const answer = await send('/v1/logs', { body: oneLog })
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
    expect(inFlight.bytes).toBe(0)
    expect(ledger.entries()).toEqual([])
  })

  it('that would take it only once it is unpacked is asked to come again, too', async () => {
    await listener.stop()
    await start(1000)
    const { gzipSync } = await import('node:zlib')
    const body = gzipSync(`${oneLog}${' '.repeat(2000)}`)
    const headers = { ...json, 'content-encoding': 'gzip' }
    const answer = await request(`http://127.0.0.1:${listener.port}/v1/logs`, { method: 'POST', headers, body })
    await answer.body.dump()
    expect(answer.statusCode).toBe(429)
    expect(inFlight.bytes).toBe(0)
  })

  it('that is cut off leaves nothing behind', async () => {
    const socket = connect(listener.port, '127.0.0.1')
    socket.write(
      'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"half',
    )
    while (inFlight.bytes === 0) await new Promise(setImmediate)
    socket.destroy()
    while (inFlight.bytes > 0) await new Promise(setImmediate)
    expect(sink.batches).toEqual([])
    expect(ledger.entries()).toMatchObject([{ receivedRows: 1, rejectedRows: 1, waitingRows: 0 }])
  })

  it('in work is answered when the listener stops', async () => {
    let open = (): void => {}
    sink.gate = new Promise((resolve) => {
      open = resolve
    })
    const answer = send('/v1/logs', { body: oneLog })
    await sink.arrived(1)
    const stopped = listener.stop()
    open()
    expect(await answer).toMatchObject({ status: 200 })
    await stopped
  })

  it('of an unknown type is counted as unsupported, though nobody knows how many rows it held', async () => {
    expect(await send('/v1/logs', { body: 'x', headers: { 'content-type': 'text/xml' } })).toMatchObject({
      status: 415,
    })
    expect(ledger.entries()[0].rejections).toMatchObject([{ reason: 'unsupported', count: 1 }])
  })
})
