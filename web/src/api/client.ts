import { costHeader, type ErrorAnswer, type ErrorCode, type Fault, type ReadCost } from '../../../contract/index.ts'
import { markLost, markReached } from '../state/connection.ts'
import { askLive, type Received } from './live-link.ts'

/**
 * What an answer took, as measured here; `read` is what the store read for it, where the server said. `samples`: those
 * that a query looked at, also where they lie in memory and none is read for it.
 */
export interface Cost {
  readonly ms: number
  readonly bytes: number
  readonly read?: ReadCost
  readonly samples?: number
}

export interface Answer<T> {
  readonly data: T
  readonly cost: Cost
}

export interface ApiRequest {
  readonly path: string
  readonly tenant: string
  /** Sent as JSON with POST; left out: GET. */
  readonly body?: unknown
  /** Sent as a form with POST, as the Prometheus API takes its parameters. */
  readonly form?: Readonly<Record<string, string>> | undefined
  /** A status beside 2xx whose body is an answer too, such as 503 of `/readyz`. */
  readonly answersAt?: number | undefined
  /** Left out: POST where there is a body or form, else GET. */
  readonly method?: 'DELETE'
  readonly signal: AbortSignal
  /** Name under which the live socket follows what is asked, until `unfollow`; left out: asked once. */
  readonly follow?: string | undefined
}

/** An error as the API tells it, or `unreachable` where no answer came. */
export class ApiError extends Error {
  readonly code: ErrorCode | 'unreachable'
  readonly status: number
  readonly detail: readonly Fault[]
  /** Seconds after which the server wants to be asked again; null where it did not say. */
  readonly retryAfterS: number | null

  constructor(
    status: number,
    answer: ErrorAnswer['error'] | { code: 'unreachable'; message: string },
    retryAfterS: number | null,
  ) {
    super(answer.message)
    this.name = 'ApiError'
    this.status = status
    this.code = answer.code
    this.detail = ('detail' in answer ? answer.detail : undefined) ?? []
    this.retryAfterS = retryAfterS
  }

  /** Asking again may help. */
  get isPassing(): boolean {
    return this.code === 'unreachable' || this.status === 429 || this.status === 503
  }
}

/** Asks the API once, over the live socket where there is one. Throws ApiError, or the reason of the signal when it was cancelled. */
export async function ask<T>(request: ApiRequest): Promise<Answer<T>> {
  const startedMs = performance.now()
  const received = (await askLive(request)) ?? (await send(request))
  markReached()
  const { status, text, read } = received
  if ((status < 200 || status >= 300) && status !== request.answersAt) throw errorOf(received)
  const cost = { ms: performance.now() - startedMs, bytes: text.length, ...(read === undefined ? {} : { read }) }
  return { data: JSON.parse(text) as T, cost }
}

async function send({ path, tenant, body, form, method, signal }: ApiRequest): Promise<Received> {
  try {
    const response = await fetch(path, {
      method: method ?? (body === undefined && form === undefined ? 'GET' : 'POST'),
      headers: {
        accept: 'application/json',
        ...(tenant === 'default' ? {} : { 'x-sightline-tenant': tenant }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The browser names the type of a form by itself.
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      signal,
    })
    const after = Number(response.headers.get('retry-after') ?? Number.NaN)
    const cost = response.headers.get(costHeader)
    return {
      status: response.status,
      text: await response.text(),
      retryAfterS: Number.isFinite(after) ? after : null,
      ...(cost === null ? {} : { read: JSON.parse(cost) as ReadCost }),
    }
  } catch (error) {
    if (signal.aborted) throw error
    markLost()
    throw new ApiError(0, { code: 'unreachable', message: 'The server cannot be reached.' }, null)
  }
}

function errorOf({ status, text, retryAfterS }: Received): ApiError {
  try {
    const { error } = JSON.parse(text) as ErrorAnswer | { error: string }
    // The Prometheus API says it in plain text.
    if (typeof error === 'string') return new ApiError(status, { code: codeOf(status), message: error }, retryAfterS)
    if (typeof error.message === 'string') return new ApiError(status, error, retryAfterS)
  } catch {
    // Not our server's shape, e.g. a proxy in between: the status has to do.
  }
  return new ApiError(status, { code: 'internal', message: `The server answered ${status}.` }, retryAfterS)
}

function codeOf(status: number): ErrorCode {
  if (status === 503) return 'unavailable'
  return status === 400 || status === 422 ? 'bad_request' : 'internal'
}

/** Times that a passing error is tried again. */
const mostRetries = 3

export function shouldRetry(failures: number, error: unknown): boolean {
  return error instanceof ApiError && error.isPassing && failures < mostRetries
}

/** Milliseconds before the next try: as the server says, else 0.5 s, 1 s, 2 s. */
export function retryDelayMs(failures: number, error: unknown): number {
  const asked = error instanceof ApiError ? error.retryAfterS : null
  return asked === null ? 500 * 2 ** failures : asked * 1000
}
