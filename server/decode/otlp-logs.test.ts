import { Buffer } from 'node:buffer'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ExportLogsServiceRequestSchema,
  type LogRecordSchema,
  LogRecordSchema as schema,
} from '../../test/fixtures/otlp/otlp_pb.js'
import { logRowsOf } from '../model/batch-rows-suite.ts'
import { DecodeError } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { damaged, damages, expectRowsOrDecodeError } from './otlp/damage-suite.ts'
import { expectedLogRows, logsRequests } from './otlp/messages-suite.ts'
import { decodeOtlpLogs } from './otlp-logs.ts'
import { ProtobufWriter } from './wire/protobuf-writer.ts'

const context = { tenant: defaultTenant, receiver: 'otlp_http', receivedBytes: 7 }
const seed = 20_261_123

type RecordInit = MessageInitShape<typeof LogRecordSchema>

const record = (init: RecordInit) => toBinary(schema, create(schema, init))
const text = (key: string, value: string) => ({ key, value: { value: { case: 'stringValue' as const, value } } })
const good = record({ body: text('', 'good').value, attributes: [text('of', 'good')] })

/** A request of one resource and one scope that holds records as bytes, well framed. */
function request(...records: Uint8Array[]): Uint8Array {
  return block({ records })
}

function block({ records, resource }: { records: Uint8Array[]; resource?: Uint8Array }): Uint8Array {
  const scopeLogs = new ProtobufWriter()
  for (const bytes of records) scopeLogs.bytes(2, bytes)
  const resourceLogs = new ProtobufWriter()
  if (resource !== undefined) resourceLogs.bytes(1, resource)
  return new ProtobufWriter().bytes(1, resourceLogs.bytes(2, scopeLogs.finish()).finish()).finish()
}

function bodies(batch: ReturnType<typeof decodeOtlpLogs>): string[] {
  return logRowsOf(batch).map((row) => row.body)
}

/** A LogRecord whose body is `levels` arrays within one another. */
function deepRecord(levels: number): Uint8Array {
  let value = new ProtobufWriter().text(1, 'x').finish()
  for (let i = 0; i < levels; i++)
    value = new ProtobufWriter().bytes(5, new ProtobufWriter().bytes(1, value).finish()).finish()
  return new ProtobufWriter().bytes(5, value).finish()
}

describe('decodeOtlpLogs', () => {
  it('reads back every field', () => {
    const message = create(ExportLogsServiceRequestSchema, {
      resourceLogs: [
        {
          resource: { attributes: [text('service.name', 'checkout')], droppedAttributesCount: 3 },
          schemaUrl: 'https://example.org/resource/1',
          scopeLogs: [
            {
              scope: { name: 'shop', version: '1.2', attributes: [text('team', 'pay')], droppedAttributesCount: 4 },
              schemaUrl: 'https://example.org/scope/2',
              logRecords: [
                {
                  timeUnixNano: 1_700_000_000_123_456_789n,
                  observedTimeUnixNano: 18_446_744_073_709_551_615n,
                  severityNumber: 17,
                  severityText: 'ERROR',
                  body: { value: { case: 'kvlistValue', value: { values: [text('a', '"')] } } },
                  attributes: [
                    text('s', 'é'),
                    { key: 'b', value: { value: { case: 'boolValue', value: true } } },
                    { key: 'i', value: { value: { case: 'intValue', value: -9_223_372_036_854_775_808n } } },
                    { key: 'd', value: { value: { case: 'doubleValue', value: 0.1 } } },
                    { key: 'x', value: { value: { case: 'bytesValue', value: Uint8Array.of(255, 0) } } },
                    { key: 'n' },
                  ],
                  droppedAttributesCount: 5,
                  flags: 0x80000001,
                  traceId: Uint8Array.from({ length: 16 }, (_, i) => i),
                  spanId: Uint8Array.from({ length: 8 }, (_, i) => 0xf0 + i),
                  eventName: 'payment.failed',
                },
              ],
            },
          ],
        },
      ],
    })
    const batch = decodeOtlpLogs(toBinary(ExportLogsServiceRequestSchema, message), context)
    expect(batch).toMatchObject({ signal: 'logs', tenant: 1, receiver: 'otlp_http', receivedBytes: 7, rowCount: 1 })
    expect(logRowsOf(batch)).toEqual([
      {
        resource: {
          attributes: [{ key: 'service.name', type: 's', value: 'checkout' }],
          droppedAttributesCount: 3,
          schemaUrl: 'https://example.org/resource/1',
        },
        scope: {
          name: 'shop',
          version: '1.2',
          attributes: [{ key: 'team', type: 's', value: 'pay' }],
          droppedAttributesCount: 4,
          schemaUrl: 'https://example.org/scope/2',
        },
        timeUnixNano: 1_700_000_000_123_456_789n,
        observedUnixNano: 18_446_744_073_709_551_615n,
        severityNumber: 17,
        severityText: 'ERROR',
        body: '{"a":"\\""}',
        bodyType: 'm',
        attributes: [
          ['s', 's', 'é'],
          ['b', 'b', 'true'],
          ['i', 'i', '-9223372036854775808'],
          ['d', 'd', '0.1'],
          ['x', 'x', '/wA='],
          ['n', 'n', ''],
        ],
        droppedAttributesCount: 5,
        traceId: '000102030405060708090a0b0c0d0e0f',
        spanId: 'f0f1f2f3f4f5f6f7',
        flags: 0x80000001,
        eventName: 'payment.failed',
      },
    ])
  })

  it('reads back what protobuf-es wrote', () => {
    fc.assert(
      fc.property(logsRequests, (init) => {
        const message = create(ExportLogsServiceRequestSchema, init)
        const batch = decodeOtlpLogs(toBinary(ExportLogsServiceRequestSchema, message), context)
        expect(batch.decodeRejections).toEqual([])
        expect(logRowsOf(batch)).toEqual(expectedLogRows(message))
      }),
      { seed, numRuns: 200 },
    )
  })

  it('takes an empty request as no rows', () => {
    expect(decodeOtlpLogs(new Uint8Array(), context)).toMatchObject({ rowCount: 0, decodeRejections: [] })
  })

  const odd: readonly [string, Uint8Array, object][] = [
    ['a trace id of 15 bytes is emptied', record({ traceId: new Uint8Array(15).fill(1) }), { traceId: '0'.repeat(32) }],
    ['a span id of 9 bytes is emptied', record({ spanId: new Uint8Array(9).fill(1) }), { spanId: '0'.repeat(16) }],
    [
      'a severity of 25 becomes 0',
      record({ severityNumber: 25, severityText: 'X' }),
      { severityNumber: 0, severityText: 'X' },
    ],
    ['a severity below 0 becomes 0', record({ severityNumber: -1 }), { severityNumber: 0 }],
    [
      'a repeated key keeps its last value',
      record({ attributes: [text('a', '1'), text('b', '2'), text('a', '3')] }),
      {
        attributes: [
          ['a', 's', '3'],
          ['b', 's', '2'],
        ],
      },
    ],
    ['no body is no value', record({}), { body: '', bodyType: 'n' }],
    [
      'a body that is no UTF-8 is kept byte for byte',
      Buffer.from('2a060a04ff00c328', 'hex'),
      { body: 'ff00c328', bodyType: 's' },
    ],
    [
      'an attribute that is no UTF-8 is mended',
      Buffer.from('320a0a02c32812040a02c3a9', 'hex'),
      { attributes: [['\ufffd(', 's', 'é']] },
    ],
    [
      'a value that is no UTF-8 is mended',
      Buffer.from('32090a016112040a02c328', 'hex'),
      { attributes: [['a', 's', '\ufffd(']] },
    ],
    [
      'half a character does not join the next value',
      Buffer.from('32080a016112030a01c332080a016212030a01a9', 'hex'),
      {
        attributes: [
          ['a', 's', '\ufffd'],
          ['b', 's', '\ufffd'],
        ],
      },
    ],
    [
      'the value may stand before the key',
      Buffer.from('320812030a01760a0161', 'hex'),
      { attributes: [['a', 's', 'v']] },
    ],
    ['the last of several values counts', Buffer.from('2a050a01781003', 'hex'), { body: 'true', bodyType: 'b' }],
    ['an unknown field is passed over', Buffer.from('a206036162631a0157', 'hex'), { severityText: 'W' }],
    ['a group is passed over', Buffer.from('a30608011a0158a4061a0157', 'hex'), { severityText: 'W' }],
    [
      'a known field of another wire type is passed over',
      Buffer.from('08051a0157', 'hex'),
      { timeUnixNano: 0n, severityText: 'W' },
    ],
    ['a length may be written with needless bytes', Buffer.from('1a810057', 'hex'), { severityText: 'W' }],
  ]
  it.each(odd)('%s', (_name, bytes, expected) => {
    const batch = decodeOtlpLogs(request(good, bytes, good), context)
    expect(batch.decodeRejections).toEqual([])
    expect(logRowsOf(batch)[1]).toMatchObject(expected)
    expect([bodies(batch)[0], bodies(batch)[2]]).toEqual(['good', 'good'])
  })

  const bad: readonly [string, Uint8Array, object][] = [
    [
      'an attribute that runs past its record',
      Buffer.from('32ff0a', 'hex'),
      { reason: 'malformed', sample: /past the end of the message.*at byte \d+/ },
    ],
    [
      'an attribute value that runs past its attribute',
      Buffer.from('32050a016112040a', 'hex'),
      { reason: 'malformed' },
    ],
    [
      'a time that is cut off',
      Buffer.from('090102', 'hex'),
      { reason: 'malformed', sample: /8-byte number is cut off/ },
    ],
    [
      'a varint of 11 bytes',
      Buffer.from('10ffffffffffffffffffff01', 'hex'),
      { reason: 'malformed', sample: /more than 64 bits/ },
    ],
    ['field number 0', Buffer.from('0200', 'hex'), { reason: 'malformed', sample: /field number/ }],
    ['wire type 7', Buffer.from('1700', 'hex'), { reason: 'malformed', sample: /wire type 7/ }],
    ['a group without an end', Buffer.from('a306', 'hex'), { reason: 'malformed', sample: /no end/ }],
    ['groups within groups', Buffer.from('a306'.repeat(40), 'hex'), { reason: 'malformed', sample: /deeper than 32/ }],
    ['a body 33 levels deep', deepRecord(33), { reason: 'malformed', sample: /deeper than 32/ }],
    [
      'too many attributes',
      record({ attributes: ['a', 'b', 'c', 'd'].map((key) => text(key, '')) }),
      { reason: 'too_many_attributes', sample: /more than 3 attributes/ },
    ],
    [
      'too many attributes of one key',
      record({ attributes: ['a', 'a', 'a', 'a'].map((key) => text(key, '')) }),
      { reason: 'too_many_attributes' },
    ],
    [
      'a long value',
      record({ attributes: [text('a', 'x'.repeat(33))] }),
      { reason: 'attribute_too_long', sample: /33 bytes, at most 32/ },
    ],
    [
      'a long list',
      record({
        attributes: [
          { key: 'a', value: { value: { case: 'arrayValue', value: { values: [text('', 'x'.repeat(32)).value] } } } },
        ],
      }),
      { reason: 'attribute_too_long' },
    ],
    [
      'a long key',
      record({ attributes: [text('k'.repeat(17), '')] }),
      { reason: 'attribute_too_long', sample: /17 bytes, at most 16/ },
    ],
    [
      'a long event name',
      record({ eventName: 'e'.repeat(33) }),
      { reason: 'attribute_too_long', sample: /event name/ },
    ],
    [
      'a long body',
      record({ body: text('', 'x'.repeat(65)).value }),
      { reason: 'body_too_long', sample: /65 bytes, at most 64/ },
    ],
    [
      'two faults, the first of them',
      record({ attributes: [text('k'.repeat(17), '')], body: text('', 'x'.repeat(65)).value }),
      { reason: 'attribute_too_long' },
    ],
    [
      'a long body of bytes',
      record({ body: { value: { case: 'bytesValue', value: new Uint8Array(49) } } }),
      { reason: 'body_too_long', sample: /68 bytes/ },
    ],
  ]
  const limits = { maxAttributes: 3, maxAttributeKeyBytes: 16, maxAttributeValueBytes: 32, maxBodyBytes: 64 }
  it.each(bad)('rejects a record alone: %s', (_name, bytes, { sample, ...expected }: { sample?: RegExp }) => {
    const batch = decodeOtlpLogs(request(good, bytes, good, bytes), { ...context, limits })
    const kept = { body: 'good', attributes: [['of', 's', 'good']] }
    expect(logRowsOf(batch)).toMatchObject([kept, kept])
    expect(batch.decodeRejections).toHaveLength(1)
    expect(batch.decodeRejections[0]).toMatchObject({ ...expected, count: 2 })
    expect(batch.decodeRejections[0].sample).toMatch(/^resource_logs\[0\]\.scope_logs\[0\]\.log_records\[1\]: /)
    if (sample !== undefined) expect(batch.decodeRejections[0].sample).toMatch(sample)
  })

  it('takes values 32 levels deep', () => {
    const [row] = logRowsOf(decodeOtlpLogs(request(deepRecord(32)), context))
    expect(row.body).toBe(`${'['.repeat(32)}"x"${']'.repeat(32)}`)
  })

  it('rejects the records of a malformed resource, and only those', () => {
    const brokenResource = block({ records: [good, good], resource: Buffer.from('0aff', 'hex') })
    const batch = decodeOtlpLogs(Buffer.concat([brokenResource, request(good)]), context)
    expect(bodies(batch)).toEqual(['good'])
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 2 }])
    expect(batch.decodeRejections[0].sample).toMatch(
      /^resource_logs\[0\]\.scope_logs\[0\]\.log_records\[0\]: resource: /,
    )
  })

  it('finds resource and schema URL behind the records, and joins a resource sent in pieces', () => {
    const scopeLogs = new ProtobufWriter()
      .bytes(2, good)
      .text(3, 'scope-url')
      .bytes(1, new ProtobufWriter().text(1, 'lib').finish())
    const attribute = (key: string) =>
      new ProtobufWriter().bytes(1, new ProtobufWriter().text(1, key).finish()).finish()
    const resourceLogs = new ProtobufWriter()
      .bytes(2, scopeLogs.finish())
      .bytes(1, attribute('a'))
      .text(3, 'url')
      .bytes(1, attribute('b'))
      .bytes(1, attribute('c'))
    const [row] = logRowsOf(decodeOtlpLogs(new ProtobufWriter().bytes(1, resourceLogs.finish()).finish(), context))
    expect(row.scope).toMatchObject({ name: 'lib', schemaUrl: 'scope-url' })
    expect(row.resource.attributes.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
    expect(row.resource.schemaUrl).toBe('url')
  })

  it('keeps equal resources once', () => {
    const resource = new ProtobufWriter().integer(2, 9).finish()
    const one = block({ records: [good], resource })
    const batch = decodeOtlpLogs(Buffer.concat([one, request(good), one]), context)
    expect(batch.resources.map((r) => r.droppedAttributesCount)).toEqual([9, 0])
    expect([...batch.resource]).toEqual([0, 1, 0])
  })

  it.each([
    ['a resource block that is cut off', Buffer.from(request(good)).subarray(0, -1)],
    ['a record whose length passes its scope block', Buffer.from('0a0412021250', 'hex')],
    ['garbage', Buffer.from('this is not protobuf')],
    ['a body of zeros', Buffer.alloc(100)],
  ])('refuses the request: %s', (_name, bytes) => {
    expect(() => decodeOtlpLogs(bytes, context)).toThrow(DecodeError)
  })

  it('refuses more rows than memory is meant for, and more malformed ones than are worth reading', () => {
    const many = (bytes: number[], count: number) => {
      const rows = Buffer.concat(Array.from({ length: count }, () => Buffer.from(bytes)))
      return new ProtobufWriter().bytes(1, new ProtobufWriter().bytes(2, rows).finish()).finish()
    }
    expect(() => decodeOtlpLogs(many([0x12, 0x00], 1_048_577), context)).toThrow('more than 1048576 rows')
    expect(decodeOtlpLogs(many([0x12, 0x01, 0xff], 10_000), context).decodeRejections[0].count).toBe(10_000)
    expect(() => decodeOtlpLogs(many([0x12, 0x01, 0xff], 10_001), context)).toThrow('more than 10000 malformed rows')
  })

  it('answers damaged bytes with rows or a DecodeError, and reads nothing behind the end', () => {
    fc.assert(
      fc.property(logsRequests, damages, (init, list) => {
        const bytes = toBinary(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, init))
        expectRowsOrDecodeError(damaged(bytes, list), (input) => {
          const batch = decodeOtlpLogs(input, context)
          return { rows: logRowsOf(batch), rejections: batch.decodeRejections }
        })
      }),
      { seed, numRuns: 500 },
    )
  })
})
