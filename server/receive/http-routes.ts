import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ContentCoding, decompress } from '../decode/decompress.ts'
import { type RowSource, rowSource, senderOfUserAgent } from '../model/origin/row-source.ts'
import type { TenantId } from '../model/tenant.ts'
import { countFailure, type Failure, failureOf, refusalOf, refused } from './failure.ts'
import { readBody } from './http-body.ts'
import type { InFlight, InFlightRequest } from './in-flight.ts'
import type {
  AuthorizeIngest,
  HttpCaller,
  HttpIngestRequest,
  HttpListenerName,
  HttpQuery,
  HttpReceiver,
  HttpReply,
  HttpRoute,
  Receiver,
  ReceiverContext,
} from './receiver.ts'
import { requestContext } from './request-context.ts'

/** What the HTTP listeners need besides the receivers. */
export interface HttpIngest {
  readonly context: ReceiverContext
  readonly authorizeIngest: AuthorizeIngest
  readonly inFlight: InFlight
}

/** Typed so that none is forgotten. */
const encodings: Readonly<Record<ContentCoding, true>> = {
  '': true,
  identity: true,
  gzip: true,
  'x-gzip': true,
  deflate: true,
  zstd: true,
  snappy: true,
  'x-snappy-framed': true,
}

/**
 * Adds the receivers' routes for one listener to a Fastify instance that may have other routes too. They read bodies
 * themselves and use `authorizeIngest`; hooks of the instance can tell them by `routeOptions.config.isIngest`.
 */
export async function registerHttpReceivers(
  app: FastifyInstance,
  receivers: readonly Receiver[],
  options: HttpIngest & { readonly listener: HttpListenerName },
): Promise<void> {
  if (!app.hasConstraintStrategy(callerConstraint.name)) app.addConstraintStrategy(callerConstraint)
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // The body stays in the socket until the sender is known to be allowed.
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    for (const receiver of receivers) {
      if (receiver.kind !== 'http') continue
      for (const route of receiver.routes) {
        if (!route.listeners.includes(options.listener)) continue
        scope.route({
          method: route.method,
          url: route.path,
          config: { isIngest: true },
          constraints: route.caller === undefined ? {} : { [callerConstraint.name]: route.caller },
          handler: (request, reply) => serve({ receiver, route, options }, request, reply),
        })
      }
    }
  })
}

type ConstraintStrategy = Parameters<FastifyInstance['addConstraintStrategy']>[0]
type ConstrainedHandler = ReturnType<ReturnType<ConstraintStrategy['storage']>['get']>

/** Tells callers apart for routes that are for one of them. */
const callerConstraint: ConstraintStrategy = {
  name: 'caller',
  mustMatchWhenDerived: false,
  deriveConstraint({ headers }): HttpCaller {
    if (headers['dd-api-key'] !== undefined) return 'datadog'
    return headers.accept?.includes('text/html') === true ? 'browser' : 'program'
  },
  storage() {
    const handlers = new Map<unknown, ConstrainedHandler>()
    return {
      get: (caller) => handlers.get(caller) ?? null,
      set: (caller, handler) => void handlers.set(caller, handler),
    }
  },
  validate() {},
}

/** What is known of a request so far. */
interface Seen {
  tenant: TenantId | null
  source: RowSource | undefined
  bytes: number
}

interface Served {
  readonly receiver: HttpReceiver
  readonly route: HttpRoute
  readonly options: HttpIngest
}

async function serve(served: Served, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await take(served, request)
  reply.code(answer.status)
  if (answer.headers !== undefined) reply.headers(answer.headers)
  return reply.send(answer.body)
}

/** From headers to answer; never throws. */
async function take(served: Served, request: FastifyRequest): Promise<HttpReply> {
  const { receiver, route, options } = served
  const contentType = request.headers['content-type'] ?? ''
  const mediaType = contentType.split(';', 1)[0].trim().toLowerCase()
  const room = options.inFlight.open()
  const seen: Seen = { tenant: null, source: undefined, bytes: 0 }
  try {
    const decision = await options.authorizeIngest(withToken(receiver, request), request.ip)
    if ('status' in decision) return receiver.refuse(refusalOf(decision), mediaType)
    seen.tenant = decision.tenant
    const source = rowSource(senderOfUserAgent(request.headers['user-agent'] ?? ''), decision.accessKey ?? '')
    seen.source = source
    const encoding = judgeHeaders(route, mediaType, request.headers['content-encoding'])
    const raw = await readBody(request.raw, { maxBytes: route.maxBodyBytes, room })
    seen.bytes = raw.length
    const body = unpack(raw, { encoding, maxBytes: route.maxBodyBytes, room })
    const about = { headers: request.headers, query: request.query as HttpQuery, mediaType, contentType }
    const params = request.params as HttpIngestRequest['params']
    const sender = { tenant: decision.tenant, receiver: receiver.name, receivedBytes: raw.length }
    return await route.handle(
      { ...about, ...sender, params, body, memory: room.memory },
      requestContext(options.context, source),
    )
  } catch (error) {
    const failure = failureOf(error)
    note(failure, error, { served, seen })
    return receiver.refuse(failure, mediaType)
  } finally {
    room.release()
  }
}

/** The headers, with a token of the protocol's own place where all tokens are looked for. */
function withToken(receiver: HttpReceiver, { headers, query }: FastifyRequest): IncomingHttpHeaders {
  const token = receiver.tokenOf?.(headers, query as HttpQuery)
  return token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
}

function judgeHeaders(route: HttpRoute, mediaType: string, contentEncoding: string | undefined): ContentCoding {
  const { mediaTypes, defaultEncoding } = route
  if (mediaTypes.length > 0 && !mediaTypes.includes(mediaType))
    throw refused(
      'unsupported_type',
      `Content-Type ${mediaType === '' ? 'is missing' : `${mediaType} is not taken here`}; expected ${mediaTypes.filter((type) => type !== '').join(' or ')}`,
    )
  const assumed = typeof defaultEncoding === 'function' ? defaultEncoding(mediaType) : (defaultEncoding ?? '')
  const named = contentEncoding?.trim().toLowerCase() ?? assumed
  if (Object.hasOwn(encodings, named)) return named as ContentCoding
  const known = 'gzip, deflate, zstd, snappy'
  throw refused('unsupported_encoding', `Content-Encoding ${named} is not known; expected one of ${known}`)
}

function unpack(
  raw: Uint8Array,
  { encoding, maxBytes, room }: { encoding: ContentCoding; maxBytes: number; room: InFlightRequest },
): Uint8Array {
  if (raw.length === 0) return raw
  const body = decompress(raw, encoding, { maxBytes, memory: room.memory })
  if (body !== raw) room.reserve(body.length)
  return body
}
function note(failure: Failure, error: unknown, { served, seen }: { served: Served; seen: Seen }): void {
  const { ledger, logger } = served.options.context
  const receiver = served.receiver.name
  if (failure.kind === 'internal') logger.error({ err: error, receiver, path: served.route.path }, 'request failed')
  if (seen.tenant === null) return
  const key = { tenant: seen.tenant, signal: served.route.signal, receiver, source: seen.source }
  countFailure(ledger, failure, { key, bytes: seen.bytes })
}
