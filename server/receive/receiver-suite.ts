import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import { fastify } from 'fastify'
import { compressSync } from 'snappy'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../model/ledger.ts'
import { createSeriesTables } from '../model/series-interner.ts'
import { JournalFull, Overloaded } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { createLedger } from '../pipeline/ledger.ts'
import { systemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { createGrpcListener } from './grpc-listener.ts'
import { registerHttpReceivers } from './http-routes.ts'
import { createInFlight } from './in-flight.ts'
import { type GrpcReceiver, type HttpReceiver, maxRequestBytes, type ReceiverContext } from './receiver.ts'
import { RecordingSink } from './recording-sink-suite.ts'

/** What the suite has to know of one way into a receiver. */
export interface ReceiverCase {
  readonly receiver: HttpReceiver | GrpcReceiver
  /** Route or method. */
  readonly path: string
  readonly contentType?: string
  /** Encoding in which bodies are sent unless a test names another. */
  readonly encoding?: string
  /** A request of `rows` rows. */
  readonly good: Uint8Array
  readonly rows: number
  /** A body that is refused; or why there is none. */
  readonly malformed: Uint8Array | { readonly optOut: string }
  /** What it is after a warning about rejected rows: not every protocol has a success with words. */
  readonly partialStatus: number
}

/** One answer, over HTTP or gRPC (`status` is the HTTP status or the gRPC code). */
interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly isOk: boolean
  readonly isRetryable: boolean
}

interface Sender {
  send(
    body: Uint8Array,
    more?: { encoding?: string; contentType?: string; token?: string; chunked?: boolean },
  ): Promise<Answer>
  close(): Promise<void>
}

const refusedToken = 'nobody'

/** Runs the contract that every receiver keeps, on real sockets. Source: the issue on receivers; OTLP and remote write say the same. */
export function describeReceiver(name: string, given: ReceiverCase): void {
  const sink = new RecordingSink()
  const inFlight = createInFlight()
  let context: ReceiverContext
  let sender: Sender
  let stop: () => Promise<void>

  beforeAll(async () => {
    const tables = await createSeriesTables()
    context = { sink, tables, ledger: createLedger(systemClock), clock: systemClock, logger: silentLogger() }
    const started = await start(given, { context, inFlight, authorizeIngest: authorize })
    sender = started.sender
    stop = started.stop
  })
  afterAll(() => stop())
  beforeEach(() => {
    sink.batches.length = 0
    sink.failure = null
    sink.gate = null
    sink.rejectedRows = 0
  })
  const counted = (): LedgerEntry | undefined =>
    context.ledger.entries().find(({ receiver }) => receiver === given.receiver.name)

  describe(name, () => {
    it('answers a good request after the sink has resolved, not before', async () => {
      let open = (): void => {}
      sink.gate = new Promise((resolve) => {
        open = resolve
      })
      let isAnswered = false
      const answer = sender.send(given.good).then((got) => {
        isAnswered = true
        return got
      })
      await sink.arrived(1)
      await new Promise(setImmediate)
      expect(isAnswered).toBe(false)
      open()
      expect(await answer).toMatchObject({ isOk: true })
      expect(sink.batches[0]).toMatchObject({
        tenant: defaultTenant,
        receiver: given.receiver.name,
        rowCount: given.rows,
      })
      expect(sink.batches[0].receivedBytes).toBeGreaterThan(0)
    })

    it.each([
      ['the journal is full', new JournalFull('disk full', 2500)],
      ['the server is overloaded', new Overloaded('busy', 2500)],
    ])('asks to send again when %s', async (_name, failure) => {
      sink.failure = failure
      const answer = await sender.send(given.good)
      expect(answer).toMatchObject({ isOk: false, isRetryable: true })
      expect(answer.text).toContain(failure.message)
      if (given.receiver.kind === 'http') expect(answer.headers['retry-after']).toBe('3')
      else expect(retryDelayOf(answer)).toBe(2500)
    })

    it('keeps the words of a defect of ours to itself', async () => {
      sink.failure = new Error('secret path')
      const answer = await sender.send(given.good)
      expect(answer).toMatchObject({ isOk: false })
      expect(answer.text).toContain('internal error')
      expect(answer.text).not.toContain('secret')
    })

    it('says how many rows were rejected, and why', async () => {
      sink.rejectedRows = 1
      const answer = await sender.send(given.good)
      expect(answer.status).toBe(given.partialStatus)
      expect(answer.isRetryable).toBe(false)
      expect(answer.text).toContain('too old')
    })

    it('refuses a malformed request in words, once and for all, and counts it', async (test) => {
      if ('optOut' in given.malformed) return test.skip(given.malformed.optOut)
      const before = counted()
      const answer = await sender.send(given.malformed)
      expect(answer).toMatchObject({ isOk: false, isRetryable: false })
      expect(answer.text).toMatch(/\(at .+\)/)
      expect(sink.batches).toEqual([])
      expect(counted()?.rejectedRows).toBe((before?.rejectedRows ?? 0) + 1)
      expect(counted()?.waitingRows).toBe(0)
    })

    it('takes an empty request', async () => {
      expect(await sender.send(new Uint8Array(0))).toMatchObject({ isOk: true })
      expect(sink.rows).toBe(0)
    })

    it('refuses a sender that may not send', async () => {
      expect(await sender.send(given.good, { token: refusedToken })).toMatchObject({ isOk: false, isRetryable: false })
      expect(sink.batches).toEqual([])
    })

    it('refuses what is larger than 20 MiB, as sent and after decompression', async () => {
      const noise = randomBytes(maxRequestBytes + 1)
      const bomb = Buffer.alloc(maxRequestBytes + 1)
      const answers = [await sender.send(noise), await sender.send(bomb, { encoding: 'gzip' })]
      for (const answer of answers) {
        expect(answer).toMatchObject({
          isOk: false,
          isRetryable: false,
          status: given.receiver.kind === 'http' ? 413 : 8,
        })
        expect(answer.text).toMatch(/larger/)
      }
      expect(sink.batches).toEqual([])
      expect(inFlight.bytes).toBe(0)
    })

    it('refuses an encoding that it does not know', async () => {
      const answer = await sender.send(given.good, { encoding: 'br' })
      expect(answer).toMatchObject({
        isOk: false,
        isRetryable: false,
        status: given.receiver.kind === 'http' ? 415 : 12,
      })
    })

    it('takes many requests at once, each answered', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => sender.send(given.good)))
      expect(answers.every(({ isOk }) => isOk)).toBe(true)
      expect(sink.rows).toBe(50 * given.rows)
      expect(inFlight.bytes).toBe(0)
    })

    if (given.receiver.kind !== 'http') return

    it.each(['gzip', 'deflate', 'zstd', 'snappy'])('takes %s', async (encoding) => {
      expect(await sender.send(given.good, { encoding })).toMatchObject({ isOk: true })
      expect(sink.rows).toBe(given.rows)
    })

    it('takes a body whose length is not announced, and refuses it where it is too long', async () => {
      expect(await sender.send(given.good, { chunked: true })).toMatchObject({ isOk: true })
      const answer = await sender.send(randomBytes(maxRequestBytes + 1), { chunked: true })
      expect(answer).toMatchObject({ status: 413 })
    })

    it('refuses a type of content that it does not know, and says what it expects', async () => {
      const answer = await sender.send(given.good, { contentType: 'image/png' })
      expect(answer).toMatchObject({ status: 415, isRetryable: false })
      expect(answer.text).toContain('expected application/')
    })

    it('refuses a body that is not compressed as it says', async () => {
      const [route] = given.receiver.kind === 'http' ? given.receiver.routes : []
      expect(route).toBeDefined()
      const answer = await sender.send(given.good, { encoding: 'gzip-in-name-only' })
      expect(answer).toMatchObject({ status: 400, isRetryable: false })
    })
  })
}

const authorize = (headers: Record<string, unknown>) =>
  headers.authorization === refusedToken
    ? ({ status: 401, message: 'a token is needed' } as const)
    : { tenant: defaultTenant }

type Ingest = Parameters<typeof createGrpcListener>[2]

async function start(given: ReceiverCase, ingest: Ingest): Promise<{ sender: Sender; stop: () => Promise<void> }> {
  if (given.receiver.kind === 'grpc') {
    const listener = createGrpcListener({ host: '127.0.0.1', port: 0 }, [given.receiver], ingest)
    await listener.start()
    const sender = grpcSender(`127.0.0.1:${listener.port}`, given)
    return { sender, stop: () => sender.close().then(() => listener.stop()) }
  }
  const app = fastify()
  await registerHttpReceivers(app, [given.receiver], { ...ingest, listener: 'api' })
  const sender = httpSender(await app.listen({ host: '127.0.0.1', port: 0 }), given)
  return { sender, stop: () => sender.close().then(() => app.close()) }
}

function encode(body: Uint8Array, encoding: string): Uint8Array {
  switch (encoding) {
    case 'gzip':
      return gzipSync(body)
    case 'deflate':
      return deflateSync(body)
    case 'zstd':
      return zstdCompressSync(body)
    case 'snappy':
      return compressSync(Buffer.from(body))
    default:
      return body
  }
}

function httpSender(origin: string, given: ReceiverCase): Sender {
  const agent = new Agent()
  return {
    async send(body, { encoding = given.encoding ?? '', contentType = given.contentType ?? '', token, chunked } = {}) {
      const encoded = body.length === 0 ? body : encode(body, encoding)
      const headers: Record<string, string> = { 'content-type': contentType }
      if (encoding !== '') headers['content-encoding'] = encoding === 'gzip-in-name-only' ? 'gzip' : encoding
      if (token !== undefined) headers.authorization = token
      const sent = chunked ? Readable.from(chunksOf(encoded)) : Buffer.from(encoded)
      const answer = await request(`${origin}${given.path}`, { method: 'POST', headers, body: sent, dispatcher: agent })
      const status = answer.statusCode
      const text = await answer.body.text()
      const isRetryable = [429, 502, 503, 504].includes(status)
      return { status, headers: answer.headers, text, isOk: status >= 200 && status < 300, isRetryable }
    },
    close: () => agent.close(),
  }
}

async function* chunksOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < body.length; start += 65_536) yield body.subarray(start, start + 65_536)
}

const identity = (bytes: Buffer): Buffer => bytes
const repeatedCodes = [
  grpc.status.UNAVAILABLE,
  grpc.status.ABORTED,
  grpc.status.CANCELLED,
  grpc.status.DEADLINE_EXCEEDED,
]

function grpcSender(address: string, given: ReceiverCase): Sender {
  const open = (algorithm: grpc.compressionAlgorithms) =>
    new grpc.Client(address, grpc.credentials.createInsecure(), {
      'grpc.default_compression_algorithm': algorithm,
      'grpc.max_send_message_length': -1,
    })
  const plain = open(grpc.compressionAlgorithms.identity)
  const gzip = open(grpc.compressionAlgorithms.gzip)
  return {
    send(body, { encoding, token } = {}) {
      const metadata = new grpc.Metadata()
      if (token !== undefined) metadata.set('authorization', token)
      if (encoding !== undefined && encoding !== 'gzip') return sendUnknownEncoding(address, given.path, encoding)
      const client = encoding === 'gzip' ? gzip : plain
      return new Promise((resolve) => {
        client.makeUnaryRequest(given.path, identity, identity, Buffer.from(body), metadata, (error, value) => {
          const status = error?.code ?? 0
          const headers = error?.metadata.getMap() ?? {}
          const text = error?.details ?? String(value)
          resolve({ status, headers, text, isOk: error === null, isRetryable: repeatedCodes.includes(status) })
        })
      })
    },
    async close() {
      plain.close()
      gzip.close()
    },
  }
}

/** grpc-js sends only encodings that it knows: HTTP/2 by hand. */
async function sendUnknownEncoding(address: string, path: string, encoding: string): Promise<Answer> {
  const { connect } = await import('node:http2')
  const session = connect(`http://${address}`)
  const headers = {
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-encoding': encoding,
  }
  const stream = session.request(headers)
  const status = await new Promise<number>((resolve) => {
    const read = (got: Record<string, unknown>): void => {
      if (got['grpc-status'] !== undefined) resolve(Number(got['grpc-status']))
    }
    stream.on('response', read)
    stream.on('trailers', read)
    stream.resume()
    stream.end(Buffer.from([1, 0, 0, 0, 1, 0]))
  })
  session.close()
  return { status, headers: {}, text: '', isOk: status === 0, isRetryable: repeatedCodes.includes(status) }
}

/** Milliseconds of the RetryInfo in an answer's status details; undefined where there is none. */
function retryDelayOf({ headers }: Answer): number | undefined {
  const details = headers['grpc-status-details-bin']
  if (!Buffer.isBuffer(details)) return undefined
  const at = details.indexOf('google.rpc.RetryInfo') + 'google.rpc.RetryInfo'.length
  // value (field 2) { retry_delay (1) { seconds (1), nanos (2) } }
  const delay = details.subarray(at + 4)
  expect(delay[0]).toBe(0x08)
  expect(delay[2]).toBe(0x10)
  let nanos = 0
  for (let i = 3; i < delay.length; i++) nanos += (delay[i] & 0x7f) * 2 ** (7 * (i - 3))
  return delay[1] * 1000 + nanos / 1e6
}
