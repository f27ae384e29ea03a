import { type context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

export const encodings = ['protobuf', 'json', 'grpc'] as const
export type Encoding = (typeof encodings)[number]

const exporterClasses = {
  protobuf: [ProtoLogs, ProtoMetrics, ProtoTraces],
  json: [JsonLogs, JsonMetrics, JsonTraces],
  grpc: [GrpcLogs, GrpcMetrics, GrpcTraces],
} as const

/** What one story put on the wire, to compare with what is read back. */
export interface SentStory {
  readonly front: string
  readonly back: string
  readonly traceId: string
  /** Server span of the front, client span under it, server span of the back. */
  readonly spanIds: readonly [string, string, string]
  readonly linkedTraceId: string
}

/** Spans and records of one story, for the counts. */
export const storySpans = 3
export const storyLogs = 3

/**
 * Two services tell of one failed order through the OpenTelemetry SDK for Node: three spans with event and link, three
 * log records, and the instruments of a meter. Returns when the platform has acknowledged all.
 */
export async function tellStory(encoding: Encoding, origins: { http: string; grpc: string }): Promise<SentStory> {
  const [front, back] = [`front-${encoding}`, `back-${encoding}`]
  const frontSide = openProviders(encoding, origins, front)
  const backSide = openProviders(encoding, origins, back)
  const linked = frontSide.traces.getTracer('shop').startSpan('ignored').spanContext()
  const server = frontSide.traces.getTracer('shop', '1.2.3').startSpan(
    'POST /orders',
    {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': 'POST', 'http.route': '/orders', 'http.response.status_code': 500 },
      links: [{ context: linked, attributes: { why: 'retry' } }],
    },
    ROOT_CONTEXT,
  )
  const inServer = trace.setSpan(ROOT_CONTEXT, server)
  const client = frontSide.traces.getTracer('shop').startSpan('POST', { kind: SpanKind.CLIENT }, inServer)
  const inClient = trace.setSpan(inServer, client)
  const served = backSide.traces.getTracer('shop').startSpan('charge', { kind: SpanKind.SERVER }, inClient)
  served.setAttributes({ paid: false, ratio: 0.5, 'card.kinds': ['a', 'b'] })
  served.addEvent('exception', { 'exception.type': 'PoolError', 'exception.message': 'no connection ✗' })
  served.setStatus({ code: SpanStatusCode.ERROR, message: 'pool exhausted' })
  emitLogs(backSide.logs, trace.setSpan(inClient, served))
  for (const span of [served, client, server]) span.end()
  recordMetrics(frontSide.metrics)
  for (const side of [frontSide, backSide]) await side.close()
  const [a, b, c] = [server, client, served].map((span) => span.spanContext().spanId)
  const { traceId } = server.spanContext()
  return { front, back, traceId, spanIds: [a, b, c], linkedTraceId: linked.traceId }
}

function emitLogs(provider: LoggerProvider, inSpan: ReturnType<typeof context.active>): void {
  const logger = provider.getLogger('shop')
  const attributes = { order: 17, tags: ['a', 'b'] }
  logger.emit({ body: 'order refused: no connection ✗', severityNumber: 17, attributes, context: inSpan })
  logger.emit({ body: 'looks for a connection', severityNumber: 9, context: inSpan })
  logger.emit({ body: 'out of any trace', severityNumber: 13, context: ROOT_CONTEXT })
}

function recordMetrics(provider: MeterProvider): void {
  const meter = provider.getMeter('shop')
  meter.createCounter('orders').add(3, { kind: 'big' })
  meter.createUpDownCounter('carts.open').add(-2)
  meter.createGauge('temperature', { unit: 'Cel' }).record(21.25)
  const latency = meter.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [0.5, 2] } })
  for (const seconds of [0.25, 1.5, 4]) latency.record(seconds)
}

/** What `recordMetrics` must look like as series, without the labels that tell where they come from. */
export const storyMetrics: Readonly<Record<string, number>> = {
  'orders_total{kind="big"}': 3,
  'carts_open{}': -2,
  'temperature_celsius{}': 21.25,
  'latency_seconds_bucket{le="0.5"}': 1,
  'latency_seconds_bucket{le="2"}': 2,
  'latency_seconds_bucket{le="+Inf"}': 3,
  'latency_seconds_count{}': 3,
  'latency_seconds_sum{}': 5.75,
}

function openProviders(encoding: Encoding, origins: { http: string; grpc: string }, service: string) {
  const [Logs, Metrics, Traces] = exporterClasses[encoding]
  const url = (signal: string) => (encoding === 'grpc' ? `http://${origins.grpc}` : `${origins.http}/v1/${signal}`)
  const resource: Resource = resourceFromAttributes({ 'service.name': service, 'service.instance.id': 'a1' })
  const reader = new PeriodicExportingMetricReader({
    exporter: new Metrics({ url: url('metrics') }),
    exportIntervalMillis: 3_600_000,
  })
  const traces = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: new Traces({ url: url('traces') }) })],
  })
  const logs = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new Logs({ url: url('logs') }) })],
  })
  const metrics = new MeterProvider({ resource, readers: [reader] })
  const close = async () => {
    for (const provider of [traces, logs, metrics]) {
      await provider.forceFlush()
      await provider.shutdown()
    }
  }
  return { traces, logs, metrics, close }
}
