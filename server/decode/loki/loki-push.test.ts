import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { defaultRecordLimits } from '../decode-context.ts'
import { wireEncoder } from '../metric/wire-schema.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { decodeLokiPush } from './loki-push.ts'
import { decodeLokiPushJson } from './loki-push-json.ts'
import { parseStreamLabels } from './stream-labels.ts'

const context = { tenant: defaultTenant, receiver: 'loki_push', receivedBytes: 1 }

/** Source: Loki 3, pkg/push/push.proto. */
const encode = wireEncoder({
  PushRequest: ['1 streams Stream[]'],
  Stream: ['1 labels string', '2 entries Entry[]', '3 hash uint64'],
  Entry: ['1 timestamp Timestamp', '2 line string', '3 structuredMetadata Pair[]', '4 parsed Pair[]'],
  Timestamp: ['1 seconds int64', '2 nanos int32'],
  Pair: ['1 name string', '2 value string'],
})

interface Entry {
  readonly time: bigint
  readonly line: string
  readonly metadata?: Readonly<Record<string, string>>
}
interface Stream {
  readonly labels: Readonly<Record<string, string>>
  readonly entries: readonly Entry[]
}

const labelText = (labels: Readonly<Record<string, string>>) =>
  `{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)}}`

const asProtobuf = (streams: readonly Stream[]) =>
  encode('PushRequest', {
    streams: streams.map(({ labels, entries }) => ({
      labels: labelText(labels),
      entries: entries.map(({ time, line, metadata = {} }) => ({
        timestamp: { seconds: time / 1_000_000_000n, nanos: Number(time % 1_000_000_000n) },
        line,
        structuredMetadata: Object.entries(metadata).map(([name, value]) => ({ name, value })),
      })),
    })),
  })
const asJson = (streams: readonly Stream[]) =>
  Buffer.from(
    JSON.stringify({
      streams: streams.map(({ labels, entries }) => ({
        stream: labels,
        values: entries.map(({ time, line, metadata }) => [String(time), line, ...(metadata ? [metadata] : [])]),
      })),
    }),
  )

const time = 1_767_225_600_123_456_789n
const ways = [
  ['protobuf', (streams: readonly Stream[]) => logRowsOf(decodeLokiPush(asProtobuf(streams), context))],
  ['JSON', (streams: readonly Stream[]) => logRowsOf(decodeLokiPushJson(asJson(streams), context))],
] as const

const resourceOf = (labels: Record<string, string>) => {
  const [row] = ways[1][1]([{ labels, entries: [{ time, line: 'x' }] }])
  return Object.fromEntries(row.resource.attributes.map(({ key, value }) => [key, value]))
}

describe.each(ways)('Loki push in %s', (_name, decode) => {
  it('keeps lines, times, labels and structured metadata', () => {
    const rows = decode([
      {
        labels: { app: 'shop', env: 'prod' },
        entries: [
          { time, line: 'a\tb' },
          { time: time + 1n, line: 'c', metadata: { user: 'u1', empty: '' } },
        ],
      },
      { labels: { job: 'infra/nginx' }, entries: [{ time, line: '' }] },
    ])
    expect(rows.map(({ timeUnixNano, body, bodyType }) => [timeUnixNano, body, bodyType])).toEqual([
      [time, 'a\tb', 's'],
      [time + 1n, 'c', 's'],
      [time, '', 's'],
    ])
    expect(rows[0].resource.attributes).toEqual([
      { key: 'service.name', type: 's', value: 'shop' },
      { key: 'app', type: 's', value: 'shop' },
      { key: 'env', type: 's', value: 'prod' },
    ])
    expect(rows[1].resource).toBe(rows[0].resource)
    expect(rows[1].attributes).toEqual([
      ['user', 's', 'u1'],
      ['empty', 's', ''],
    ])
    expect(rows[2].resource.attributes[0].value).toBe('nginx')
  })

  it('takes level and ids out of metadata, and a level out of labels where metadata has none', () => {
    const entries: Entry[] = [
      { time, line: 'a' },
      { time, line: 'b', metadata: { detected_level: 'error', trace_id: 'aB'.repeat(16), spanID: '12'.repeat(8) } },
      { time, line: 'c', metadata: { traceId: 'not hex' } },
    ]
    const rows = decode([{ labels: { app: 'x', level: 'warn' }, entries }])
    expect(rows.map(({ severityText }) => severityText)).toEqual(['warn', 'error', 'warn'])
    expect(rows[1]).toMatchObject({ traceId: 'ab'.repeat(16), spanId: '12'.repeat(8), attributes: [] })
    expect(rows[2]).toMatchObject({ traceId: '0'.repeat(32), attributes: [['traceId', 's', 'not hex']] })
    expect(rows[0].resource.attributes.map(({ key }) => key)).toEqual(['service.name', 'app'])
  })
})

describe('labels', () => {
  it.each([
    ['the label that Loki writes itself first', { app: 'b', service_name: 'a' }, { 'service.name': 'a', app: 'b' }],
    ['any of the usual ones', { container: 'c', pod: 'p' }, { 'service.name': 'c', container: 'c', pod: 'p' }],
    ['the last step of a job', { job: 'ns/api' }, { 'service.name': 'api', job: 'ns/api' }],
    ['none, where none says so', { filename: '/var/log/x' }, { filename: '/var/log/x' }],
    [
      'OpenTelemetry names again',
      { k8s_pod_name: 'p', service_namespace: 'n' },
      { 'k8s.pod.name': 'p', 'service.namespace': 'n' },
    ],
    ['the host', { hostname: 'h' }, { 'host.name': 'h', hostname: 'h' }],
    ['no label without a value', { app: '', job: 'j' }, { 'service.name': 'j', job: 'j' }],
  ])('give %s', (_name, labels, wanted) => expect(resourceOf(labels as Record<string, string>)).toEqual(wanted))

  it.each([
    ['{}', []],
    [
      ' { a = "b" , c=`d"\\` , } ',
      [
        ['a', 'b'],
        ['c', 'd"\\'],
      ],
    ],
    ['{a="q\\"\\\\\\n\\t\\u00e9\\xc3\\xa9\\303\\251"}', [['a', 'q"\\\n\tééé']]],
    ['{a="é\\x41"}', [['a', 'éA']]],
    ['{a.b:c="}"}', [['a.b:c', '}']]],
  ])('are read from %s', (text, wanted) => expect(parseStreamLabels(text)).toEqual(wanted))

  it.each(['', 'a="b"', '{a=b}', '{a="b"', '{a="b" c="d"}', '{a="\\q"}', '{1a="b"}', '{a="\\UFFFFFFFF"}', '{a="b"} x'])(
    'are refused in %j',
    (text) => expect(() => parseStreamLabels(text)).toThrow(DecodeError),
  )
})

describe('faults', () => {
  const json = (body: unknown, limits = defaultRecordLimits) =>
    decodeLokiPushJson(Buffer.from(JSON.stringify(body)), { ...context, limits })

  it('of an entry cost that entry, with its place', () => {
    const values = [['1', 'a'], ['x', 'b'], ['1'], 'no', ['1', 5], ['1', 'c', 'meta'], [1767225600123456, 'd']]
    const batch = json({ streams: [{ stream: { app: 'x' }, values }] })
    expect(logRowsOf(batch).map(({ body }) => body)).toEqual(['a', 'd'])
    expect(batch.decodeRejections).toEqual([
      {
        reason: 'malformed',
        count: 5,
        sample: expect.stringContaining('streams[0].entries[1]: time is not Unix nano'),
      },
    ])
  })

  it('of labels cost the stream', () => {
    const batch = json({
      streams: [
        {
          labels: '{broken',
          entries: [
            { ts: '2026-01-01T00:00:00Z', line: 'a' },
            { ts: '2026-01-01T00:00:00Z', line: 'b' },
          ],
        },
        { labels: '{app="x"}', entries: [{ ts: '2026-01-01T00:00:00.5+01:00', line: 'c' }] },
      ],
    })
    expect(logRowsOf(batch)).toMatchObject([{ body: 'c', timeUnixNano: 1_767_222_000_500_000_000n }])
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 2 }])
  })

  it('of size are limits', () => {
    const limits = { maxAttributes: 2, maxAttributeKeyBytes: 8, maxAttributeValueBytes: 8, maxBodyBytes: 4 }
    const stream = { app: 'x' }
    const batch = json(
      {
        streams: [
          {
            stream,
            values: [
              ['1', 'fits'],
              ['1', 'too long'],
              ['1', 'a', { key: 'x'.repeat(9) }],
              ['1', 'b', { a: '', b: '', c: '' }],
            ],
          },
          { stream: { a: 'b', c: 'd', e: 'f' }, values: [['1', 'x']] },
        ],
      },
      limits,
    )
    expect(batch.rowCount).toBe(1)
    expect(Object.fromEntries(batch.decodeRejections.map(({ reason, count }) => [reason, count]))).toEqual({
      body_too_long: 1,
      attribute_too_long: 1,
      too_many_attributes: 2,
    })
  })

  it('of protobuf entries leave their neighbours', () => {
    const good = { timestamp: { seconds: 1n, nanos: 1 }, line: 'good' }
    const bytes = encode('PushRequest', {
      streams: [{ labels: '{a="b"}', entries: [good, { timestamp: { seconds: -1n, nanos: 0 }, line: 'bad' }, good] }],
    })
    const batch = decodeLokiPush(bytes, context)
    expect(logRowsOf(batch).map(({ body }) => body)).toEqual(['good', 'good'])
    expect(batch.decodeRejections[0].sample).toContain('streams[0].entries[1]: timestamp of -1 s')
  })

  it('of one level more than a message has are found', () => {
    // An entry whose timestamp holds a length that runs past it, then a good one.
    const bad = [0x12, 0x06, 0x0a, 0x02, 0x08, 0x80, 0x12, 0x00]
    const fine = [0x12, 0x03, 0x12, 0x01, 0x78]
    const stream = [0x0a, 0x07, ...Buffer.from('{a="b"}'), ...bad, ...fine]
    const batch = decodeLokiPush(Buffer.from([0x0a, stream.length, ...stream]), context)
    expect(logRowsOf(batch).map(({ body }) => body)).toEqual(['x'])
  })

  it.each([
    '',
    '[]',
    '{}',
    '{"streams":{}}',
    '{"streams":[1]}',
    '{"streams":[{"stream":{},"values":1}]}',
    '{"streams":',
  ])('of the request %j refuse it', (text) => {
    if (text === '') expect(decodeLokiPushJson(Buffer.from(text), context).rowCount).toBe(0)
    else expect(() => decodeLokiPushJson(Buffer.from(text), context)).toThrow(DecodeError)
  })
})

describe('any streams', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => value.isWellFormed())
  const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/)
  const entry = fc.record({
    time: fc.bigInt(0n, 18_446_744_072_999_999_999n),
    line: text,
    metadata: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
  })
  const streams = fc.array(
    fc.record({
      labels: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
      entries: fc.array(entry, { maxLength: 4 }),
    }),
    { maxLength: 4 },
  )

  it('are the same rows in JSON and protobuf', () => {
    fc.assert(
      fc.property(streams, (given) => {
        const [protobuf, json] = ways.map(([, decode]) => decode(given))
        expect(protobuf).toEqual(json)
        expect(json.length).toBe(given.reduce((sum, { entries }) => sum + entries.length, 0))
      }),
      { seed: 6, numRuns: 200 },
    )
  })

  it('that are damaged are rows or a DecodeError', () => {
    fc.assert(
      fc.property(streams, damages, fc.boolean(), (given, list, isJson) => {
        const bytes = damaged(isJson ? asJson(given) : asProtobuf(given), list)
        expectRowsOrDecodeError(bytes, (input) =>
          logRowsOf((isJson ? decodeLokiPushJson : decodeLokiPush)(input, context)),
        )
      }),
      { seed: 7, numRuns: 1_000 },
    )
  })
})
