import { randomUUID } from 'node:crypto'
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { costHeader, liveBounds, livePath, type ReadCost } from '../../../contract/index.ts'
import { isRefusal, type Refusal, refuse } from '../../access/refusal.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { ScopeOf } from '../request-scope.ts'
import { type Ask, type Dispatched, LiveConnection } from './live-connection.ts'
import type { ReadableRows } from './readable-rows.ts'

export interface LiveParts {
  readonly scopeOf: ScopeOf
  readonly clock: Clock
  readonly readable: ReadableRows
}

/** Milliseconds between two looks at a socket; one that has not answered the look before is let go. */
const heartbeatMs = 20_000
/** Names the running request to the hook that can end it. Made anew for each request, so nobody can name another's. */
const runHeader = 'x-sightline-live-run'
/** Codes of the WebSocket protocol (RFC 6455, 7.4.1). */
const goingAway = 1001
const policyViolation = 1008

/**
 * The live socket at `livePath`. It is opened for whoever may ask the tenant over HTTP, by the same judgement of
 * credentials, Host and Origin, and each request on it goes through the routes with the headers of the upgrade: it is
 * authorised, validated, bounded and traced like any other. Call once, before the routes are added.
 */
export function registerLive(app: FastifyInstance, parts: LiveParts): void {
  const running = new Map<string, AbortSignal>()
  app.addHook('onRequest', (request, reply, done) => {
    const run = request.headers[runHeader]
    if (typeof run === 'string') endWith(reply, running.get(run))
    done()
  })
  const sockets = new LiveSockets(app, parts, running)
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void sockets.upgrade(request, socket, head)
  })
  app.addHook('preClose', async () => sockets.close())
}

/** Whether a request asks for a socket; what else it may want to be upgraded to is left alone. */
export function wantsSocket({ headers, method }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

/** The reply counts as closed by its client once the signal is aborted. */
function endWith(reply: FastifyReply, signal: AbortSignal | undefined): void {
  signal?.addEventListener('abort', () => reply.raw.destroy(), { once: true })
}

interface Upgrade {
  readonly request: IncomingMessage
  /** Of the upgrade, with the tenant that its address names; without what belongs to the socket itself. */
  readonly headers: Record<string, string | string[] | undefined>
}

class LiveSockets {
  readonly #app: FastifyInstance
  readonly #parts: LiveParts
  readonly #running: Map<string, AbortSignal>
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: liveBounds.messageBytes,
    // Answers are for a page on this machine or behind a proxy that compresses; here it would cost each of them.
    perMessageDeflate: false,
  })
  readonly #ofTenant = new Map<TenantId, number>()

  constructor(app: FastifyInstance, parts: LiveParts, running: Map<string, AbortSignal>) {
    this.#app = app
    this.#parts = parts
    this.#running = running
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname !== livePath) {
      refuseUpgrade(socket, 404, `there is no socket at ${url.pathname}; ${livePath} is one`)
      return
    }
    const upgrade = { request, headers: ownHeaders(request, url.searchParams.get('tenant')) }
    const chosen = await this.#chooseTenant(upgrade)
    if (isRefusal(chosen)) {
      refuseUpgrade(socket, chosen.status, chosen.message)
      return
    }
    const { tenant } = chosen
    const count = this.#ofTenant.get(tenant) ?? 0
    if (count >= liveBounds.socketsPerTenant) {
      refuseUpgrade(socket, 503, `this tenant has ${count} live sockets, the most there may be; poll instead`)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#run(opened, upgrade, tenant))
  }

  close(): void {
    for (const socket of this.#server.clients) {
      socket.close(goingAway, 'the server stops')
      socket.terminate()
    }
  }

  /** The tenant that the upgrade may ask, or why it may not. */
  async #chooseTenant({ request, headers }: Upgrade): Promise<{ tenant: TenantId } | Refusal> {
    try {
      const signal = AbortSignal.timeout(heartbeatMs)
      const scope = await this.#parts.scopeOf({ headers, remoteAddress: request.socket.remoteAddress, signal })
      if (isRefusal(scope)) return scope
      scope[Symbol.dispose]?.()
      return { tenant: scope.tenant }
    } catch {
      return refuse(503, 'who asks cannot be told just now; try again')
    }
  }

  #run(socket: WebSocket, upgrade: Upgrade, tenant: TenantId): void {
    this.#ofTenant.set(tenant, (this.#ofTenant.get(tenant) ?? 0) + 1)
    const connection = new LiveConnection({
      clock: this.#parts.clock,
      send: (message) => socket.send(message),
      waitingBytes: () => socket.bufferedAmount,
      close: (code, reason) => socket.close(code, reason),
      dispatch: (ask, signal) => this.#dispatch(upgrade, ask, signal),
    })
    const stopListening = this.#parts.readable.listen((ofTenant, signal) => {
      if (ofTenant === tenant) connection.changed(signal)
    })
    const stopHeartbeat = this.#heartbeat(socket, upgrade)
    socket.on('message', (message, isBinary) => {
      if (isBinary) socket.close(policyViolation, 'expected text messages')
      else connection.take(String(message))
    })
    socket.on('error', () => socket.terminate())
    socket.once('close', () => {
      stopListening()
      stopHeartbeat()
      connection.close()
      const left = (this.#ofTenant.get(tenant) ?? 1) - 1
      if (left === 0) this.#ofTenant.delete(tenant)
      else this.#ofTenant.set(tenant, left)
    })
  }

  /** Looks whether the page is still there and whoever opened the socket still may. */
  #heartbeat(socket: WebSocket, upgrade: Upgrade): () => void {
    let hasAnswered = true
    let cancel = () => {}
    socket.on('pong', () => {
      hasAnswered = true
    })
    const look = () => {
      if (!hasAnswered) {
        socket.terminate()
        return
      }
      hasAnswered = false
      socket.ping()
      void this.#chooseTenant(upgrade).then((chosen) => {
        if (isRefusal(chosen)) socket.close(policyViolation, 'whoever opened this socket may no longer ask')
      })
      cancel = this.#parts.clock.after(heartbeatMs, look)
    }
    cancel = this.#parts.clock.after(heartbeatMs, look)
    return () => cancel()
  }

  async #dispatch({ request, headers }: Upgrade, { path, body, form }: Ask, signal: AbortSignal): Promise<Dispatched> {
    const run = randomUUID()
    this.#running.set(run, signal)
    const startedMs = performance.now()
    try {
      const answer = await this.#app.inject({
        url: path,
        method: body === undefined && form === undefined ? 'GET' : 'POST',
        headers: { ...headers, accept: 'application/json', [runHeader]: run, ...contentType(body, form) },
        ...(form === undefined ? (body === undefined ? {} : { payload: JSON.stringify(body) }) : { payload: form }),
        ...(request.socket.remoteAddress === undefined ? {} : { remoteAddress: request.socket.remoteAddress }),
      })
      return { head: headOf(answer.statusCode, answer.headers), body: answer.payload }
    } catch {
      // Only what was ended has no answer at all; nobody waits for this one.
      const error = { code: 'unavailable', message: `Ended after ${Math.round(performance.now() - startedMs)} ms` }
      return { head: { status: 503 }, body: JSON.stringify({ error }) }
    } finally {
      this.#running.delete(run)
    }
  }
}

function contentType(body: unknown, form: string | undefined): Record<string, string> {
  if (form !== undefined) return { 'content-type': 'application/x-www-form-urlencoded' }
  return body === undefined ? {} : { 'content-type': 'application/json' }
}

function headOf(status: number, headers: Record<string, unknown>): Dispatched['head'] {
  const cost = headers[costHeader]
  const retryAfter = headers['retry-after']
  return {
    status,
    ...(typeof cost === 'string' ? { cost: JSON.parse(cost) as ReadCost } : {}),
    ...(retryAfter === undefined ? {} : { retry_after: Number(retryAfter) }),
  }
}

/** Headers of the upgrade that say who asks and from where. */
function ownHeaders({ headers }: IncomingMessage, tenant: string | null): Upgrade['headers'] {
  const dropped =
    /^(connection|upgrade|content-.*|transfer-encoding|sec-websocket-.*|accept.*|te|trailer|expect|x-sightline-live-run)$/
  return {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.test(name))),
    ...(tenant === null ? {} : { 'x-sightline-tenant': tenant }),
  }
}

function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = `${message}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ['www-authenticate: Bearer'] : []),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
