import { serviceMapAnswerSchema, serviceMapQuerySchema } from '../../../contract/index.ts'
import { type CallFigures, mapServices } from '../../query/service-map/service-map.ts'
import { rangeJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** `GET /api/service-map?time_range=` */
export function registerServiceMap(api: ApiInstance, parts: QueryParts): void {
  api.get(
    '/api/service-map',
    {
      schema: {
        summary: 'Services and what they call',
        querystring: serviceMapQuerySchema,
        response: { 200: serviceMapAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, service } = request.query
        const map = await mapServices(parts.queries, scope, { timeRange, service })
        return {
          time_range: rangeJson(map.range),
          services: map.nodes.map(({ name, type, figures }) => ({ name, type, metrics: figuresJson(figures) })),
          dependencies: map.dependencies.map(({ source, target, figures }) => ({
            ...{ source, target, request_count: figures.requestCount },
            ...figuresJson(figures),
          })),
          ...(map.message === undefined ? {} : { message: map.message }),
        }
      }),
  )
}

function figuresJson(figures: CallFigures) {
  return { request_rate: figures.requestRate, error_rate: figures.errorRate, avg_latency: figures.avgLatencyMs }
}
