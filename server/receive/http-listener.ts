import type { AddressInfo } from 'node:net'
import { fastify } from 'fastify'
import type { Part } from '../runtime/part.ts'
import type { TlsFiles } from '../runtime/tls-files.ts'
import { type HttpIngest, registerHttpReceivers } from './http-routes.ts'
import type { Receiver } from './receiver.ts'

/** Where a listener listens. Port 0: any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** How long a sender may take to send one request, ms; beyond, its connection is closed: it holds memory meanwhile. */
const requestTimeoutMs = 120_000

/** What a listener for OTLP is made of. */
export interface ListenerIngest extends HttpIngest {
  /** Absent or null: without TLS. */
  readonly tls?: TlsFiles | null
}

/** A part that listens; `port` is known once it has started. */
export interface ListenerPart extends Part {
  readonly port: number
}

/** The listener for OTLP over HTTP (by default port 4318). Stopping lets requests in work be answered. */
export function createHttpListener(
  address: ListenAddress,
  receivers: readonly Receiver[],
  options: ListenerIngest,
): ListenerPart {
  // One kind of server for both: only what listens differs.
  const { tls = null } = options
  const secure: object = tls === null ? {} : { https: tls }
  const app = fastify({ logger: false, forceCloseConnections: 'idle', requestTimeout: requestTimeoutMs, ...secure })
  let port = 0
  return {
    name: 'otlp-http-listener',
    get port() {
      return port
    },
    async start() {
      // Requests that no route takes are answered as such, whatever their body is.
      app.removeAllContentTypeParsers()
      app.addContentTypeParser('*', (_request, _payload, done) => done(null))
      await registerHttpReceivers(app, receivers, { ...options, listener: 'ingest' })
      app.setNotFoundHandler((request, reply) => {
        const paths = pathsOf(receivers)
        const isKnown = paths.includes(request.url.split('?', 1)[0])
        const message = isKnown
          ? `${request.method} is not answered here; send with POST`
          : `nothing here; this port takes ${paths.join(', ')}`
        return reply
          .code(isKnown ? 405 : 404)
          .headers(isKnown ? { allow: 'POST' } : {})
          .send({ code: 5, message })
      })
      await app.listen({ host: address.host, port: address.port })
      port = (app.server.address() as AddressInfo).port
    },
    async stop() {
      await app.close()
      port = 0
    },
    health: () => (port === 0 ? { ready: false, detail: 'does not listen yet' } : { ready: true }),
  }
}

function pathsOf(receivers: readonly Receiver[]): string[] {
  const routes = receivers.flatMap((receiver) => (receiver.kind === 'http' ? receiver.routes : []))
  return routes.filter(({ listeners }) => listeners.includes('ingest')).map(({ path }) => path)
}
