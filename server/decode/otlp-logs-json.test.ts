import { Buffer } from 'node:buffer'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ExportLogsServiceRequestSchema } from '../../test/fixtures/otlp/otlp_pb.js'
import { logRowsOf } from '../model/batch-rows-suite.ts'
import { DecodeError } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { damaged, damages, expectRowsOrDecodeError } from './otlp/damage-suite.ts'
import { logsRequests, otlpJson } from './otlp/messages-suite.ts'
import { decodeOtlpLogs } from './otlp-logs.ts'
import { decodeOtlpLogsJson } from './otlp-logs-json.ts'

const context = { tenant: defaultTenant, receiver: 'otlp_http', receivedBytes: 7 }
const seed = 20_261_123

/** A request that holds these records, each as JSON text. */
function request(...records: string[]): Buffer {
  return Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${records.join(',')}]}]}]}`)
}

function rowOf(record: string) {
  const batch = decodeOtlpLogsJson(request(record), context)
  expect(batch.decodeRejections).toEqual([])
  return logRowsOf(batch)[0]
}

/** A value of `levels` arrays within one another. */
const deep = (levels: number) => `${'{"arrayValue":{"values":['.repeat(levels)}{"intValue":1}${']}}'.repeat(levels)}`

describe('decodeOtlpLogsJson', () => {
  it('gives the batch that the protobuf form gives', () => {
    fc.assert(
      fc.property(logsRequests, (init) => {
        const message = create(ExportLogsServiceRequestSchema, init)
        const fromJson = decodeOtlpLogsJson(otlpJson(ExportLogsServiceRequestSchema, message), context)
        const fromProtobuf = decodeOtlpLogs(toBinary(ExportLogsServiceRequestSchema, message), context)
        expect(fromJson.decodeRejections).toEqual([])
        expect(logRowsOf(fromJson)).toEqual(logRowsOf(fromProtobuf))
      }),
      { seed, numRuns: 200 },
    )
  })

  it('takes snake_case names on every level', () => {
    const batch = decodeOtlpLogsJson(
      Buffer.from(`{"resource_logs":[{"schema_url":"r","resource":{"dropped_attributes_count":2,"attributes":[
        {"key":"service.name","value":{"string_value":"shop"}}]},"scope_logs":[{"schema_url":"s","scope":{"name":"n"},
        "log_records":[{"time_unix_nano":"5","observed_time_unix_nano":6,"severity_number":9,"severity_text":"I",
        "trace_id":"5B8EFFF798038103D269B633813FC60C","span_id":"EEE19B7EC3C1B174","event_name":"e","flags":1,
        "dropped_attributes_count":3,"body":{"kvlist_value":{"values":[{"key":"k","value":{"bool_value":true}}]}}}]}]}]}`),
      context,
    )
    expect(logRowsOf(batch)).toMatchObject([
      {
        resource: {
          attributes: [{ key: 'service.name', type: 's', value: 'shop' }],
          droppedAttributesCount: 2,
          schemaUrl: 'r',
        },
        scope: { name: 'n', schemaUrl: 's' },
        timeUnixNano: 5n,
        observedUnixNano: 6n,
        severityNumber: 9,
        severityText: 'I',
        body: '{"k":true}',
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        eventName: 'e',
        flags: 1,
        droppedAttributesCount: 3,
      },
    ])
  })

  const cases: readonly [string, string, object][] = [
    [
      'nanoseconds as a string keep their digits',
      '{"timeUnixNano":"1700000000123456789"}',
      { timeUnixNano: 1_700_000_000_123_456_789n },
    ],
    [
      'nanoseconds as a number keep theirs too',
      '{"timeUnixNano":1700000000123456789}',
      { timeUnixNano: 1_700_000_000_123_456_789n },
    ],
    ['the largest uint64', '{"timeUnixNano":"18446744073709551615"}', { timeUnixNano: 18_446_744_073_709_551_615n }],
    ['a number with an exponent', '{"timeUnixNano":1.5e3}', { timeUnixNano: 1_500n }],
    [
      'null is absent',
      '{"timeUnixNano":null,"body":null,"attributes":null,"traceId":null}',
      { timeUnixNano: 0n, bodyType: 'n' },
    ],
    ['severity by name', '{"severityNumber":"SEVERITY_NUMBER_ERROR2"}', { severityNumber: 18 }],
    ['severity by a name that nobody knows', '{"severityNumber":"LOUD"}', { severityNumber: 0 }],
    ['severity as digits in a string', '{"severityNumber":"9"}', { severityNumber: 9 }],
    ['severity out of range', '{"severityNumber":25}', { severityNumber: 0 }],
    ['a trace id that is no hex is emptied', '{"traceId":"xyz"}', { traceId: '0'.repeat(32) }],
    ['a trace id of the wrong length is emptied', '{"traceId":"5b8e"}', { traceId: '0'.repeat(32) }],
    [
      'an int64 as a string',
      '{"body":{"intValue":"-9223372036854775808"}}',
      { body: '-9223372036854775808', bodyType: 'i' },
    ],
    [
      'an int64 as a long number',
      '{"body":{"intValue":9223372036854775807}}',
      { body: '9223372036854775807', bodyType: 'i' },
    ],
    ['a double as a word', '{"body":{"doubleValue":"-Infinity"}}', { body: '-Infinity', bodyType: 'd' }],
    ['a double as a string', '{"body":{"doubleValue":"1.5"}}', { body: '1.5', bodyType: 'd' }],
    [
      'a double beyond 2^53',
      '{"body":{"doubleValue":12345678901234567890}}',
      { body: '12345678901234567000', bodyType: 'd' },
    ],
    [
      'NaN within an array',
      '{"body":{"arrayValue":{"values":[{"doubleValue":"NaN"}]}}}',
      { body: '["NaN"]', bodyType: 'a' },
    ],
    ['bytes in the URL alphabet, unpadded', '{"body":{"bytesValue":"_-8"}}', { body: '/+8=', bodyType: 'x' }],
    ['an array without members', '{"body":{"arrayValue":{}}}', { body: '[]', bodyType: 'a' }],
    ['an empty string is a string', '{"body":{"stringValue":""}}', { body: '', bodyType: 's' }],
    ['an unknown field is passed over', '{"future":{"x":[1]},"severityText":"W"}', { severityText: 'W' }],
    [
      'brackets behind an escaped quotation mark are no nesting',
      `{"body":{"stringValue":"\\"${'['.repeat(300)}"}}`,
      { body: `"${'['.repeat(300)}` },
    ],
    ['a lone surrogate becomes U+FFFD', '{"body":{"stringValue":"\\ud800"}}', { body: '\ufffd' }],
    [
      'a key named __proto__ is a key',
      '{"attributes":[{"key":"__proto__","value":{"intValue":1}}]}',
      { attributes: [['__proto__', 'i', '1']] },
    ],
    ['a value 32 levels deep', `{"body":${deep(32)}}`, { body: `${'['.repeat(32)}1${']'.repeat(32)}` }],
  ]
  it.each(cases)('%s', (_name, record, expected) => {
    expect(rowOf(record)).toMatchObject(expected)
  })

  const bad: readonly [string, string, string, RegExp][] = [
    ['no object', '17', 'malformed', /is a number, expected an object/],
    ['a time that is no number', '{"timeUnixNano":"soon"}', 'malformed', /timeUnixNano is "soon", expected an integer/],
    ['a time below 0', '{"timeUnixNano":-1}', 'malformed', /timeUnixNano is -1/],
    ['a time beyond 64 bits', '{"timeUnixNano":"18446744073709551616"}', 'malformed', /18446744073709551616/],
    ['a time with a fraction', '{"timeUnixNano":1.5}', 'malformed', /expected an integer/],
    ['text that is a number', '{"severityText":5}', 'malformed', /severityText is 5, expected a string/],
    [
      'attributes that are no array',
      '{"attributes":{"a":1}}',
      'malformed',
      /attributes is an object, expected an array/,
    ],
    ['a value that is bare', '{"attributes":[{"key":"a","value":1}]}', 'malformed', /expected an object such as/],
    ['an int64 out of range', '{"body":{"intValue":"9223372036854775808"}}', 'malformed', /64-bit integer/],
    ['a count below 0', '{"droppedAttributesCount":-1}', 'malformed', /droppedAttributesCount/],
    ['bytes that are no base64', '{"body":{"bytesValue":"*"}}', 'malformed', /base64/],
    ['a value 33 levels deep', `{"body":${deep(33)}}`, 'malformed', /deeper than 32 levels/],
    [
      'too many attributes',
      `{"attributes":[${Array(4).fill('{"key":"a"}').join(',')}]}`,
      'too_many_attributes',
      /more than 3/,
    ],
    [
      'a long value',
      '{"attributes":[{"key":"a","value":{"stringValue":"ääääääääääääääääü"}}]}',
      'attribute_too_long',
      /34 bytes, at most 32/,
    ],
    ['a long body', `{"body":{"stringValue":"${'x'.repeat(65)}"}}`, 'body_too_long', /65 bytes, at most 64/],
  ]
  const limits = { maxAttributes: 3, maxAttributeKeyBytes: 16, maxAttributeValueBytes: 32, maxBodyBytes: 64 }
  it.each(bad)('rejects a record alone: %s', (_name, record, reason, sample) => {
    const good = '{"severityText":"good","attributes":[{"key":"of","value":{"stringValue":"good"}}]}'
    const batch = decodeOtlpLogsJson(request(good, record, good), { ...context, limits })
    const kept = { severityText: 'good', attributes: [['of', 's', 'good']] }
    expect(logRowsOf(batch)).toMatchObject([kept, kept])
    expect(batch.decodeRejections).toMatchObject([{ reason, count: 1 }])
    expect(batch.decodeRejections[0].sample).toMatch(/^resource_logs\[0\]\.scope_logs\[0\]\.log_records\[1\]: /)
    expect(batch.decodeRejections[0].sample).toMatch(sample)
  })

  it('rejects the records of a malformed resource, and only those', () => {
    const block = (resource: string) => `{"resource":${resource},"scopeLogs":[{"logRecords":[{},{}]}]}`
    const batch = decodeOtlpLogsJson(Buffer.from(`{"resourceLogs":[${block('[]')},${block('{}')}]}`), context)
    expect(batch.rowCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([{ reason: 'malformed', count: 2 }])
    expect(batch.decodeRejections[0].sample).toMatch(/log_records\[0\]: resource: resource is an array/)
  })

  it.each([
    ['no JSON', '{"resourceLogs":[', /not JSON/],
    ['an empty body', '', /not JSON/],
    ['an array', '[]', /expected an object \(at the request\)/],
    ['blocks that are no array', '{"resourceLogs":{}}', /at resource_logs/],
    ['a block that is no object', '{"resourceLogs":[{"scopeLogs":[7]}]}', /at resource_logs\[0\]\.scope_logs\[0\]/],
    ['brackets without end', '['.repeat(100_000), /deeper than 256 levels \(at byte 256\)/],
  ])('refuses the request: %s', (_name, body, message) => {
    expect(() => decodeOtlpLogsJson(Buffer.from(body), context)).toThrow(DecodeError)
    expect(() => decodeOtlpLogsJson(Buffer.from(body), context)).toThrow(message)
  })

  it('takes a body with a byte order mark, and an empty request', () => {
    expect(decodeOtlpLogsJson(Buffer.from('\ufeff{}'), context).rowCount).toBe(0)
  })

  it('answers damaged text with rows or a DecodeError', () => {
    fc.assert(
      fc.property(logsRequests, damages, (init, list) => {
        const bytes = otlpJson(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, init))
        expectRowsOrDecodeError(damaged(bytes, list), (input) => {
          const batch = decodeOtlpLogsJson(input, context)
          return { rows: logRowsOf(batch), rejections: batch.decodeRejections }
        })
      }),
      { seed, numRuns: 300 },
    )
  })
})
