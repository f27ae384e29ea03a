import { decodeDatadogLogs } from '../../server/decode/datadog/logs.ts'
import { decodeDatadogSeriesJson, decodeDatadogSeriesProtobuf } from '../../server/decode/datadog/metrics.ts'
import { decodeJaegerProtobuf } from '../../server/decode/jaeger/jaeger-protobuf.ts'
import { decodeJaegerThrift } from '../../server/decode/jaeger/jaeger-thrift.ts'
import { decodeLokiPush } from '../../server/decode/loki/loki-push.ts'
import { decodeLokiPushJson } from '../../server/decode/loki/loki-push-json.ts'
import { decodeNdjsonLogs } from '../../server/decode/ndjson-logs.ts'
import { decodeOtlpLogs } from '../../server/decode/otlp-logs.ts'
import { decodeOtlpLogsJson } from '../../server/decode/otlp-logs-json.ts'
import { decodeOtlpMetrics } from '../../server/decode/otlp-metrics.ts'
import { decodeOtlpMetricsJson } from '../../server/decode/otlp-metrics-json.ts'
import { decodeOtlpTraces } from '../../server/decode/otlp-traces.ts'
import { decodeOtlpTracesJson } from '../../server/decode/otlp-traces-json.ts'
import { decodeRemoteWrite } from '../../server/decode/remote-write.ts'
import { decodeRemoteWriteV2 } from '../../server/decode/remote-write-v2.ts'
import * as ways from './decoders.ts'
import * as stages from './pipelines.ts'
import * as compressed from './seeds/compressed.ts'
import * as logs from './seeds/logs.ts'
import * as metrics from './seeds/metrics.ts'
import * as otlp from './seeds/otlp.ts'
import * as pipelines from './seeds/pipelines.ts'
import * as spans from './seeds/spans.ts'
import type { Form } from './structures.ts'
import type { FuzzTarget, World } from './target.ts'

type Open = FuzzTarget['open']
/** A decoder of bodies and their context. */
const body =
  (decode: (body: Uint8Array, context: World['context']) => ReturnType<ReturnType<Open>>): Open =>
  ({ context }) =>
  (input) =>
    decode(input, context)

const { otlpWords } = otlp
const { logWords } = logs
const { metricWords } = metrics
const { spanWords } = spans
const { pipelineWords } = pipelines

/** Every decoder of what comes from outside, and every parser that users put before their log records: name, form, right inputs, words of the format, decoder. The list is the whole registration. */
const entries: readonly (readonly [
  name: string,
  form: Form,
  examples: FuzzTarget['examples'],
  words: readonly string[],
  open: Open,
])[] = [
  ['otlp-logs', 'protobuf', otlp.otlpLogs, otlpWords, body(decodeOtlpLogs)],
  ['otlp-logs-json', 'json', otlp.otlpLogsJson, otlpWords, body(decodeOtlpLogsJson)],
  ['otlp-traces', 'protobuf', otlp.otlpTraces, otlpWords, body(decodeOtlpTraces)],
  ['otlp-traces-json', 'json', otlp.otlpTracesJson, otlpWords, body(decodeOtlpTracesJson)],
  ['otlp-metrics', 'protobuf', otlp.otlpMetrics, otlpWords, body(decodeOtlpMetrics)],
  ['otlp-metrics-json', 'json', otlp.otlpMetricsJson, otlpWords, body(decodeOtlpMetricsJson)],
  ['remote-write', 'protobuf', metrics.remoteWrite, metricWords, body(decodeRemoteWrite)],
  ['remote-write-2', 'protobuf', metrics.remoteWriteV2, metricWords, body(decodeRemoteWriteV2)],
  ['prometheus-text', 'text', metrics.prometheusText, metricWords, ways.exposition('text')],
  ['openmetrics-text', 'text', metrics.openMetricsText, metricWords, ways.exposition('openmetrics')],
  ['openmetrics-strict', 'text', metrics.openMetricsText, metricWords, ways.strictOpenMetrics],
  ['prometheus-protobuf', 'text', metrics.prometheusProtobuf, metricWords, ways.exposition('protobuf')],
  ['pushgateway', 'text', metrics.pushes, metricWords, ways.pushgateway],
  ['influx', 'text', metrics.influxLines, metricWords, ways.influx],
  ['graphite', 'text', metrics.graphiteLines, metricWords, ways.graphite],
  ['statsd', 'text', metrics.statsdLines, metricWords, ways.statsd],
  ['datadog-series-json', 'json', metrics.datadogSeriesJson, metricWords, body(decodeDatadogSeriesJson)],
  [
    'datadog-series-protobuf',
    'protobuf',
    metrics.datadogSeriesProtobuf,
    metricWords,
    body(decodeDatadogSeriesProtobuf),
  ],
  ['loki-json', 'json', logs.lokiJson, logWords, body(decodeLokiPushJson)],
  ['loki-protobuf', 'protobuf', logs.lokiProtobuf, logWords, body(decodeLokiPush)],
  ['loki-labels', 'text', logs.lokiLabels, logWords, ways.lokiLabels],
  ['elasticsearch-bulk', 'json-lines', logs.bulk, logWords, ways.bulk],
  ['ndjson', 'json-lines', logs.ndjson, logWords, body(decodeNdjsonLogs)],
  ['log-lines', 'json-lines', logs.ndjson, logWords, ways.logLines],
  ['syslog', 'text', logs.syslogStream, logWords, ways.syslog],
  ['fluent', 'msgpack', logs.fluent, logWords, ways.fluent],
  ['splunk-events', 'json-lines', logs.hecEvents, logWords, ways.splunkEvents],
  ['splunk-raw', 'text', logs.hecRaw, logWords, ways.splunkRaw],
  ['datadog-logs', 'json', logs.datadogLogs, logWords, body(decodeDatadogLogs)],
  ['tail', 'json-lines', logs.tailedLines, logWords, ways.tail],
  ['zipkin-v2-json', 'json', spans.zipkinV2, spanWords, ways.zipkinJson],
  ['zipkin-v1-json', 'json', spans.zipkinV1, spanWords, ways.zipkinJson],
  ['zipkin-protobuf', 'protobuf', spans.zipkinProtobuf, spanWords, ways.zipkinProtobuf],
  ['jaeger-thrift', 'text', spans.jaegerThrift, spanWords, body(decodeJaegerThrift)],
  ['jaeger-protobuf', 'protobuf', spans.jaegerProtobuf, spanWords, body(decodeJaegerProtobuf)],
  ['datadog-traces-0.4', 'msgpack', spans.datadogTraces, spanWords, ways.datadogTraces('0.4')],
  ['datadog-traces-0.5', 'msgpack', spans.datadogTracesWithTable, spanWords, ways.datadogTraces('0.5')],
  ['datadog-traces-0.7', 'msgpack', spans.datadogPayload, spanWords, ways.datadogTraces('0.7')],
  ['pipeline-definition', 'text', pipelines.definitions, pipelineWords, stages.definition],
  ['pipeline-grok', 'text', pipelines.grokPatterns, pipelineWords, stages.grok],
  ['pipeline-regex', 'text', pipelines.regexPatterns, pipelineWords, stages.regex],
  ['pipeline-dissect', 'text', pipelines.dissectPatterns, pipelineWords, stages.dissect],
  ['pipeline-logfmt', 'text', pipelines.logfmtLines, pipelineWords, stages.logfmt],
  ['pipeline-json', 'json-lines', pipelines.jsonLines, pipelineWords, stages.json],
  ['pipeline-csv', 'text', pipelines.csvRows, pipelineWords, stages.csv],
  ['pipeline-redact', 'text', pipelines.secrets, pipelineWords, stages.redact],
  ['gzip', 'text', compressed.gzipped, [], ways.compression('gzip')],
  ['deflate', 'text', compressed.deflated, [], ways.compression('deflate')],
  ['zstd', 'text', compressed.zstandard, [], ways.compression('zstd')],
  ['snappy', 'text', compressed.snappyBlocks, [], ways.compression('snappy')],
  ['snappy-framed', 'text', compressed.snappyFrames, [], ways.compression('x-snappy-framed')],
]

/** Those that remember what they have read. */
const remembering = new Set([
  'otlp-metrics',
  'otlp-metrics-json',
  'prometheus-text',
  'openmetrics-text',
  'prometheus-protobuf',
  'pushgateway',
  'statsd',
  'log-lines',
])

export const targets: readonly FuzzTarget[] = entries.map(([name, form, examples, words, open]) => ({
  ...{ name, form, examples, words, open, remembers: remembering.has(name) },
}))
