import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ScrapeTargetState } from '../../model/origin/scrape-target.ts'
import type { Scope } from '../../model/scope.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { MetricsQueries } from '../../query/metrics/metrics-queries.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import { type ScopeOf, withScope } from '../request-scope.ts'
import { successJson } from './answer-json.ts'
import { ApiError } from './api-error.ts'
import { Parameters } from './parameters.ts'
import { sendStream } from './send-answer.ts'

/** What the Prometheus API needs of the rest of the program. */
export interface PrometheusApiParts {
  readonly metrics: MetricsQueries
  readonly scopeOf: ScopeOf
  readonly clock: Clock
  readonly logger: Logger
  /** Version of Sightline. */
  readonly version: string
  /** Scrape targets of a tenant as they are now. */
  readonly targets: (tenant: TenantId) => readonly ScrapeTargetState[]
}

/** What a route has of one request. */
export interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly scope: Scope
  readonly parameters: Parameters
}

type Work = (exchange: Exchange) => Promise<FastifyReply>

/**
 * Adds a route under `/api/v1` and the work it does in the request's scope. The other of GET and POST gets 405: Grafana
 * asks again with GET after that, not after a 404. `isPostOfOthers`: another protocol has the path for POST.
 */
export function addRoute(
  app: FastifyInstance,
  route: { methods: readonly ('GET' | 'POST')[]; url: string; parts: PrometheusApiParts; isPostOfOthers?: boolean },
  work: Work,
): void {
  app.route({
    method: [...route.methods],
    url: route.url,
    schema: { hide: true },
    handler: (request, reply) =>
      withScope(route.parts.scopeOf, { request, reply }, (scope) =>
        work({ request, reply, scope, parameters: new Parameters(request) }),
      ),
  })
  const refused = (['GET', 'POST'] as const).filter((method) => !route.methods.includes(method))
  if (refused.length === 0 || route.isPostOfOthers === true) return
  app.route({
    method: refused,
    url: route.url,
    schema: { hide: true },
    handler: (request, reply) => {
      void reply.header('allow', route.methods.join(', '))
      throw new ApiError('method_not_allowed', `${request.method} is not allowed here: expected ${route.methods[0]}`)
    },
  })
}

/** Answers with data that is small enough to be a value. */
export function sendData(
  exchange: Exchange,
  data: unknown,
  remarks: { warnings?: readonly string[]; infos?: readonly string[] } = {},
): FastifyReply {
  return sendStream(exchange, 'application/json', successJson([JSON.stringify(data)], remarks))
}

/** Remark that goes with an answer that the limit cut. */
export const truncated = 'results truncated due to limit'
