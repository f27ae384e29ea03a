import { type QueryAnswer, type QueryRequest, queryAnswerSchema, queryRequestSchema } from '../../../contract/index.ts'
import { formatInstant } from '../../query/time/instant.ts'
import type { UnifiedAnswer, UnifiedQuestion } from '../../query/unified/question.ts'
import { askUnified } from '../../query/unified/unified.ts'
import { instantJson, logJson, rangeJson, spanJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** `POST /api/query` */
export function registerQuery(api: ApiInstance, parts: QueryParts): void {
  api.post(
    '/api/query',
    {
      schema: {
        summary: 'Filter and aggregate traces, logs or metrics',
        body: queryRequestSchema,
        response: { 200: queryAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) =>
        answerJson(await askUnified(parts.queries, scope, questionOf(request.body))),
      ),
  )
}

function questionOf(body: QueryRequest): UnifiedQuestion {
  const { time_range, group_by, ...others } = body
  return { ...others, timeRange: time_range, groupBy: group_by }
}

function answerJson(answer: UnifiedAnswer): QueryAnswer {
  return {
    signal: answer.signal,
    time_range: rangeJson(answer.range),
    aggregations: [...answer.aggregations],
    results: answer.rows.map((row) => ({
      ...(row.stepStart === undefined ? {} : { time: formatInstant(BigInt(row.stepStart) * 1_000_000_000n) }),
      group: { ...row.group },
      values: { ...row.values },
      count: row.count,
    })),
    ...(answer.spans === undefined ? {} : { spans: answer.spans.map(spanJson) }),
    ...(answer.logs === undefined ? {} : { logs: answer.logs.map(logJson) }),
    ...(answer.samples === undefined ? {} : { metrics: answer.samples.map(sampleJson) }),
    matched: answer.matched,
    truncated: answer.isTruncated,
    ...(answer.message === undefined ? {} : { message: answer.message }),
  }
}

function sampleJson(sample: NonNullable<UnifiedAnswer['samples']>[number]) {
  const { metric, labels, value, timestampMs } = sample
  return { metric, labels: { ...labels }, value, timestamp: instantJson(timestampMs) }
}
