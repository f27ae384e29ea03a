import {
  metricCatalogAnswerSchema,
  metricCatalogRequestSchema,
  metricLabelsAnswerSchema,
  metricLabelsRequestSchema,
} from '../../../contract/index.ts'
import { metricCatalog, metricLabels } from '../../query/metrics/catalog.ts'
import { rangeJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** `POST /api/metrics/catalog` and `POST /api/metrics/labels`. */
export function registerMetricCatalog(api: ApiInstance, { queries, scopeOf }: QueryParts): void {
  api.post(
    '/api/metrics/catalog',
    {
      schema: {
        summary: 'Metrics with type, unit, help and number of series',
        body: metricCatalogRequestSchema,
        response: { 200: metricCatalogAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, labels, limit } = request.body
        const { range, families, isTruncated } = await metricCatalog(queries, scope, { timeRange, labels, limit })
        return {
          time_range: rangeJson(range),
          metrics: families.map(({ serviceLabel, names, ...family }) => ({
            ...{ ...family, names: [...names], service_label: serviceLabel },
          })),
          series: families.reduce((sum, { series }) => sum + series, 0),
          truncated: isTruncated,
        }
      }),
  )
  api.post(
    '/api/metrics/labels',
    {
      schema: {
        summary: 'Labels of a metric, their values and how many series each has',
        body: metricLabelsRequestSchema,
        response: { 200: metricLabelsAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, labels, names } = request.body
        const found = await metricLabels(queries, scope, { timeRange, labels, names })
        return {
          time_range: rangeJson(found.range),
          series: found.series,
          labels: found.labels.map(({ name, valueCount, series, values }) => ({
            ...{ name, value_count: valueCount, series },
            values: values.map(([value, count]) => ({ value, series: count })),
          })),
        }
      }),
  )
}
