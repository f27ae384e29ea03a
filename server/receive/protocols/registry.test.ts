import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { structOf, thrift } from '../../decode/jaeger/thrift-writer-suite.ts'
import { packed } from '../../decode/wire/msgpack-writer.ts'
import { ProtobufWriter } from '../../decode/wire/protobuf-writer.ts'
import type { GrpcReceiver, HttpReceiver } from '../receiver.ts'
import { describeReceiver, type ReceiverCase } from '../receiver-suite.ts'
import { datadog } from './datadog.ts'
import { elasticsearchBulk } from './elasticsearch-bulk.ts'
import { influxLine } from './influx-line.ts'
import { jaegerGrpc } from './jaeger-grpc.ts'
import { jaegerThriftHttp } from './jaeger-thrift-http.ts'
import { lokiPush } from './loki-push.ts'
import { ndjsonLogs } from './ndjson-logs.ts'
import { otlpGrpc } from './otlp-grpc.ts'
import { otlpHttp } from './otlp-http.ts'
import { prometheusRemoteWrite } from './prometheus-remote-write.ts'
import { pushgateway } from './pushgateway.ts'
import { receivers } from './registry.ts'
import { splunkHec } from './splunk-hec.ts'
import { zipkin } from './zipkin.ts'

const message = (...fields: [field: number, value: Uint8Array | string | number][]): Uint8Array => {
  const writer = new ProtobufWriter()
  for (const [field, value] of fields)
    if (typeof value === 'number') writer.integer(field, value)
    else if (typeof value === 'string') writer.text(field, value)
    else writer.bytes(field, value)
  return writer.finish()
}

/** The three levels of every OTLP request: resource block, scope block, rows. */
const otlp = (...rows: Uint8Array[]) =>
  message([1, message([2, message(...rows.map((row): [number, Uint8Array] => [2, row]))])])

const logRecord = message([5, message([1, 'hello'])])
const span = message([1, Buffer.alloc(16, 1)], [2, Buffer.alloc(8, 2)], [5, 'GET /'])
/** One point with a time (field 3, fixed64) and as_int (field 6, sfixed64) 1. */
const point = Buffer.from([0x19, 0, 0, 0, 0, 0, 0, 0x90, 0x17, 0x31, 1, 0, 0, 0, 0, 0, 0, 0])
const metric = message([1, 'queue.length'], [5, message([1, point])])

const bodies = {
  logs: {
    protobuf: otlp(logRecord, logRecord),
    json: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'a' } }, {}] }] }] },
  },
  traces: {
    protobuf: otlp(span, span),
    json: {
      resourceSpans: [
        {
          scopeSpans: [
            { spans: [1, 2].map((i) => ({ traceId: '0'.repeat(31) + i, spanId: '0'.repeat(15) + i, name: 'GET' })) },
          ],
        },
      ],
    },
  },
  metrics: {
    protobuf: otlp(metric),
    json: {
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: [
                { name: 'queue.length', gauge: { dataPoints: [{ timeUnixNano: '1700000000000000000', asInt: '1' }] } },
              ],
            },
          ],
        },
      ],
    },
  },
}

const truncated = Buffer.from([0x0a, 0x05, 0x12])

const otlpCases = (['logs', 'traces', 'metrics'] as const).flatMap((signal): [string, ReceiverCase][] => {
  const { protobuf, json } = bodies[signal]
  const rows = signal === 'metrics' ? 1 : 2
  const service =
    signal === 'traces'
      ? 'trace.v1.TraceService'
      : signal === 'logs'
        ? 'logs.v1.LogsService'
        : 'metrics.v1.MetricsService'
  const binary = { good: protobuf, rows, malformed: truncated }
  const http = { receiver: otlpHttp, partialStatus: 200 }
  return [
    [
      `OTLP/HTTP protobuf ${signal}`,
      { ...http, ...binary, path: `/v1/${signal}`, contentType: 'application/x-protobuf' },
    ],
    [
      `OTLP/HTTP JSON ${signal}`,
      {
        ...http,
        rows,
        path: `/otlp/v1/${signal}`,
        contentType: 'application/json; charset=utf-8',
        good: Buffer.from(JSON.stringify(json)),
        malformed: Buffer.from('{"resourceLogs":'),
      },
    ],
    [
      `OTLP/gRPC ${signal}`,
      { ...binary, receiver: otlpGrpc, path: `/opentelemetry.proto.collector.${service}/Export`, partialStatus: 0 },
    ],
  ]
})

/** TimeSeries with labels (1) and one sample (2: value absent = 0, timestamp). */
const series = (name: string) => message([1, message([1, '__name__'], [2, name])], [2, message([2, 1_700_000_000_000])])
const symbols: [number, string][] = ['', '__name__', 'up'].map((symbol) => [4, symbol])
const seriesV2 = message([1, Buffer.from([1, 2])], [2, message([2, 1_700_000_000_000])])

/** trace_id (1), span_id (2), operation_name (3) of model.proto. */
const jaegerSpan = message([1, Buffer.alloc(16, 1)], [2, Buffer.alloc(8, 2)], [3, 'GET /'])

const remoteWrite = {
  receiver: prometheusRemoteWrite,
  path: '/api/v1/write',
  encoding: 'snappy',
  malformed: truncated,
  partialStatus: 400,
}

const cases: readonly [string, ReceiverCase][] = [
  ...otlpCases,
  [
    'Jaeger over gRPC',
    {
      receiver: jaegerGrpc,
      path: '/jaeger.api_v2.CollectorService/PostSpans',
      good: message([1, message([1, jaegerSpan], [1, jaegerSpan], [2, message([1, 'cart'])])]),
      rows: 2,
      malformed: truncated,
      partialStatus: 0,
    },
  ],
  [
    'remote write 1.0',
    {
      ...remoteWrite,
      contentType: 'application/x-protobuf',
      good: message([1, series('up')], [1, series('down')]),
      rows: 2,
    },
  ],
  [
    'remote write 2.0',
    {
      ...remoteWrite,
      contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      good: Buffer.concat([Buffer.from([0x22, 0]), message(...symbols.slice(1), [5, seriesV2])]),
      rows: 1,
    },
  ],
  [
    'log lines',
    {
      receiver: ndjsonLogs,
      path: '/api/logs',
      contentType: 'application/x-ndjson',
      good: Buffer.from('{"message":"a"}\nplain\n'),
      rows: 2,
      malformed: { optOut: 'every line is a record: what is no JSON is kept as text' },
      partialStatus: 200,
    },
  ],
  [
    'Elasticsearch bulk',
    {
      receiver: elasticsearchBulk,
      path: '/logs-app-default/_bulk',
      contentType: 'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
      good: Buffer.from('{"create":{}}\n{"message":"a"}\n{"index":{"_index":"x"}}\n{"message":"b"}\n'),
      rows: 2,
      malformed: Buffer.from('{"creat":{}}\n{}\n'),
      partialStatus: 200,
    },
  ],
  [
    'Zipkin, JSON',
    {
      receiver: zipkin,
      path: '/api/v2/spans',
      contentType: 'application/json',
      good: Buffer.from(
        '[{"traceId":"a","id":"b"},{"traceId":"a","id":"c","parentId":"b","timestamp":1767225600000000}]',
      ),
      rows: 2,
      malformed: Buffer.from('{"traceId":"a"}'),
      partialStatus: 202,
    },
  ],
  [
    'Zipkin, protobuf',
    {
      receiver: zipkin,
      path: '/zipkin/api/v2/spans',
      contentType: 'application/x-protobuf',
      good: message(
        ...[2, 3].map((id): [number, Uint8Array] => [1, message([1, Buffer.alloc(16, 1)], [3, Buffer.alloc(8, id)])]),
      ),
      rows: 2,
      malformed: truncated,
      partialStatus: 202,
    },
  ],
  [
    'InfluxDB line protocol',
    {
      receiver: influxLine,
      path: '/api/v2/write?bucket=b&precision=ms',
      contentType: 'text/plain; charset=utf-8',
      good: Buffer.from('cpu,host=a idle=1,user=2i 1767225600000\ncpu,host=a ok=true\n'),
      rows: 3,
      malformed: { optOut: 'every line is judged alone; what is no point is counted' },
      partialStatus: 400,
    },
  ],
  [
    'Splunk HEC',
    {
      receiver: splunkHec,
      path: '/services/collector/event',
      contentType: 'application/json',
      good: Buffer.from('{"event":"a"}{"event":{"message":"b"}}'),
      rows: 2,
      malformed: Buffer.from('{"event":'),
      partialStatus: 400,
    },
  ],
  [
    'Datadog traces',
    {
      receiver: datadog,
      path: '/v0.4/traces',
      contentType: 'application/msgpack',
      good: packed([
        [
          { trace_id: 1, span_id: 2, start: 1_767_225_600_000_000_000n, duration: 5 },
          { trace_id: 1, span_id: 3 },
        ],
      ]),
      rows: 2,
      malformed: Buffer.from([0x92, 0x01]),
      partialStatus: 200,
    },
  ],
  [
    'Datadog metrics',
    {
      receiver: datadog,
      path: '/datadog/api/v1/series',
      contentType: 'application/json',
      good: Buffer.from('{"series":[{"metric":"a.b","points":[[1767225600,1],[1767225610,2]],"tags":["c:d"]}]}'),
      rows: 2,
      malformed: Buffer.from('{"series":1}'),
      partialStatus: 202,
    },
  ],
  [
    'Datadog logs',
    {
      receiver: datadog,
      path: '/api/v2/logs',
      contentType: 'application/json',
      good: Buffer.from('[{"message":"a"},{"message":"b"}]'),
      rows: 2,
      malformed: Buffer.from('[{"message":'),
      partialStatus: 202,
    },
  ],
  [
    'Pushgateway',
    {
      receiver: pushgateway,
      path: '/metrics/job/a/instance/b',
      contentType: 'text/plain; version=0.0.4',
      good: Buffer.from('# TYPE a counter\na 1\nb{c="d"} 2\n'),
      // The time of the push is one of them.
      rows: 3,
      malformed: Buffer.from('a{ 1\n'),
      partialStatus: 400,
    },
  ],
  [
    'Jaeger, Thrift over HTTP',
    {
      receiver: jaegerThriftHttp,
      path: '/api/traces?format=jaeger.thrift',
      contentType: 'application/x-thrift',
      good: structOf([
        thrift.structs(
          2,
          [2n, 3n].map((id) => [thrift.i64(1, 1n), thrift.i64(3, id), thrift.i64(8, 1n)]),
        ),
      ]),
      rows: 2,
      malformed: truncated,
      partialStatus: 202,
    },
  ],
  [
    'Loki push, JSON',
    {
      receiver: lokiPush,
      path: '/loki/api/v1/push',
      contentType: 'application/json',
      good: Buffer.from(
        '{"streams":[{"stream":{"app":"a"},"values":[["1767225600000000000","a"],["1","b",{"k":"v"}]]}]}',
      ),
      rows: 2,
      malformed: Buffer.from('{"streams":'),
      partialStatus: 400,
    },
  ],
  [
    'Loki push, protobuf',
    {
      receiver: lokiPush,
      path: '/api/prom/push',
      contentType: 'application/x-protobuf',
      encoding: 'snappy',
      good: message([1, message([1, '{app="a"}'], [2, message([2, 'line'])])]),
      rows: 1,
      malformed: truncated,
      partialStatus: 400,
    },
  ],
]

for (const [name, given] of cases) describeReceiver(name, given)

describe('registry of receivers', () => {
  it('lists every file of the folder once', () => {
    const files = readdirSync(import.meta.dirname).filter((name) => !/registry|\.test\.ts$/.test(name))
    const names = receivers.map(({ name }) => name)
    expect(new Set(names)).toEqual(new Set(files.map((file) => file.replace('.ts', '').replaceAll('-', '_'))))
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/)
  })

  it('has the contract suite run over every receiver that listens', () => {
    const listening = receivers.filter(({ kind }) => kind === 'http' || kind === 'grpc')
    expect(new Set(cases.map(([, { receiver }]) => receiver))).toEqual(
      new Set(listening as (HttpReceiver | GrpcReceiver)[]),
    )
  })

  it('gives no route and no method to two receivers', () => {
    const paths = receivers.flatMap((receiver) => {
      if (receiver.kind === 'http') return receiver.routes.map(({ method, path }) => `${method} ${path}`)
      return receiver.kind === 'grpc' ? receiver.methods.map(({ path }) => path) : []
    })
    expect(new Set(paths).size).toBe(paths.length)
  })
})
