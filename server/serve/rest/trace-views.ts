import {
  errorSchema,
  traceCompareQuerySchema,
  traceComparisonSchema,
  traceContextSchema,
  traceOverviewSchema,
  tracePathSchema,
  traceProfileSchema,
  traceRowsAnswerSchema,
  traceRowsRequestSchema,
  traceSeekAnswerSchema,
  traceSeekRequestSchema,
  traceSpanAnswerSchema,
  traceSpanPathSchema,
} from '../../../contract/index.ts'
import { compareTraces } from '../../query/traces/compare-traces.ts'
import { findingsOf } from '../../query/traces/findings.ts'
import { overviewOf } from '../../query/traces/overview.ts'
import { contextOfTrace, viewSpan } from '../../query/traces/trace-context.ts'
import { isBad, type TraceFrame } from '../../query/traces/trace-frame.ts'
import { TraceFrames } from '../../query/traces/trace-frames.ts'
import { placeIn, seekIn, type TraceOrder } from '../../query/traces/trace-order.ts'
import { profileOf } from '../../query/traces/trace-profile.ts'
import { logJson, resourceJson } from '../json/records.ts'
import { comparisonJson, overviewJson, profileJson, rowsJson, spanViewJson } from '../json/trace-views.ts'
import { withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

const wholeOrder = { closed: [], repeats: 'fold', only: 'all', services: [] } as const
const answers = { 404: errorSchema, ...errorAnswers } as const
/** Share of a window that lies before the span it is placed around. */
const beforeShare = 0.5

/**
 * A trace in parts, for pages: a summary and windows of its rows (`/summary`, `/rows`, `/seek`), one span, what else
 * happened, where the time went, and a comparison. All are answered from one frame, worked out once.
 */
export function registerTraceViews(api: ApiInstance, parts: QueryParts): void {
  const frames = new TraceFrames(parts.queries)
  registerSummary(api, parts, frames)
  registerRows(api, parts, frames)
  registerSeek(api, parts, frames)
  registerDetails(api, parts, frames)
  registerComparison(api, parts, frames)
}

function registerSummary(api: ApiInstance, { scopeOf }: QueryParts, frames: TraceFrames): void {
  api.get(
    '/api/traces/:id/summary',
    {
      schema: {
        summary: 'What is to be said of a trace of any size before its rows',
        params: tracePathSchema,
        response: { 200: traceOverviewSchema, ...answers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const kept = await frames.of(scope, { traceId: request.params.id, path: 'params.id' })
        const overview = overviewOf(kept.frame, frames.orderOf(kept, wholeOrder))
        return overviewJson(kept.frame, { findings: findingsOf(kept.frame), overview })
      }),
  )
}

function registerRows(api: ApiInstance, { scopeOf }: QueryParts, frames: TraceFrames): void {
  api.post(
    '/api/traces/:id/rows',
    {
      schema: {
        summary: 'A window of the rows of a trace, in the order of its tree',
        params: tracePathSchema,
        body: traceRowsRequestSchema,
        response: { 200: traceRowsAnswerSchema, ...answers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { offset: first, limit, around, words, ...question } = request.body
        const kept = await frames.of(scope, { traceId: request.params.id, path: 'params.id' })
        const { frame } = kept
        const order = frames.orderOf(kept, question)
        const isFound = await frames.foundIn(scope, kept, words)
        const place = around === undefined ? null : placeOfId(frame, order, around)
        const offset = place === null ? first : Math.max(0, place - Math.floor(limit * beforeShare))
        return {
          ...{ version: frame.version, total: order.rows.length, found: countFound(order, words, isFound) },
          ...{ offset, around: place, rows: rowsJson(frame, { order, offset, limit, isFound }) },
        }
      }),
  )
}

function placeOfId(frame: TraceFrame, order: TraceOrder, id: string): number | null {
  const row = frame.ids.indexOf(id)
  const place = row < 0 ? -1 : placeIn(order, row)
  return place < 0 ? null : place
}

function countFound({ rows, runs }: TraceOrder, words: string, isFound: (row: number) => boolean): number {
  if (words.trim() === '') return 0
  let found = 0
  for (let place = 0; place < rows.length; place += 1)
    for (let row = rows[place]; row < rows[place] + runs[place]; row += 1)
      if (isFound(row)) {
        found += 1
        break
      }
  return found
}

function registerSeek(api: ApiInstance, { scopeOf }: QueryParts, frames: TraceFrames): void {
  api.post(
    '/api/traces/:id/seek',
    {
      schema: {
        summary: 'The next row of a trace on the critical path, with an error, or with the words that are looked for',
        params: tracePathSchema,
        body: traceSeekRequestSchema,
        response: { 200: traceSeekAnswerSchema, ...answers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { from, step, what, words, ...question } = request.body
        const kept = await frames.of(scope, { traceId: request.params.id, path: 'params.id' })
        const { frame } = kept
        const order = frames.orderOf(kept, question)
        const isFound = await frames.foundIn(scope, kept, words)
        const fits = {
          row: () => true,
          critical: (row: number) => frame.critical[row] > 0,
          error: (row: number) => isBad(frame, row),
          found: isFound,
        }[what]
        const begin = from === undefined ? -1 : (placeOfId(frame, order, from) ?? -1)
        const place = seekIn(order, { from: begin, step, fits })
        return place === null ? null : { row: place, span_id: frame.ids[order.rows[place]] }
      }),
  )
}

function registerDetails(api: ApiInstance, { queries, scopeOf }: QueryParts, frames: TraceFrames): void {
  api.get(
    '/api/traces/:id/spans/:span',
    {
      schema: {
        summary: 'One span of a trace with all its fields',
        params: traceSpanPathSchema,
        response: { 200: traceSpanAnswerSchema, ...answers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const kept = await frames.of(scope, { traceId: request.params.id, path: 'params.id' })
        return spanViewJson(kept.frame, await viewSpan(queries, scope, { kept, spanId: request.params.span }))
      }),
  )
  api.get(
    '/api/traces/:id/context',
    {
      schema: {
        summary: 'Log records of a trace and resources of its services meanwhile',
        params: tracePathSchema,
        response: { 200: traceContextSchema, ...answers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const kept = await frames.of(scope, { traceId: request.params.id, path: 'params.id' })
        const { logs, resources, message } = await contextOfTrace(queries, scope, kept)
        return {
          correlated_logs: logs.map(logJson),
          correlated_metrics: resources.map(resourceJson),
          ...(message === undefined ? {} : { message }),
        }
      }),
  )
}

function registerComparison(api: ApiInstance, { queries, scopeOf }: QueryParts, frames: TraceFrames): void {
  api.get(
    '/api/traces/:id/profile',
    {
      schema: {
        summary: 'Where the time of a trace went: by operation, by path, between services',
        params: tracePathSchema,
        response: { 200: traceProfileSchema, ...answers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { frame } = await frames.of(scope, { traceId: request.params.id, path: 'params.id' })
        return profileJson(frame, profileOf(frame))
      }),
  )
  api.get(
    '/api/traces/:id/compare',
    {
      schema: {
        summary: 'A trace beside another one, or beside a healthy one like it',
        params: tracePathSchema,
        querystring: traceCompareQuerySchema,
        response: { 200: traceComparisonSchema, ...answers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const question = { traceId: request.params.id, other: request.query.with }
        return comparisonJson(await compareTraces({ context: queries, frames }, scope, question))
      }),
  )
}
