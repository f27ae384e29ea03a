import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Attribute } from '../../model/columns.ts'
import { resourceOf, type SpanRow, spanBatch, text } from '../load/batches-fixture-suite.ts'
import { countSpans } from './count-spans.ts'
import { type DeriveBench, openDeriveBench, runWithCrashes } from './derive-fixture-suite.ts'

/** 2026-11-20T00:00:00Z */
const start = 1_795_132_800_000
const derived = ['service_edges', 'span_metrics', 'service_minutes', 'derive_progress', 'late_marks'] as const

let bench: DeriveBench
beforeAll(async () => {
  bench = await openDeriveBench(start)
})
afterAll(() => bench.close())
beforeEach(() => bench.empty('spans', 'trace_index', ...derived))

const services = ['web', 'cart', 'payment', 'worker'] as const
const resources = services.map((name) => resourceOf({ 'service.name': name }))
const kinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const
let lastId = 0

interface Span {
  id?: string
  trace?: string
  parent?: string
  service: (typeof services)[number]
  kind: keyof typeof kinds
  atMs: number
  tookMs?: number
  failed?: boolean
  attributes?: Readonly<Record<string, string>>
  link?: readonly [trace: string, span: string]
}

function newId(bytes: number): string {
  lastId += 1
  return lastId.toString(16).padStart(bytes * 2, '0')
}

function rowOf(span: Span): SpanRow {
  const begin = BigInt(span.atMs) * 1_000_000n
  const attributes: Attribute[] = Object.entries(span.attributes ?? {}).map(([key, value]) => text(key, value))
  return {
    traceId: span.trace ?? 'ab'.repeat(16),
    spanId: span.id ?? newId(8),
    ...(span.parent === undefined ? {} : { parentId: span.parent }),
    start: begin,
    end: begin + BigInt(span.tookMs ?? 1) * 1_000_000n,
    name: `${span.service} ${span.kind}`,
    kind: kinds[span.kind],
    status: span.failed ? 2 : 0,
    attributes,
    links: span.link === undefined ? [] : [{ traceId: span.link[0], spanId: span.link[1] }],
    resource: services.indexOf(span.service),
  }
}

async function write(...spans: readonly Span[]): Promise<void> {
  await bench.write(spanBatch(spans.map(rowOf), { resources }))
}

async function edges(): Promise<string[]> {
  const found = await bench.rows<{ edge: string }>(
    `SELECT concat(client_type, ':', client, ' -> ', server_type, ':', server, ' ', protocol, ' ', toString(calls), '/', toString(errors), ' ', toString(duration_sum / 1000000), ' ms')
      AS edge FROM service_edges FINAL WHERE calls > 0 ORDER BY edge`,
  )
  return found.map(({ edge }) => edge)
}

const http = { 'http.request.method': 'GET' }
const cases: readonly (readonly [name: string, spans: readonly Span[], wanted: readonly string[]])[] = [
  [
    'a server span that a client span of another service called',
    [
      { id: '01'.repeat(8), service: 'web', kind: 'client', atMs: start, tookMs: 9, attributes: http },
      {
        parent: '01'.repeat(8),
        service: 'cart',
        kind: 'server',
        atMs: start + 1,
        tookMs: 7,
        failed: true,
        attributes: http,
      },
    ],
    ['service:web -> service:cart http 1/1 7 ms'],
  ],
  [
    'a call over the end of a minute, which counts when it is served',
    [
      {
        id: '01'.repeat(8),
        service: 'web',
        kind: 'client',
        atMs: start + 59_999,
        tookMs: 9,
        attributes: { 'server.address': 'cart' },
      },
      { parent: '01'.repeat(8), service: 'cart', kind: 'server', atMs: start + 60_001 },
    ],
    ['service:web -> service:cart  1/0 1 ms'],
  ],
  [
    'a server span without a parent: entry',
    [{ service: 'web', kind: 'server', atMs: start, attributes: { 'rpc.system': 'grpc' } }],
    ['entry: -> service:web grpc 1/0 1 ms'],
  ],
  [
    'a server span whose parent is not known: entry',
    [{ parent: '77'.repeat(8), service: 'web', kind: 'server', atMs: start }],
    ['entry: -> service:web  1/0 1 ms'],
  ],
  [
    'topics between producer and consumer',
    [
      {
        id: '01'.repeat(8),
        service: 'cart',
        kind: 'producer',
        atMs: start,
        attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
      },
      {
        parent: '01'.repeat(8),
        service: 'worker',
        kind: 'consumer',
        atMs: start + 5,
        tookMs: 3,
        attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' },
      },
    ],
    ['service:cart -> topic:orders kafka 1/0 1 ms', 'topic:orders -> service:worker kafka 1/0 3 ms'],
  ],
  [
    'a consumer that names no topic, by its parent and by its link',
    [
      {
        id: '01'.repeat(8),
        service: 'cart',
        kind: 'producer',
        atMs: start,
        attributes: { 'messaging.destination.name': 'orders' },
      },
      { parent: '01'.repeat(8), service: 'worker', kind: 'consumer', atMs: start + 5 },
      {
        trace: 'cd'.repeat(16),
        service: 'payment',
        kind: 'consumer',
        atMs: start + 5,
        link: ['ab'.repeat(16), '01'.repeat(8)],
      },
    ],
    [
      'service:cart -> topic:orders  1/0 1 ms',
      'topic:orders -> service:payment  1/0 1 ms',
      'topic:orders -> service:worker  1/0 1 ms',
    ],
  ],
  [
    'client spans that nobody answers go to what they name',
    [
      {
        service: 'cart',
        kind: 'client',
        atMs: start,
        tookMs: 2,
        failed: true,
        attributes: { 'db.system.name': 'postgresql', 'db.namespace': 'orders', 'server.address': 'db1' },
      },
      { service: 'cart', kind: 'client', atMs: start, attributes: { 'db.system': 'redis' } },
      { service: 'cart', kind: 'client', atMs: start, attributes: { 'peer.service': 'bank', 'server.address': 'x' } },
      { service: 'cart', kind: 'client', atMs: start, attributes: { ...http, 'server.address': 'api.example.com' } },
      {
        service: 'cart',
        kind: 'client',
        atMs: start,
        attributes: { ...http, 'url.full': 'https://maps.example.com/x?y' },
      },
      { service: 'cart', kind: 'client', atMs: start },
    ],
    [
      'service:cart -> database:postgresql:orders postgresql 1/1 2 ms',
      'service:cart -> database:redis redis 1/0 1 ms',
      'service:cart -> external:api.example.com http 1/0 1 ms',
      'service:cart -> external:bank  1/0 1 ms',
      'service:cart -> external:maps.example.com http 1/0 1 ms',
    ],
  ],
  [
    'no edge for inner spans',
    [{ id: '01'.repeat(8), service: 'web', kind: 'internal', parent: '02'.repeat(8), atMs: start }],
    [],
  ],
]

describe('service edges', () => {
  it.each(cases)('%s', async (_name, spans, wanted) => {
    bench.clock.advance(start + 70_000 - bench.clock.nowMs())
    await write(...spans)
    bench.clock.advance(310_000)
    await countSpans(bench.context())
    expect(await edges()).toEqual([...wanted].sort())
  })

  it('takes back the edge to an outside host when the answering span arrives minutes later', async () => {
    const now = bench.clock.nowMs()
    await write({
      id: '01'.repeat(8),
      service: 'web',
      kind: 'client',
      atMs: now,
      attributes: { 'server.address': 'cart' },
    })
    bench.clock.advance(310_000)
    await countSpans(bench.context())
    expect(await edges()).toEqual(['service:web -> external:cart  1/0 1 ms'])
    await write({ parent: '01'.repeat(8), service: 'cart', kind: 'server', atMs: now + 1 })
    bench.clock.advance(17 * 60_000)
    await countSpans(bench.context())
    expect(await edges()).toEqual(['service:web -> service:cart  1/0 1 ms'])
  })
})

describe('span metrics', () => {
  it('counts calls and durations by service, name, kind and status', async () => {
    const now = Math.ceil(bench.clock.nowMs() / 60_000) * 60_000
    bench.clock.advance(now + 60_000 - bench.clock.nowMs())
    await write(
      ...[1, 2, 40].map((tookMs) => ({ service: 'web', kind: 'server', atMs: now + tookMs, tookMs }) as const),
      { service: 'web', kind: 'server', atMs: now, failed: true },
    )
    bench.clock.advance(310_000)
    await countSpans(bench.context())
    const bucket = (ms: number) => Math.floor(4 * Math.log2(ms * 1e6))
    expect(
      await bench.rows(
        'SELECT service, name, kind, status, calls, duration_sum, duration_max, durations FROM span_metrics FINAL ORDER BY status',
      ),
    ).toEqual([
      {
        service: 'web',
        name: 'web server',
        kind: 2,
        status: 0,
        calls: '3',
        duration_sum: '43000000',
        duration_max: '40000000',
        durations: { [bucket(1)]: '1', [bucket(2)]: '1', [bucket(40)]: '1' },
      },
      {
        service: 'web',
        name: 'web server',
        kind: 2,
        status: 2,
        calls: '1',
        duration_sum: '1000000',
        duration_max: '1000000',
        durations: { [bucket(1)]: '1' },
      },
    ])
  })
})

let seed = 4
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
  return Math.floor((seed / 2 ** 32) * below)
}

/** A call from service to service, down to a database; its spans one by one. */
function trace(atMs: number): Span[] {
  const id = newId(16)
  const spans: Span[] = []
  let parent: string | undefined
  let at = atMs
  for (const service of services.slice(0, 1 + random(4))) {
    const server = newId(8)
    spans.push({
      trace: id,
      id: server,
      ...(parent === undefined ? {} : { parent }),
      service,
      kind: 'server',
      atMs: at,
      tookMs: random(300_000),
      failed: random(9) === 0,
    })
    parent = newId(8)
    at += random(100_000)
    spans.push({
      trace: id,
      id: parent,
      parent: server,
      service,
      kind: 'client',
      atMs: at,
      tookMs: random(200_000),
      attributes: random(2) === 0 ? { 'db.system': 'mysql' } : { 'server.address': 'next' },
    })
    at += random(90_000)
  }
  return spans
}

describe('countSpans', () => {
  const everything = async () => ({
    edges: await bench.rows('SELECT * EXCEPT made FROM service_edges FINAL WHERE calls > 0 ORDER BY ALL'),
    metrics: await bench.rows('SELECT * EXCEPT made FROM span_metrics FINAL WHERE calls > 0 ORDER BY ALL'),
    minutes: await bench.rows('SELECT * EXCEPT made FROM service_minutes FINAL WHERE spans > 0 ORDER BY ALL'),
  })

  it('equals a recount over the stored rows, with spans that come out of order, late, and crashes in between', {
    timeout: 180_000,
  }, async () => {
    const begin = Math.ceil(bench.clock.nowMs() / 60_000) * 60_000
    bench.clock.advance(begin - bench.clock.nowMs())
    const coming: { span: Span; arrivesMs: number }[] = []
    for (let minute = 0; minute < 12; minute++)
      for (let n = 0; n < 4; n++)
        for (const span of trace(begin + minute * 60_000 + random(60_000))) {
          const delay = random(10) === 0 ? random(25 * 60_000) : random(90_000)
          coming.push({ span, arrivesMs: span.atMs + (span.tookMs ?? 0) + delay })
        }
    for (let step = 0; step < 40; step++) {
      bench.clock.advance(60_000)
      const now = bench.clock.nowMs()
      const arrived = coming.filter(({ arrivesMs }) => arrivesMs < now && arrivesMs >= now - 60_000)
      if (arrived.length > 0) await write(...arrived.map(({ span }) => span))
      if (step === 16) await runWithCrashes(bench, countSpans)
      else if (step % 4 === 0) await countSpans(bench.context())
    }
    bench.clock.advance(15 * 60_000)
    await countSpans(bench.context())
    expect(await bench.rows('SELECT count() > 3 AS some FROM late_marks FINAL')).toEqual([{ some: 1 }])
    const found = await everything()
    await bench.empty(...derived)
    await countSpans(bench.context())
    const wanted = await everything()
    expect(wanted.edges.length).toBeGreaterThan(50)
    expect(found.metrics).toEqual(wanted.metrics)
    expect(found.edges).toEqual(wanted.edges)
  })
})
