import fc from 'fast-check'
import fastify, { type FastifyInstance } from 'fastify'
import { compressSync, uncompressSync } from 'snappy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MetricsFixture, openMetricsFixture } from '../../../query/metrics/metrics-fixture-suite.ts'
import { MetricsQueries } from '../../../query/metrics/metrics-queries.ts'
import {
  customSchema,
  emptyHistogram,
  type FloatHistogram,
  type ResetHint,
} from '../../../query/promql/histogram/float-histogram.ts'
import { compareLabels, Labels } from '../../../query/promql/labels.ts'
import type { SampleSeries } from '../../../query/promql/value.ts'
import { systemClock } from '../../../runtime/clock.ts'
import { silentLogger } from '../../../runtime/logger.ts'
import { testScope } from '../../../store/read/read-fixture-suite.ts'
import { registerPrometheusApi } from '../register-prometheus-api.ts'
import { type DecodedHistogram, type DecodedSample, decodeFrames, fieldsOf } from './chunk-decoder-suite.ts'
import { framesOf } from './chunk-frames.ts'
import { crc32c } from './crc32c.ts'
import { Message } from './protobuf-message.ts'
import { readSorted } from './sorted-reading.ts'

const maxFrameBytes = 1024 * 1024

describe('frames of a series', () => {
  it('CRC-32C of the examples of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  })

  const bits = fc.oneof(
    { weight: 4, arbitrary: fc.double({ noNaN: true }).map(bitsOf) },
    { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 1000 }).map(bitsOf) },
    // A staleness marker, other NaNs, both zeros, both infinities, the smallest and the largest numbers.
    fc.constantFrom(0x7ff0000000000002n, 0x7ff8000000000001n, 0xffffffffffffffffn, 1n << 63n, 0n, 1n),
    fc.constantFrom(...[Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, -Number.MAX_VALUE].map(bitsOf)),
  )
  const steps = fc.oneof(
    { weight: 4, arbitrary: fc.constant(15_000) },
    { weight: 2, arbitrary: fc.integer({ min: 14_990, max: 15_010 }) },
    ...[13, 14, 16, 17, 19, 20, 31, 33, 40].map((size) => fc.integer({ min: 2 ** size - 2, max: 2 ** size + 2 })),
    fc.integer({ min: 1, max: 2 ** 40 }),
  )
  const start = fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }),
    fc.integer({ min: -(2 ** 41), max: 2 ** 41 }),
  )

  it('floats come back bit for bit, at any times', () => {
    const points = fc.array(fc.tuple(steps, bits), { minLength: 1, maxLength: 400 })
    fc.assert(
      fc.property(start, points, (startMs, list) => {
        let ms = startMs
        const samples = list.map(([step, value]) => {
          ms += step
          return { ms, bits: value }
        })
        const frames = decodeFrames(Buffer.concat([...framesOf(seriesOf(samples), 3)]))
        expect(frames).toHaveLength(1)
        expect(frames[0].queryIndex).toBe(3)
        expect(frames[0].labels).toEqual([
          ['__name__', 'x'],
          ['größe', 'ü"\n'],
        ])
        expect(frames[0].chunks.map((chunk) => chunk.samples.length)).toEqual(
          Array.from({ length: Math.ceil(samples.length / 120) }, (_, i) => Math.min(120, samples.length - 120 * i)),
        )
        for (const { startMs: from, endMs, samples: inside } of frames[0].chunks)
          expect([from, endMs]).toEqual([inside[0].ms, inside.at(-1)?.ms])
        expect(frames[0].chunks.flatMap((chunk) => chunk.samples)).toEqual(samples)
      }),
      { numRuns: 300, seed: 20260102 },
    )
  })

  it('a long series goes on in the next frame', () => {
    let word = 1n
    const samples = Array.from({ length: 300_000 }, (_, i) => {
      word = (word * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n)
      return { ms: 15_000 * i, bits: word }
    })
    const frames = [...framesOf(seriesOf(samples), 0)]
    expect(frames.length).toBeGreaterThan(2)
    for (const frame of frames) expect(frame.length).toBeLessThan(maxFrameBytes + 4096)
    // The decoder is slow: only the ends.
    const first = decodeFrames(frames[0] as Buffer)[0]
    const last = decodeFrames(frames.at(-1) as Buffer)[0]
    expect(last.labels).toEqual(first.labels)
    expect(first.chunks[0].samples).toEqual(samples.slice(0, 120))
    expect(last.chunks.at(-1)?.samples.at(-1)).toEqual(samples.at(-1))
    expect(frames.length).toBe(Math.ceil(frames.reduce((sum, { length }) => sum + length, 0) / (maxFrameBytes + 1100)))
  })

  const counts = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0.25, max: 1e12, noNaN: true }))
  const buckets = fc.uniqueArray(fc.integer({ min: -300, max: 300 }), { maxLength: 6 })
  const histogram: fc.Arbitrary<FloatHistogram> = fc
    .record({
      layout: fc.record({
        schema: fc.integer({ min: -4, max: 8 }),
        zeroThreshold: fc.constantFrom(0, 0.001, 2 ** -128, 5e-324),
        positive: buckets,
        negative: buckets,
      }),
      isCustom: fc.boolean(),
      bounds: fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 5 }),
      sum: fc.double(),
      count: counts,
    })
    .map(({ layout, isCustom, bounds, sum, count }) => {
      const filled = (indexes: readonly number[]) => {
        const ascending = indexes.toSorted((a, b) => a - b)
        return { indexes: ascending, counts: ascending.map((_, i) => count / (i + 3)) }
      }
      const rest = { ...emptyHistogram, count, sum }
      if (!isCustom)
        return {
          ...rest,
          ...layout,
          zeroCount: count / 2,
          positive: filled(layout.positive),
          negative: filled(layout.negative),
        }
      const customBounds = bounds.toSorted((a, b) => a - b)
      return { ...rest, schema: customSchema, customBounds, positive: filled([0, customBounds.length]) }
    })
  const hints = fc.constantFrom<ResetHint>('unknown', 'reset', 'no_reset', 'no_reset', 'no_reset', 'gauge')

  it('histograms come back, between floats and with other buckets and resets', () => {
    const runs = fc.array(
      fc.record({ one: histogram, hint: hints, repeats: fc.integer({ min: 0, max: 130 }), floats: fc.nat(2) }),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(start, runs, (startMs, list) => {
        let ms = startMs
        const later = (step: number) => {
          ms += step
          return ms
        }
        const wanted: DecodedSample[] = []
        for (const { one, hint, repeats, floats } of list) {
          wanted.push({ ms: later(15_000), histogram: decodedOf({ ...one, resetHint: hint }) })
          for (let i = 1; i <= repeats; i += 1) {
            const more = { ...one, count: one.count + i, resetHint: hint === 'gauge' ? hint : ('no_reset' as const) }
            wanted.push({ ms: later(i % 7 === 0 ? 7 : 15_000), histogram: decodedOf(more) })
          }
          for (let i = 0; i < floats; i += 1) wanted.push({ ms: later(15_000), bits: bitsOf(i) })
        }
        const [{ chunks }] = decodeFrames(Buffer.concat([...framesOf(seriesOf(wanted), 0)]))
        const found = chunks.flatMap((chunk) => chunk.samples)
        expect(found).toEqual(wanted)
        expect(Math.max(...chunks.map((chunk) => chunk.samples.length))).toBeLessThanOrEqual(120)
      }),
      { numRuns: 150, seed: 20260103 },
    )
  })

  it('of a float and a histogram at one time the float stays', () => {
    const both = { ...seriesOf([{ ms: 1000, bits: bitsOf(1) }]), histogramTimes: Float64Array.of(1000) }
    const series = { ...both, histograms: [emptyHistogram] }
    const [{ chunks }] = decodeFrames(Buffer.concat([...framesOf(series, 0)]))
    expect(chunks.map((chunk) => chunk.samples)).toEqual([[{ ms: 1000, bits: bitsOf(1) }]])
  })
})

describe('POST /api/v1/read', () => {
  /** 2026-01-02T10:00:00Z */
  const t0 = 1_767_348_000_000
  const clock = { ...systemClock, nowMs: () => t0 + 600_000 }
  let fixture: MetricsFixture
  let metrics: MetricsQueries
  let app: FastifyInstance
  const stale = new Float64Array(BigUint64Array.of(0x7ff0000000000002n).buffer)[0]

  beforeAll(async () => {
    fixture = await openMetricsFixture()
    const samples = ['requests_total', 'Upper', 'b.c', 'a'].flatMap((name) =>
      ['10.0.0.1:80', '10.0.0.2:80', 'z'].flatMap((instance) =>
        Array.from({ length: 41 }, (_, i) => ({
          labels: { __name__: name, job: 'api', instance, ...(instance === 'z' ? { Az: '1' } : {}) },
          ms: t0 + i * 15_000,
          value: i * 0.1 + name.length,
        })),
      ),
    )
    const native = { schema: 0, zeroThreshold: 0.001, zeroCount: 1, count: 4, sum: 5.5, customBounds: [] }
    await fixture.write(
      1,
      [...samples, { labels: { __name__: 'a', job: 'api', instance: 'z', Az: '1' }, ms: t0 + 601_000, value: stale }],
      {
        histograms: [0, 15_000].map((after) => ({
          labels: { __name__: 'native', job: 'api' },
          histogram: {
            ...native,
            ...{ ref: 0, timestampMs: t0 + after, resetHint: 0, isFloat: false, isDelta: false },
            positiveSpans: [{ offset: 0, length: 2 }],
            positiveCounts: [1, 2],
            negativeSpans: [],
            negativeCounts: [],
          },
        })),
      },
    )
    metrics = new MetricsQueries({ store: fixture.store, clock })
    app = fastify()
    await registerPrometheusApi(app, {
      metrics,
      scopeOf: (request) => Promise.resolve(testScope({ tenant: 1, signal: request.signal })),
      clock,
      logger: silentLogger(),
      version: '0.0.0',
      targets: () => [],
    })
  })
  afterAll(async () => {
    await app.close()
    await fixture.close()
  })

  const everyJob = { startMs: t0, endMs: t0 + 700_000, matchers: [['job', 'api']] as const }

  function read(queries: readonly (typeof everyJob)[], accepted: readonly number[], isPacked = true) {
    const request = new Message()
    for (const { startMs, endMs, matchers } of queries) {
      const query = new Message()
      query.integer(1, startMs)
      query.integer(2, endMs)
      for (const [name, value] of matchers) {
        const matcher = new Message()
        matcher.text(2, name)
        matcher.text(3, value)
        query.nested(3, matcher.done())
      }
      request.nested(1, query.done())
    }
    if (isPacked) request.nested(2, Uint8Array.from(accepted))
    else for (const type of accepted) request.integer(2, type)
    return app.inject({
      method: 'POST',
      url: '/api/v1/read',
      payload: compressSync(request.done()),
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    })
  }

  it('streams chunks ordered by labels, bit for bit what the samples are', async () => {
    const response = await read([everyJob], [1, 0])
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toBe(
      'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse',
    )
    const frames = decodeFrames(response.rawPayload)
    expect(frames).toHaveLength(13)
    const labels = frames.map((frame) => Labels.from(frame.labels))
    expect(labels).toEqual(labels.toSorted(compareLabels))
    const asSamples = await read([everyJob], [0])
    expect(frames.map(({ chunks }) => chunks.flatMap((chunk) => chunk.samples))).toEqual(
      samplesOf(uncompressSync(asSamples.rawPayload) as Buffer),
    )
  })

  it('each query has its frames, under its number', async () => {
    const one = { ...everyJob, startMs: t0 + 15_000, endMs: t0 + 30_000 }
    const named = (name: string) => ({ ...one, matchers: [['__name__', name] as const] })
    const frames = decodeFrames((await read([named('b.c'), named('none'), named('native')] as never, [1])).rawPayload)
    expect(frames.map((frame) => [frame.queryIndex, frame.labels[0][1]])).toEqual([
      [0, '1'],
      [0, 'b.c'],
      [0, 'b.c'],
      [2, 'native'],
    ])
    expect(frames[1].chunks[0].samples).toEqual([
      { ms: t0 + 15_000, bits: bitsOf(3.1) },
      { ms: t0 + 30_000, bits: bitsOf(3.2) },
    ])
    expect(frames[3].chunks[0].samples).toMatchObject([
      {
        histogram: {
          count: 4,
          sum: 5.5,
          positive: [
            [0, 1],
            [1, 2],
          ],
        },
      },
    ])
    expect((await read([named('none')] as never, [1])).rawPayload).toHaveLength(0)
  })

  it('answers in the first form of the list that is known', async () => {
    const typeOf = async (accepted: readonly number[], isPacked: boolean) =>
      String((await read([everyJob], accepted, isPacked)).headers['content-type']).split(';')[0]
    for (const isPacked of [true, false]) {
      expect(await typeOf([0, 1], isPacked)).toBe('application/x-protobuf')
      expect(await typeOf([7, 1, 0], isPacked)).toBe('application/x-streamed-protobuf')
    }
    expect(await typeOf([], true)).toBe('application/x-protobuf')
    expect((await read([everyJob], [7])).statusCode).toBe(400)
  })

  it.each([1, 50, 130, 400])('reads the same in runs of %i samples', async (runSamples) => {
    const query = { ...everyJob, matchers: [{ name: 'job', operator: '=', value: 'api' }] } as const
    const read = async (options: { runSamples?: number }) => {
      const found: string[] = []
      const encode = (series: SampleSeries) =>
        `${series.labels.toString()} ${series.times.join()} ${series.values.join()}`
      for await (const one of readSorted(metrics, { scope: testScope(), query, encode, ...options })) found.push(one)
      return found
    }
    const whole = await read({})
    expect(whole).toHaveLength(13)
    expect(await read({ runSamples })).toEqual(whole)
  })
})

function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]
}

function decodedOf({ positive, negative, resetHint, ...rest }: FloatHistogram): DecodedHistogram {
  const pairs = ({ indexes, counts }: FloatHistogram['positive']) => indexes.map((at, i) => [at, counts[i]] as const)
  return { ...rest, hint: resetHint, positive: pairs(positive), negative: pairs(negative) }
}

function histogramOf({ hint, positive, negative, ...rest }: DecodedHistogram): FloatHistogram {
  const columns = (pairs: DecodedHistogram['positive']) => ({
    indexes: pairs.map(([at]) => at),
    counts: pairs.map(([, count]) => count),
  })
  return { ...rest, resetHint: hint, positive: columns(positive), negative: columns(negative) }
}

function seriesOf(samples: readonly DecodedSample[]): SampleSeries {
  const floats = samples.filter((one) => 'bits' in one)
  const histograms = samples.filter((one) => 'histogram' in one)
  return {
    labels: Labels.from([
      ['__name__', 'x'],
      ['größe', 'ü"\n'],
    ]),
    times: Float64Array.from(floats, ({ ms }) => ms),
    values: new Float64Array(BigUint64Array.from(floats, ({ bits }) => bits).buffer),
    histogramTimes: Float64Array.from(histograms, ({ ms }) => ms),
    histograms: histograms.map(({ histogram }) => histogramOf(histogram)),
  }
}

/** Samples of each series of a `prometheus.ReadResponse` with one result. */
function samplesOf(response: Buffer): DecodedSample[][] {
  const all = (bytes: Buffer, field: number) => (fieldsOf(bytes).get(field) ?? []) as Buffer[]
  const time = (fields: ReturnType<typeof fieldsOf>, field: number) => Number(fields.get(field)?.[0])
  const bytesOf = (fields: ReturnType<typeof fieldsOf>, field: number) => (fields.get(field) ?? [])[0] as Buffer
  const doubles = (packed: Buffer) => Array.from({ length: packed.length / 8 }, (_, i) => packed.readDoubleLE(8 * i))
  return all(all(response, 1)[0], 1).map((series) => [
    ...all(series, 2)
      .map(fieldsOf)
      .map((sample) => ({ ms: time(sample, 2), bits: bytesOf(sample, 1).readBigUInt64LE() })),
    ...all(series, 4).map((bytes) => {
      const fields = fieldsOf(bytes)
      const number = (field: number) => bytesOf(fields, field).readDoubleLE()
      const counts = doubles(all(bytes, 13)[0])
      const hints = ['unknown', 'reset', 'no_reset', 'gauge'] as const
      return {
        ms: time(fields, 15),
        histogram: {
          ...{ hint: hints[time(fields, 14)], schema: time(fields, 4), zeroThreshold: number(5), zeroCount: number(7) },
          ...{ count: number(2), sum: number(3), customBounds: [], negative: [] },
          positive: counts.map((count, i) => [i, count] as const),
        },
      }
    }),
  ])
}
