import type { Load } from './load.ts'
import { otlpLogsLoad } from './otlp-logs-load.ts'
import { otlpSpansLoad } from './otlp-spans-load.ts'
import * as binary from './protocols/binary-loads.ts'
import * as json from './protocols/json-loads.ts'
import * as stream from './protocols/stream-loads.ts'
import { recycled } from './recycled-load.ts'
import { hourLoad, remoteWriteLoad } from './remote-write-load.ts'

const seconds = (nowMs: number): string => String(Math.floor(nowMs / 1000))

/** Every kind of traffic by the word that selects it on the command line. */
export const loads: Readonly<Record<string, () => Load>> = {
  samples10k: () => remoteWriteLoad(10_000),
  samples1500k: () => remoteWriteLoad(1_500_000),
  hour: () => hourLoad(10_000),
  logs: otlpLogsLoad,
  spans: otlpSpansLoad,
  'loki-json': () => recycled(json.lokiJsonLoad()),
  // Compressed: bytes within cannot be changed.
  'loki-protobuf': binary.lokiProtobufLoad,
  elasticsearch: () => recycled(json.bulkLoad()),
  syslog: () => recycled(stream.syslogLoad()),
  fluent: () => recycled(stream.fluentLoad()),
  splunk: () => recycled(json.splunkLoad()),
  'datadog-logs': () => recycled(json.datadogLogsLoad()),
  ndjson: () => recycled(json.ndjsonLoad()),
  'zipkin-json': () => recycled(json.zipkinJsonLoad()),
  'zipkin-protobuf': () => recycled(binary.zipkinProtobufLoad()),
  'jaeger-grpc': () => recycled(binary.jaegerGrpcLoad()),
  'jaeger-thrift': () => recycled(binary.jaegerThriftLoad()),
  'datadog-traces': () => recycled(binary.datadogTracesLoad()),
  influx: () => recycled(json.influxLoad(), (nowMs) => `${nowMs}000000`),
  graphite: () => recycled(stream.graphiteLoad(), seconds),
  statsd: () => recycled(stream.statsdLoad()),
  'datadog-series': () => recycled(json.datadogSeriesLoad(), seconds),
}
