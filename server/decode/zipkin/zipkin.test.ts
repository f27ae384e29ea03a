import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { wireEncoder } from '../metric/wire-schema.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { decodeZipkinJson } from './zipkin-json.ts'
import { decodeZipkinProtobuf } from './zipkin-protobuf.ts'

const context = { tenant: defaultTenant, receiver: 'zipkin', receivedBytes: 1 }
const now = 1_767_225_600_000_000_000n

/** Source: zipkin-api, zipkin.proto. */
const encode = wireEncoder({
  ListOfSpans: ['1 spans Span[]'],
  Span: [
    ...['1 traceId bytes', '2 parentId bytes', '3 id bytes', '4 kind int32', '5 name string', '6 timestamp fixed64'],
    ...['7 duration uint64', '8 localEndpoint Endpoint', '9 remoteEndpoint Endpoint', '10 annotations Annotation[]'],
    ...['11 tags Tag[]', '12 debug bool', '13 shared bool'],
  ],
  Endpoint: ['1 serviceName string', '2 ipv4 bytes', '3 ipv6 bytes', '4 port int32'],
  Annotation: ['1 timestamp fixed64', '2 value string'],
  Tag: ['1 key string', '2 value string'],
})

interface Endpoint {
  readonly serviceName?: string
  readonly ipv4?: string
  readonly ipv6?: string
  readonly port?: number
}
interface Span {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string
  readonly kind?: string
  readonly name?: string
  readonly timestamp?: number
  readonly duration?: number
  readonly localEndpoint?: Endpoint
  readonly remoteEndpoint?: Endpoint
  readonly annotations?: readonly { timestamp: number; value: string }[]
  readonly tags?: Readonly<Record<string, string>>
  readonly shared?: boolean
  readonly debug?: boolean
}

const idBytes = (id = '') => Buffer.from(id.length % 2 === 0 ? id : `0${id}`, 'hex')
const endpoint = ({ serviceName, ipv4, port }: Endpoint) => ({
  serviceName,
  port,
  ipv4: ipv4 === undefined ? undefined : Buffer.from(ipv4.split('.').map(Number)),
})
const asProtobuf = (spans: readonly Span[]) =>
  encode('ListOfSpans', {
    spans: spans.map((span) => ({
      ...span,
      traceId: idBytes(span.traceId),
      id: idBytes(span.id),
      parentId: idBytes(span.parentId),
      kind: ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'].indexOf(span.kind ?? ''),
      timestamp: BigInt(span.timestamp ?? 0),
      duration: BigInt(span.duration ?? 0),
      localEndpoint: span.localEndpoint === undefined ? undefined : endpoint(span.localEndpoint),
      remoteEndpoint: span.remoteEndpoint === undefined ? undefined : endpoint(span.remoteEndpoint),
      annotations: span.annotations?.map((one) => ({ ...one, timestamp: BigInt(one.timestamp) })) ?? [],
      tags: Object.entries(span.tags ?? {}).map(([key, value]) => ({ key, value })),
    })),
  })
const asJson = (spans: unknown) => Buffer.from(JSON.stringify(spans))
const json = (spans: unknown) => decodeZipkinJson(asJson(spans), now, context)
const ways = [
  ['JSON', (spans: readonly Span[]) => spanRowsOf(json(spans))],
  ['protobuf', (spans: readonly Span[]) => spanRowsOf(decodeZipkinProtobuf(asProtobuf(spans), now, context))],
] as const

describe('Zipkin v1 with words that every object knows', () => {
  it('takes them for tags and events', () => {
    const endpoint = { serviceName: 'a' }
    const [row] = spanRowsOf(
      json([
        {
          traceId: 'a',
          id: 'b',
          annotations: [
            { timestamp: 1, value: 'cs', endpoint },
            { timestamp: 1, value: 'toString', endpoint },
          ],
          binaryAnnotations: [{ key: 'constructor', value: 'x', endpoint }],
        },
      ]),
    )
    expect(row).toMatchObject({ kind: 3, events: [{ name: 'toString' }] })
    expect(row.attributes).toContainEqual(['constructor', 's', 'x'])
  })
})

describe.each(ways)('Zipkin v2 in %s', (_name, decode) => {
  it('keeps every field', () => {
    const [row] = decode([
      {
        traceId: '86154a4ba6e91385',
        id: '4d1e00c0db9010db',
        parentId: '86154a4ba6e91385',
        kind: 'CLIENT',
        name: 'get /api',
        timestamp: 1_767_225_600_123_456,
        duration: 207_000,
        localEndpoint: { serviceName: 'frontend', ipv4: '10.0.0.1', port: 8081 },
        remoteEndpoint: { serviceName: 'backend', ipv4: '192.168.99.101', port: 9000 },
        annotations: [{ timestamp: 1_767_225_600_223_456, value: 'retry' }],
        tags: { 'http.method': 'GET', 'http.status_code': '200' },
        debug: true,
      },
    ])
    expect(row).toMatchObject({
      traceId: '000000000000000086154a4ba6e91385',
      spanId: '4d1e00c0db9010db',
      parentSpanId: '86154a4ba6e91385',
      kind: 3,
      name: 'get /api',
      startUnixNano: 1_767_225_600_123_456_000n,
      endUnixNano: 1_767_225_600_330_456_000n,
      statusCode: 0,
      resource: { attributes: [{ key: 'service.name', type: 's', value: 'frontend' }] },
      events: [{ name: 'retry', timeUnixNano: 1_767_225_600_223_456_000n, attributes: [] }],
    })
    expect(row.attributes).toEqual([
      ['http.method', 's', 'GET'],
      ['http.status_code', 's', '200'],
      ['peer.service', 's', 'backend'],
      ['network.peer.address', 's', '192.168.99.101'],
      ['network.peer.port', 'i', '9000'],
      ['network.local.address', 's', '10.0.0.1'],
      ['network.local.port', 'i', '8081'],
      ['zipkin.debug', 'b', 'true'],
    ])
  })

  it.each([
    ['CLIENT', 3],
    ['SERVER', 2],
    ['PRODUCER', 4],
    ['CONSUMER', 5],
    [undefined, 1],
  ])('knows the kind %s', (kind, wanted) => {
    expect(decode([{ traceId: 'aa', id: 'bb', kind }])[0].kind).toBe(wanted)
  })

  it.each([
    [{ error: '' }, 2, ''],
    [{ error: 'true' }, 2, ''],
    [{ error: 'gone away' }, 2, 'gone away'],
    [{ error: 'false' }, 0, 'false'],
    [{ 'otel.status_code': 'OK' }, 1, ''],
    [{ 'otel.status_code': 'ERROR', error: 'x', 'otel.status_description': 'y' }, 2, 'y'],
    [{ 'http.status_code': '500' }, 0, ''],
  ])('reads the status from %j', (tags, statusCode, statusMessage) => {
    expect(decode([{ traceId: 'aa', id: 'bb', tags: tags as Record<string, string> }])).toMatchObject([
      { statusCode, statusMessage },
    ])
  })

  it('gives OpenTelemetry its scope back', () => {
    const tags = { 'otel.scope.name': 'lib', 'otel.scope.version': '1', a: 'b' }
    expect(decode([{ traceId: 'aa', id: 'bb', tags }])).toMatchObject([
      { scope: { name: 'lib', version: '1' }, attributes: [['a', 's', 'b']] },
    ])
  })

  it('keeps both spans of a shared id', () => {
    const both = { traceId: 'aa', id: 'bb', parentId: 'cc' }
    const rows = decode([
      { ...both, kind: 'CLIENT', localEndpoint: { serviceName: 'a' } },
      { ...both, kind: 'SERVER', shared: true, localEndpoint: { serviceName: 'b' } },
    ])
    expect(rows.map(({ spanId, kind, attributes }) => [spanId, kind, attributes])).toEqual([
      ['00000000000000bb', 3, []],
      ['00000000000000bb', 2, [['zipkin.shared', 'b', 'true']]],
    ])
  })

  it('starts a span without a timestamp with its first annotation, else now', () => {
    const rows = decode([
      { traceId: 'aa', id: 'bb', annotations: [{ timestamp: 5, value: 'x' }], duration: 2 },
      { traceId: 'aa', id: 'cc' },
    ])
    expect(rows.map(({ startUnixNano, endUnixNano }) => [startUnixNano, endUnixNano])).toEqual([
      [5_000n, 7_000n],
      [now, now],
    ])
  })

  it('takes a parent of zeros for none', () => {
    expect(decode([{ traceId: 'aa', id: 'bb', parentId: '0000000000000000' }])[0].parentSpanId).toBe('0'.repeat(16))
  })

  it.each([
    [{ traceId: '', id: 'bb' }, 'traceId'],
    [{ traceId: '0'.repeat(32), id: 'bb' }, 'traceId'],
    [{ traceId: 'a'.repeat(34), id: 'bb' }, 'traceId'],
    [{ traceId: 'aa', id: '00' }, 'id'],
    [{ traceId: 'aa', id: 'a'.repeat(18) }, 'id'],
    [{ traceId: 'aa', id: 'bb', parentId: 'a'.repeat(18) }, 'parentId'],
    [{ traceId: 'aa', id: 'bb', timestamp: 9_007_000_000_000_000 }, 'timestamp'],
  ])('rejects %j alone', (bad, field) => {
    const spans = [{ traceId: 'aa', id: 'bb' }, bad, { traceId: 'aa', id: 'cc' }]
    const batch = decode === ways[0][1] ? json(spans) : decodeZipkinProtobuf(asProtobuf(spans), now, context)
    expect(batch.rowCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
    expect(batch.decodeRejections[0].sample).toMatch(new RegExp(`^spans\\[1\\]: ${field} `))
  })
})

describe('Zipkin JSON', () => {
  it.each(['{}', '1', '[', 'null'])('refuses %s', (text) => {
    expect(() => decodeZipkinJson(Buffer.from(text), now, context)).toThrow(DecodeError)
  })

  it('takes values of the wrong type for what they show', () => {
    const span = {
      traceId: 'aa',
      id: 'bb',
      timestamp: '5',
      tags: { n: 1, b: true, o: { a: 1 }, z: null },
      kind: 'client',
    }
    expect(spanRowsOf(json([span]))).toMatchObject([
      {
        kind: 3,
        startUnixNano: 5_000n,
        attributes: [
          ['n', 's', '1'],
          ['b', 's', 'true'],
          ['o', 's', '{"a":1}'],
          ['z', 's', ''],
        ],
      },
    ])
  })

  it('leaves out what is wrong in an endpoint', () => {
    const span = {
      traceId: 'aa',
      id: 'bb',
      localEndpoint: { serviceName: 'a', ipv4: 4, ipv6: '::1', port: 99999 },
    }
    expect(spanRowsOf(json([span]))).toMatchObject([{ attributes: [['network.local.address', 's', '::1']] }])
  })

  it.each([
    [{ traceId: 1, id: 'b' }],
    [null],
    [[]],
    [{ traceId: 'aa', id: 'bb', tags: [] }],
    [{ traceId: 'aa', id: 'bb', annotations: [1] }],
  ])('rejects %j alone', (bad) => {
    const batch = json([bad, { traceId: 'aa', id: 'cc' }])
    expect([batch.rowCount, batch.decodeRejections[0].count]).toEqual([1, 1])
  })
})

describe('protobuf', () => {
  it('writes IPv6 addresses as RFC 5952 does', () => {
    const ipv6 = Buffer.from('20010db8000000000000000000000001', 'hex')
    const bytes = encode('ListOfSpans', {
      spans: [{ traceId: idBytes('aa'), id: idBytes('bb'), remoteEndpoint: { ipv6 } }],
    })
    expect(spanRowsOf(decodeZipkinProtobuf(bytes, now, context))).toMatchObject([
      { attributes: [['network.peer.address', 's', '2001:db8::1']] },
    ])
  })

  it('goes on behind a span that is broken within an endpoint', () => {
    const bad = [0x42, 0x03, 0x0a, 0x09, 0x61]
    const good = Buffer.from(asProtobuf([{ traceId: 'aa', id: 'bb' }]))
    const batch = decodeZipkinProtobuf(Buffer.concat([Buffer.from([0x0a, bad.length, ...bad]), good]), now, context)
    expect([batch.rowCount, batch.decodeRejections[0].count]).toEqual([1, 1])
  })
})

describe('Zipkin v1', () => {
  const client = { serviceName: 'a', ipv4: '10.0.0.1', port: 1 }
  const server = { serviceName: 'b', ipv4: '10.0.0.2', port: 2 }
  const one = { traceId: 'aa', id: 'bb', name: 'get', timestamp: 100, duration: 50 }

  it('makes one span of one side', () => {
    const annotations = [
      { timestamp: 100, value: 'cs', endpoint: client },
      { timestamp: 120, value: 'note', endpoint: client },
      { timestamp: 150, value: 'cr', endpoint: client },
    ]
    const binaryAnnotations = [
      { key: 'http.path', value: '/', endpoint: client },
      { key: 'sa', value: true, endpoint: server },
    ]
    const rows = spanRowsOf(json([{ ...one, annotations, binaryAnnotations, debug: true }]))
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      kind: 3,
      startUnixNano: 100_000n,
      endUnixNano: 150_000n,
      events: [{ name: 'note', timeUnixNano: 120_000n }],
      resource: { attributes: [{ value: 'a' }] },
    })
    expect(rows[0].attributes.map(([key, , value]) => `${key}=${value}`)).toEqual([
      'http.path=/',
      'peer.service=b',
      'network.peer.address=10.0.0.2',
      'network.peer.port=2',
      'network.local.address=10.0.0.1',
      'network.local.port=1',
      'zipkin.debug=true',
    ])
  })

  it('makes two spans of two sides, each with what its service reported', () => {
    const annotations = [
      { timestamp: 110, value: 'sr', endpoint: server },
      { timestamp: 100, value: 'cs', endpoint: client },
      { timestamp: 140, value: 'ss', endpoint: server },
      { timestamp: 120, value: 'on server', endpoint: server },
    ]
    const binaryAnnotations = [
      { key: 's', value: '1', endpoint: server },
      { key: 'c', value: '2', endpoint: client },
      { key: 'n', value: '3' },
    ]
    const rows = spanRowsOf(json([{ ...one, annotations, binaryAnnotations }]))
    expect(rows.map(({ kind, startUnixNano, endUnixNano }) => [kind, startUnixNano, endUnixNano])).toEqual([
      [3, 100_000n, 150_000n],
      [2, 110_000n, 140_000n],
    ])
    expect(rows.map(({ events }) => events.map(({ name }) => name))).toEqual([[], ['on server']])
    const tags = rows.map(({ attributes }) => attributes.map(([key]) => key).filter((key) => key.length === 1))
    expect(tags).toEqual([['c', 'n'], ['s']])
    expect(rows[1].attributes.map(([key]) => key)).toContain('zipkin.shared')
  })

  it.each([
    ['a local span', [], [{ key: 'lc', value: 'spring', endpoint: client }], 1, ['lc']],
    [
      'a producer',
      [{ timestamp: 100, value: 'ms', endpoint: client }],
      [{ key: 'ma', value: true, endpoint: server }],
      4,
      ['peer.service'],
    ],
    ['a consumer', [{ timestamp: 100, value: 'mr', endpoint: client }], [], 5, []],
    [
      'a side without times',
      [],
      [
        { key: 'ca', value: true, endpoint: client },
        { key: 'x', value: 'y', endpoint: server },
      ],
      2,
      ['x', 'peer.service'],
    ],
  ])('knows %s', (_name, annotations, binaryAnnotations, kind, keys) => {
    const [row] = spanRowsOf(json([{ ...one, annotations, binaryAnnotations }]))
    expect(row.kind).toBe(kind)
    expect(row.attributes.map(([key]) => key).filter((key) => !key.startsWith('network'))).toEqual(
      expect.arrayContaining(keys),
    )
  })

  it('marks a server that reports no times of its own as shared', () => {
    const annotations = [
      { timestamp: 110, value: 'sr', endpoint: server },
      { timestamp: 140, value: 'ss', endpoint: server },
    ]
    const [row] = spanRowsOf(json([{ traceId: 'aa', id: 'bb', name: '', annotations, binaryAnnotations: [] }]))
    expect(row).toMatchObject({ kind: 2, startUnixNano: 110_000n, endUnixNano: 140_000n })
    expect(row.attributes.map(([key]) => key)).toContain('zipkin.shared')
  })
})

describe('any spans', () => {
  const hexId = (digits: number) => fc.stringMatching(new RegExp(`^[1-9a-f][0-9a-f]{${digits - 1}}$`))
  const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((value) => value.isWellFormed())
  const anyEndpoint = fc.record({ serviceName: text, port: fc.nat(65_535) }, { requiredKeys: [] })
  const span = fc.record(
    {
      traceId: fc.oneof(hexId(16), hexId(32)),
      id: hexId(16),
      parentId: hexId(16),
      kind: fc.constantFrom('CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'),
      name: text,
      timestamp: fc.nat(2 ** 31),
      duration: fc.nat(2 ** 31),
      localEndpoint: anyEndpoint,
      remoteEndpoint: anyEndpoint,
      annotations: fc.array(fc.record({ timestamp: fc.nat(2 ** 31), value: text }), { maxLength: 2 }),
      tags: fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true }),
      shared: fc.boolean(),
      debug: fc.boolean(),
    },
    { requiredKeys: ['traceId', 'id'] },
  )
  const spans = fc.array(span, { maxLength: 4 })

  it('are the same rows in JSON and protobuf', () => {
    fc.assert(
      fc.property(spans, (given) => {
        const [inJson, inProtobuf] = ways.map(([, decode]) => decode(given))
        expect(inProtobuf).toEqual(inJson)
        expect(inJson.length).toBe(given.length)
      }),
      { seed: 63, numRuns: 200 },
    )
  })

  it('are the same whether they are read where they stand or as JSON', () => {
    const tags = fc.dictionary(fc.constantFrom('a', 'b', 'error'), fc.constantFrom('x', 'ä', 'true', 'false', ''), {
      noNullPrototype: true,
    })
    const micros = fc.constantFrom(0, 1, 65_536, 1_767_225_600_123_456, 8_999_999_999_999_999, 9_000_000_000_000_000)
    const plain = fc.record(
      {
        traceId: fc.oneof(hexId(1), hexId(31), hexId(32), fc.constantFrom('0', '', 'x', 'A0')),
        id: fc.oneof(hexId(16), hexId(3), fc.constantFrom('00')),
        parentId: fc.oneof(hexId(16), fc.constantFrom('', '0000', 'g')),
        kind: fc.constantFrom('CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER', 'server', ''),
        name: text,
        timestamp: micros,
        duration: micros,
        localEndpoint: fc.record(
          { serviceName: text, ipv4: text, ipv6: text, port: fc.constantFrom(0, 80, 65_535, 65_536) },
          { requiredKeys: [] },
        ),
        remoteEndpoint: anyEndpoint,
        tags,
        shared: fc.boolean(),
        debug: fc.boolean(),
      },
      { requiredKeys: ['traceId', 'id', 'timestamp'] },
    )
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 4 }), (given) => {
        const written = JSON.stringify(given)
        // A key with an escape is read as JSON only.
        const [bytes, parsed] = [written, written.replaceAll('"traceId"', '"trace\\u0049d"')].map((one) =>
          decodeZipkinJson(Buffer.from(one), now, context),
        )
        expect(spanRowsOf(bytes)).toEqual(spanRowsOf(parsed))
        expect(bytes.decodeRejections).toEqual(parsed.decodeRejections)
      }),
      { seed: 71, numRuns: 2_000 },
    )
  })

  it('that are damaged are rows or a DecodeError', () => {
    fc.assert(
      fc.property(spans, damages, fc.boolean(), (given, list, isJson) => {
        const bytes = damaged(isJson ? asJson(given) : asProtobuf(given), list)
        const decode = isJson ? decodeZipkinJson : decodeZipkinProtobuf
        expectRowsOrDecodeError(bytes, (input) => spanRowsOf(decode(input, now, context)))
      }),
      { seed: 64, numRuns: 1_000 },
    )
  })
})
