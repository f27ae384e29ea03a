import {
  errorSchema,
  type TraceAnswer,
  type TraceSearchAnswer,
  traceAnswerSchema,
  tracePageQuerySchema,
  tracePathSchema,
  traceQuerySchema,
  traceSearchAnswerSchema,
  traceSearchRequestSchema,
} from '../../../contract/index.ts'
import { badQuestion } from '../../query/faults.ts'
import { formatInstant } from '../../query/time/instant.ts'
import { type FoundTraces, findTraces } from '../../query/traces/find-traces.ts'
import { type TraceView, viewTrace } from '../../query/traces/trace-view.ts'
import { sendText, wantsText } from '../answer-format.ts'
import { logJson, rangeJson, resourceJson, spanNodeJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { traceText } from '../text/trace-text.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'
import { registerTraceExceptions } from './trace-exceptions.ts'
import { registerTraceHeatmap } from './trace-heatmap.ts'
import { registerTraceViews } from './trace-views.ts'

/** `POST /api/traces/search`, `GET /api/traces/{id}`, and for people `GET /traces?trace_id=`. */
export function registerTraces(api: ApiInstance, parts: QueryParts): void {
  const { queries, scopeOf } = parts
  api.post(
    '/api/traces/search',
    {
      schema: {
        summary: 'Find traces by their spans',
        body: traceSearchRequestSchema,
        response: { 200: traceSearchAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, ...others } = request.body
        return foundJson(await findTraces(queries, scope, { ...others, timeRange }))
      }),
  )
  api.get(
    '/api/traces/:id',
    {
      schema: {
        summary: 'One trace as a tree, on request with its logs and the resources of its services',
        params: tracePathSchema,
        querystring: traceQuerySchema,
        response: { 200: traceAnswerSchema, 404: errorSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const isCorrelated = request.query.correlate === 'true'
        return viewJson(
          await viewTrace(queries, scope, { traceId: request.params.id, path: 'params.id', isCorrelated }),
        )
      }),
  )
  registerTraceViews(api, parts)
  registerTraceExceptions(api, parts)
  registerTraceHeatmap(api, parts)
  registerTracePage(api, parts)
}

function registerTracePage(api: ApiInstance, parts: QueryParts): void {
  api.get(
    '/traces',
    {
      schema: {
        summary: 'One trace as a tree of text; as JSON with `Accept: application/json` or `format=json`',
        querystring: tracePageQuerySchema,
        response: { 200: traceAnswerSchema, 404: errorSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        const { trace_id: traceId } = request.query
        if (traceId === undefined)
          throw badQuestion('query.trace_id', 'expected a trace id; POST /api/traces/search finds some')
        const isText = wantsText(request)
        const view = await viewTrace(parts.queries, scope, {
          ...{ traceId, path: 'query.trace_id' },
          isCorrelated: !isText,
        })
        if (!isText) return viewJson(view)
        return sendText(reply, traceText(view))
      }),
  )
}

function foundJson(found: FoundTraces): TraceSearchAnswer {
  return {
    time_range: rangeJson(found.range),
    traces: found.traces.map((trace) => ({
      trace_id: trace.traceId,
      start_time: formatInstant(trace.startNs),
      duration: trace.durationNs / 1000,
      root_service: trace.rootService,
      root_operation: trace.rootName,
      services: [...trace.services],
      span_count: trace.spanCount,
      error_count: trace.errorCount,
      matched_spans: trace.matchedSpans,
      longest_match: {
        span_id: trace.longest.spanId,
        service: trace.longest.service,
        operation: trace.longest.name,
        duration: trace.longest.durationNs / 1000,
      },
    })),
    truncated: found.isTruncated,
    ...(found.message === undefined ? {} : { message: found.message }),
  }
}

function viewJson(view: TraceView): TraceAnswer {
  const { tree, logs, resources } = view
  return {
    trace_id: view.traceId,
    start_time: formatInstant(tree.startNs),
    duration: tree.durationNs / 1000,
    span_count: tree.spans.length,
    services: [...view.services],
    spans: tree.roots.map((root) => spanNodeJson(view, root)),
    complete: view.isComplete,
    ...(view.message === undefined ? {} : { message: view.message }),
    ...(logs === undefined ? {} : { correlated_logs: logs.map(logJson) }),
    ...(resources === undefined ? {} : { correlated_metrics: resources.map(resourceJson) }),
  }
}
