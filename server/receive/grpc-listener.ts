import { Buffer } from 'node:buffer'
import * as grpc from '@grpc/grpc-js'
import { encodeRpcStatus } from '../decode/otlp-response.ts'
import type { Memory } from '../model/memory.ts'
import { type RowSource, rowSource, senderOfUserAgent } from '../model/origin/row-source.ts'
import type { TenantId } from '../model/tenant.ts'
import type { TlsFiles } from '../runtime/tls-files.ts'
import { countFailure, type Failure, failureOf, RequestRefused, refusalOf } from './failure.ts'
import type { ListenAddress, ListenerIngest, ListenerPart } from './http-listener.ts'
import type { HttpIngest } from './http-routes.ts'
import { type GrpcMethod, type GrpcReceiver, maxRequestBytes, type Receiver } from './receiver.ts'
import { requestContext } from './request-context.ts'
import { rpcCodeOf } from './rpc-codes.ts'

/** How long a stop waits for requests in work, ms; then their connections are cut (the senders will repeat them). */
const drainMs = 5000

/** Calls in work on one connection; further ones wait at the sender. Messages are held whole before they can be refused. */
const maxConcurrentCalls = 64

/** The listener for OTLP over gRPC (by default port 4317). Messages pass as bytes; gzip and deflate are unpacked. */
export function createGrpcListener(
  address: ListenAddress,
  receivers: readonly Receiver[],
  options: ListenerIngest,
): ListenerPart {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': maxRequestBytes,
    'grpc.max_send_message_length': maxRequestBytes,
    'grpc.max_concurrent_streams': maxConcurrentCalls,
  })
  let port = 0
  for (const receiver of receivers) if (receiver.kind === 'grpc') addMethods(server, receiver, options)
  return {
    name: 'otlp-grpc-listener',
    get port() {
      return port
    },
    async start() {
      port = await new Promise<number>((resolve, reject) => {
        const where = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
        server.bindAsync(where, credentialsOf(options.tls ?? null), (error, bound) =>
          error === null ? resolve(bound) : reject(error),
        )
      })
    },
    async stop() {
      const cut = options.context.clock.after(drainMs, () => server.forceShutdown())
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
      cut()
      port = 0
    },
    health: () => (port === 0 ? { ready: false, detail: 'does not listen yet' } : { ready: true }),
  }
}

function credentialsOf(tls: TlsFiles | null): grpc.ServerCredentials {
  if (tls === null) return grpc.ServerCredentials.createInsecure()
  return grpc.ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.cert }])
}

/** A message that can be let go of before its call is over: the library keeps what `requestDeserialize` answers until then. */
interface Held {
  bytes: Buffer
}

type Unary = grpc.handleUnaryCall<Held, Buffer>

const hold = (bytes: Buffer): Held => ({ bytes })
const identity = (bytes: Buffer): Buffer => bytes
const nothing = Buffer.alloc(0)

function addMethods(server: grpc.Server, receiver: GrpcReceiver, options: HttpIngest): void {
  for (const method of receiver.methods) {
    const shape = { requestStream: false, responseStream: false, path: method.path } as const
    const coding = {
      ...{ requestSerialize: ({ bytes }: Held) => bytes, requestDeserialize: hold },
      ...{ responseSerialize: identity, responseDeserialize: identity },
    }
    const call: Unary = (request, answer) => {
      void take({ receiver, method, options }, request).then(
        (message) => answer(null, Buffer.from(message.buffer, message.byteOffset, message.length)),
        (failure: Failure) => answer(errorOf(failure)),
      )
    }
    server.addService({ call: { ...shape, ...coding } }, { call })
  }
}

interface Served {
  readonly receiver: GrpcReceiver
  readonly method: GrpcMethod
  readonly options: HttpIngest
}

/** Rejects with a Failure only. */
async function take(served: Served, call: grpc.ServerUnaryCall<Held, Buffer>): Promise<Uint8Array> {
  const { receiver, method, options } = served
  const { length } = call.request.bytes
  const room = options.inFlight.open()
  let tenant: TenantId | null = null
  let source: RowSource | undefined
  try {
    const headers = headersOf(call.metadata)
    const decision = await options.authorizeIngest(headers, addressOf(call.getPeer()))
    if ('status' in decision) throw new RequestRefused(refusalOf(decision))
    tenant = decision.tenant
    source = rowSource(senderOfUserAgent(headers['user-agent'] ?? ''), decision.accessKey ?? '')
    room.reserve(length)
    const message = moved(call.request, room.memory)
    const request = { tenant, receiver: receiver.name, receivedBytes: length, message, memory: room.memory }
    return await method.handle(request, requestContext(options.context, source))
  } catch (error) {
    const failure = failureOf(error)
    const { ledger, logger } = options.context
    if (failure.kind === 'internal') logger.error({ err: error, receiver: receiver.name }, 'request failed')
    const about = { signal: method.signal, receiver: receiver.name, source }
    if (tenant !== null) countFailure(ledger, failure, { key: { tenant, ...about }, bytes: length })
    throw failure
  } finally {
    room.release()
  }
}

/**
 * The message in memory that is used again. What the library made for it is let go of at once and dies young: kept until
 * the rows are on disk it would be old memory, which V8 answers with collections of the whole heap.
 */
function moved(held: Held, memory: Memory): Buffer {
  const message = memory.take(held.bytes.length)
  held.bytes.copy(message)
  held.bytes = nothing
  return message
}

/** Metadata as HTTP headers, so that one function judges senders of both kinds. */
function headersOf(metadata: grpc.Metadata): Record<string, string> {
  const entries = Object.entries(metadata.getMap()).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(entries) as Record<string, string>
}

/** `127.0.0.1:5000` and `[::1]:5000` without their port. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}

function errorOf({ kind, message, retryAfterMs }: Failure): Partial<grpc.StatusObject> {
  const code = rpcCodeOf(kind)
  const metadata = new grpc.Metadata()
  if (retryAfterMs !== null) {
    const details = encodeRpcStatus({ code, message, retryDelayMs: retryAfterMs }, 'protobuf')
    metadata.set('grpc-status-details-bin', Buffer.from(details))
  }
  return { code, details: message, metadata }
}
