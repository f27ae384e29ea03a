import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpanBatch } from '../../model/batch.ts'
import { spanRowsOf } from '../../model/batch-rows-suite.ts'
import { DecodeError } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import type { DecodeContext } from '../decode-context.ts'
import { wireEncoder } from '../metric/wire-schema.ts'
import { damaged, damages } from '../otlp/damage-suite.ts'
import { decodeJaegerProtobuf } from './jaeger-protobuf.ts'
import { modelOfJaegerProtobuf } from './jaeger-protobuf-model-suite.ts'
import { decodeJaegerThrift } from './jaeger-thrift.ts'
import { modelOfJaegerThrift } from './jaeger-thrift-model-suite.ts'
import { structOf, thrift } from './thrift-writer-suite.ts'

const seed = 20_261_124
const numRuns = 4_000
const context: DecodeContext = { tenant: defaultTenant, receiver: 'test', receivedBytes: 1 }
/** Room for every number, so that only texts and lists pass a limit. */
const limits = { maxAttributes: 3, maxAttributeKeyBytes: 20, maxAttributeValueBytes: 25, maxBodyBytes: 8 }

type Decode = (body: Uint8Array, context: DecodeContext) => SpanBatch
type Field = ReturnType<typeof thrift.i64>

function seen(decode: Decode, body: Uint8Array, given: DecodeContext) {
  try {
    const batch = decode(body, given)
    return { rows: spanRowsOf(batch), rejections: batch.decodeRejections }
  } catch (error) {
    if (error instanceof DecodeError) return { message: error.message, position: error.position }
    throw error
  }
}

/** Holds a decoder to what the model makes of the same requests: as they are, with bytes changed, under narrow limits. */
function expectSame(decode: Decode, model: Decode, requests: fc.Arbitrary<Buffer>): void {
  fc.assert(
    fc.property(requests, fc.oneof(fc.constant([]), damages), fc.boolean(), (request, list, isNarrow) => {
      const body = request.length === 0 ? request : damaged(request, list)
      const given = isNarrow ? { ...context, limits } : context
      expect(seen(decode, body, given)).toEqual(seen(model, body, given))
    }),
    { seed, numRuns },
  )
}

const keys = fc.constantFrom(
  ...['span.kind', 'error', 'otel.status_code', 'otel.status_description', 'w3c.tracestate', 'otel.scope.name'],
  ...[
    'otel.scope.version',
    'otel.library.name',
    'otel.library.version',
    'event',
    'message',
    'hostname',
    'service.name',
  ],
  ...['a', 'b', 'http.status', 'ä', '', 'span.Kind', 'a key that is too long by a bit', 'jaeger.warnings'],
)
const words = fc.constantFrom(
  ...['', 'server', 'CLIENT', 'internal', 'true', 'false', 'OK', 'ERROR', 'ok', 'v', 'äöü', '😀', 'toString'],
  ...['exactly of 25 characters.', 'a value that is longer than the narrow limit and than what is remembered of texts'],
)
const integers = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constantFrom(0n, 1n, -1n))
const doubles = fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY))
const binaries = fc
  .oneof(fc.uint8Array({ maxLength: 22 }), fc.constantFrom(new Uint8Array(18), new Uint8Array(19), new Uint8Array(22)))
  .map((bytes) => Buffer.from(bytes))
const types = fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 5, -1)
const few = <T>(member: fc.Arbitrary<T>, maxLength = 3) => fc.array(member, { maxLength })
const often = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 })
const someIds = (bytes: number) => [1, 2].map((byte) => Buffer.alloc(bytes, byte))

describe('decodeJaegerProtobuf beside the model', () => {
  const encode = wireEncoder({
    Request: ['1 batch Batch[]'],
    Batch: ['1 spans Span[]', '2 process Process[]'],
    Time: ['1 seconds int64', '2 nanos int32'],
    KeyValue: [
      ...['1 key string', '2 vType int32', '3 vStr string', '4 vBool bool', '5 vInt64 int64', '6 vFloat64 double'],
      '7 vBinary bytes',
    ],
    Reference: ['1 traceId bytes', '2 spanId bytes', '3 refType int32'],
    Log: ['1 timestamp Time', '2 fields KeyValue[]'],
    Process: ['1 serviceName string', '2 tags KeyValue[]'],
    Span: [
      ...[
        '1 traceId bytes[]',
        '2 spanId bytes',
        '3 operationName string',
        '4 references Reference[]',
        '5 flags uint32',
      ],
      ...['6 startTime Time', '7 duration Time', '8 tags KeyValue[]', '9 logs Log[]', '10 process Process'],
      ...['11 processId string', '12 warnings string[]'],
    ],
  })
  const traceIds = fc.constantFrom(...someIds(16), ...someIds(16), Buffer.alloc(8, 1), Buffer.alloc(16, 0))
  const spanIds = fc.constantFrom(...someIds(8), ...someIds(8), ...someIds(8), Buffer.alloc(8), Buffer.alloc(7, 1))
  const times = fc.record({
    seconds: fc.oneof(
      fc.bigInt({ min: 0n, max: 18_446_744_073n }),
      fc.constantFrom(1_700_000_000n, -1n, -3n, 0n, 9_223_372_037n, 18_446_744_073n, 18_446_744_074n, 2n ** 62n),
    ),
    nanos: fc.oneof(fc.nat({ max: 999_999_999 }), fc.constantFrom(709_551_615, 709_551_616, -1, 2_000_000_000)),
  })
  const tags = fc.record({
    ...{ key: keys, vType: types, vStr: often(words), vBool: often(fc.boolean()), vInt64: often(integers) },
    ...{ vFloat64: often(doubles), vBinary: often(binaries) },
  })
  const process = fc.record({ serviceName: words, tags: few(tags) })
  const spans = fc.record({
    ...{ traceId: fc.array(traceIds, { minLength: 1, maxLength: 2 }), spanId: spanIds, operationName: words },
    references: few(fc.record({ traceId: traceIds, spanId: spanIds, refType: fc.constantFrom(0, 1, 2) })),
    ...{ startTime: often(times), duration: often(times), tags: few(tags, 6) },
    logs: few(fc.record({ timestamp: often(times), fields: few(tags) })),
    ...{ process: fc.option(process, { nil: undefined, freq: 1 }), warnings: few(words, 1) },
  })
  const batches = fc.record({ spans: few(spans), process: few(process, 2) })

  it('makes the same of every request', () => {
    const requests = fc.record({ batch: few(batches, 2) }).map((request) => Buffer.from(encode('Request', request)))
    expectSame(decodeJaegerProtobuf, modelOfJaegerProtobuf, requests)
  })
})

describe('decodeJaegerThrift beside the model', () => {
  const ids = fc.constantFrom(1n, 1n, 2n, 0n, -1n)
  const micros = fc.oneof(
    fc.bigInt({ min: 0n, max: 9_000_000_000_000_000n }),
    fc.constantFrom(0n, 1_767_225_600_123_456n, -1n, 9_000_000_000_000_001n, 2n ** 63n - 1n, 4_294_967_295n),
  )
  /** A struct of some of the fields, in any order, some twice. */
  const struct = (...fields: fc.Arbitrary<Field>[]) =>
    fc
      .tuple(fc.shuffledSubarray(fields, { minLength: fields.length - 2 }), fc.nat({ max: 9 }))
      .chain(([list, more]) => fc.tuple(...(more < fields.length ? [...list, fields[more]] : list)))
  const tags = struct(
    ...[keys.map((key) => thrift.string(1, key)), types.map((type) => thrift.i32(2, type))],
    ...[words.map((text) => thrift.string(3, text)), doubles.map((value) => thrift.double(4, value))],
    ...[fc.boolean().map((value) => thrift.bool(5, value)), integers.map((value) => thrift.i64(6, value))],
    binaries.map((value) => thrift.string(7, value)),
  )
  const tagLists = (id: number, count: number) => few(tags, count).map((list) => thrift.structs(id, list))
  const references = struct(
    ...[fc.constantFrom(0, 1, 2).map((type) => thrift.i32(1, type)), ids.map((id) => thrift.i64(2, id))],
    ...[fc.constantFrom(0n, 0n, 1n).map((id) => thrift.i64(3, id)), ids.map((id) => thrift.i64(4, id))],
  )
  const process = fc.tuple(words, tagLists(2, 3)).map(([name, list]) => [thrift.string(1, name), list])
  const logs = fc.tuple(micros, tagLists(2, 3)).map(([time, list]) => [thrift.i64(1, time), list])
  const spans = struct(
    ...[ids.map((id) => thrift.i64(1, id)), fc.constantFrom(0n, 0n, 1n).map((id) => thrift.i64(2, id))],
    ...[ids.map((id) => thrift.i64(3, id)), ids.map((id) => thrift.i64(4, id))],
    ...[words.map((name) => thrift.string(5, name)), few(references).map((list) => thrift.structs(6, list))],
    ...[fc.constant(thrift.i32(7, 1)), micros.map((time) => thrift.i64(8, time))],
    ...[micros.map((time) => thrift.i64(9, time)), tagLists(10, 6), few(logs).map((list) => thrift.structs(11, list))],
    ...[fc.constant(thrift.i32(1, 7)), process.map((fields) => thrift.struct(99, fields))],
  )
  const processes = process.map((fields) => thrift.struct(1, fields))
  const spanLists = few(spans).map((list) => thrift.structs(2, list))

  it('makes the same of every request', () => {
    const requests = few(fc.oneof(processes, spanLists, spanLists), 4).map(structOf)
    expectSame(decodeJaegerThrift, modelOfJaegerThrift, requests)
  })
})
