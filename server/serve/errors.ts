import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorAnswer, ErrorCode, Fault } from '../../contract/index.ts'
import { CatalogUnavailable } from '../catalog/database.ts'
import { BadQuestion, NotStored, TooMuchAsked } from '../query/faults.ts'
import {
  QueryCancelled,
  QueryDeadline,
  QueryLimitExceeded,
  StoreError,
  StoreUnavailable,
} from '../query/query-context.ts'
import type { Logger } from '../runtime/logger.ts'
import { wantsText } from './answer-format.ts'
import { Refused, RequestEnded } from './request-scope.ts'
import { validationFaults } from './validation-faults.ts'

/** ClickHouse's CANNOT_COMPILE_REGEXP. */
const cannotCompileRegex = 427
/** Seconds after which a client may ask again while the store restarts. */
const retryAfterSeconds = 2

const statusOf: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  too_large: 413,
  unsupported_media_type: 415,
  limit_exceeded: 422,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,
  deadline_exceeded: 504,
}

interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly detail?: readonly Fault[]
}

/** Answers any error of a route in the API's one shape, or as a line of text where the answer would have been text. */
export function createErrorAnswer(logger: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const failure = failureOf(error)
    if (failure.code === 'internal')
      logger.error({ err: error, request: request.id, url: request.url }, 'request failed')
    return answerFailure(request, reply, failure.code === 'internal' ? internal(request) : failure)
  }
}

/** Answers a path or method that is not there. */
export function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?')[0]
  const message = `There is no ${request.method} ${path}; /api/openapi.json lists what there is`
  return answerFailure(request, reply, { code: 'not_found', message })
}

function answerFailure(request: FastifyRequest, reply: FastifyReply, failure: Failure): FastifyReply {
  void reply.code(statusOf[failure.code])
  if (failure.code === 'unavailable') void reply.header('retry-after', retryAfterSeconds)
  if (failure.code === 'unauthenticated') void reply.header('www-authenticate', 'Bearer')
  if (wantsText(request)) return reply.type('text/plain; charset=utf-8').send(textOf(failure))
  const { code, message, detail } = failure
  const body: ErrorAnswer = { error: { code, message, ...(detail === undefined ? {} : { detail: [...detail] }) } }
  return reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(body)
}

function textOf(failure: Failure): string {
  if (failure.detail === undefined) return `${failure.message}\n`
  return `${failure.detail.map((fault) => `${fault.path}: ${fault.message}`).join('\n')}\n`
}

function internal(request: FastifyRequest): Failure {
  return { code: 'internal', message: `A defect of Sightline; its own log says more under request ${request.id}` }
}

function failureOf(error: FastifyError): Failure {
  if (error.validation !== undefined) return bad(validationFaults(error))
  if (error instanceof BadQuestion) return bad(error.faults)
  return ownFailure(error) ?? storeFailure(error) ?? httpFailure(error)
}

function bad(detail: readonly Fault[]): Failure {
  const [first] = detail
  const more = detail.length > 1 ? ` (and ${detail.length - 1} more)` : ''
  return { code: 'bad_request', message: `${first.path}: ${first.message}${more}`, detail }
}

function ownFailure(error: Error): Failure | null {
  if (error instanceof NotStored) return { code: 'not_found', message: error.message }
  if (error instanceof TooMuchAsked) return { code: 'limit_exceeded', message: error.message }
  if (error instanceof RequestEnded)
    return { code: error.hasDeadlinePassed ? 'deadline_exceeded' : 'unavailable', message: error.message }
  if (error instanceof CatalogUnavailable) return { code: 'unavailable', message: error.message }
  if (!(error instanceof Refused)) return null
  const codes = { 400: 'bad_request', 401: 'unauthenticated', 403: 'forbidden', 503: 'unavailable' } as const
  return { code: codes[error.refusal.status], message: error.message }
}

function storeFailure(error: Error): Failure | null {
  if (error instanceof QueryLimitExceeded)
    return {
      code: 'limit_exceeded',
      message: `The query needs more than one query may take; shorten the time range or add filters. ${error.message}`,
    }
  if (error instanceof QueryDeadline)
    return {
      code: 'deadline_exceeded',
      message: 'The query ran longer than a query may; shorten the time range or add filters',
    }
  if (error instanceof QueryCancelled) return { code: 'unavailable', message: 'The query was cancelled' }
  // The store's RE2 refuses a little that passed our own check.
  if (error instanceof StoreError && error.code === cannotCompileRegex)
    return bad([{ path: 'filters', message: 'a regular expression is too large or not one of RE2' }])
  if (error instanceof StoreUnavailable)
    return { code: 'unavailable', message: `The store cannot answer now; try again. ${error.message}` }
  return null
}

/** Errors of the HTTP layer itself. */
function httpFailure(error: FastifyError): Failure {
  switch (error.statusCode) {
    case 413:
      return { code: 'too_large', message: error.message }
    case 415:
      return { code: 'unsupported_media_type', message: 'Expected a body with Content-Type: application/json' }
    case 400:
      if (error.code === 'FST_ERR_BAD_URL') return bad([{ path: 'url', message: error.message }])
      return bad([{ path: 'body', message: `${error.message}; expected JSON` }])
    default:
      return { code: 'internal', message: error.message }
  }
}
