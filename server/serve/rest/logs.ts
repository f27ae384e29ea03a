import { type LogsAnswer, type LogsQuery, logsAnswerSchema, logsQuerySchema } from '../../../contract/index.ts'
import { type FoundLogs, findLogs, type LogSearch } from '../../query/logs/find-logs.ts'
import { sendText, wantsText } from '../answer-format.ts'
import { logJson, rangeJson } from '../json/records.ts'
import { withScope } from '../request-scope.ts'
import { logsText } from '../text/logs-text.ts'
import { type ApiInstance, errorAnswers, type QueryParts } from './route-parts.ts'

/** `GET /logs?service=&level=&time=&trace_id=` */
export function registerLogs(api: ApiInstance, parts: QueryParts): void {
  api.get(
    '/logs',
    {
      schema: {
        summary: 'Log records as lines of text; as JSON with `Accept: application/json` or `format=json`',
        querystring: logsQuerySchema,
        response: { 200: logsAnswerSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, async (scope) => {
        const found = await findLogs(parts.queries, scope, searchOf(request.query))
        if (!wantsText(request)) return foundJson(found)
        return sendText(reply, logsText(found))
      }),
  )
}

function searchOf(query: LogsQuery): LogSearch {
  const { service, level, time, trace_id: traceId, text, limit } = query
  return {
    limit,
    ...(service === undefined ? {} : { service }),
    ...(level === undefined ? {} : { level }),
    ...(time === undefined ? {} : { time }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(text === undefined ? {} : { text }),
  }
}

function foundJson(found: FoundLogs): LogsAnswer {
  return {
    time_range: rangeJson(found.range),
    logs: found.logs.map(logJson),
    context: found.context.map(logJson),
    truncated: found.isTruncated,
    ...(found.message === undefined ? {} : { message: found.message }),
  }
}
