import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logRowsOf } from '../model/batch-rows-suite.ts'
import { DecodeError } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { defaultRecordLimits } from './decode-context.ts'
import { decodeNdjsonLogs, parseErrorKey } from './ndjson-logs.ts'
import { expectRowsOrDecodeError } from './otlp/damage-suite.ts'

const context = { tenant: defaultTenant, receiver: 'ndjson', receivedBytes: 7 }
const seed = 20_261_123

function rowsOf(text: string | Uint8Array) {
  const batch = decodeNdjsonLogs(Buffer.from(text as string), context)
  expect(batch.decodeRejections).toEqual([])
  return logRowsOf(batch)
}

describe('decodeNdjsonLogs', () => {
  it('sorts a line into fields, resource and attributes', () => {
    const line = {
      time: '2023-11-14T22:13:20.123456789Z',
      observed_timestamp: 1_700_000_001,
      level: 'warn',
      msg: 'slow',
      'service.name': 'checkout',
      host: 'node-1',
      k8s: { pod: { name: 'p-1' } },
      logger: 'shop.Payment',
      event_name: 'payment.slow',
      trace_id: '5B8EFFF798038103D269B633813FC60C',
      span_id: 'eee19b7ec3c1b174',
      trace_flags: '01',
      duration: 1.5,
      attempts: 3,
      retried: true,
      user: null,
      tags: ['a', 1],
    }
    expect(rowsOf(JSON.stringify(line))).toEqual([
      {
        resource: {
          attributes: [
            { key: 'service.name', type: 's', value: 'checkout' },
            { key: 'host.name', type: 's', value: 'node-1' },
            { key: 'k8s.pod.name', type: 's', value: 'p-1' },
          ],
          droppedAttributesCount: 0,
          schemaUrl: '',
        },
        scope: { name: 'shop.Payment', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
        timeUnixNano: 1_700_000_000_123_456_789n,
        observedUnixNano: 1_700_000_001_000_000_000n,
        severityNumber: 0,
        severityText: 'warn',
        body: 'slow',
        bodyType: 's',
        attributes: [
          ['duration', 'd', '1.5'],
          ['attempts', 'i', '3'],
          ['retried', 'b', 'true'],
          ['user', 'n', ''],
          ['tags', 'a', '["a",1]'],
        ],
        droppedAttributesCount: 0,
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        flags: 1,
        eventName: 'payment.slow',
      },
    ])
  })

  const time = 1_700_000_000_000_000_000n
  const service = (name: string) => ({ resource: { attributes: [{ key: 'service.name', type: 's', value: name }] } })
  const ids = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' }
  const cases: readonly [string, string, object][] = [
    ['a time in seconds', '{"ts":1700000000}', { timeUnixNano: time }],
    ['a time in nanoseconds, exact', '{"timestamp":1700000000123456789}', { timeUnixNano: time + 123_456_789n }],
    ['a time as digits in a string', '{"@timestamp":"1700000000000"}', { timeUnixNano: time }],
    [
      'a time that is none stays an attribute, the next key is asked',
      '{"timestamp":"soon","time":1700000000}',
      { timeUnixNano: time, attributes: [['timestamp', 's', 'soon']] },
    ],
    [
      'a second time stays an attribute',
      '{"time":1700000000,"ts":5}',
      { timeUnixNano: time, attributes: [['ts', 'i', '5']] },
    ],
    [
      'keys of any case',
      '{"Timestamp":1700000000,"Level":"INFO","Message":"m"}',
      { timeUnixNano: time, severityText: 'INFO', body: 'm' },
    ],
    ['a level of pino', '{"level":50,"msg":"m"}', { severityNumber: 17, severityText: '' }],
    ['a level of trace and of fatal', '{"level":10}', { severityNumber: 1 }],
    [
      'a severity number of OTLP',
      '{"severityNumber":18,"severityText":"ERR"}',
      { severityNumber: 18, severityText: 'ERR' },
    ],
    ['another number stays a word', '{"level":3}', { severityNumber: 0, severityText: '3' }],
    [
      'Elastic names within objects',
      '{"log":{"level":"error","logger":"x"},"service":{"name":"s"},"trace":{"id":"5b8efff798038103d269b633813fc60c"},"span":{"id":"eee19b7ec3c1b174"},"message":"m"}',
      { severityText: 'error', scope: { name: 'x' }, ...service('s'), ...ids, body: 'm' },
    ],
    ['service as text', '{"service":"s"}', service('s')],
    ['camel case ids', '{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}', ids],
    [
      'an id that is none stays an attribute',
      '{"trace_id":"77"}',
      { traceId: '0'.repeat(32), attributes: [['trace_id', 's', '77']] },
    ],
    [
      'a message that is an object becomes attributes, the line the body',
      '{"message":{"a":1}}',
      { body: '{"message":{"a":1}}', attributes: [['message.a', 'i', '1']] },
    ],
    ['a message that is a number', '{"message":5}', { body: '5', bodyType: 'i' }],
    [
      'a message that is an array',
      '{"message":[1,{"a":12345678901234567890}]}',
      { body: '[1,{"a":12345678901234567890}]', bodyType: 'a' },
    ],
    [
      'no message: the line as it is',
      ' {"a": "b"} ',
      { body: ' {"a": "b"} ', bodyType: 's', attributes: [['a', 's', 'b']] },
    ],
    [
      'objects become dotted keys',
      '{"msg":"","http":{"response":{"status":200}},"empty":{}}',
      {
        attributes: [
          ['http.response.status', 'i', '200'],
          ['empty', 'm', '{}'],
        ],
      },
    ],
    [
      'a dotted key and an object that mean the same',
      '{"msg":"","a.b":1,"a":{"b":2}}',
      { attributes: [['a.b', 'i', '2']] },
    ],
    [
      'objects more than 8 levels down stay JSON',
      `{"msg":"",${'"a":{'.repeat(8)}"b":{"c":1}${'}'.repeat(8)}}`,
      { attributes: [['a.a.a.a.a.a.a.a', 'm', '{"b":{"c":1}}']] },
    ],
    ['a long integer', '{"msg":"","n":9223372036854775807}', { attributes: [['n', 'i', '9223372036854775807']] }],
    [
      'an integer beyond 64 bits',
      '{"msg":"","n":9223372036854775808}',
      { attributes: [['n', 'd', '9223372036854775808']] },
    ],
    ['plain text', 'GET /cart 200', { body: 'GET /cart 200', bodyType: 's', attributes: [], timeUnixNano: 0n }],
    ['text that is JSON but no object', '[INFO] "x"', { body: '[INFO] "x"', attributes: [] }],
    [
      'an object that is cut off',
      '{"msg":"a',
      { body: '{"msg":"a', attributes: [[parseErrorKey, 's', expect.stringContaining('not JSON (at ')]] },
    ],
    [
      'an object that is too deep',
      `{"a":${'['.repeat(64)}${']'.repeat(64)}}`,
      { attributes: [[parseErrorKey, 's', expect.stringContaining('deeper than 64 levels')]] },
    ],
    [
      'a key named __proto__',
      '{"msg":"","__proto__":{"x":1},"constructor":"y"}',
      {
        attributes: [
          ['__proto__.x', 'i', '1'],
          ['constructor', 's', 'y'],
        ],
      },
    ],
  ]
  it.each(cases)('%s', (_name, line, expected) => {
    expect(rowsOf(line)).toHaveLength(1)
    expect(rowsOf(line)[0]).toMatchObject(expected)
  })

  it('takes lines with every line end, and passes over empty ones', () => {
    expect(rowsOf('\ufeffa\r\n\n  \t\r\nb\n{"msg":"c"}').map((row) => row.body)).toEqual(['a', 'b', 'c'])
    expect(rowsOf('')).toEqual([])
    expect(rowsOf('\n')).toEqual([])
  })

  it('keeps a text line byte for byte', () => {
    expect(rowsOf(Uint8Array.of(0x20, 0xff, 0x00, 0x0a)).map((row) => row.body)).toEqual(['20ff00'])
  })

  it('keeps equal resources and scopes once', () => {
    const batch = decodeNdjsonLogs(
      Buffer.from('{"service":"a","logger":"l"}\nx\n{"service":"a","logger":"l"}'),
      context,
    )
    expect([[...batch.resource], [...batch.scope]]).toEqual([
      [0, 1, 0],
      [0, 1, 0],
    ])
  })

  it.each([
    ['a long text line', 'x'.repeat(65), 'body_too_long', /line 2: body has 65 bytes, at most 64/],
    ['a long line that is no JSON', `{${'x'.repeat(64)}`, 'body_too_long', /line 2/],
    ['a long message', `{"msg":"${'x'.repeat(65)}"}`, 'body_too_long', /line 2: body has 65 bytes/],
    [
      'a long value',
      `{"msg":"","a":"${'x'.repeat(33)}"}`,
      'attribute_too_long',
      /line 2: an attribute value has 33 bytes, at most 32/,
    ],
    ['a long service name', `{"msg":"","service":"${'x'.repeat(33)}"}`, 'attribute_too_long', /33 bytes/],
    ['a long level', `{"msg":"","level":"${'x'.repeat(33)}"}`, 'attribute_too_long', /33 bytes/],
    [
      'a long key',
      `{"msg":"","${'k'.repeat(17)}":1}`,
      'attribute_too_long',
      /an attribute key has 17 bytes, at most 16/,
    ],
    ['too many keys', '{"msg":"","a":{"b":1,"c":2,"d":3,"e":4}}', 'too_many_attributes', /more than 3/],
  ])('rejects a line alone: %s', (_name, line, reason, sample) => {
    const limits = { maxAttributes: 3, maxAttributeKeyBytes: 16, maxAttributeValueBytes: 32, maxBodyBytes: 64 }
    const batch = decodeNdjsonLogs(Buffer.from(`a\n${line}\nb`), { ...context, limits })
    expect(logRowsOf(batch).map((row) => row.body)).toEqual(['a', 'b'])
    expect(batch.decodeRejections).toMatchObject([{ reason, count: 1 }])
    expect(batch.decodeRejections[0].sample).toMatch(sample)
  })

  it('takes a body as long as the limit, not one byte more, where no limits are given', () => {
    const line = 'x'.repeat(defaultRecordLimits.maxBodyBytes)
    const batch = decodeNdjsonLogs(Buffer.from(`${line}\n${line}x`), context)
    expect([batch.rowCount, batch.decodeRejections.length]).toEqual([1, 1])
  })

  it('refuses more lines than memory is meant for', () => {
    expect(() => decodeNdjsonLogs(Buffer.from('x\n'.repeat(1_048_577)), context)).toThrow(DecodeError)
  })

  it('makes a row of every line that is not blank, whatever it holds', () => {
    const line = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const text = lines.map((one) => one.replaceAll('\n', ' ')).join('\n')
        const wanted = text
          .replace(/^\ufeff/, '')
          .split('\n')
          .filter((one) => /[^ \t\r]/.test(one)).length
        expect(rowsOf(text)).toHaveLength(wanted)
        expectRowsOrDecodeError(Buffer.from(text), (bytes) => logRowsOf(decodeNdjsonLogs(bytes, context)))
      }),
      { seed, numRuns: 500 },
    )
  })
})
