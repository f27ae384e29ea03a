import { z } from 'zod'

/**
 * `GET /api/live?tenant=NAME` with `Upgrade: websocket`: one socket for all that a page shows. Requests travel over it as they
 * would over HTTP, are judged as there, and stay open after their answer: while one does, the server says when rows of
 * its signals have become readable, so that the page asks again.
 *
 * From the page, each a text message: `LiveRequest`. To the page: a line of JSON (`LiveAnswer` or `LiveMove`), and of
 * an answer, after a line break, the body as HTTP would carry it.
 */
export const livePath = '/api/live'

/** Header of an HTTP answer, and `cost` of a live one: what was read in the store for it, as JSON. */
export const costHeader = 'x-sightline-cost'

export const liveBounds = {
  /** Sockets of one tenant; beyond it the upgrade is answered with 503, and the page polls. */
  socketsPerTenant: 100,
  /** Open requests of one socket; beyond it a request is answered with 429. */
  requests: 128,
  /** Bytes of one message of the page; beyond it the socket is closed with 1009. */
  messageBytes: 1024 * 1024,
} as const

const all = ['metrics', 'logs', 'traces'] as const
/** Starts of paths that may be asked over the socket, and the signals that their answers are made of; the first counts. */
export const livePaths: readonly (readonly [start: string, signals: readonly (typeof all)[number][]])[] = [
  ['/api/query', all],
  ['/api/changes', ['traces']],
  ['/api/service-map', ['traces']],
  ['/api/traces/', ['traces', 'logs']],
  ['/traces?', ['traces']],
  ['/logs?', ['logs']],
  ['/metrics?', ['traces', 'metrics']],
  ['/api/metrics/', ['metrics']],
  ['/api/v1/', ['metrics']],
  ['/api/promql/', []],
  ['/api/ingest/health', []],
]

const id = z.int().min(0)

/** `ask` opens a request, `end` closes it: what is on its way is cancelled, down to the store. */
export const liveRequestSchema = z.union([
  z.strictObject({
    ask: id,
    path: z.string().min(1).max(16_384).startsWith('/'),
    /** Sent with POST as JSON. */
    body: z.unknown().optional(),
    /** Sent with POST as a form, as the Prometheus API takes its parameters. */
    form: z.string().optional(),
  }),
  z.strictObject({ end: id }),
])

const readCost = z.object({ rows: z.number(), bytes: z.number(), ms: z.number() })

export type LiveRequest = z.infer<typeof liveRequestSchema>
/** Rows and bytes read in the store, and milliseconds from the request to its answer. */
export type ReadCost = z.infer<typeof readCost>
/** Head of an answer; `status` as of HTTP. */
export interface LiveAnswer {
  readonly answer: number
  readonly status: number
  readonly retry_after?: number
  readonly cost?: ReadCost
}
/** Rows have become readable: what `now` means from here on, in Unix milliseconds. */
export interface LiveMove {
  readonly moved: number
}
