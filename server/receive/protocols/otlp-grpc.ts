import { type Signal, signals } from '../../model/signal.ts'
import { exportOtlp } from '../otlp-export.ts'
import type { GrpcReceiver } from '../receiver.ts'

const services: Readonly<Record<Signal, string>> = {
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
}

/** OTLP over gRPC. Source: OTLP specification 1.9, "OTLP/gRPC". */
export const otlpGrpc: GrpcReceiver = {
  kind: 'grpc',
  name: 'otlp_grpc',
  title: 'OTLP over gRPC',
  summary:
    'OpenTelemetry SDKs and Collectors with the exporter `otlp` or the protocol `grpc`: metrics, logs and traces.',
  signals,
  defaultPort: 4317,
  snippets: [
    {
      title: 'SDK, by environment variables',
      language: 'shell',
      template: 'export OTEL_EXPORTER_OTLP_ENDPOINT=http://{{host}}:{{port}}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=grpc',
    },
    {
      title: 'OpenTelemetry Collector',
      language: 'yaml',
      template: 'exporters:\n  otlp:\n    endpoint: {{host}}:{{port}}\n    tls:\n      insecure: true',
    },
  ],
  methods: signals.map((signal) => ({
    path: `/${services[signal]}/Export`,
    signal,
    handle: (request, context) =>
      exportOtlp({ ...request, body: request.message, signal, format: 'protobuf' }, context),
  })),
}
