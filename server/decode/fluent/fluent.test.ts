import { Buffer } from 'node:buffer'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import type { Room } from '../../model/memory.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { BodyTooLarge } from '../decompress.ts'
import { damaged, damages } from '../otlp/damage-suite.ts'
import { MsgpackExtension } from '../wire/msgpack-reader.ts'
import { packed } from '../wire/msgpack-writer.ts'
import { decodeFluent } from './fluent.ts'
import { readFluentRequest } from './request.ts'
import { RequestSplitter } from './request-splitter.ts'

const seed = 20_261_123
const receivedMs = 1_800_000_000_000
const context = { tenant: defaultTenant, receiver: 'fluent_forward', receivedBytes: 100 }
const maxBytes = 10_000

/** 2023-11-14T22:13:20.123456789Z */
const eventTime = new MsgpackExtension(0, Buffer.from('6553f100075bcd15', 'hex'))
const eventNano = 1_700_000_000_123_456_789n

function decode(...values: unknown[]) {
  const requests = values.map((value) => {
    const request = readFluentRequest(Buffer.isBuffer(value) ? value : packed(value), maxBytes)
    if (request === null) throw new Error('nil')
    return { request, receivedMs, wireBytes: 7 }
  })
  return decodeFluent(requests, context)
}

const entry = (message: string): unknown[] => [eventTime, { message }]
const packedEntries = Buffer.concat([packed(entry('a')), packed(entry('b'))])

describe('Fluent requests', () => {
  it.each<[string, unknown, string[]]>([
    ['Message mode', ['app', eventTime, { message: 'a' }], ['a']],
    ['Message mode with options', ['app', eventTime, { message: 'a' }, { chunk: 'x' }], ['a']],
    ['Forward mode', ['app', [entry('a'), entry('b')]], ['a', 'b']],
    ['Forward mode with options', ['app', [entry('a')], { chunk: 'x', size: 1 }], ['a']],
    ['Forward mode without entries', ['app', []], []],
    ['PackedForward mode, binary', ['app', packedEntries, { size: 2 }], ['a', 'b']],
    ['PackedForward mode, string', ['app', packed(entry('a')).toString('latin1')], []],
    ['CompressedPackedForward mode', ['app', gzipSync(packedEntries), { compressed: 'gzip' }], ['a', 'b']],
    [
      'CompressedPackedForward mode, several members of gzip',
      ['app', Buffer.concat([gzipSync(packed(entry('a'))), gzipSync(packed(entry('b')))]), { compressed: 'gzip' }],
      ['a', 'b'],
    ],
  ])('takes %s', (name, value, bodies) => {
    const batch = decode(value)
    if (name.includes('string')) return expect(batch.decodeRejections).toHaveLength(1)
    expect(logRowsOf(batch).map(({ body }) => body)).toEqual(bodies)
    expect(batch.decodeRejections).toEqual([])
  })

  it.each<[string, unknown]>([
    ['no array', 'app'],
    ['too few members', ['app']],
    ['a tag that is no string', [1, eventTime, {}]],
    ['a message without a record', ['app', eventTime]],
    ['gzip that is none', ['app', Buffer.from('plain'), { compressed: 'gzip' }]],
    ['a compression that is not known', ['app', Buffer.alloc(0), { compressed: 'zstd' }]],
    ['a compression that is a long number', ['app', Buffer.alloc(0), { compressed: 2n ** 63n }]],
    ['metrics of Fluent Bit', ['app', Buffer.alloc(1), { fluent_signal: 1 }]],
  ])('refuses %s', (_name, value) => {
    expect(() => readFluentRequest(packed(value), maxBytes)).toThrow(DecodeError)
  })

  it('refuses entries that unpack to more than they may', () => {
    const bomb = packed(['app', gzipSync(Buffer.alloc(maxBytes + 1)), { compressed: 'gzip' }])
    expect(() => readFluentRequest(bomb, maxBytes)).toThrow(BodyTooLarge)
  })

  it('takes nil for a sign of life', () => {
    expect(readFluentRequest(packed(null), maxBytes)).toBeNull()
  })

  it('keeps the chunk as it was sent', () => {
    const chunkOf = (chunk: unknown) => readFluentRequest(packed(['t', [], { chunk }]), maxBytes)?.chunk
    expect(chunkOf('p8n9gmxTQVC8/nh2wlKKeQ==')).toBe('p8n9gmxTQVC8/nh2wlKKeQ==')
    expect(chunkOf(Buffer.from([0xff, 1]))).toEqual(Buffer.from([0xff, 1]))
    expect(chunkOf(7)).toBeNull()
  })
})

describe('decodeFluent', () => {
  it.each<[string, unknown, bigint]>([
    ['an EventTime', eventTime, eventNano],
    ['seconds', 1_700_000_000, 1_700_000_000_000_000_000n],
    ['seconds with a fraction', 1_700_000_000.5, 1_700_000_000_500_000_000n],
    ['nothing', null, 0n],
    ['an EventTime with metadata', [eventTime, {}], eventNano],
  ])('reads a time that is %s', (_name, time, nano) => {
    expect(logRowsOf(decode(['app', [[time, { message: 'a' }]]]))[0]).toMatchObject({
      timeUnixNano: nano,
      observedUnixNano: BigInt(receivedMs) * 1_000_000n,
    })
  })

  it('sorts a record as a JSON line, and keeps the tag', () => {
    const record = {
      log: 'slow',
      level: 'warn',
      took: 1.5,
      trace_id: '5b8efff798038103d269b633813fc60c',
      a: { b: [1] },
    }
    expect(logRowsOf(decode(['app.web', eventTime, record]))[0]).toMatchObject({
      body: 'slow',
      severityText: 'warn',
      traceId: '5b8efff798038103d269b633813fc60c',
      attributes: [
        ['took', 'd', '1.5'],
        ['a.b', 'a', '[1]'],
        ['fluent.tag', 's', 'app.web'],
      ],
    })
  })

  it('makes the whole record the body where no key says what the message is', () => {
    const [row] = logRowsOf(decode(['app', eventTime, { cpu: 12, raw: Buffer.from('x'), big: 2n ** 63n }]))
    expect(row).toMatchObject({ body: '{"cpu":12,"raw":"x","big":9223372036854775808}', bodyType: 'm' })
  })

  it('names what the Kubernetes filter adds as OpenTelemetry does', () => {
    const kubernetes = {
      namespace_name: 'shop',
      pod_name: 'cart-7',
      container_name: 'cart',
      host: 'node-1',
      pod_id: 'u-1',
      docker_id: 'abc',
      labels: { app: 'cart', team: 'blue' },
      annotations: { note: 'n' },
      other: 1,
    }
    const [row] = logRowsOf(decode(['kube.x', eventTime, { log: 'a', kubernetes }]))
    const resource = Object.fromEntries(row.resource.attributes.map(({ key, value }) => [key, value]))
    expect(resource).toEqual({
      'service.name': 'cart',
      'k8s.namespace.name': 'shop',
      'k8s.pod.name': 'cart-7',
      'k8s.pod.uid': 'u-1',
      'k8s.container.name': 'cart',
      'k8s.node.name': 'node-1',
      'container.id': 'abc',
      'k8s.pod.label.app': 'cart',
      'k8s.pod.label.team': 'blue',
      'k8s.pod.annotation.note': 'n',
    })
    expect(row.attributes).toContainEqual(['kubernetes.other', 'i', '1'])
  })

  it("names what Docker's driver adds", () => {
    const record = { log: 'a', container_id: 'abc', container_name: '/web', source: 'stderr' }
    const [row] = logRowsOf(decode(['docker', eventTime, record]))
    expect(row.resource.attributes.map(({ key, value }) => [key, value])).toEqual([
      ['container.id', 'abc'],
      ['container.name', '/web'],
    ])
    expect(row.attributes).toContainEqual(['log.iostream', 's', 'stderr'])
  })

  it('tells the bytes of the wire, not those unpacked', () => {
    expect(decode(['a', [entry('x')]], ['a', [entry('y')]]).receivedBytes).toBe(14)
  })

  it('rejects alone entries that are none', () => {
    const entries = [entry('a'), [eventTime], [eventTime, 'text'], ['now', {}], 7, entry('b')]
    const batch = decode(['app', entries], ['app', [entry('c')]])
    expect(logRowsOf(batch).map(({ body }) => body)).toEqual(['a', 'b', 'c'])
    expect(batch.decodeRejections).toMatchObject([
      {
        reason: 'malformed',
        count: 4,
        sample: expect.stringMatching(/^requests\[0\]\.entries\[1\]: an entry has 1 members/),
      },
    ])
  })

  it('keeps the entries before one that is cut off', () => {
    const batch = decode(['app', packedEntries.subarray(0, packedEntries.length - 1)], ['app', [entry('c')]])
    expect(logRowsOf(batch).map(({ body }) => body)).toEqual(['a', 'c'])
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
  })

  it('answers damaged requests with rows, rejections or a DecodeError', () => {
    const good = [
      packed(['app', [entry('a'), entry('b')], { chunk: 'x' }]),
      packed(['app', packedEntries, { size: 2, chunk: 'y' }]),
      packed(['app', gzipSync(packedEntries), { compressed: 'gzip' }]),
      packed(['app', eventTime, { log: 'a', kubernetes: { labels: { app: 'x' } } }]),
    ]
    fc.assert(
      fc.property(fc.constantFrom(...good), damages, (bytes, list) => {
        try {
          const request = readFluentRequest(damaged(bytes, list), maxBytes)
          if (request === null) return
          const batch = decodeFluent([{ request, receivedMs, wireBytes: 7 }], context)
          expect(batch.rowCount + batch.decodeRejections.length).toBeGreaterThanOrEqual(0)
        } catch (error) {
          if (!(error instanceof BodyTooLarge)) expect(error).toBeInstanceOf(DecodeError)
        }
      }),
      { seed, numRuns: 5000 },
    )
  })
})

describe('RequestSplitter', () => {
  /** Memory that is filled with something else once it is released. */
  const openRoom = (): Room => {
    const taken: Buffer[] = []
    const take = (bytes: number): Buffer => {
      taken.push(Buffer.alloc(bytes))
      return taken[taken.length - 1]
    }
    return { memory: { take }, release: () => void taken.map((bytes) => bytes.fill(0xc1)) }
  }

  it('finds the requests whatever the pieces are', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 12 }), (texts, cuts) => {
        const values = texts.map((text) => packed(['tag', [[1, { text }]]]))
        const bytes = Buffer.concat(values)
        const ends = [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]
        const splitter = new RequestSplitter(1000, openRoom)
        const found = ends.flatMap((end, i) => {
          const whole = splitter.push(Buffer.from(bytes.subarray(ends[i - 1] ?? 0, end)))
          const texts = whole.values.map((value) => value.toString('hex'))
          whole.room?.release()
          return texts
        })
        expect(found).toEqual(values.map((value) => value.toString('hex')))
        expect(splitter.heldBytes).toBe(0)
      }),
      { seed, numRuns: 1000 },
    )
  })

  it('refuses what is longer than it may be before it has come', () => {
    const split = (hex: string) => new RequestSplitter(1000, openRoom).push(Buffer.from(hex, 'hex'))
    expect(() => split('92a161c600010000')).toThrow(/longer than 1000/)
    expect(() => split('ddffffffff')).toThrow(/longer than 1000/)
  })
})
