import type { FastifyReply, FastifyRequest } from 'fastify'

/** Routes that answer a person at a terminal; all others speak JSON. */
const textRoutes = new Set(['/metrics', '/logs', '/traces'])

/** The answer is readable text: one of the three routes for people, unless `Accept` or `?format=` asks for JSON. */
export function wantsText(request: FastifyRequest): boolean {
  if (!textRoutes.has(request.url.split('?')[0])) return false
  const { format } = (request.query ?? {}) as { format?: unknown }
  if (format === 'json') return false
  if (format === 'text') return true
  return !/\bapplication\/json\b/.test(request.headers.accept ?? '')
}

/** Sends text as it is; the handler returns the result. */
export function sendText(reply: FastifyReply, text: string, contentType = 'text/plain; charset=utf-8'): FastifyReply {
  return reply.type(contentType).send(text)
}
