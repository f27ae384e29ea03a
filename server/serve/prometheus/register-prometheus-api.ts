import type { FastifyInstance } from 'fastify'
import { createApiErrorAnswer } from './api-error.ts'
import type { PrometheusApiParts } from './api-route.ts'
import { registerFederate } from './federate.ts'
import { registerQueryRoutes } from './query-routes.ts'
import { registerRemoteRead } from './remote-read/remote-read.ts'
import { registerSeriesRoutes } from './series-routes.ts'
import { registerStatusRoutes } from './status-routes.ts'
import { registerTargetRoutes } from './target-routes.ts'

export type { PrometheusApiParts } from './api-route.ts'

/** Bytes of one form, or of one remote read request; beyond it 413. */
const bodyLimitBytes = 8 * 1024 * 1024

/**
 * Adds the HTTP API of Prometheus 3: `/api/v1/…`, `/federate`, `/-/ready`, `/-/healthy`. In a context of its own, so
 * that its errors have Prometheus' shape and its forms are read. Call before the server listens.
 */
export async function registerPrometheusApi(app: FastifyInstance, parts: PrometheusApiParts): Promise<void> {
  await app.register(async (scope) => {
    scope.setErrorHandler(createApiErrorAnswer(parts.logger))
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: bodyLimitBytes },
      (_request, body, done) => done(null, new URLSearchParams(body as string)),
    )
    scope.addContentTypeParser(
      'application/x-protobuf',
      { parseAs: 'buffer', bodyLimit: bodyLimitBytes },
      (_request, body, done) => done(null, body),
    )
    registerFederate(scope, parts)
    for (const path of ['/-/ready', '/-/healthy'])
      scope.get(path, { schema: { hide: true } }, (_request, reply) =>
        reply.type('text/plain; charset=utf-8').send(`Sightline is ${path.slice(3)}.\n`),
      )
    await scope.register(
      async (api) => {
        registerQueryRoutes(api, parts)
        registerSeriesRoutes(api, parts)
        registerStatusRoutes(api, parts)
        registerTargetRoutes(api, parts)
        registerRemoteRead(api, parts)
      },
      { prefix: '/api/v1' },
    )
  })
}
