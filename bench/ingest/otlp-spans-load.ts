import { randomFillSync } from 'node:crypto'
import type { Load } from './load.ts'
import { resourceAttributes, services } from './shop-names.ts'
import { seededRandom, WireWriter } from './wire-writer.ts'

const tracesPerRequest = 100
const spansPerTrace = 10
const bodyCount = 32
const operations = [
  'POST /checkout',
  'SELECT shop.transactions',
  'GET /products/{id}',
  'publish orders',
  'POST /pay',
  'GET /cart/{id}',
]

interface SpanPlace {
  readonly trace: number
  readonly traceId: number
  readonly spanId: number
  readonly parentId: number
  /** Index of the parent inside the trace, -1 for the root. */
  readonly parent: number
  readonly start: number
  readonly end: number
}

interface Body {
  readonly bytes: Buffer
  readonly spans: readonly SpanPlace[]
}

/** OTLP spans: traces of 10 spans over 5 services, 7 attributes, about 330 bytes each. */
export function otlpSpansLoad(): Load {
  const bodies = Array.from({ length: bodyCount }, (_, i) => buildBody(i))
  let index = 0
  return {
    name: 'OTLP spans',
    path: '/v1/traces',
    headers: { 'content-type': 'application/x-protobuf' },
    recordsPerRequest: tracesPerRequest * spansPerTrace,
    next(nowMs) {
      const body = bodies[index]
      index = (index + 1) % bodies.length
      patch(body, nowMs)
      return body.bytes
    },
  }
}

/** Spans of five services, grouped by service as an exporter of each would send them, in one body as a collector batches them. */
function buildBody(seed: number): Body {
  const writer = new WireWriter()
  const random = seededRandom(seed + 7000)
  const below = (limit: number) => Math.floor(random() * limit)
  const spans: SpanPlace[] = []
  for (let part = 0; part < 5; part += 1) {
    const service = services[(seed + part * 11) % services.length]
    const own: SpanPlace[] = []
    const outer = writer.nested(1, () => {
      writer.nested(1, () => {
        for (const [key, value] of resourceAttributes(service, below(4))) writer.attribute(1, key, value)
      })
      const inner = writer.nested(2, () => {
        writer.nested(1, () => writer.text(1, 'io.opentelemetry.http'))
        for (let trace = 0; trace < tracesPerRequest; trace += 1)
          for (const inTrace of [part, part + 5]) own.push(writeSpan(writer, { trace, inTrace, below }))
      })
      moveAll(own, inner)
    })
    moveAll(own, outer)
    spans.push(...own)
  }
  return { bytes: writer.finish(), spans }
}

function moveAll(spans: SpanPlace[], by: number): void {
  for (let i = 0; i < spans.length; i += 1) spans[i] = moved(spans[i], by)
}

function moved(span: SpanPlace, by: number): SpanPlace {
  return {
    ...span,
    traceId: span.traceId + by,
    spanId: span.spanId + by,
    parentId: span.parentId < 0 ? -1 : span.parentId + by,
    start: span.start + by,
    end: span.end + by,
  }
}

function writeSpan(
  writer: WireWriter,
  place: { trace: number; inTrace: number; below: (limit: number) => number },
): SpanPlace {
  const { trace, inTrace, below } = place
  let made = { traceId: 0, spanId: 0, parentId: -1, start: 0, end: 0 }
  const prefix = writer.nested(2, () => {
    const traceId = writer.blob(1, 16)
    const spanId = writer.blob(2, 8)
    const parentId = inTrace === 0 ? -1 : writer.blob(4, 8)
    writer.text(5, operations[(inTrace + (trace % 2)) % operations.length])
    writer.number(6, inTrace % 2 === 0 ? 2 : 3)
    made = { traceId, spanId, parentId, start: writer.fixed64(7), end: writer.fixed64(8) }
    writer.attribute(9, 'http.request.method', 'POST')
    writer.attribute(9, 'http.route', ['/checkout', '/pay', '/cart/{id}'][below(3)])
    writer.attribute(9, 'http.response.status_code', below(50) === 0 ? 500 : 200)
    writer.attribute(9, 'server.address', `svc-${below(50)}.shop.svc.cluster.local`)
    writer.attribute(9, 'server.port', 8080)
    writer.attribute(9, 'user.id', `u-${below(1e6)}`)
    writer.attribute(9, 'thread.id', below(200))
    if (below(50) === 0) writer.nested(15, () => writer.number(3, 2))
  })
  return moved({ trace, parent: inTrace === 0 ? -1 : Math.floor((inTrace - 1) / 2), ...made }, prefix)
}

const ids = Buffer.alloc(tracesPerRequest * (16 + 8 * spansPerTrace))

function patch({ bytes, spans }: Body, nowMs: number): void {
  randomFillSync(ids)
  const perTrace = 16 + 8 * spansPerTrace
  const spanIndex = (span: SpanPlace, position: number) => span.trace * perTrace + 16 + position * 8
  const base = BigInt(nowMs) * 1_000_000n
  for (let i = 0; i < spans.length; i += 1) {
    const span = spans[i]
    const part = Math.floor(i / (tracesPerRequest * 2))
    const inTrace = part + (i % 2) * 5
    ids.copy(bytes, span.traceId, span.trace * perTrace, span.trace * perTrace + 16)
    ids.copy(bytes, span.spanId, spanIndex(span, inTrace), spanIndex(span, inTrace) + 8)
    if (span.parentId >= 0)
      ids.copy(bytes, span.parentId, spanIndex(span, span.parent), spanIndex(span, span.parent) + 8)
    const start = base - BigInt(900_000_000 - inTrace * 20_000_000 - ((i * 7919) % 1_000_000))
    bytes.writeBigUInt64LE(start, span.start)
    bytes.writeBigUInt64LE(start + BigInt(1_000_000 + ((i * 104_729) % 250_000_000)), span.end)
  }
}
