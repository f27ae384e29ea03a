import type { Load } from '../load.ts'
import {
  microOf,
  nanoOf,
  randomId,
  recordsPerRequest,
  type ShopLine,
  shopLines,
  shopSeries,
  shopSpans,
} from '../shop-records.ts'

const json = { 'content-type': 'application/json' }

/** A load whose bodies are text, made of a list of records. */
function textLoad<T>(
  about: Pick<Load, 'name' | 'path' | 'headers'>,
  lists: () => readonly T[],
  text: (list: readonly T[], nowMs: number) => string,
): Load {
  return { ...about, recordsPerRequest, next: (nowMs) => Buffer.from(text(lists(), nowMs)) }
}

const traceOf = ({ hasTrace }: ShopLine): { trace: string; span: string } | null =>
  hasTrace ? { trace: randomId(16).toString('hex'), span: randomId(8).toString('hex') } : null

export const lokiJsonLoad = (): Load =>
  textLoad({ name: 'Loki, JSON', path: '/loki/api/v1/push', headers: json }, shopLines(), (lines, nowMs) => {
    const streams = new Map<string, { stream: object; values: unknown[] }>()
    lines.forEach((line, i) => {
      const { service, pod, host } = line.origin
      const key = `${pod} ${line.level}`
      const stream = streams.get(key) ?? {
        stream: { service_name: service, namespace: 'shop', pod, node: host, level: line.level.toLowerCase() },
        values: [],
      }
      streams.set(key, stream)
      const ids = traceOf(line)
      const metadata = ids === null ? line.attributes : { ...line.attributes, trace_id: ids.trace, span_id: ids.span }
      stream.values.push([String(nanoOf(nowMs, i)), line.body, metadata])
    })
    return JSON.stringify({ streams: [...streams.values()] })
  })

export const bulkLoad = (): Load =>
  textLoad(
    { name: 'Elasticsearch bulk', path: '/elasticsearch/_bulk', headers: { 'content-type': 'application/x-ndjson' } },
    shopLines(),
    (lines, nowMs) =>
      lines
        .map((line, i) => {
          const ids = traceOf(line)
          const document = {
            '@timestamp': new Date(Number(nanoOf(nowMs, i) / 1_000_000n)).toISOString(),
            message: line.body,
            log: { level: line.level, logger: line.attributes.logger },
            service: { name: line.origin.service, version: '1.42.0' },
            host: { name: line.origin.host },
            kubernetes: { pod: { name: line.origin.pod }, namespace: 'shop' },
            labels: {
              route: line.attributes.route,
              status: 200,
              user: line.attributes.user,
              tier: line.attributes.tier,
            },
            process: { thread: { name: line.attributes.thread } },
            ...(ids === null ? {} : { trace: { id: ids.trace }, span: { id: ids.span } }),
          }
          return `{"create":{"_index":"logs-shop-default"}}\n${JSON.stringify(document)}\n`
        })
        .join(''),
  )

export const splunkLoad = (): Load =>
  textLoad({ name: 'Splunk HEC', path: '/services/collector/event', headers: json }, shopLines(), (lines, nowMs) =>
    lines
      .map((line, i) => {
        const ids = traceOf(line)
        const event = { message: line.body, level: line.level, ...line.attributes }
        return JSON.stringify({
          time: microOf(nowMs, i) / 1e6,
          host: line.origin.host,
          source: line.origin.service,
          sourcetype: '_json',
          index: 'shop',
          event: ids === null ? event : { ...event, trace_id: ids.trace, span_id: ids.span },
          fields: { pod: line.origin.pod, namespace: 'shop' },
        })
      })
      .join(''),
  )

export const datadogLogsLoad = (): Load =>
  textLoad({ name: 'Datadog logs', path: '/datadog/api/v2/logs', headers: json }, shopLines(), (lines, nowMs) =>
    JSON.stringify(
      lines.map((line, i) => {
        const ids = traceOf(line)
        return {
          message: line.body,
          status: line.level.toLowerCase(),
          service: line.origin.service,
          hostname: line.origin.host,
          ddsource: 'java',
          ddtags: `env:production,version:1.42.0,kube_namespace:shop,pod_name:${line.origin.pod}`,
          timestamp: Math.floor(microOf(nowMs, i) / 1000),
          ...line.attributes,
          ...(ids === null ? {} : { trace_id: ids.trace, span_id: ids.span }),
        }
      }),
    ),
  )

export const ndjsonLoad = (): Load =>
  textLoad(
    { name: 'log lines over HTTP', path: '/api/logs', headers: { 'content-type': 'application/x-ndjson' } },
    shopLines(),
    (lines, nowMs) =>
      lines
        .map((line, i) => {
          const ids = traceOf(line)
          const record = {
            level: line.level,
            time: Math.floor(microOf(nowMs, i) / 1000),
            service: line.origin.service,
            hostname: line.origin.host,
            message: line.body,
            ...line.attributes,
          }
          return JSON.stringify(ids === null ? record : { ...record, trace_id: ids.trace, span_id: ids.span })
        })
        .join('\n'),
  )

export const zipkinJsonLoad = (): Load =>
  textLoad({ name: 'Zipkin, JSON', path: '/api/v2/spans', headers: json }, shopSpans(), (spans, nowMs) => {
    let traceId = ''
    return JSON.stringify(
      spans.map((span, i) => {
        if (i % 10 === 0) traceId = randomId(16).toString('hex')
        return {
          traceId,
          id: randomId(8).toString('hex'),
          ...(i % 10 === 0 ? {} : { parentId: randomId(8).toString('hex') }),
          kind: span.isServer ? 'SERVER' : 'CLIENT',
          name: span.name,
          timestamp: microOf(nowMs, i),
          duration: span.durationUs,
          localEndpoint: { serviceName: span.origin.service, ipv4: '10.0.0.7' },
          tags: span.isError ? { ...span.attributes, error: 'failed' } : span.attributes,
        }
      }),
    )
  })

export const datadogSeriesLoad = (): Load => {
  let value = 0
  const about = { name: 'Datadog series, JSON', path: '/datadog/api/v2/series', headers: json }
  return textLoad(about, shopSeries(), (series, nowMs) =>
    JSON.stringify({
      series: series.map(({ name, labels }) => ({
        metric: name,
        type: 3,
        points: [{ timestamp: Math.floor(nowMs / 1000), value: value++ % 100_000 }],
        tags: Object.entries(labels).map(([key, text]) => `${key}:${text}`),
      })),
    }),
  )
}

export const influxLoad = (): Load => {
  let value = 0
  const about = {
    name: 'InfluxDB lines',
    path: '/api/v2/write?bucket=bench',
    headers: { 'content-type': 'text/plain' },
  }
  return textLoad(about, shopSeries(), (series, nowMs) =>
    series
      .map(({ name, labels }) => {
        const tags = Object.entries(labels).map(([key, text]) => `,${key}=${text}`)
        return `${name}${tags.join('')} value=${value++ % 100_000} ${nowMs}000000`
      })
      .join('\n'),
  )
}
