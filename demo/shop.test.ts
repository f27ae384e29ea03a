import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './launch/embedded-postgres.ts'
import type { TruthRecord } from './launch/truth-file.ts'
import { type Progress, type Shop, startShop } from './shop.ts'
import { type OtlpRecorder, type RecordedSpan, startOtlpRecorder } from './testing/otlp-recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'shop-test-'))
const progress: Progress[] = []
let postgres: EmbeddedPostgres
let recorder: OtlpRecorder
let shop: Shop

beforeAll(async () => {
  ;[postgres, recorder] = await Promise.all([startEmbeddedPostgres(), startOtlpRecorder()])
  shop = await startShop({
    ...{ otlpEndpoint: recorder.url, databaseUrl: postgres.url, folder, ratePerSecond: 0, seed: 1 },
    onProgress: (member) => progress.push(member),
  })
})

afterAll(async () => {
  await shop?.stop()
  await postgres?.stop()
  recorder?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** One request through the gateway. */
async function ask(
  method: 'GET' | 'POST',
  path: string,
  options: { token?: string; session?: string; body?: object } = {},
) {
  const response = await fetch(shop.gatewayUrl + path, {
    method,
    headers: { authorization: `Bearer ${options.token}`, 'x-session-id': options.session ?? 'session-none' },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** A visit that ends with a payment; the answer of the checkout. */
async function buy(session: string, method: string) {
  const login = await ask('POST', '/api/login', { session, body: { customerId: 3 } })
  const token = String(login.body.token)
  await ask('POST', '/api/cart/items', { session, token, body: { sku: 'SKU-001', quantity: 2 } })
  const startedMs = performance.now()
  const answer = await ask('POST', '/api/checkout', { session, token, body: { method } })
  return { ...answer, durationMs: performance.now() - startedMs }
}

/** The spans of the checkout of a session, once its notification was handled. */
async function traceOfCheckout(session: string): Promise<RecordedSpan[]> {
  const find = () => {
    const root = recorder.spans.find(
      ({ name, attributes }) => name === 'POST /api/checkout' && attributes['session.id'] === session,
    )
    return recorder.spans.filter(({ traceId }) => traceId === root?.traceId)
  }
  await recorder.until(`the notification of ${session}`, () => {
    const names = find().map(({ name }) => name)
    return names.includes('process notifications') && names.includes('process orders')
  })
  return find()
}

function truth(): TruthRecord[] {
  const text = readFileSync(shop.truthPath, 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TruthRecord)
}

describe('the shop', () => {
  it('starts every service as a process of its own and reports each', () => {
    const names = progress.map(({ name }) => name)
    expect(new Set(shop.processes.map(({ pid }) => pid)).size).toBe(11)
    for (const service of ['api-gateway', 'auth', 'cart', 'checkout', 'inventory', 'payment', 'shipping'])
      expect(names).toContain(service)
  })

  it('writes one connected trace for a checkout, across processes, database, bank and queue', async () => {
    const answer = await buy('session-one', 'card')
    expect(answer).toMatchObject({ status: 201, body: { orderId: '10001', totalCents: 1274 } })

    const spans = await traceOfCheckout('session-one')
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== '' && !byId.has(parentSpanId))
    expect(orphans).toEqual([])
    expect(spans.filter(({ parentSpanId }) => parentSpanId === '').map(({ name }) => name)).toEqual([
      'POST /api/checkout',
    ])
    expect([...new Set(spans.map(({ service }) => service))].sort()).toEqual([
      'api-gateway',
      'auth',
      'cart',
      'checkout',
      'inventory',
      'notification',
      'order-worker',
      'payment',
      'shipping',
    ])
  })

  it('names what was called: route, statement, bank and topic', async () => {
    await buy('session-names', 'invoice')
    const spans = await traceOfCheckout('session-names')
    const find = (service: string, kind: number, match: Record<string, unknown>) =>
      spans.find((span) => span.service === service && span.kind === kind && has(span.attributes, match))

    expect(find('payment', 2, { 'http.route': '/payments', 'payment.method': 'invoice' })).toBeDefined()
    const query = spans.find(
      ({ service, attributes }) =>
        service === 'payment' && String(attributes['db.query.text']).startsWith('SELECT * FROM transactions'),
    )
    expect(query).toMatchObject({ kind: 3, attributes: { 'db.system.name': 'postgresql' } })
    expect(find('payment', 3, { 'server.address': 'bank-api', 'http.response.status_code': 200 })).toBeDefined()
    const sent = find('checkout', 4, { 'messaging.system': 'postgresql', 'messaging.destination.name': 'orders' })
    const taken = find('order-worker', 5, { 'messaging.operation.type': 'process' })
    expect(taken?.parentSpanId).toBe(sent?.spanId)
    expect(taken?.links).toEqual([sent?.spanId])
    expect(sent?.resource).toMatchObject({
      ...{ 'service.namespace': 'shop', 'service.version': '4.1.0', 'deployment.environment.name': 'demo' },
      'service.instance.id': expect.stringMatching(/^checkout-[0-9a-f]{8}$/),
    })
  })

  it('sends its log lines with the trace they belong to', async () => {
    await buy('session-lines', 'card')
    const [{ traceId }] = await traceOfCheckout('session-lines')
    const ofTrace = () => recorder.lines.filter((line) => line.traceId === traceId)
    const wanted = ['Checkout completed', 'Payment processing started', 'Reserved stock', 'Notification sent']
    await recorder.until('the lines of the checkout', () =>
      wanted.every((text) => ofTrace().some(({ body }) => body.startsWith(text))),
    )
    const line = ofTrace().find(({ body }) => body.startsWith('Payment processing started'))
    expect(line).toMatchObject({ service: 'payment', severity: 'info', attributes: { 'session.id': 'session-lines' } })
  })

  it('answers /metrics on every target it announces', async () => {
    const targets = JSON.parse(readFileSync(shop.targetsPath, 'utf8')) as {
      targets: string[]
      labels: { service: string }
    }[]
    expect(targets.map(({ labels }) => labels.service).sort()).toEqual(
      shop.targets.map(({ service }) => service).sort(),
    )
    expect(targets).toHaveLength(9)
    for (const {
      targets: [address],
      labels,
    } of targets) {
      const text = await (await fetch(`http://${address}/metrics`)).text()
      expect(text, labels.service).toMatch(/^process_resident_memory_bytes \d+/m)
      expect(text.endsWith('# EOF\n'), labels.service).toBe(true)
      if (labels.service === 'payment') {
        expect(text).toMatch(/^db_connections_max 10$/m)
        expect(text).toMatch(/^db_connections_active \d+$/m)
        expect(text).toMatch(/^payment_requests_total\{method="card",processor="bank",status="settled"\} \d+/m)
        expect(text).toMatch(/^http_request_duration_seconds_bucket\{.*\} \d+ # \{trace_id="[0-9a-f]{32}"/m)
      }
    }
    const wanted = [
      'checkout/shop.order.value',
      'payment/http.server.request.duration',
      'payment/db.client.connection.count',
    ]
    await recorder.until('metrics by OTLP', () => wanted.every((name) => recorder.metrics.has(name)))
  })

  it('makes payment slow when the pool is exhausted, says so, and writes down the truth', async () => {
    const before = Date.now()
    const on = await fetch(`${shop.controlUrl}/faults/connection-pool`, { method: 'POST', body: '{"active":true}' })
    expect(await on.json()).toMatchObject({ name: 'connection-pool', active: true })
    await recorder.until('an exhausted pool', () =>
      recorder.lines.some(({ body }) => body === 'Reconciliation skipped customers'),
    )

    const answers = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => buy(`session-pool-${name}`, 'card')))
    expect(Math.max(...answers.map(({ durationMs }) => durationMs))).toBeGreaterThan(1_000)
    const wanted = [
      ['error', 'Slow query: SELECT * FROM transactions WHERE '],
      ['error', 'Database connection pool exhausted'],
      ['warn', 'Using fallback payment processor'],
    ]
    await recorder.until('the lines of the incident', () =>
      wanted.every(([severity, text]) =>
        recorder.lines.some((line) => line.severity === severity && line.traceId !== '' && line.body.startsWith(text)),
      ),
    )
    const payment = shop.targets.find(({ service }) => service === 'payment')
    expect(await (await fetch(`http://${payment?.address}/metrics`)).text()).toMatch(/^db_connections_active 10$/m)

    await shop.faults.stop('connection-pool')
    const [begin, end] = truth()
    expect(begin).toMatchObject({ event: 'fault-begin', fault: 'connection-pool', cause: { service: 'payment' } })
    expect(end).toMatchObject({ event: 'fault-end', fault: 'connection-pool' })
    expect(begin.timeUnixMs).toBeGreaterThanOrEqual(before)
    expect(end.timeUnixMs).toBeGreaterThan(begin.timeUnixMs)
    expect(truth()).toHaveLength(2)
  })

  it('ships a bad deploy: another version that fails for one way to pay, until it is rolled back', async () => {
    await shop.faults.start('bad-deploy')
    expect(await buy('session-bad', 'paypal')).toMatchObject({ status: 502 })
    expect(await buy('session-good', 'card')).toMatchObject({ status: 201 })
    await recorder.until('the failed span of the new version', () =>
      recorder.spans.some(
        ({ resource, attributes }) =>
          resource['service.version'] === '4.2.0' &&
          has(attributes, { 'http.response.status_code': 500, 'payment.method': 'paypal' }),
      ),
    )
    await shop.faults.stop('bad-deploy')
    expect(await buy('session-mended', 'paypal')).toMatchObject({ status: 201 })
  })

  it('refuses a fault it does not know, and a page of another site', async () => {
    const unknown = await fetch(`${shop.controlUrl}/faults/gremlins`, { method: 'POST' })
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toMatchObject({
      error: expect.stringContaining('known are connection-pool, memory-leak'),
    })
    const headers = { origin: 'https://elsewhere.example' }
    expect((await fetch(`${shop.controlUrl}/faults/memory-leak`, { method: 'POST', headers })).status).toBe(403)
  })
})

function has(attributes: Readonly<Record<string, unknown>>, match: Record<string, unknown>): boolean {
  return Object.entries(match).every(([key, value]) => attributes[key] === value)
}
