import { randomFillSync } from 'node:crypto'
import type { Load } from './load.ts'
import { resourceAttributes, services } from './shop-names.ts'
import { seededRandom, WireWriter } from './wire-writer.ts'

const recordsPerRequest = 1000
const podsPerService = 4
const recordsPerResource = 50
/** Different bodies that take turns; texts repeat after this many requests, ids and times never do. */
const bodyCount = 32

const templates: readonly ((n: (below: number) => number) => string)[] = [
  (n) =>
    `Received block blk_${n(1e9)} of size ${n(67108864)} from /10.251.${n(255)}.${n(255)}:${n(65535)} in ${n(900)} ms`,
  (n) => `GET /api/v1/products/${n(100000)} 200 ${n(900)}ms user=${n(1e6)} session=${n(1e9).toString(16)}`,
  (n) =>
    `Order ${n(1e8)} accepted: ${n(20)} items, total ${n(900)}.${n(99)} EUR, warehouse ${n(40)} picks within ${n(48)} h`,
  (n) => `Connection pool stats: active=${n(100)} idle=${n(100)} waiting=${n(10)} max=100 acquired in ${n(500)} us`,
  (n) =>
    `Cache miss for key product:${n(1e6)}:price, loaded from database in ${n(90)} ms, ttl ${n(3600)} s, shard ${n(64)}`,
  (n) =>
    `Payment ${n(1e9)} via card authorised by bank ${n(30)} in ${n(2500)} ms, risk score 0.${n(999)}, attempt ${n(3)}`,
  (n) =>
    `Slow query: SELECT * FROM transactions WHERE account_id = ${n(1e7)} took ${n(9000)} ms, ${n(10000)} rows examined`,
]

interface Body {
  readonly bytes: Buffer
  readonly times: Uint32Array
  readonly traceIds: Uint32Array
  readonly spanIds: Uint32Array
}

/** OTLP log records: 10 resource and 6 record attributes, about 350 bytes each, a trace id on two of five. */
export function otlpLogsLoad(): Load {
  const bodies = Array.from({ length: bodyCount }, (_, i) => buildBody(i))
  let index = 0
  return {
    name: 'OTLP log lines',
    path: '/v1/logs',
    headers: { 'content-type': 'application/x-protobuf' },
    recordsPerRequest,
    next(nowMs) {
      const body = bodies[index]
      index = (index + 1) % bodies.length
      patch(body, nowMs)
      return body.bytes
    },
  }
}

function buildBody(seed: number): Body {
  const writer = new WireWriter()
  const random = seededRandom(seed + 100)
  const below = (limit: number) => Math.floor(random() * limit)
  const found = { times: [] as number[], traceIds: [] as number[], spanIds: [] as number[] }
  const groups = recordsPerRequest / recordsPerResource
  for (let group = 0; group < groups; group += 1) {
    const service = services[(seed * groups + group) % services.length]
    writeResourceLogs(writer, { service, pod: below(podsPerService), below, found })
  }
  return {
    bytes: writer.finish(),
    times: Uint32Array.from(found.times),
    traceIds: Uint32Array.from(found.traceIds),
    spanIds: Uint32Array.from(found.spanIds),
  }
}

interface Group {
  readonly service: string
  readonly pod: number
  readonly below: (limit: number) => number
  readonly found: { times: number[]; traceIds: number[]; spanIds: number[] }
}

function writeResourceLogs(writer: WireWriter, group: Group): void {
  const own = { times: [] as number[], traceIds: [] as number[], spanIds: [] as number[] }
  const outer = writer.nested(1, () => {
    writer.nested(1, () => {
      for (const [key, value] of resourceAttributes(group.service, group.pod)) writer.attribute(1, key, value)
    })
    const inner = writer.nested(2, () => {
      writer.nested(1, () => writer.text(1, 'com.shop.logging'))
      for (let i = 0; i < recordsPerResource; i += 1) writeRecord(writer, { ...group, found: own })
    })
    shift(own, inner)
  })
  shift(own, outer)
  group.found.times.push(...own.times)
  group.found.traceIds.push(...own.traceIds)
  group.found.spanIds.push(...own.spanIds)
}

function shift(found: Group['found'], by: number): void {
  for (const list of [found.times, found.traceIds, found.spanIds])
    for (let i = 0; i < list.length; i += 1) list[i] += by
}

function writeRecord(writer: WireWriter, { below, found }: Group): void {
  const one = { times: [] as number[], traceIds: [] as number[], spanIds: [] as number[] }
  const level = below(100)
  const prefix = writer.nested(2, () => {
    one.times.push(writer.fixed64(1), writer.fixed64(11))
    writer.number(2, level < 3 ? 17 : level < 10 ? 13 : 9)
    writer.text(3, level < 3 ? 'ERROR' : level < 10 ? 'WARN' : 'INFO')
    writer.nested(5, () => writer.text(1, templates[below(templates.length)](below)))
    writer.attribute(6, 'thread.name', `http-nio-8080-exec-${below(64)}`)
    writer.attribute(6, 'code.namespace', 'com.shop.checkout.OrderController')
    writer.attribute(6, 'http.route', ['/checkout', '/cart/{id}', '/products/{id}', '/pay'][below(4)])
    writer.attribute(6, 'http.response.status_code', 200)
    writer.attribute(6, 'user.id', `u-${below(1e6)}`)
    writer.attribute(6, 'shop.tier', ['gold', 'silver', 'free'][below(3)])
    if (below(5) < 2) {
      one.traceIds.push(writer.blob(9, 16))
      one.spanIds.push(writer.blob(10, 8))
    }
  })
  shift(one, prefix)
  found.times.push(...one.times)
  found.traceIds.push(...one.traceIds)
  found.spanIds.push(...one.spanIds)
}

function patch({ bytes, times, traceIds, spanIds }: Body, nowMs: number): void {
  const base = BigInt(nowMs) * 1_000_000n
  // Times step through the last 100 ms with jitter in the nanoseconds, as lines of many threads do.
  for (let i = 0; i < times.length; i += 2) {
    const time = base - BigInt(100_000_000 - i * 40_000 - ((i * 7919) % 39_999))
    bytes.writeBigUInt64LE(time, times[i])
    bytes.writeBigUInt64LE(time + BigInt(50_000 + ((i * 104_729) % 900_000)), times[i + 1])
  }
  for (const at of traceIds) randomFillSync(bytes, at, 16)
  for (const at of spanIds) randomFillSync(bytes, at, 8)
}
