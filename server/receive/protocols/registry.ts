import type { Receiver } from '../receiver.ts'
import { datadog } from './datadog.ts'
import { elasticsearchBulk } from './elasticsearch-bulk.ts'
import { fileTail } from './file-tail.ts'
import { fluentForward } from './fluent-forward.ts'
import { graphite } from './graphite.ts'
import { influxLine } from './influx-line.ts'
import { jaegerGrpc } from './jaeger-grpc.ts'
import { jaegerThriftHttp } from './jaeger-thrift-http.ts'
import { lokiPush } from './loki-push.ts'
import { ndjsonLogs } from './ndjson-logs.ts'
import { otlpGrpc } from './otlp-grpc.ts'
import { otlpHttp } from './otlp-http.ts'
import { prometheusRemoteWrite } from './prometheus-remote-write.ts'
import { prometheusScrape } from './prometheus-scrape.ts'
import { pushgateway } from './pushgateway.ts'
import { splunkHec } from './splunk-hec.ts'
import { statsd } from './statsd.ts'
import { syslog } from './syslog.ts'
import { zipkin } from './zipkin.ts'

/** The list is the whole registration. */
export const receivers: readonly Receiver[] = [
  otlpHttp,
  otlpGrpc,
  prometheusRemoteWrite,
  prometheusScrape,
  ndjsonLogs,
  lokiPush,
  elasticsearchBulk,
  zipkin,
  influxLine,
  splunkHec,
  datadog,
  pushgateway,
  jaegerThriftHttp,
  syslog,
  fluentForward,
  statsd,
  graphite,
  jaegerGrpc,
  fileTail,
]
