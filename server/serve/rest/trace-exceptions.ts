import { type TraceExceptions, traceExceptionsRequestSchema, traceExceptionsSchema } from '../../../contract/index.ts'
import { formatInstant } from '../../query/time/instant.ts'
import { type Exceptions, findExceptions } from '../../query/traces/exceptions.ts'
import { rangeJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** `POST /api/traces/exceptions` */
export function registerTraceExceptions(api: ApiInstance, { queries, scopeOf }: QueryParts): void {
  api.post(
    '/api/traces/exceptions',
    {
      schema: {
        summary: 'Exceptions that spans recorded, by service and type',
        body: traceExceptionsRequestSchema,
        response: { 200: traceExceptionsSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(scopeOf, { request, reply }, async (scope) => {
        const { time_range: timeRange, ...others } = request.body
        return exceptionsJson(await findExceptions(queries, scope, { ...others, timeRange }))
      }),
  )
}

function exceptionsJson({ range, kinds, isTruncated, message }: Exceptions): TraceExceptions {
  return {
    time_range: rangeJson(range),
    exceptions: kinds.map(({ service, type, count, escaped, firstNs, lastNs, newest }) => ({
      ...{ service, type, count, escaped, first_seen: formatInstant(firstNs), last_seen: formatInstant(lastNs) },
      newest: {
        ...{ message: newest.message, operation: newest.operation },
        ...{ trace_id: newest.traceId, span_id: newest.spanId },
      },
    })),
    truncated: isTruncated,
    ...(message === undefined ? {} : { message }),
  }
}
