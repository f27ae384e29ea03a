import type { RequestOptions } from 'node:http'
import { HttpProblem } from './http-problem.ts'
import { http } from './instrumented.ts'
import type { Addresses } from './messages.ts'

/** A call to another process of the shop. */
export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Time limit for the whole answer, ms; beyond it the call fails with 504. */
  readonly timeoutMs?: number
}

/** What came back, whatever its status. */
export interface Incoming {
  readonly status: number
  readonly body: unknown
}

/** Calls other processes of the shop by name. */
export interface HttpClient {
  /** Throws HttpProblem 503 when nothing listens there, 504 when no answer came in time. */
  call(target: string, outgoing: Outgoing): Promise<Incoming>
  /** As `call`, and also throws when the status is not 2xx: the same status for 4xx, 502 for 5xx. */
  ask<T>(target: string, outgoing: Outgoing): Promise<T>
}

const defaultTimeoutMs = 10_000

/**
 * Names are resolved as a cluster's name server would: every process has a name of its own, so `server.address` of a
 * client span says who was called, and all of them are loopback.
 */
const resolve: RequestOptions['lookup'] = (_name, options, done) => {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}

/** A client with connections of its own that are kept open. */
export function createHttpClient(ports: Addresses): HttpClient {
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 16 })
  const call = (target: string, outgoing: Outgoing) => exchange({ target, port: ports[target], agent }, outgoing)
  return {
    call,
    async ask<T>(target: string, outgoing: Outgoing): Promise<T> {
      const { status, body } = await call(target, outgoing)
      if (status < 300) return body as T
      const reason = (body as { error?: string } | undefined)?.error ?? 'no reason given'
      throw new HttpProblem(status < 500 ? status : 502, `${target} answered ${status}: ${reason}`)
    },
  }
}

interface Destination {
  readonly target: string
  readonly port: number
  readonly agent: InstanceType<typeof http.Agent>
}

function exchange({ target, port, agent }: Destination, outgoing: Outgoing): Promise<Incoming> {
  const { method, path, body, headers, timeoutMs = defaultTimeoutMs } = outgoing
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((done, fail) => {
    const request = http.request(
      {
        ...{ host: target, port, method, path, agent, lookup: resolve },
        headers: { ...headers, ...(text === undefined ? {} : { 'content-type': 'application/json' }) },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => done({ status: response.statusCode ?? 0, body: parse(Buffer.concat(parts)) }))
        response.on('error', refuse)
      },
    )
    const refuse = (error: Error) => fail(problem(target, timeoutMs, error))
    request.on('error', refuse)
    request.end(text)
  })
}

function problem(target: string, timeoutMs: number, error: Error): HttpProblem {
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return new HttpProblem(504, `${target} did not answer within ${timeoutMs} ms`)
  return new HttpProblem(503, `${target} cannot be reached: ${error.message}`)
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}
