import {
  type ServiceMetrics as MetricsAnswer,
  metricsQuerySchema,
  serviceMetricsSchema,
} from '../../../contract/index.ts'
import { badQuestion } from '../../query/faults.ts'
import { type ServiceMetrics, serviceMetrics } from '../../query/red/service-metrics.ts'
import { sendText, wantsText } from '../answer-format.ts'
import { rangeJson, resourceJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { metricsText } from '../text/metrics-text.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** The platform's own metrics. */
export interface Exposition {
  /** e.g. `text/plain; version=0.0.4; charset=utf-8` */
  readonly contentType: string
  readonly text: string
}

/** `GET /metrics?service=&timerange=`; without parameters the platform's own metrics. */
export function registerMetrics(api: ApiInstance, parts: QueryParts & { exposition: () => Promise<Exposition> }): void {
  api.get(
    '/metrics',
    {
      schema: {
        summary: 'How a service does, as text or JSON; without parameters the metrics of Sightline itself',
        querystring: metricsQuerySchema,
        response: { 200: serviceMetricsSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        const { service, timerange, format } = request.query
        if (service === undefined) {
          if (timerange !== undefined || format !== undefined)
            throw badQuestion('query.service', 'expected the name of a service beside the other parameters')
          const { contentType, text } = await parts.exposition()
          return sendText(reply, text, contentType)
        }
        const metrics = await serviceMetrics(parts.queries, scope, { service, timeRange: timerange })
        if (!wantsText(request)) return metricsJson(metrics)
        return sendText(reply, metricsText(metrics))
      }),
  )
}

type Requests = NonNullable<ServiceMetrics['requests']>

function metricsJson(metrics: ServiceMetrics): MetricsAnswer {
  const { requests, usual } = metrics
  return {
    service: metrics.service,
    time_range: rangeJson(metrics.range),
    request_count: requests?.requestCount ?? 0,
    request_rate: metrics.requestRate,
    latency: requests === null ? null : latencyJson(requests),
    error_rate: requests === null ? null : requests.errorCount / requests.requestCount,
    usual: usualJson(usual),
    warnings: [...metrics.warnings],
    endpoints: metrics.endpoints.map((one) => ({
      endpoint: one.endpoint,
      request_count: one.requestCount,
      error_rate: one.errorCount / one.requestCount,
      latency: latencyJson(one),
      usual: usualJson(one.usual),
    })),
    resources: metrics.resources.map(resourceJson),
    ...(metrics.message === undefined ? {} : { message: metrics.message }),
  }
}

function usualJson(usual: ServiceMetrics['usual']): MetricsAnswer['usual'] {
  return usual === null ? null : { p95: usual.p95Ns / 1000, error_rate: usual.errorRate, window: usual.window }
}

function latencyJson(requests: Requests): { p50: number; p95: number; p99: number } {
  return { p50: requests.p50Us, p95: requests.p95Us, p99: requests.p99Us }
}
