import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { ParseError } from '../../query/promql/parse/position.ts'
import { InvalidRangeExpression } from '../../query/promql/query.ts'
import { EvaluationError } from '../../query/promql/value.ts'
import { QueryCancelled, QueryDeadline, QueryLimitExceeded, StoreUnavailable } from '../../query/query-context.ts'
import type { Logger } from '../../runtime/logger.ts'
import { Refused, RequestEnded } from '../request-scope.ts'

/** Kinds of errors in Prometheus' API, with its status codes. Source: web/api/v1/api.go. */
const statusOf = {
  bad_data: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  execution: 422,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
} as const

export type ApiErrorType = keyof typeof statusOf

/** An answer `{"status":"error","errorType":…,"error":…}`. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly type: ApiErrorType
  constructor(type: ApiErrorType, message: string) {
    super(message)
    this.type = type
  }
}

/** `invalid parameter "step": …` */
export function badData(parameter: string, message: string): ApiError {
  return new ApiError('bad_data', `invalid parameter ${JSON.stringify(parameter)}: ${message}`)
}

/** Answers any error of a route in Prometheus' shape; defects are logged and not shown. */
export function createApiErrorAnswer(logger: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = apiErrorOf(error)
    const about = { err: error, request: request.id, url: request.url }
    // Who asked went away before the answer was written: no defect.
    if (error.code === 'ERR_STREAM_PREMATURE_CLOSE' && reply.raw.destroyed)
      logger.debug(about, 'an answer of the Prometheus API was not awaited')
    else if (known === null) logger.error(about, 'request of the Prometheus API failed')
    const { type, message } =
      known ?? new ApiError('internal', `a defect of Sightline; its own log says more under request ${request.id}`)
    void reply.code(statusOf[type])
    if (type === 'unavailable') void reply.header('retry-after', 2)
    if (type === 'unauthorized') void reply.header('www-authenticate', 'Bearer')
    return reply.type('application/json').send(JSON.stringify({ status: 'error', errorType: type, error: message }))
  }
}

function apiErrorOf(error: Error): ApiError | null {
  if (error instanceof ApiError) return error
  if (error instanceof ParseError) return badData('query', error.message)
  if (error instanceof InvalidRangeExpression) return badData('query', error.message)
  if (error instanceof EvaluationError) return new ApiError('execution', error.message)
  if (error instanceof RequestEnded)
    return error.hasDeadlinePassed
      ? new ApiError('timeout', 'query timed out in query execution')
      : new ApiError('canceled', 'query was canceled in query execution')
  if (error instanceof Refused) {
    const types = { 400: 'bad_data', 401: 'unauthorized', 403: 'forbidden', 503: 'unavailable' } as const
    return new ApiError(types[error.refusal.status], error.message)
  }
  return storeErrorOf(error) ?? httpErrorOf(error)
}

function storeErrorOf(error: Error): ApiError | null {
  if (error instanceof QueryLimitExceeded)
    return new ApiError('execution', `the query needs more than one query may take: ${error.message}`)
  if (error instanceof QueryDeadline) return new ApiError('timeout', 'query timed out in query execution')
  if (error instanceof QueryCancelled) return new ApiError('canceled', 'query was canceled in query execution')
  if (error instanceof StoreUnavailable) return new ApiError('unavailable', error.message)
  return null
}

function httpErrorOf(error: Error & { statusCode?: number }): ApiError | null {
  const { statusCode = 500 } = error
  return statusCode < 500 ? new ApiError('bad_data', `error parsing form values: ${error.message}`) : null
}
