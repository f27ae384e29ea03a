import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { OpenSpan, Tracer } from '../runtime/tracer.ts'

/** Adds a span to every request of the API. Ingest is not traced: its own spans would be ingested again, for ever. */
export function traceRequests(app: FastifyInstance, tracer: Tracer): void {
  const open = new WeakMap<FastifyRequest, OpenSpan>()
  app.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url
    if (route === undefined || isIngest(request)) {
      done()
      return
    }
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'url.path': request.url.split('?')[0],
    }
    open.set(request, tracer.enter({ name: `${request.method} ${route}`, kind: 2, attributes }, done))
  })
  app.addHook('onResponse', (request, reply, done) => {
    const span = open.get(request)
    span?.set('http.response.status_code', reply.statusCode)
    if (reply.statusCode >= 500) span?.fail(`answered ${reply.statusCode}`)
    span?.end()
    done()
  })
}

function isIngest(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { isIngest?: boolean }).isIngest === true
}
