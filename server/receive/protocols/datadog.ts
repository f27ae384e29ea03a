import { decodeDatadogLogs } from '../../decode/datadog/logs.ts'
import { decodeDatadogSeriesJson, decodeDatadogSeriesProtobuf } from '../../decode/datadog/metrics.ts'
import { type DatadogTraceVersion, decodeDatadogTraces } from '../../decode/datadog/traces.ts'
import type { Outcome } from '../../model/sink.ts'
import { retryAfterHeader } from '../failure.ts'
import { type HttpReceiver, type HttpReply, type HttpRoute, maxRequestBytes } from '../receiver.ts'

const jsonType = 'application/json'
const protobuf = 'application/x-protobuf'
const msgpack = 'application/msgpack'

function json(status: number, body: object, headers: Record<string, string> = {}): HttpReply {
  return { status, headers: { 'content-type': jsonType, ...headers }, body: JSON.stringify(body) }
}

/** Faults have words in `errors`; they do not fail the request while anything was taken, as agents would send all of it again. */
function replyOf({ acceptedRows, rejections }: Outcome, status: number, body: object): HttpReply {
  if (rejections.length === 0) return json(status, body)
  const errors = rejections.map(({ reason, count, sample }) => `${count} ${reason}: ${sample}`)
  return json(acceptedRows === 0 ? 400 : status, { ...body, errors })
}

const common = { method: 'POST', listeners: ['api'], maxBodyBytes: maxRequestBytes } as const

/** Traces come from tracers; the sampling rates in the answer are all 1: everything is kept. */
function traceRoute(path: string, version: DatadogTraceVersion, method: 'POST' | 'PUT'): HttpRoute {
  return {
    ...common,
    method,
    path,
    signal: 'traces',
    mediaTypes: [msgpack, ''],
    handle: async (request, { sink }) =>
      replyOf(await sink.append(decodeDatadogTraces(request.body, version, request)), 200, {
        rate_by_service: { 'service:,env:': 1 },
      }),
  }
}

function metricRoute(path: string, options: Pick<HttpRoute, 'caller' | 'mediaTypes'>): HttpRoute {
  return {
    ...common,
    ...options,
    path,
    signal: 'metrics',
    async handle({ body, mediaType, tenant, receiver, receivedBytes, memory }, { sink, tables }) {
      const decode = mediaType === protobuf ? decodeDatadogSeriesProtobuf : decodeDatadogSeriesJson
      const batch = decode(body, { series: tables.of(tenant), receiver, receivedBytes, memory })
      return replyOf(await sink.append(batch), 202, { status: 'ok', errors: [] })
    },
  }
}

function logRoute(path: string): HttpRoute {
  return {
    ...common,
    path,
    signal: 'logs',
    mediaTypes: [jsonType, ''],
    handle: async (request, { sink }) => replyOf(await sink.append(decodeDatadogLogs(request.body, request)), 202, {}),
  }
}

/** What agents and tracers also send or ask; taken note of by nobody. */
function answerRoute(method: HttpRoute['method'], path: string, body: object): HttpRoute {
  const caller = method === 'GET' ? ({ caller: path.endsWith('/info') ? 'program' : 'datadog' } as const) : {}
  return { ...common, ...caller, method, path, signal: 'traces', mediaTypes: [], handle: async () => json(200, body) }
}

const tracePaths: readonly (readonly [path: string, version: DatadogTraceVersion])[] = [
  ['/v0.3/traces', '0.4'],
  ['/v0.4/traces', '0.4'],
  ['/v0.5/traces', '0.5'],
  ['/v0.7/traces', '0.7'],
]

function routesBelow(prefix: string): HttpRoute[] {
  // Prometheus has a POST of the same name, which sends a form.
  const shared = prefix === '' ? ({ caller: 'datadog' } as const) : {}
  return [
    ...(['POST', 'PUT'] as const).flatMap((method) =>
      tracePaths.map(([path, version]) => traceRoute(prefix + path, version, method)),
    ),
    metricRoute(`${prefix}/api/v1/series`, { ...shared, mediaTypes: [jsonType, ''] }),
    metricRoute(`${prefix}/api/v2/series`, { mediaTypes: [jsonType, protobuf, ''] }),
    ...['/api/v2/logs', '/v1/input'].map((path) => logRoute(prefix + path)),
    answerRoute('GET', `${prefix}/info`, {
      version: '7.60.0',
      endpoints: tracePaths.map(([path]) => path),
      client_drop_p0s: false,
    }),
    answerRoute('GET', `${prefix}/api/v1/validate`, { valid: true }),
    ...['/intake', '/api/v1/check_run', '/api/v1/metadata', '/v0.6/stats', '/telemetry/proxy/api/v2/apmtelemetry'].map(
      (path) => answerRoute('POST', prefix + path, {}),
    ),
  ]
}

/**
 * What Datadog's agents, tracers and libraries send: traces as to an agent, metrics and logs as to the intake.
 * Source: https://docs.datadoghq.com/api/latest/, Datadog Agent pkg/trace/api
 */
export const datadog: HttpReceiver = {
  kind: 'http',
  name: 'datadog',
  title: 'Datadog',
  summary: "Datadog's tracers (as their agent), its agent and its API libraries: traces, metrics and logs.",
  signals: ['traces', 'metrics', 'logs'],
  defaultPort: 8080,
  snippets: [
    {
      title: 'Tracer',
      language: 'shell',
      template: 'export DD_TRACE_AGENT_URL=http://{{host}}:{{port}}',
    },
    {
      title: 'Agent, datadog.yaml',
      language: 'yaml',
      template:
        'dd_url: http://{{host}}:{{port}}/datadog\napi_key: SIGHTLINE_TOKEN\nlogs_config:\n  force_use_http: true\n  logs_dd_url: "{{host}}:{{port}}"\n  logs_no_ssl: true',
    },
  ],
  routes: ['', '/datadog'].flatMap(routesBelow),
  refuse: (failure) => json(failure.status, { errors: [failure.message] }, retryAfterHeader(failure)),
  tokenOf(headers, query) {
    const key = headers['dd-api-key'] ?? query['dd-api-key'] ?? query.api_key
    return typeof key === 'string' && key !== '' ? key : undefined
  },
}
