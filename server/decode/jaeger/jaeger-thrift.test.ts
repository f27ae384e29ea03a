import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { damaged, damages, expectRowsOrDecodeError } from '../otlp/damage-suite.ts'
import { decodeJaegerThrift } from './jaeger-thrift.ts'
import { structOf, thrift } from './thrift-writer-suite.ts'

const context = { tenant: defaultTenant, receiver: 'jaeger_thrift_http', receivedBytes: 1 }

const tag = (key: string, value: string) => [thrift.string(1, key), thrift.i32(2, 0), thrift.string(3, value)]
const reference = (type: number, traceId: bigint, spanId: bigint) => [
  thrift.i32(1, type),
  thrift.i64(2, traceId),
  thrift.i64(3, 0n),
  thrift.i64(4, spanId),
]
const process = [
  thrift.string(1, 'cart'),
  thrift.structs(2, [tag('hostname', 'node-1'), tag('jaeger.version', 'Node-3')]),
]
const span = (overwritten: readonly ReturnType<typeof thrift.i64>[] = []) => [
  ...[thrift.i64(1, -1n), thrift.i64(2, 0n), thrift.i64(3, 2n), thrift.i64(4, 1n), thrift.string(5, 'GET /cart')],
  thrift.structs(6, [reference(0, -1n, 1n), reference(1, -1n, 9n)]),
  ...[thrift.i32(7, 1), thrift.i64(8, 1_767_225_600_123_456n), thrift.i64(9, 1_000n)],
  thrift.structs(10, [
    tag('span.kind', 'server'),
    [thrift.string(1, 'error'), thrift.i32(2, 2), thrift.bool(5, true)],
    [thrift.string(1, 'n'), thrift.i32(2, 3), thrift.i64(6, -5n)],
    [thrift.string(1, 'd'), thrift.i32(2, 1), thrift.double(4, 0.5)],
    [thrift.string(1, 'x'), thrift.i32(2, 4), thrift.string(7, Buffer.from([1, 2]))],
  ]),
  thrift.structs(11, [
    [thrift.i64(1, 1_767_225_600_123_500n), thrift.structs(2, [tag('event', 'retry'), tag('k', 'v')])],
  ]),
  ...overwritten,
]
const batch = (...spans: ReturnType<typeof span>[]) => structOf([thrift.struct(1, process), thrift.structs(2, spans)])

describe('decodeJaegerThrift', () => {
  it('reads every field', () => {
    const rows = spanRowsOf(decodeJaegerThrift(batch(span()), context))
    expect(rows).toMatchObject([
      {
        traceId: `${'0'.repeat(16)}${'f'.repeat(16)}`,
        spanId: '0000000000000002',
        parentSpanId: '0000000000000001',
        name: 'GET /cart',
        kind: 2,
        startUnixNano: 1_767_225_600_123_456_000n,
        endUnixNano: 1_767_225_600_124_456_000n,
        statusCode: 2,
        resource: {
          attributes: [
            { key: 'service.name', type: 's', value: 'cart' },
            { key: 'host.name', type: 's', value: 'node-1' },
            { key: 'jaeger.version', type: 's', value: 'Node-3' },
          ],
        },
        attributes: [
          ['n', 'i', '-5'],
          ['d', 'd', '0.5'],
          ['x', 'x', 'AQI='],
        ],
        events: [{ name: 'retry', timeUnixNano: 1_767_225_600_123_500_000n, attributes: [['k', 's', 'v']] }],
        links: [{ spanId: '0000000000000009', attributes: [['opentracing.ref_type', 's', 'follows_from']] }],
      },
    ])
  })

  it('takes fields in any order, passes over what it does not know, and takes nothing for no spans', () => {
    const unknown = [thrift.struct(99, process), thrift.structs(98, [process]), thrift.double(97, 1)]
    const bytes = structOf([...unknown, thrift.structs(2, [[...unknown, ...span()]]), thrift.struct(1, process)])
    expect(spanRowsOf(decodeJaegerThrift(bytes, context))).toMatchObject([
      { resource: { attributes: [{ value: 'cart' }, {}, {}] } },
    ])
    expect(decodeJaegerThrift(Buffer.alloc(0), context).rowCount).toBe(0)
    expect(decodeJaegerThrift(structOf([]), context).rowCount).toBe(0)
  })

  it.each([
    ['a trace id of zero', [thrift.i64(1, 0n)], 'trace id is zero'],
    ['a span id of zero', [thrift.i64(3, 0n)], 'span id is zero'],
    ['a start before 1970', [thrift.i64(8, -1n)], 'startTime'],
    ['a duration below zero', [thrift.i64(9, -1n)], 'duration'],
  ])('rejects alone a span with %s', (_name, overwritten, words) => {
    const decoded = decodeJaegerThrift(batch(span(), span(overwritten), span()), context)
    expect(decoded.rowCount).toBe(2)
    expect(decoded.decodeRejections[0].sample).toMatch(new RegExp(`^spans\\[1\\]: .*${words}`))
  })

  it.each([
    ['cut off', batch(span()).subarray(0, 60)],
    ['of unknown types', Buffer.from([1, 0, 1])],
    ['a list of numbers', structOf([[2, 15, Buffer.from([8, 0, 0, 0, 1, 0, 0, 0, 1])]])],
    ['a list that cannot be', structOf([[2, 15, Buffer.from([12, 0x7f, 0xff, 0xff, 0xff])]])],
    ['a string of less than nothing', structOf([[9, 11, Buffer.from([0xff, 0xff, 0xff, 0xff])]])],
  ])('refuses bytes that are %s', (_name, bytes) => {
    expect(() => decodeJaegerThrift(bytes, context)).toThrow(DecodeError)
  })

  it('does not follow structs without end', () => {
    const deep = Buffer.concat([
      ...Array.from({ length: 100_000 }, () => Buffer.from([12, 0, 9])),
      Buffer.alloc(100_001),
    ])
    expect(() => decodeJaegerThrift(deep, context)).toThrow('nested deeper than 32')
  })

  it('answers damaged requests with rows or a DecodeError', () => {
    fc.assert(
      fc.property(damages, (list) => {
        expectRowsOrDecodeError(damaged(batch(span(), span()), list), (bytes) =>
          spanRowsOf(decodeJaegerThrift(bytes, context)),
        )
      }),
      { seed: 71, numRuns: 2_000 },
    )
  })
})
