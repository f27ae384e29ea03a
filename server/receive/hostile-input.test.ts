import fc from 'fast-check'
import { fastify } from 'fastify'
import { compressSync } from 'snappy'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ProtobufWriter } from '../decode/wire/protobuf-writer.ts'
import type { Batch, RowMask } from '../model/batch.ts'
import type { Ledger } from '../model/ledger.ts'
import { createSeriesTables } from '../model/series-interner.ts'
import type { EncodedSink } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { createLedger } from '../pipeline/ledger.ts'
import { defaultIngestLimits } from '../pipeline/limits.ts'
import { createPipeline } from '../pipeline/pipeline.ts'
import { silentLogger } from '../runtime/logger.ts'
import { registerHttpReceivers } from './http-routes.ts'
import { createInFlight } from './in-flight.ts'
import { ManualClock } from './manual-clock-suite.ts'
import { receivers } from './protocols/registry.ts'

/*
 * What a broken or hostile sender may send, through the real listener, decoders and pipeline: the good part of a
 * request is stored, the rest is counted with its reason, and nothing is lost between the two.
 */

const nowMs = Date.parse('2026-01-31T00:00:00Z')

/** The neighbour behind the pipeline: counts what it is given to store. */
class CountingEnd implements EncodedSink {
  rows = 0
  async append(batch: Batch, mask: RowMask = null) {
    const acceptedRows = batch.rowCount - (mask?.filter((reject) => reject !== 0).length ?? 0)
    this.rows += acceptedRows
    return { acceptedRows, rejections: [] }
  }
}

const end = new CountingEnd()
let ledger: Ledger
let origin: string
const app = fastify()

beforeAll(async () => {
  const clock = new ManualClock(nowMs)
  ledger = createLedger(clock)
  const sink = createPipeline({ sink: end, ledger, clock, limits: () => defaultIngestLimits })
  const context = { sink, ledger, clock, tables: await createSeriesTables(), logger: silentLogger() }
  const authorizeIngest = () => ({ tenant: defaultTenant })
  await registerHttpReceivers(app, receivers, { context, authorizeIngest, inFlight: createInFlight(), listener: 'api' })
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => app.close())

const totals = () => {
  const sums = { received: 0, rejected: 0, waiting: 0 }
  const reasons = new Map<string, number>()
  for (const entry of ledger.entries()) {
    sums.received += entry.receivedRows
    sums.rejected += entry.rejectedRows
    sums.waiting += entry.waitingRows
    for (const { reason, count } of entry.rejections) reasons.set(reason, (reasons.get(reason) ?? 0) + count)
  }
  return { ...sums, reasons }
}

interface Sent {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Uint8Array | string
}

/** Sends a request; the answer, what was stored of it, and what was rejected by reason. */
async function send({ path, headers, body }: Sent) {
  const before = { ...totals(), stored: end.rows }
  const answer = await request(`${origin}${path}`, { method: 'POST', headers, body: Buffer.from(body) })
  const text = await answer.body.text()
  const after = totals()
  const stored = end.rows - before.stored
  // Nothing stores here, so what is stored in the end is what waits in the ledger.
  expect(after.waiting - before.waiting).toBe(stored)
  expect(after.received - before.received).toBe(stored + after.rejected - before.rejected)
  const rejected = [...after.reasons].map(
    ([reason, count]) => [reason, count - (before.reasons.get(reason) ?? 0)] as const,
  )
  return {
    status: answer.statusCode,
    text,
    stored,
    rejected: Object.fromEntries(rejected.filter(([, count]) => count > 0)),
  }
}

const nano = (ms: number) => `${ms}000000`
const logs = (...records: unknown[]): Sent =>
  json('/v1/logs', { resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] })
const spans = (...list: unknown[]): Sent => json('/v1/traces', { resourceSpans: [{ scopeSpans: [{ spans: list }] }] })
const json = (path: string, document: unknown): Sent => ({
  path,
  headers: { 'content-type': 'application/json' },
  body: typeof document === 'string' ? document : JSON.stringify(document),
})
const good = { timeUnixNano: nano(nowMs), body: { stringValue: 'good' } }
const goodSpan = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  name: 'x',
  startTimeUnixNano: nano(nowMs),
  endTimeUnixNano: nano(nowMs),
}

/** A value nested `depth` deep. */
function nested(depth: number): unknown {
  let value: unknown = { stringValue: 'x' }
  for (let i = 0; i < depth; i++) value = { arrayValue: { values: [value] } }
  return value
}

const bytes = (double: number) => Buffer.from(Float64Array.of(double).buffer)
const varint = (value: bigint): Buffer => {
  const out: number[] = []
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    if (rest < 0x80n) return Buffer.from([...out, Number(rest)])
    out.push(Number(rest & 0x7fn) | 0x80)
  }
}

type Label = readonly [name: string | Uint8Array, value: string | Uint8Array]

/** One remote write request of series with labels and one sample each. */
function write(...list: { labels: readonly Label[]; value?: number; at?: bigint }[]): Sent {
  const part = (value: string | Uint8Array) => (typeof value === 'string' ? Buffer.from(value) : value)
  const request = new ProtobufWriter()
  for (const { labels, value = 1, at = BigInt(nowMs) } of list) {
    const series = new ProtobufWriter()
    for (const [name, text] of labels)
      series.bytes(1, new ProtobufWriter().bytes(1, part(name)).bytes(2, part(text)).finish())
    series.bytes(2, Buffer.concat([Buffer.from([0x09]), bytes(value), Buffer.from([0x10]), varint(at)]))
    request.bytes(1, series.finish())
  }
  return {
    path: '/api/v1/write',
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    body: compressSync(Buffer.from(request.finish())),
  }
}

const named: Label = ['__name__', 'up']
const goodSeries = { labels: [named] }
const notUtf8 = Buffer.from([0xff, 0xfe])
const min = -(2n ** 63n)
const max = 2n ** 63n - 1n

describe('hostile input', () => {
  it.each<[string, Sent, Partial<Awaited<ReturnType<typeof send>>>]>([
    // name, request, what comes of it
    [
      'a log record at the ends of time',
      logs(
        good,
        { ...good, timeUnixNano: '1' },
        { ...good, timeUnixNano: String(max) },
        { ...good, timeUnixNano: '18446744073709551615' },
      ),
      { status: 200, stored: 1, rejected: { too_old: 1, too_new: 2 } },
    ],
    [
      'a time that is no uint64',
      logs(good, { ...good, timeUnixNano: '18446744073709551616' }),
      { status: 200, stored: 1, rejected: { malformed: 1 } },
    ],
    [
      'a time below 0',
      logs(good, { ...good, timeUnixNano: '-1' }),
      { status: 200, stored: 1, rejected: { malformed: 1 } },
    ],
    [
      'a trace id that is no hex: kept without it',
      logs(good, { ...good, traceId: 'z'.repeat(32) }),
      { status: 200, stored: 2, rejected: {} },
    ],
    [
      'a value nested too deep for a row',
      logs(good, { ...good, body: nested(40) }),
      { status: 200, stored: 1, rejected: { malformed: 1 } },
    ],
    [
      'JSON nested too deep to be read',
      json('/v1/logs', '['.repeat(100_000)),
      { status: 400, stored: 0, rejected: { malformed: 1 } },
    ],
    [
      'JSON that is cut off',
      json('/v1/logs', '{"resourceLogs":[{'),
      { status: 400, stored: 0, rejected: { malformed: 1 } },
    ],
    [
      'NaN and infinities in attributes',
      logs({
        ...good,
        attributes: ['NaN', 'Infinity', '-Infinity'].map((value, i) => ({
          key: `k${i}`,
          value: { doubleValue: value },
        })),
      }),
      { status: 200, stored: 1, rejected: {} },
    ],
    [
      'a span without ids',
      spans(goodSpan, { ...goodSpan, traceId: '', spanId: '' }),
      { status: 200, stored: 1, rejected: { malformed: 1 } },
    ],
    [
      'a span that began in 1970',
      spans(goodSpan, { ...goodSpan, startTimeUnixNano: '1' }),
      { status: 200, stored: 1, rejected: { too_old: 1 } },
    ],
    [
      'samples at the ends of int64',
      write(goodSeries, { ...goodSeries, at: min }, { ...goodSeries, at: max }),
      { status: 400, stored: 1, rejected: { too_old: 1, too_new: 1 } },
    ],
    [
      'NaN and infinities',
      write(
        ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => ({ ...goodSeries, value })),
      ),
      { status: 204, stored: 3, rejected: {} },
    ],
    [
      'a label twice',
      write(goodSeries, { labels: [named, ['a', '1'], ['a', '2']] }),
      { status: 400, stored: 1, rejected: { duplicate_label: 1 } },
    ],
    [
      'a label without a name',
      write(goodSeries, { labels: [named, ['', '1']] }),
      { status: 400, stored: 1, rejected: { invalid_name: 1 } },
    ],
    [
      'a series without a name',
      write(goodSeries, { labels: [['a', '1']] }),
      { status: 400, stored: 1, rejected: { invalid_name: 1 } },
    ],
    ['no labels at all', write(goodSeries, { labels: [] }), { status: 400, stored: 1, rejected: { invalid_name: 1 } }],
    [
      'a label value that is not UTF-8',
      write(goodSeries, { labels: [named, ['a', notUtf8]] }),
      { status: 400, stored: 1, rejected: { malformed: 1 } },
    ],
    [
      'a label name that is not UTF-8',
      write(goodSeries, { labels: [named, [notUtf8, 'a']] }),
      { status: 400, stored: 1, rejected: { malformed: 1 } },
    ],
    [
      'a label value of 100 kB',
      write(goodSeries, { labels: [named, ['a', 'x'.repeat(100_000)]] }),
      { status: 400, stored: 1, rejected: { label_too_long: 1 } },
    ],
    [
      'a thousand labels',
      write(goodSeries, { labels: [named, ...Array.from({ length: 1000 }, (_, i): Label => [`l${i}`, 'x'])] }),
      { status: 400, stored: 1, rejected: { too_many_labels: 1 } },
    ],
    [
      'what is not snappy',
      { ...write(goodSeries), body: Buffer.from('no snappy at all') },
      { status: 400, stored: 0, rejected: { malformed: 1 } },
    ],
    [
      'a snappy bomb',
      { ...write(goodSeries), body: compressSync(Buffer.alloc(21 * 1024 * 1024)) },
      { status: 413, stored: 0, rejected: { body_too_long: 1 } },
    ],
    [
      'an unknown message',
      {
        ...write(goodSeries),
        headers: {
          'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request',
          'content-encoding': 'snappy',
        },
      },
      { status: 415, stored: 0, rejected: { unsupported: 1 } },
    ],
    [
      'a log line of nothing but nulls',
      { path: '/api/logs', headers: { 'content-type': 'text/plain' }, body: Buffer.alloc(100) },
      { status: 200, stored: 1, rejected: {} },
    ],
    [
      'a log line that is not UTF-8',
      {
        path: '/api/logs',
        headers: { 'content-type': 'text/plain' },
        body: Buffer.concat([Buffer.from('ok\n'), notUtf8]),
      },
      { status: 200, stored: 2, rejected: {} },
    ],
  ])('%s', async (_name, sent, wanted) => {
    const got = await send(sent)
    expect(got).toMatchObject(wanted)
    if (Object.keys(got.rejected).length > 0) expect(got.text.length).toBeGreaterThan(20)
  })

  it('bytes at random, and good requests with bytes changed, never make an internal error, and every row is counted', async () => {
    const bodies = [logs(good, good), spans(goodSpan), write(goodSeries, goodSeries), json('/v1/metrics', '{}')]
    const protobuf = { 'content-type': 'application/x-protobuf' }
    const binary = ['logs', 'traces', 'metrics'].map((signal) => ({
      path: `/v1/${signal}`,
      headers: protobuf,
      body: '',
    }))
    const plain = { ...write(goodSeries), headers: { ...protobuf, 'content-encoding': 'identity' }, body: '' }
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
    const random = fc.tuple(
      fc.constantFrom(...bodies, ...binary, plain),
      fc.array(change, { maxLength: 5 }),
      fc.uint8Array({ maxLength: 60 }),
    )
    await fc.assert(
      fc.asyncProperty(random, async ([sent, changes, tail]) => {
        const body = sent.body.length === 0 ? Buffer.from(tail) : Buffer.from(sent.body)
        for (const { at, byte } of changes) if (body.length > 0) body[at % body.length] = byte
        expect((await send({ ...sent, body })).status).toBeLessThan(500)
      }),
      { seed: 3, numRuns: 400 },
    )
  })

  it('a sender is told which record was the first bad one, and what is wrong with it', async () => {
    const answer = await send(logs(good, { ...good, timeUnixNano: '1000000000' }))
    const { partialSuccess } = JSON.parse(answer.text)
    expect(partialSuccess).toEqual({
      rejectedLogRecords: '1',
      errorMessage: '1 too_old, such as logs[1]: time 1970-01-01T00:00:01.000Z is before the 30 days that are kept',
    })
  })

  it('remote write 2.0 is told how much was written', async () => {
    const symbol = (text: string) => new ProtobufWriter().bytes(4, Buffer.from(text)).finish()
    const sample = (at: bigint) => Buffer.concat([Buffer.from([0x09]), bytes(1), Buffer.from([0x10]), varint(at)])
    const series = new ProtobufWriter()
      .bytes(1, Buffer.from([1, 2]))
      .bytes(2, sample(BigInt(nowMs)))
      .bytes(2, sample(1n))
    const message = Buffer.concat([
      ...['', '__name__', 'up'].map(symbol),
      new ProtobufWriter().bytes(5, series.finish()).finish(),
    ])
    const headers = {
      'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      'content-encoding': 'snappy',
    }
    const answer = await request(`${origin}/api/v1/write`, { method: 'POST', headers, body: compressSync(message) })
    expect(answer.statusCode).toBe(400)
    expect(answer.headers).toMatchObject({
      'x-prometheus-remote-write-samples-written': '1',
      'x-prometheus-remote-write-histograms-written': '0',
      'x-prometheus-remote-write-exemplars-written': '0',
    })
    expect(await answer.body.text()).toBe(
      '1 too_old: samples[1]: time 1970-01-01T00:00:00.001Z is before the 30 days that are kept',
    )
  })
})
