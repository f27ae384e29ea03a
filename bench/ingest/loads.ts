import type { Load } from './load.ts'
import { otlpLogsLoad } from './otlp-logs-load.ts'
import { otlpSpansLoad } from './otlp-spans-load.ts'
import * as binary from './protocols/binary-loads.ts'
import * as json from './protocols/json-loads.ts'
import * as stream from './protocols/stream-loads.ts'
import { hourLoad, remoteWriteLoad } from './remote-write-load.ts'

/** Every kind of traffic by the word that selects it on the command line. */
export const loads: Readonly<Record<string, () => Load>> = {
  samples10k: () => remoteWriteLoad(10_000),
  samples1500k: () => remoteWriteLoad(1_500_000),
  hour: () => hourLoad(10_000),
  logs: otlpLogsLoad,
  spans: otlpSpansLoad,
  'loki-json': json.lokiJsonLoad,
  'loki-protobuf': binary.lokiProtobufLoad,
  elasticsearch: json.bulkLoad,
  syslog: stream.syslogLoad,
  fluent: stream.fluentLoad,
  splunk: json.splunkLoad,
  'datadog-logs': json.datadogLogsLoad,
  ndjson: json.ndjsonLoad,
  'zipkin-json': json.zipkinJsonLoad,
  'zipkin-protobuf': binary.zipkinProtobufLoad,
  'jaeger-grpc': binary.jaegerGrpcLoad,
  'jaeger-thrift': binary.jaegerThriftLoad,
  'datadog-traces': binary.datadogTracesLoad,
  influx: json.influxLoad,
  graphite: stream.graphiteLoad,
  statsd: stream.statsdLoad,
  'datadog-series': json.datadogSeriesLoad,
}
