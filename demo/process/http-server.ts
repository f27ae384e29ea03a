import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import type { Logger } from 'pino'
import { HttpProblem } from './http-problem.ts'
import type { Measures } from './measures.ts'

/** One request as a route's handler sees it. */
export interface Call {
  /** Parts of the path that the route names with a colon. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  /** The JSON body; undefined where there was none. Unchecked: only our own processes call. */
  readonly body: unknown
}

/** What a handler answers: a JSON body, with 200 unless said otherwise. */
export interface Reply {
  readonly status?: number
  readonly body: unknown
}

/** One way into a service. `path` is the low-cardinality name that spans and metrics carry as `http.route`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  handle(call: Call): Promise<Reply> | Reply
}

/** Largest request body, bytes; beyond it the answer is 413. */
const maxBodyBytes = 64 * 1024

/** Serves the routes, `/healthz` and `/metrics`. A request that no route takes is answered 404. */
export function serveRoutes(routes: readonly Route[], { log, measures }: ListenerTools): RequestListener {
  const known = routes.map((route) => ({ route, pattern: compile(route.path) }))
  return (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]
    if (path === '/healthz') return answer(response, { body: { ok: true } })
    if (path === '/metrics') return void measures.expose(response)
    for (const { route, pattern } of known) {
      const match = route.method === request.method ? pattern.exec(path) : null
      if (match !== null) return void serve({ route, params: match.groups ?? {} }, { request, response, log, measures })
    }
    answer(response, { status: 404, body: { error: `no route for ${request.method} ${path}` } })
  }
}

interface ListenerTools {
  readonly log: Logger
  readonly measures: Measures
}

interface Exchange extends ListenerTools {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

function compile(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`)
}

async function serve(target: { route: Route; params: Record<string, string> }, exchange: Exchange): Promise<void> {
  const { request, response, log, measures } = exchange
  const { route, params } = target
  const rpc = getRPCMetadata(context.active())
  if (rpc?.type === RPCType.HTTP) rpc.route = route.path
  const finish = measures.beginRequest(route.method, route.path)
  let reply: Reply
  try {
    reply = await route.handle({ params, headers: request.headers, body: await readJson(request) })
  } catch (error) {
    reply = explain(error, log)
  }
  answer(response, reply)
  finish(reply.status ?? 200)
}

function explain(error: unknown, log: Logger): Reply {
  const status = error instanceof HttpProblem ? error.status : 500
  const message = error instanceof Error ? error.message : String(error)
  if (status >= 500) {
    const span = trace.getActiveSpan()
    span?.recordException(error instanceof Error ? error : message)
    span?.setStatus({ code: SpanStatusCode.ERROR, message })
    log.error({ err: error }, error instanceof HttpProblem ? message : `Request failed: ${message}`)
  }
  return { status, body: { error: message } }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += (part as Buffer).length
    if (size > maxBodyBytes) throw new HttpProblem(413, `the body is larger than ${maxBodyBytes} bytes`)
    parts.push(part as Buffer)
  }
  if (size === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(parts).toString())
  } catch {
    throw new HttpProblem(400, 'the body is not JSON')
  }
}

function answer(response: ServerResponse, { status = 200, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
