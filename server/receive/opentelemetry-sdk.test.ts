import { SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Batch, LogBatch, MetricBatch, RowMask, SpanBatch } from '../model/batch.ts'
import type { AttributesColumn } from '../model/columns.ts'
import type { Ledger } from '../model/ledger.ts'
import { createSeriesTables } from '../model/series-interner.ts'
import { type EncodedSink, Overloaded } from '../model/sink.ts'
import { defaultTenant } from '../model/tenant.ts'
import { createLedger } from '../pipeline/ledger.ts'
import { defaultIngestLimits } from '../pipeline/limits.ts'
import { createPipeline } from '../pipeline/pipeline.ts'
import { systemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { createGrpcListener } from './grpc-listener.ts'
import { createHttpListener, type ListenerPart } from './http-listener.ts'
import { createInFlight } from './in-flight.ts'
import { receivers } from './protocols/registry.ts'

/** The neighbour behind the pipeline, in memory. */
class EncodedEnd implements EncodedSink {
  readonly batches: Batch[] = []
  refusals = 0
  async append(batch: Batch, mask: RowMask = null) {
    if (this.refusals > 0) {
      this.refusals -= 1
      throw new Overloaded('busy', 10)
    }
    this.batches.push(batch)
    return { acceptedRows: batch.rowCount - (mask?.filter((reject) => reject !== 0).length ?? 0), rejections: [] }
  }
}

const end = new EncodedEnd()
let ledger: Ledger
let http: ListenerPart
let grpc: ListenerPart

beforeAll(async () => {
  ledger = createLedger(systemClock)
  const sink = createPipeline({ sink: end, ledger, clock: systemClock, limits: () => defaultIngestLimits })
  const context = { sink, ledger, clock: systemClock, tables: await createSeriesTables(), logger: silentLogger() }
  const options = { context, inFlight: createInFlight(), authorizeIngest: () => ({ tenant: defaultTenant }) }
  http = createHttpListener({ host: '127.0.0.1', port: 0 }, receivers, options)
  grpc = createGrpcListener({ host: '127.0.0.1', port: 0 }, receivers, options)
  await http.start()
  await grpc.start()
})
afterAll(async () => {
  await http.stop()
  await grpc.stop()
})
beforeEach(() => {
  end.batches.length = 0
  end.refusals = 0
})

const resource = resourceFromAttributes({ 'service.name': 'checkout', 'service.instance.id': 'a1' })

/** The three ways, each with its exporters. */
const ways = [
  [
    'http/protobuf',
    'otlp_http',
    () => exporters(`http://127.0.0.1:${http.port}`, [ProtoLogs, ProtoMetrics, ProtoTraces]),
  ],
  ['http/json', 'otlp_http', () => exporters(`http://127.0.0.1:${http.port}`, [JsonLogs, JsonMetrics, JsonTraces])],
  ['grpc', 'otlp_grpc', () => exporters(`http://127.0.0.1:${grpc.port}`, [GrpcLogs, GrpcMetrics, GrpcTraces])],
] as const

type Constructors = readonly [
  typeof ProtoLogs | typeof JsonLogs | typeof GrpcLogs,
  typeof ProtoMetrics | typeof JsonMetrics | typeof GrpcMetrics,
  typeof ProtoTraces | typeof JsonTraces | typeof GrpcTraces,
]

function exporters(origin: string, [Logs, Metrics, Traces]: Constructors) {
  const isGrpc = Logs === GrpcLogs
  const url = (signal: string) => (isGrpc ? origin : `${origin}/v1/${signal}`)
  return {
    logs: new Logs({ url: url('logs') }),
    traces: new Traces({ url: url('traces') }),
    metrics: (temporalityPreference: AggregationTemporality) =>
      new Metrics({ url: url('metrics'), temporalityPreference } as never),
  }
}

function attributesOf(column: AttributesColumn, row: number): Record<string, string> {
  const entries: [string, string][] = []
  const text = new TextDecoder()
  for (let i = column.offsets[row]; i < column.offsets[row + 1]; i++) {
    const { data, offsets } = column.values
    entries.push([column.keys.values[column.keys.indexes[i]], text.decode(data.subarray(offsets[i], offsets[i + 1]))])
  }
  return Object.fromEntries(entries)
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe.each(ways)('OpenTelemetry SDK for Node over %s', (_way, receiver, make) => {
  it('spans arrive whole', async () => {
    const provider = new TracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor({ exporter: make().traces })],
    })
    const tracer = provider.getTracer('shop', '1.2.3')
    const span = tracer.startSpan('POST /orders', {
      kind: SpanKind.SERVER,
      attributes: { 'http.response.status_code': 500, ok: false },
    })
    span.addEvent('exception', { 'exception.type': 'Error' })
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'pool exhausted' })
    span.end()
    await provider.forceFlush()
    const [batch] = end.batches as SpanBatch[]
    expect(batch).toMatchObject({ signal: 'traces', receiver, tenant: defaultTenant, rowCount: 1 })
    expect(hex(batch.traceId)).toBe(span.spanContext().traceId)
    expect(hex(batch.spanId)).toBe(span.spanContext().spanId)
    expect([batch.kind[0], batch.statusCode[0]]).toEqual([2, 2])
    expect(batch.name.values[batch.name.indexes[0]]).toBe('POST /orders')
    expect(attributesOf(batch.attributes, 0)).toEqual({ 'http.response.status_code': '500', ok: 'false' })
    expect(attributesOf(batch.events.attributes, 0)).toEqual({ 'exception.type': 'Error' })
    expect(batch.scopes[batch.scope[0]]).toMatchObject({ name: 'shop', version: '1.2.3' })
    expect(batch.resources[0].attributes).toContainEqual({ key: 'service.name', type: 's', value: 'checkout' })
    await provider.shutdown()
  })

  it('log records arrive whole', async () => {
    const provider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: make().logs })],
    })
    const spanContext = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: TraceFlags.SAMPLED,
    }
    const { ROOT_CONTEXT } = await import('@opentelemetry/api')
    provider.getLogger('shop').emit({
      body: 'connection pool exhausted ✗',
      severityNumber: 17,
      attributes: { order: 17, tags: ['a', 'b'] },
      context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
    })
    await provider.forceFlush()
    const [batch] = end.batches as LogBatch[]
    expect(batch).toMatchObject({ signal: 'logs', receiver, rowCount: 1 })
    expect(new TextDecoder().decode(batch.body.data.subarray(batch.body.offsets[0], batch.body.offsets[1]))).toBe(
      'connection pool exhausted ✗',
    )
    expect(hex(batch.traceId)).toBe(spanContext.traceId)
    expect(batch.severityText.values[batch.severityText.indexes[0]]).toBe('ERROR')
    expect(attributesOf(batch.attributes, 0)).toEqual({ order: '17', tags: '["a","b"]' })
    await provider.shutdown()
  })

  it.each([
    ['cumulative', AggregationTemporality.CUMULATIVE],
    ['delta', AggregationTemporality.DELTA],
  ])('%s metrics arrive as running totals', async (_name, temporality) => {
    const reader = new PeriodicExportingMetricReader({
      exporter: make().metrics(temporality),
      exportIntervalMillis: 3_600_000,
    })
    const views = [
      { instrumentName: 'order.value', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const },
    ]
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': `${receiver}-${_way}-${_name}` }),
      readers: [reader],
      views,
    })
    const meter = provider.getMeter('shop')
    const orders = meter.createCounter('orders')
    const latency = meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [0.1, 1] } })
    const value = meter.createHistogram('order.value')
    for (const round of [1, 2]) {
      orders.add(round, { shop: 'a' })
      latency.record(0.5)
      value.record(round * 10)
      await provider.forceFlush()
    }
    const last = valuesOf(end.batches.at(-1) as MetricBatch)
    expect(last.orders_total).toBe(3)
    expect(last['latency_seconds_bucket{le=1.0}'] ?? last['latency_seconds_bucket{le=1}']).toBe(2)
    expect(last.latency_seconds_count).toBe(2)
    const [histogram] = (end.batches.at(-1) as MetricBatch).histograms
    expect(histogram).toMatchObject({ count: 2, sum: 30, isDelta: false })
    await provider.shutdown()
  })

  it('what is refused for the moment is sent again, and counted once', async (test) => {
    if (_way === 'grpc') return test.skip('the SDK for Node gives up at once over gRPC')
    end.refusals = 1
    const before = receivedRows(receiver)
    const provider = new TracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor({ exporter: make().traces })],
    })
    provider.getTracer('shop').startSpan('retried').end()
    await provider.forceFlush()
    expect(end.batches.length).toBe(1)
    expect(receivedRows(receiver) - before).toBe(1)
    await provider.shutdown()
  })
})

const receivedRows = (receiver: string) =>
  ledger.entries().find((entry) => entry.receiver === receiver && entry.signal === 'traces')?.receivedRows ?? 0

/** Samples by name and `le`. */
function valuesOf(batch: MetricBatch): Record<string, number> {
  const entries = Array.from(batch.ref, (ref, i): [string, number] => {
    const labels = Object.fromEntries(batch.series.labels(ref))
    return [labels.le === undefined ? labels.__name__ : `${labels.__name__}{le=${labels.le}}`, batch.value[i]]
  })
  return Object.fromEntries(entries)
}
