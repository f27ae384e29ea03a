import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type Attributes, type Context, context, logs, metrics, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type Span, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/** How the telemetry of one process is labelled. */
export interface Identity {
  /** `service.name`. */
  readonly service: string
  /** `service.version`; a bad deploy changes it. */
  readonly version: string
}

/** Time from the end of a span or the writing of a line to its export, ms: short, so that a person sees the shop live. */
const exportDelayMs = 500
/** Time between two exports of the OpenTelemetry metrics, ms. */
const metricIntervalMs = 5_000
/** Baggage entries that every span of a request carries, so that one click's path can be found by what the user did. */
const carriedBaggage = ['session.id', 'payment.method']

/**
 * Starts the OpenTelemetry SDK of this process: traces, metrics and logs by OTLP http/protobuf to
 * `OTEL_EXPORTER_OTLP_ENDPOINT`. Only the instrumentations that the shop needs are loaded: the bundle of all of them
 * costs a second of start and 60 MB in each of a dozen processes.
 *
 * Must run before `instrumented.ts` is imported: the hooks patch `node:http`, `pg` and `pino` when they are required.
 * Result: a function that sends what is still waiting and shuts down; it gives up after the exporters' own time limit.
 */
export function startTelemetry(identity: Identity): () => Promise<void> {
  const resource = describe(identity)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  )
  const traces = new TracerProvider({
    resource,
    spanProcessors: [
      new BaggageOnSpans(),
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: exportDelayMs }),
    ],
  })
  const lines = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter(), scheduledDelayMillis: exportDelayMs })],
  })
  const meters = startMeters(resource)
  trace.setGlobalTracerProvider(traces)
  logs.setGlobalLoggerProvider(lines)
  metrics.setGlobalMeterProvider(meters)
  instrument()
  return async () => {
    await Promise.allSettled([traces.shutdown(), lines.shutdown(), meters.shutdown()])
  }
}

function describe({ service, version }: Identity): Resource {
  return defaultResource().merge(
    resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'shop',
      'service.version': version,
      // As an orchestrator names its instances: another one after every restart.
      'service.instance.id': `${service}-${randomBytes(4).toString('hex')}`,
      'deployment.environment.name': 'demo',
      'host.name': hostname(),
      'process.pid': process.pid,
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
    }),
  )
}

function startMeters(resource: Resource): MeterProvider {
  const intervalMs = Number(process.env.OTEL_METRIC_EXPORT_INTERVAL ?? metricIntervalMs)
  return new MeterProvider({
    resource,
    views: [{ instrumentName: 'shop.order.value', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(),
        exportIntervalMillis: intervalMs,
        exportTimeoutMillis: intervalMs,
      }),
    ],
  })
}

function instrument(): void {
  registerInstrumentations({
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => url === '/metrics' || url === '/healthz',
      }),
      // Polls of the queue have no parent; a span each would drown the requests.
      new PgInstrumentation({ requireParentSpan: true }),
      new PinoInstrumentation(),
      new RuntimeNodeInstrumentation(),
    ],
  })
}

/** Copies chosen baggage entries onto every span that starts under them. */
class BaggageOnSpans implements SpanProcessor {
  onStart(span: Span, parent: Context): void {
    const baggage = propagation.getBaggage(parent)
    if (baggage === undefined) return
    const attributes: Attributes = {}
    for (const key of carriedBaggage) {
      const entry = baggage.getEntry(key)
      if (entry !== undefined) attributes[key] = entry.value
    }
    span.setAttributes(attributes)
  }

  onEnd(): void {}

  forceFlush(): Promise<void> {
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}
