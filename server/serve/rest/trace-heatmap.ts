import {
  attributeComparisonRequestSchema,
  attributeComparisonSchema,
  type TraceHeatmap,
  traceHeatmapRequestSchema,
  traceHeatmapSchema,
} from '../../../contract/index.ts'
import { formatInstant } from '../../query/time/instant.ts'
import { type AttributeComparisonView, compareAttributes } from '../../query/traces/attribute-comparison.ts'
import { type Heatmap, heatmapOf } from '../../query/traces/trace-heatmap.ts'
import { instantJson, rangeJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** `POST /api/traces/heatmap` and `/api/traces/attributes`: many traces at a glance, and what sets some of them apart. */
export function registerTraceHeatmap(api: ApiInstance, { queries, scopeOf }: QueryParts): void {
  api.post(
    '/api/traces/heatmap',
    {
      schema: {
        summary: 'How long requests took over time',
        body: traceHeatmapRequestSchema,
        response: { 200: traceHeatmapSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, ...others } = request.body
        return heatmapJson(await heatmapOf(queries, scope, { ...others, timeRange }))
      }),
  )
  api.post(
    '/api/traces/attributes',
    {
      schema: {
        summary: 'What the traces with a request in a box have that the others have not',
        body: attributeComparisonRequestSchema,
        response: { 200: attributeComparisonSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, box, ...others } = request.body
        const bounds = { start: box.start, end: box.end, minDuration: box.min_duration, maxDuration: box.max_duration }
        return comparisonJson(await compareAttributes(queries, scope, { ...others, timeRange, box: bounds }))
      }),
  )
}

function heatmapJson({ range, firstColumn, stepSeconds, columns, perDecade, cells }: Heatmap): TraceHeatmap {
  return {
    ...{ time_range: rangeJson(range), first_column: instantJson(firstColumn * 1000), step_seconds: stepSeconds },
    ...{ columns, per_decade: perDecade },
    cells: cells.map(({ step, row, count, errors }) => [step, row, count, errors]),
    total: cells.reduce((sum, { count }) => sum + count, 0),
    errors: cells.reduce((sum, { errors }) => sum + errors, 0),
  }
}

function comparisonJson({ range, boxRequests, restRequests, compared, shares, closest }: AttributeComparisonView) {
  return {
    ...{ time_range: rangeJson(range), box_requests: boxRequests, rest_requests: restRequests, compared },
    shares: shares.map(({ conditions, ...figures }) => ({ conditions: [...conditions], ...figures })),
    closest:
      closest === null
        ? null
        : {
            ...{ trace_id: closest.traceId, start_time: formatInstant(closest.startNs) },
            duration: closest.durationNs / 1000,
          },
  }
}
