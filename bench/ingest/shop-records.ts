import { randomFillSync } from 'node:crypto'
import { services } from './shop-names.ts'
import { seededRandom } from './wire-writer.ts'

/*
 * What the loads of other protocols than OTLP send: the same lines, spans and samples as its loads, as values. Every
 * protocol writes of them what it has a place for.
 */

/** Records, or samples, in one request. */
export const recordsPerRequest = 1_000

/** Where records come from. */
export interface ShopOrigin {
  readonly service: string
  readonly pod: string
  readonly host: string
}

export interface ShopLine {
  readonly origin: ShopOrigin
  readonly level: 'INFO' | 'WARN' | 'ERROR'
  readonly body: string
  readonly attributes: Readonly<Record<string, string>>
  readonly hasTrace: boolean
}

export interface ShopSpan {
  readonly origin: ShopOrigin
  readonly name: string
  readonly isServer: boolean
  readonly attributes: Readonly<Record<string, string>>
  readonly durationUs: number
  readonly isError: boolean
}

/** One series that is sent again and again. */
export interface ShopSeries {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

const bodies: readonly ((below: (limit: number) => number) => string)[] = [
  (n) => `Received block blk_${n(1e9)} of size ${n(67108864)} from /10.251.${n(255)}.${n(255)}:${n(65535)}`,
  (n) => `Order ${n(1e8)} accepted: ${n(20)} items, total ${n(900)}.${n(99)} EUR, warehouse ${n(40)} picks it`,
  (n) => `Cache miss for key product:${n(1e6)}:price, loaded from database in ${n(90)} ms, ttl ${n(3600)} s`,
  (n) => `Payment ${n(1e9)} via card authorised by bank ${n(30)} in ${n(2500)} ms, risk score 0.${n(999)}`,
]

function originOf(below: (limit: number) => number): ShopOrigin {
  const service = services[below(services.length)]
  const pod = below(4)
  return { service, pod: `${service}-6f7d9c5b8d-${pod}`, host: `node-${(service.length * 7 + pod) % 24}` }
}

/** Lists of one request each; groups of 50 come from one origin, as collectors batch them. */
function listsOf<T>(make: (origin: ShopOrigin, below: (limit: number) => number) => T): readonly (readonly T[])[] {
  return Array.from({ length: 16 }, (_, seed) => {
    const random = seededRandom(seed + 500)
    const below = (limit: number): number => Math.floor(random() * limit)
    let origin = originOf(below)
    return Array.from({ length: recordsPerRequest }, (_record, i) => {
      if (i % 50 === 0) origin = originOf(below)
      return make(origin, below)
    })
  })
}

/** Log lines of requests, one list after another. */
export function shopLines(): () => readonly ShopLine[] {
  return inTurn(
    listsOf((origin, below): ShopLine => {
      const level = below(100)
      return {
        origin,
        level: level < 3 ? 'ERROR' : level < 10 ? 'WARN' : 'INFO',
        body: bodies[below(bodies.length)](below),
        attributes: {
          thread: `http-nio-8080-exec-${below(64)}`,
          logger: 'com.shop.checkout.OrderController',
          route: ['/checkout', '/cart/{id}', '/products/{id}', '/pay'][below(4)],
          status: '200',
          user: `u-${below(1e6)}`,
          tier: ['gold', 'silver', 'free'][below(3)],
        },
        hasTrace: below(5) < 2,
      }
    }),
  )
}

/** Spans of requests. */
export function shopSpans(): () => readonly ShopSpan[] {
  return inTurn(
    listsOf(
      (origin, below): ShopSpan => ({
        origin,
        name: ['POST /checkout', 'SELECT shop.transactions', 'GET /products/{id}', 'POST /pay'][below(4)],
        isServer: below(2) === 0,
        attributes: {
          'http.request.method': 'POST',
          'http.route': ['/checkout', '/pay', '/cart/{id}'][below(3)],
          'http.response.status_code': '200',
          'server.address': `svc-${below(50)}.shop.svc.cluster.local`,
          'server.port': '8080',
          'user.id': `u-${below(1e6)}`,
          'thread.id': String(below(200)),
        },
        durationUs: 1_000 + below(250_000),
        isError: below(50) === 0,
      }),
    ),
  )
}

/** 10,000 series with 10 labels, as many as the row of remote_write has, so many per request. */
export function shopSeries(): () => readonly ShopSeries[] {
  const all = Array.from({ length: 10_000 }, (_, i): ShopSeries => {
    const target = Math.floor(i / 500)
    return {
      name: `bench_${['cpu_seconds', 'memory_bytes', 'disk_reads', 'network_bytes', 'load'][Math.floor((i % 500) / 100)]}`,
      labels: {
        cluster: 'production-eu-central-1',
        device: `device-${i % 100}`,
        instance: `10.0.0.${target}:9100`,
        job: `job-${target}`,
        mode: ['idle', 'user', 'system', 'iowait'][i % 4],
        namespace: `namespace-${target % 7}`,
        pod: `pod-${target}-6f7d9c5b8d-x2x9z`,
        region: 'eu-central-1',
        team: `team-${target % 11}`,
      },
    }
  })
  return inTurn(Array.from({ length: 10 }, (_, i) => all.slice(i * recordsPerRequest, (i + 1) * recordsPerRequest)))
}

function inTurn<T>(lists: readonly T[]): () => T {
  let next = 0
  return () => lists[next++ % lists.length]
}

/** Random bytes, at least as many as asked for in all by one request. */
const pool = Buffer.alloc(recordsPerRequest * 32)
let used = pool.length

/** A view of so many random bytes, good for the request at hand. */
export function randomId(bytes: number): Buffer {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  const id = pool.subarray(used - bytes, used)
  given?.push(Buffer.from(id))
  return id
}

let given: Buffer[] | null = null

/** What `make` makes, and the ids that it was given meanwhile, in their order. */
export function idsGivenBy<T>(make: () => T): { made: T; ids: readonly Buffer[] } {
  const ids: Buffer[] = []
  given = ids
  try {
    return { made: make(), ids }
  } finally {
    given = null
  }
}

/** Unix nanoseconds of record `i` of a request. */
export function nanoOf(nowMs: number, i: number): bigint {
  return BigInt(nowMs) * 1_000_000n - BigInt(100_000_000 - i * 80_000 - ((i * 7919) % 79_999))
}

/** Unix microseconds of record `i`. */
export function microOf(nowMs: number, i: number): number {
  return (nowMs - 100) * 1000 + i * 80 + ((i * 7919) % 79)
}
