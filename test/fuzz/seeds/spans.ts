import { structOf, thrift } from '../../../server/decode/jaeger/thrift-writer-suite.ts'
import { packed } from '../../../server/decode/wire/msgpack-writer.ts'
import { encodeJaeger, encodeZipkin } from './wire-schemas.ts'

const traceId = Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')
const spanId = Buffer.from('b7ad6b7169203331', 'hex')
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

export const zipkinV2 = () => [
  json([
    {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      id: 'b7ad6b7169203331',
      parentId: '86154a4ba6e91385',
      kind: 'CLIENT',
      name: 'get /api',
      timestamp: 1_767_225_600_123_456,
      duration: 207_000,
      localEndpoint: { serviceName: 'frontend', ipv4: '10.0.0.1', port: 8081 },
      remoteEndpoint: { serviceName: 'backend', ipv6: '::1', port: 9000 },
      annotations: [{ timestamp: 1_767_225_600_223_456, value: 'retry' }],
      tags: { 'http.method': 'GET', error: '' },
      shared: true,
      debug: true,
    },
    { traceId: 'a', id: 'b' },
  ]),
]

const endpoint = { serviceName: 'frontend', ipv4: '10.0.0.1', port: 8081 }
export const zipkinV1 = () => [
  json([
    {
      traceId: '86154a4ba6e91385',
      id: '4d1e00c0db9010db',
      name: 'get',
      timestamp: 1_767_225_600_123_456,
      duration: 10,
      annotations: [
        { timestamp: 1_767_225_600_123_456, value: 'cs', endpoint },
        { timestamp: 1_767_225_600_123_556, value: 'cr', endpoint },
        { timestamp: 1_767_225_600_123_500, value: 'sr', endpoint: { ...endpoint, serviceName: 'backend' } },
      ],
      binaryAnnotations: [
        { key: 'http.path', value: '/api', endpoint },
        { key: 'sa', value: true, endpoint },
        { key: 'n', value: 5, type: 'I64', endpoint },
      ],
    },
  ]),
]

export const zipkinProtobuf = () => [
  encodeZipkin('ListOfSpans', {
    spans: [
      {
        traceId,
        id: spanId,
        parentId: spanId,
        kind: 2,
        name: 'get',
        timestamp: 1_767_225_600_123_456n,
        duration: 5n,
        localEndpoint: { serviceName: 'shop', ipv4: Buffer.from([10, 0, 0, 1]), ipv6: Buffer.alloc(16, 1), port: 80 },
        annotations: [{ timestamp: 1_767_225_600_123_456n, value: 'retry' }],
        tags: [{ key: 'a', value: 'b' }],
        debug: true,
      },
      { traceId: Buffer.alloc(8, 1), id: spanId },
    ],
  }),
]

const time = { seconds: 1_767_225_600n, nanos: 5 }
const tags = [
  { key: 'span.kind', vStr: 'server' },
  { key: 'error', vType: 1, vBool: true },
  { key: 'n', vType: 2, vInt64: -5n },
  { key: 'd', vType: 3, vFloat64: 0.5 },
  { key: 'raw', vType: 4, vBinary: spanId },
]
export const jaegerProtobuf = () => [
  encodeJaeger('Request', {
    batch: {
      process: { serviceName: 'cart', tags },
      spans: [
        {
          traceId,
          spanId,
          operationName: 'GET',
          references: [{ traceId, spanId, refType: 1 }],
          flags: 1,
          startTime: time,
          duration: { seconds: 0n, nanos: 1000 },
          tags,
          logs: [{ timestamp: time, fields: [{ key: 'event', vStr: 'retry' }, ...tags] }],
          process: { serviceName: 'other' },
          warnings: ['skew'],
        },
        { traceId, spanId },
      ],
    },
  }),
]

const tag = (key: string, value: string) => [thrift.string(1, key), thrift.i32(2, 0), thrift.string(3, value)]
const thriftSpan = [
  ...[thrift.i64(1, -1n), thrift.i64(2, 5n), thrift.i64(3, 2n), thrift.i64(4, 1n), thrift.string(5, 'GET /cart')],
  thrift.structs(6, [[thrift.i32(1, 1), thrift.i64(2, 1n), thrift.i64(3, 0n), thrift.i64(4, 9n)]]),
  ...[thrift.i32(7, 1), thrift.i64(8, 1_767_225_600_123_456n), thrift.i64(9, 1_000n)],
  thrift.structs(10, [
    tag('span.kind', 'server'),
    [thrift.string(1, 'error'), thrift.i32(2, 2), thrift.bool(5, true)],
    [thrift.string(1, 'd'), thrift.i32(2, 1), thrift.double(4, 0.5)],
    [thrift.string(1, 'x'), thrift.i32(2, 4), thrift.string(7, Buffer.from([1, 2]))],
  ]),
  thrift.structs(11, [[thrift.i64(1, 1_767_225_600_123_500n), thrift.structs(2, [tag('event', 'retry')])]]),
]
export const jaegerThrift = () => [
  structOf([
    thrift.struct(1, [thrift.string(1, 'cart'), thrift.structs(2, [tag('hostname', 'node-1')])]),
    thrift.structs(2, [thriftSpan, [thrift.i64(1, 1n), thrift.i64(3, 1n)]]),
  ]),
]

const span = {
  service: 'shop',
  name: 'web.request',
  resource: 'GET /cart',
  trace_id: 0xffff_ffff_ffff_fff1n,
  span_id: 2,
  parent_id: 0,
  start: 1_767_225_600_000_000_001n,
  duration: 500,
  error: 1,
  meta: {
    env: 'prod',
    'http.url': '/cart',
    '_dd.p.tid': '0123456789abcdef',
    events: '[{"name":"retry","time_unix_nano":5,"attributes":{"n":1}}]',
    '_dd.span_links': '[{"trace_id":"abababababababababababababababab","span_id":"cdcdcdcdcdcdcdcd"}]',
    'span.kind': 'client',
  },
  metrics: { _sampling_priority_v1: 1, ratio: 0.5 },
  type: 'web',
}
export const datadogTraces = () => [packed([[span, { ...span, span_id: 3, meta: {}, metrics: {} }], []])]
export const datadogTracesWithTable = () => [
  packed([
    ['', 'shop', 'web', 'GET', 'env', 'prod'],
    [[[1, 2, 3, 5n, 6n, 0, 1_767_225_600_000_000_001n, 500, 0, {}, {}, 2]]],
  ]),
  // Maps with numbers for keys: {4: 5} and {4: 0.5}.
  Buffer.concat([
    Buffer.from([0x92]),
    packed(['', 'shop', 'web', 'GET', 'env', 'prod']),
    Buffer.from([0x91, 0x91, 0x9c, 1, 2, 3, 5, 6, 0, 7, 8, 0, 0x81, 4, 5, 0x81, 4, 1, 2]),
  ]),
]
export const datadogPayload = () => [
  packed({ language_name: 'nodejs', env: 'prod', hostname: 'h', chunks: [{ priority: 1, spans: [span] }] }),
]

export const spanWords = [
  ...['"traceId":"', '"id":"b7ad6b7169203331"', '"kind":"CLIENT"', '"timestamp":1767225600123456', '"annotations":['],
  ...[
    '"binaryAnnotations":[',
    '"tags":{',
    '"localEndpoint":',
    '::ffff:10.0.0.1',
    'span.kind',
    '_dd.span_links',
    'meta',
  ],
  ...['trace_id', 'span_id', 'metrics', 'chunks', 'spans', 'error', '_dd.p.tid'],
]
