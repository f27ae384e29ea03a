import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { wireEncoder } from '../metric/wire-schema.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { decodeJaegerProtobuf } from './jaeger-protobuf.ts'

const seed = 20_261_123
const context = { tenant: defaultTenant, receiver: 'jaeger_grpc', receivedBytes: 100 }

/** Source: jaeger-idl, proto/api_v2/model.proto. */
const encode = wireEncoder({
  Request: ['1 batch Batch'],
  Batch: ['1 spans Span[]', '2 process Process'],
  Time: ['1 seconds int64', '2 nanos int32'],
  KeyValue: [
    '1 key string',
    '2 vType int32',
    '3 vStr string',
    '4 vBool bool',
    '5 vInt64 int64',
    '6 vFloat64 double',
    '7 vBinary bytes',
  ],
  Reference: ['1 traceId bytes', '2 spanId bytes', '3 refType int32'],
  Log: ['1 timestamp Time', '2 fields KeyValue[]'],
  Process: ['1 serviceName string', '2 tags KeyValue[]'],
  Span: [
    ...['1 traceId bytes', '2 spanId bytes', '3 operationName string', '4 references Reference[]', '5 flags uint32'],
    ...['6 startTime Time', '7 duration Time', '8 tags KeyValue[]', '9 logs Log[]', '10 process Process'],
    ...['11 processId string', '12 warnings string[]'],
  ],
})

const traceId = Buffer.alloc(16, 0xab)
const spanId = Buffer.alloc(8, 0x01)
const parentId = Buffer.alloc(8, 0x02)
const text = (key: string, vStr: string) => ({ key, vStr })
const startTime = { seconds: 1_700_000_000n, nanos: 5 }

const full = {
  ...{ traceId, spanId, operationName: 'GET /cart', startTime, duration: { seconds: 0n, nanos: 1_000_000 } },
  references: [
    { traceId: Buffer.alloc(16, 0xcd), spanId: Buffer.alloc(8, 3), refType: 0 },
    { traceId, spanId: Buffer.alloc(8, 4), refType: 1 },
    { traceId, spanId: parentId, refType: 0 },
  ],
  tags: [
    text('span.kind', 'server'),
    { key: 'error', vType: 1, vBool: true },
    { key: 'http.status_code', vType: 2, vInt64: -5n },
    { key: 'load', vType: 3, vFloat64: 0.5 },
    { key: 'raw', vType: 4, vBinary: Buffer.from([1, 2]) },
    { key: 'zero', vType: 2 },
    text('w3c.tracestate', 'a=b'),
    text('otel.scope.name', 'lib'),
    text('otel.status_description', 'broken'),
  ],
  logs: [{ timestamp: startTime, fields: [text('event', 'retry'), text('message', 'again')] }],
  warnings: ['clock skew'],
}
const process = { serviceName: 'cart', tags: [text('hostname', 'node-1'), text('ip', '10.0.0.1')] }
const requestOf = (...spans: object[]) => encode('Request', { batch: { spans, process } })

describe('decodeJaegerProtobuf', () => {
  it('reads every field, as OpenTelemetry maps it', () => {
    const [row] = spanRowsOf(decodeJaegerProtobuf(requestOf(full), context))
    expect(row).toMatchObject({
      traceId: traceId.toString('hex'),
      spanId: spanId.toString('hex'),
      parentSpanId: parentId.toString('hex'),
      traceState: 'a=b',
      name: 'GET /cart',
      kind: 2,
      startUnixNano: 1_700_000_000_000_000_005n,
      endUnixNano: 1_700_000_000_001_000_005n,
      statusCode: 2,
      statusMessage: 'broken',
      scope: { name: 'lib' },
      resource: {
        attributes: [
          { key: 'service.name', type: 's', value: 'cart' },
          { key: 'host.name', type: 's', value: 'node-1' },
          { key: 'ip', type: 's', value: '10.0.0.1' },
        ],
      },
      attributes: [
        ['http.status_code', 'i', '-5'],
        ['load', 'd', '0.5'],
        ['raw', 'x', 'AQI='],
        ['zero', 'i', '0'],
        ['jaeger.warnings', 'a', '["clock skew"]'],
      ],
      events: [{ timeUnixNano: 1_700_000_000_000_000_005n, name: 'retry', attributes: [['message', 's', 'again']] }],
      links: [
        { traceId: 'cd'.repeat(16), spanId: '03'.repeat(8), attributes: [['opentracing.ref_type', 's', 'child_of']] },
        {
          traceId: 'ab'.repeat(16),
          spanId: '04'.repeat(8),
          attributes: [['opentracing.ref_type', 's', 'follows_from']],
        },
      ],
    })
  })

  it("takes a span's own process before the batch's, and pads short trace ids", () => {
    const own = { traceId: Buffer.alloc(8, 1), spanId, process: { serviceName: 'own' } }
    const [row] = spanRowsOf(decodeJaegerProtobuf(requestOf(own), context))
    expect(row.resource.attributes).toEqual([{ key: 'service.name', type: 's', value: 'own' }])
    expect(row).toMatchObject({ traceId: '0'.repeat(16) + '01'.repeat(8), kind: 0, statusCode: 0 })
  })

  it.each([
    ['without a trace id', { spanId }, 'no trace id or span id'],
    ['with a trace id of zeros', { traceId: Buffer.alloc(16), spanId }, 'trace id is all zero'],
    ['with a span id of 4 bytes', { traceId, spanId: Buffer.alloc(4, 1) }, 'span id has 4 bytes, expected 8'],
    ['before 1970', { traceId, spanId, startTime: { seconds: -1n } }, 'no time after 1970'],
    ['with a reference to nothing', { traceId, spanId, references: [{ refType: 1 }] }, 'a reference has no trace id'],
  ])('rejects alone a span %s', (_name, span, message) => {
    const batch = decodeJaegerProtobuf(requestOf(full, span, full), context)
    expect(batch.rowCount).toBe(2)
    expect(batch.decodeRejections).toMatchObject([
      { reason: 'malformed', count: 1, sample: expect.stringMatching(new RegExp(`^spans\\[1\\]: .*${message}`)) },
    ])
  })

  it('refuses a request whose frame is broken', () => {
    expect(() => decodeJaegerProtobuf(Buffer.from([0x0a, 5, 1]), context)).toThrow(DecodeError)
  })

  it('answers damaged requests with rows or a DecodeError', () => {
    const good = Buffer.from(requestOf(full, full))
    fc.assert(
      fc.property(damages, (list) => {
        expectRowsOrDecodeError(damaged(good, list), (bytes) => spanRowsOf(decodeJaegerProtobuf(bytes, context)))
      }),
      { seed, numRuns: 3000 },
    )
  })
})
