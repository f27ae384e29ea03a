import type { FastifyReply, FastifyRequest } from 'fastify'
import { costHeader, type ReadCost } from '../../contract/index.ts'
import { isRefusal, type Refusal, type RequestHeaders } from '../access/refusal.ts'
import type { Scope } from '../model/scope.ts'
import { readCostOf } from '../query/read-cost.ts'

/** What access needs to know of a request. */
export interface ScopeRequest {
  readonly headers: RequestHeaders
  /** The socket's. */
  readonly remoteAddress: string | undefined
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

/** Turns a request into the right to read one tenant; a scope with `Symbol.dispose` is disposed after the answer. */
export type ScopeOf = (request: ScopeRequest) => Promise<(Scope & Partial<Disposable>) | Refusal>

/** Access turned the request away. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}

/** The scope's signal ended the work: the deadline passed, or the client went away. */
export class RequestEnded extends Error {
  override readonly name = 'RequestEnded'
  readonly hasDeadlinePassed: boolean
  constructor(hasDeadlinePassed: boolean, cause: unknown) {
    super(hasDeadlinePassed ? 'The answer took longer than a query may take' : 'The client went away', { cause })
    this.hasDeadlinePassed = hasDeadlinePassed
  }
}

/**
 * Runs `work` with the request's scope; the answer says in a header what was read for it. Throws Refused, RequestEnded,
 * and what `work` throws.
 */
export async function withScope<T>(
  scopeOf: ScopeOf,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  const { request, reply } = exchange
  const client = new AbortController()
  const startedMs = performance.now()
  // Fires after a complete answer, too.
  const onClose = () => {
    if (!reply.raw.writableFinished) client.abort()
  }
  reply.raw.once('close', onClose)
  try {
    const { headers, socket } = request.raw
    const scope = await scopeOf({ headers, remoteAddress: socket.remoteAddress, signal: client.signal })
    if (isRefusal(scope)) throw new Refused(scope)
    try {
      const answer = await work(scope)
      const cost: ReadCost = { ...readCostOf(scope), ms: Math.round(performance.now() - startedMs) }
      if (!reply.sent) void reply.header(costHeader, JSON.stringify(cost))
      return answer
    } catch (error) {
      if (client.signal.aborted) throw new RequestEnded(false, error)
      if (scope.signal.aborted) throw new RequestEnded(true, error)
      throw error
    } finally {
      scope[Symbol.dispose]?.()
    }
  } finally {
    reply.raw.off('close', onClose)
  }
}
