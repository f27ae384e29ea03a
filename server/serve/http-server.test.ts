import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { refuse } from '../access/refusal.ts'
import type { LedgerEntry } from '../model/ledger.ts'
import type { Scope } from '../model/scope.ts'
import type { TenantId } from '../model/tenant.ts'
import { story, tellCheckoutStory } from '../query/checkout-story-suite.ts'
import { createQueryContext } from '../query/query-context.ts'
import { systemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import type { Part, PartHealth } from '../runtime/part.ts'
import { StoreUnavailable } from '../store/engine/store-errors.ts'
import { openReadFixture, type ReadFixture, testScope } from '../store/read/read-fixture-suite.ts'
import { createHttpServer } from './http-server.ts'
import type { ScopeOf } from './request-scope.ts'

const clock = { ...systemClock, nowMs: () => story.nowMs }
const state: Record<string, PartHealth> = { journal: { ready: true }, engine: { ready: true } }
const part = (name: string): Part => ({
  ...{ name, start: () => Promise.resolve(), stop: () => Promise.resolve(), health: () => state[name] },
})

const entry = (fields: Partial<LedgerEntry>): LedgerEntry => ({
  ...{
    tenant: 1 as TenantId,
    signal: 'logs',
    receiver: 'otlp_http',
    receivedRows: 10,
    receivedBytes: 900,
    storedRows: 7,
  },
  ...{ waitingRows: 1, rejectedRows: 2, lastReceivedUnixMs: story.nowMs },
  senders: 1,
  lately: { receivedRows: 3, storedRows: 2, rejectedRows: 1, receivedCourse: [1, 2] },
  rejections: [{ reason: 'too_old', count: 2, sample: 'logs[3]: too old', lastUnixMs: story.nowMs }],
  ...fields,
})

let fixture: ReadFixture
let app: FastifyInstance
let ledger: LedgerEntry[] = []
let onScope: (scope: Scope) => void = () => {}
let openScopes = 0
/** What the next request's scope is made of. */
let wish: Parameters<typeof testScope>[0] = {}
let refuseWith: Error | undefined

const scopeOf: ScopeOf = (request) => {
  if (request.headers.authorization === 'Bearer wrong') return Promise.resolve(refuse(401, 'no such token'))
  if (refuseWith !== undefined) return Promise.reject(refuseWith)
  openScopes += 1
  const tenant = Number(request.headers['x-scope-orgid'] ?? 1)
  const scope = {
    ...testScope({ tenant, signal: request.signal, ...wish }),
    [Symbol.dispose]() {
      openScopes -= 1
    },
  }
  onScope(scope)
  return Promise.resolve(scope)
}

beforeAll(async () => {
  fixture = await openReadFixture()
  await tellCheckoutStory(fixture.store)
  app = await createHttpServer({
    ...{ logger: silentLogger(), version: '1.2.3', scopeOf },
    queries: createQueryContext({ store: fixture.store, clock }),
    parts: () => [part('journal'), part('engine')],
    exposition: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'sightline_up 1\n' }),
    ledger: {
      entries: (by) => ledger.map((one) => ({ ...one, source: { sender: `of ${by}`, accessKey: `at ${by}` } })),
    },
    receiverPlaces: [{ receiver: 'otlp_http', title: 'OTLP over HTTP', listensAt: [':4318', '/v1/logs'] }],
    tenantName: (tenant) => (tenant === 1 ? 'default' : `tenant-${tenant}`),
    maySee: (scope, tenant) => scope.tenant === 1 && tenant === 0,
    register: (scope) => {
      scope.post('/v1/logs', () => ({ from: 'a receiver' }))
    },
  })
})
afterAll(async () => {
  await app.close()
  await fixture.close()
})

const fetchText = async (url: string, headers: Record<string, string> = {}) => {
  const answer = await app.inject({ method: 'GET', url, headers })
  return {
    status: answer.statusCode,
    type: String(answer.headers['content-type']),
    text: answer.body,
    headers: answer.headers,
  }
}
const fetchJson = async (url: string, payload?: object, headers: Record<string, string> = {}) => {
  const answer = await app.inject({
    method: payload === undefined ? 'GET' : 'POST',
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  })
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers }
}

describe('for a person at a terminal', () => {
  it('GET /metrics?service=', async () => {
    const { type, text } = await fetchText('/metrics?service=checkout&timerange=30m')
    expect(type).toBe('text/plain; charset=utf-8')
    expect(text).toBe(`checkout from 2026-03-01T11:30:00Z to 2026-03-01T12:00:00Z
 - Request latency: P95 = 2.1s ⚠️ (usually 248ms, the hour before; P50 = 2.1s, P99 = 2.1s)
 - Error rate: 10% ⚠️ (usually 0%; 9 of 90)
 - Request rate: 0.05/s
 - Database connections: 95/100 ⚠️ (most, db_connections_active, of payment)
 - Database connections waiting: 7 ⚠️ (most, db_connections_waiting, of payment)
 - Database connections: 2/10 (most, db_client_connection_count)
`)
  })

  it('GET /traces?trace_id=', async () => {
    const { text } = await fetchText('/traces?trace_id=abc123')
    expect(text).toBe(`api-gateway: POST /api/checkout (2.2s)
└─ checkout: POST /checkout (2.1s) ⚠️ SLOW
   ├─ auth: POST /token (15ms)
   ├─ inventory: POST /reserve (30ms)
   ├─ payment: POST /charge (2s) ⚠️ SLOW
   │  ├─ pg.query:SELECT shop SELECT * FROM transactions WHERE customer = 'x' (1.9s) ⚠️ CULPRIT
   │  └─ POST (60ms)
   └─ notification: POST /notify (40ms)

13 spans of 6 services in 2.2s, usually 270ms, from 2026-03-01T11:58:00Z
`)
  })

  it('GET /logs', async () => {
    const { text } = await fetchText('/logs?service=payment&level=error&time=last_hour&trace_id=abc123')
    expect(text).toBe(`[ERROR] Database connection pool exhausted  (2026-03-01 11:58:01.900 payment)
[ERROR] Slow query: SELECT * FROM transactions WHERE customer = 'x'  (2026-03-01 11:58:01.950 payment)
[INFO] Payment processing started for order #12345  (2026-03-01 11:58:00.070 payment)
[WARN] Using fallback payment processor  (2026-03-01 11:58:01.960 payment)
`)
  })

  it('shows control characters instead of obeying them', async () => {
    const { text } = await fetchText('/logs?service=auth')
    expect(text).toBe('[FATAL] red \\x1b[31malert\n        second line  (2026-03-01 11:57:58.000 auth)\n')
  })

  const words: readonly [string, number, string][] = [
    [
      '/logs?service=paymnt',
      200,
      'No log records of service paymnt between 2026-03-01T11:00:00Z and 2026-03-01T12:00:00Z. No service "paymnt" has sent logs or traces since 2026-03-01; these have: payment,',
    ],
    [
      '/metrics?service=nobody',
      200,
      'nobody from 2026-03-01T11:00:00Z to 2026-03-01T12:00:00Z\nNo requests to service nobody are stored',
    ],
    ['/traces?trace_id=ffff', 404, 'No span of trace ffff is stored.'],
    ['/traces', 400, 'query.trace_id: expected a trace id; POST /api/traces/search finds some\n'],
    ['/traces?trace_id=xyz', 400, 'query.trace_id: "xyz" is no trace id: expected 1 to 32 hex digits'],
    ['/logs?level=loud', 400, 'query.level: "loud" is no level'],
    ['/logs?levl=error', 400, 'query: unknown field levl'],
    ['/logs?limit=0', 400, 'query.limit: '],
    ['/logs?time=soon', 400, 'query.time: "soon" is not a length like'],
    ['/metrics?timerange=1h', 400, 'query.service: expected the name of a service'],
    ["/metrics?service=' OR 1=1 --", 200, "No requests to service ' OR 1=1 -- are stored"],
  ]
  it.each(words)('%s: %d %s', async (url, status, text) => {
    const answer = await fetchText(encodeURI(url))
    expect(answer.status).toBe(status)
    expect(answer.type).toBe('text/plain; charset=utf-8')
    expect(answer.text).toContain(text)
  })

  it.each([
    ['/logs', {}, 'text/plain'],
    ['/logs', { accept: '*/*' }, 'text/plain'],
    ['/logs', { accept: 'application/json' }, 'application/json'],
    ['/logs?format=json', {}, 'application/json'],
    ['/logs?format=text', { accept: 'application/json' }, 'text/plain'],
    ['/traces?trace_id=ffff&format=json', {}, 'application/json'],
    ['/metrics?service=checkout&format=json', {}, 'application/json'],
  ])('%s with %j answers in %s', async (url, headers, type) => {
    expect((await fetchText(url, headers)).type).toContain(type)
  })

  it('GET /metrics alone is the exposition of Sightline itself', async () => {
    const { type, text } = await fetchText('/metrics')
    expect([type, text]).toEqual(['text/plain; version=0.0.4', 'sightline_up 1\n'])
  })
})

describe('for a program', () => {
  it('POST /api/query: example 1', async () => {
    const { status, body } = await fetchJson('/api/query', {
      time_range: { relative: '1h' },
      filters: [
        { field: 'service_name', operator: 'eq', value: 'api-gateway' },
        { field: 'endpoint', operator: 'eq', value: '/api/checkout' },
      ],
      aggregations: [
        { field: 'latency', function: 'percentile_95' },
        { field: 'error_rate', function: 'avg' },
      ],
    })
    expect(status).toBe(200)
    expect(body).toEqual({
      signal: 'traces',
      time_range: { start: '2026-03-01T11:00:00Z', end: '2026-03-01T12:00:00Z' },
      aggregations: [
        { name: 'latency_percentile_95', field: 'latency', function: 'percentile_95', unit: 'µs' },
        { name: 'error_rate_avg', field: 'error_rate', function: 'avg', unit: 'ratio' },
      ],
      results: [{ group: {}, values: { latency_percentile_95: 2_155_000, error_rate_avg: 0.05 }, count: 180 }],
      ...{ matched: 180, truncated: false },
    })
  })

  it('POST /api/query lists metrics and logs', async () => {
    const metrics = await fetchJson('/api/query', { time_range: { relative: '1h' }, metrics: ['db_connections_max'] })
    expect(metrics.body.metrics).toEqual([
      {
        metric: 'db_connections_max',
        labels: { job: 'shop/payment', instance: 'payment-1', service: 'payment' },
        ...{ timestamp: '2026-03-01T11:59:00Z', value: 100 },
      },
    ])
    const logs = await fetchJson('/api/query', {
      time_range: { relative: '1h' },
      filters: [{ field: 'level', operator: 'eq', value: 'WARN' }],
      limit: 1,
    })
    expect(logs.body.logs).toEqual([
      {
        ...{ timestamp: '2026-03-01T11:58:01.960Z', level: 'WARN', service: 'payment' },
        ...{ message: 'Using fallback payment processor', trace_id: '00000000000000000000000000abc123' },
        ...{ span_id: '00000000000002c6', attributes: { 'order.id': '12345' } },
      },
    ])
    expect(logs.body.truncated).toBe(true)
  })

  it('POST /api/traces/search: example 1, step 2', async () => {
    const { body } = await fetchJson('/api/traces/search', {
      time_range: { relative: '1h' },
      filters: [
        { field: 'service_name', operator: 'eq', value: 'api-gateway' },
        { field: 'duration', operator: 'gt', value: 2_000_000 },
      ],
      limit: 10,
    })
    expect(body.traces).toHaveLength(10)
    expect(body.traces.some((trace: { trace_id: string }) => trace.trace_id.endsWith('abc123'))).toBe(true)
    expect(body.traces[0]).toMatchObject({
      duration: 2_155_000,
      root_operation: 'POST /api/checkout',
      services: expect.arrayContaining(['payment']),
    })
  })

  it('GET /api/traces/{id}?correlate=true: example 1, step 3', async () => {
    const { body } = await fetchJson('/api/traces/abc123?correlate=true')
    expect(body).toMatchObject({ trace_id: '00000000000000000000000000abc123', duration: 2_155_000, complete: true })
    const [root] = body.spans
    expect(root).toMatchObject({ operation: 'POST /api/checkout', service: 'api-gateway', duration: 2_155_000 })
    const payment = root.children[0].children[0].children[2].children[0]
    expect(payment).toMatchObject({ operation: 'POST /charge', service: 'payment', marks: ['slow'], kind: 'server' })
    expect(payment.children[0]).toMatchObject({
      ...{ tags: { 'db.statement': story.slowSql }, marks: ['slow', 'culprit'], usual_duration: 15_000, children: [] },
    })
    expect(body.correlated_logs).toContainEqual({
      ...{
        timestamp: '2026-03-01T11:58:01.900Z',
        level: 'ERROR',
        service: 'payment',
        span_id: payment.children[0].span_id,
      },
      ...{
        message: 'Database connection pool exhausted',
        trace_id: body.trace_id,
        attributes: { 'order.id': '12345' },
      },
    })
    expect(body.correlated_metrics[0]).toEqual({
      ...{
        metric: 'db_connections_active',
        value: 95,
        max_value: 100,
        timestamp: '2026-03-01T11:59:00Z',
        service: 'payment',
      },
      labels: { job: 'shop/payment', instance: 'payment-1', service: 'payment' },
      ...{ reason: 'db_connections_active is what is in use of db_connections_max', warning: true },
    })
  })

  it('GET /api/traces/{id} leaves logs and metrics out unless asked', async () => {
    const { body } = await fetchJson('/api/traces/abc123')
    expect(Object.keys(body)).toEqual([
      'trace_id',
      'start_time',
      'duration',
      'span_count',
      'services',
      'spans',
      'complete',
    ])
  })

  it('GET /api/service-map: example 5', async () => {
    const { body } = await fetchJson('/api/service-map?time_range=30m')
    expect(body.services).toContainEqual({
      ...{ name: 'payment', type: 'service', metrics: { request_rate: 0.05, error_rate: 0.1, avg_latency: 1988 } },
    })
    expect(body.dependencies).toContainEqual({
      ...{
        source: 'checkout',
        target: 'payment',
        request_rate: 0.05,
        error_rate: 0.1,
        avg_latency: 1988,
        request_count: 90,
      },
    })
  })

  it('POST /api/changes', async () => {
    const { body } = await fetchJson('/api/changes', { time_range: { relative: '1h' } })
    const [story] = body.stories
    expect(story.head).toMatchObject({ judgement: 'bad', until: null })
    expect(story.changes[0].at).toMatch(/^2026-03-01T11:(2[6-9]|30):/)
    expect(new Set(story.changes.map((change: { service: string }) => change.service))).toContain('payment')
    const payment = body.services.find((one: { service: string }) => one.service === 'payment')
    expect(payment).toMatchObject({ now: { request_count: 180 }, usual: { error_rate: 0 } })
    expect(payment.p95).toHaveLength(body.steps.count)
    expect(
      await fetchJson('/api/changes', { time_range: { relative: '1h' }, filters: [{ field: 'x' }] }),
    ).toMatchObject({
      status: 400,
    })
  })

  const bad: readonly [string, object, string, string][] = [
    ['an unknown field of the request', { time_range: { relative: '1h' }, filter: [] }, 'body', 'unknown field filter'],
    [
      'an unknown operator',
      { time_range: { relative: '1h' }, filters: [{ field: 'a', operator: 'equals', value: 1 }] },
      'filters[0].operator',
      'expected one of eq, neq, gt',
    ],
    [
      'an unknown function',
      { time_range: { relative: '1h' }, aggregations: [{ field: 'latency', function: 'p95' }] },
      'aggregations[0].function',
      'expected one of percentile_50',
    ],
    ['no time range', {}, 'time_range', 'expected object'],
    ['an empty time range', { time_range: {} }, 'time_range', 'expected `relative`'],
    [
      'an object as a value',
      { time_range: { relative: '1h' }, filters: [{ field: 'a', operator: 'eq', value: {} }] },
      'filters[0].value',
      'expected text',
    ],
    [
      'too long a text',
      { time_range: { relative: '1h' }, filters: [{ field: 'a', operator: 'eq', value: 'x'.repeat(5000) }] },
      'filters[0].value',
      'expected string to have <=4096 characters',
    ],
    ['too large a limit', { time_range: { relative: '1h' }, limit: 1e9 }, 'limit', 'too big'],
    [
      'fields of two signals',
      {
        time_range: { relative: '1h' },
        filters: [
          { field: 'level', operator: 'eq', value: 'error' },
          { field: 'endpoint', operator: 'exists' },
        ],
      },
      'filters[1].field',
      'endpoint is a field of traces',
    ],
  ]
  it.each(bad)('refuses %s with its path and what was expected', async (_name, payload, path, message) => {
    const { status, body } = await fetchJson('/api/query', payload)
    expect(status).toBe(400)
    expect(body.error.code).toBe('bad_request')
    expect(body.error.detail[0].path).toBe(path)
    expect(body.error.detail[0].message).toContain(message)
  })

  it.each([
    ['no JSON', '{', 'application/json', 400, 'bad_request'],
    ['another content type', 'a=1', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['too large a body', `{"a":"${'x'.repeat(1_100_000)}"}`, 'application/json', 413, 'too_large'],
  ])('refuses %s', async (_name, payload, type, status, code) => {
    const answer = await app.inject({ method: 'POST', url: '/api/query', payload, headers: { 'content-type': type } })
    expect([answer.statusCode, answer.json().error.code]).toEqual([status, code])
  })

  it.each([
    ['GET', '/api/traces/ffff', 404, 'No span of trace ffff is stored.'],
    ['GET', '/api/traces/xyz', 400, '"xyz" is no trace id'],
    ['GET', '/api/traces/ffff?correlate=maybe', 400, 'query.correlate'],
    ['GET', '/api/service-map?time_range=all', 400, 'query.time_range: "all" is not a length'],
    ['GET', '/api/traces/%zz', 400, "url: '/api/traces/%zz' is not a valid url component"],
    ['GET', '/api/service-map?time_range=1h&time_range=2h', 400, 'query.time_range: '],
    ['POST', '/api/query', 400, 'body: '],
    ['GET', '/api/nothing', 404, 'There is no GET /api/nothing'],
    ['DELETE', '/api/query', 404, 'There is no DELETE /api/query'],
  ] as const)('%s %s: %d', async (method, url, status, words) => {
    const answer = await app.inject({ method, url })
    expect(answer.statusCode).toBe(status)
    expect(answer.json().error.message).toContain(words)
  })
})

describe('whose rows', () => {
  const other = { 'x-scope-orgid': '2' }
  it('are those of the scope alone', async () => {
    const trace = await fetchJson('/api/traces/abc123?correlate=true', undefined, other)
    expect(trace.body.services).toEqual(['secret-service'])
    expect(trace.body.correlated_logs.map((log: { message: string }) => log.message)).toEqual([
      'secret of the other tenant',
    ])
    const own = JSON.stringify((await fetchJson('/api/traces/abc123?correlate=true')).body)
    expect(own).not.toContain('secret')
  })

  it('are refused where access refuses', async () => {
    const { status, body, headers } = await fetchJson('/api/traces/abc123', undefined, {
      authorization: 'Bearer wrong',
    })
    expect([status, body.error.code, headers['www-authenticate']]).toEqual([401, 'unauthenticated', 'Bearer'])
  })
})

describe('trouble', () => {
  const query = {
    time_range: { relative: '1h' },
    aggregations: [{ function: 'count' }],
    filters: [{ field: 'operation', operator: 'neq', value: 'x' }],
  }
  it('a query that reads too much: 422', async () => {
    wish = { limits: { maxRowsToRead: 10 } }
    const { status, body } = await fetchJson('/api/query', query)
    wish = {}
    expect([status, body.error.code]).toEqual([422, 'limit_exceeded'])
    expect(body.error.message).toContain('shorten the time range or add filters')
  })

  it('a deadline that passed: 504', async () => {
    wish = { deadlineMs: Date.now() - 1 }
    const { status, body } = await fetchJson('/api/query', query)
    wish = {}
    expect([status, body.error.code]).toEqual([504, 'deadline_exceeded'])
  })

  it('a store that is away: 503 with Retry-After', async () => {
    refuseWith = new StoreUnavailable('The engine restarts.')
    const { status, body, headers } = await fetchJson('/api/query', query)
    refuseWith = undefined
    expect([status, body.error.code, headers['retry-after']]).toEqual([503, 'unavailable', '2'])
  })

  it('a defect: 500 without its inner words', async () => {
    refuseWith = new Error('password is hunter2')
    const { status, body } = await fetchJson('/api/query', query)
    refuseWith = undefined
    expect([status, body.error.code]).toEqual([500, 'internal'])
    expect(JSON.stringify(body)).not.toContain('hunter2')
  })

  it('a client that goes away ends its scope', async () => {
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const opened = new Promise<Scope>((resolve) => {
      onScope = resolve
    })
    const request = get({ port, host: '127.0.0.1', path: '/metrics?service=checkout&timerange=30m' })
    request.on('error', () => {})
    const { signal } = await opened
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
    request.destroy()
    await aborted
  })

  it('scopes are let go of after each answer', async () => {
    await expect.poll(() => openScopes).toBe(0)
  })
})

describe('health', () => {
  it('GET /healthz', async () => {
    expect((await fetchJson('/healthz')).body).toEqual({ alive: true })
  })

  it('GET /readyz tells which part is down', async () => {
    expect((await fetchJson('/readyz')).status).toBe(200)
    state.engine = { ready: false, detail: 'restarting since 11:59' }
    const { status, body } = await fetchJson('/readyz')
    state.engine = { ready: true }
    expect(status).toBe(503)
    expect(body).toEqual({
      ready: false,
      parts: [
        { name: 'journal', ready: true },
        { name: 'engine', ready: false, detail: 'restarting since 11:59' },
      ],
    })
  })

  it('POST /api/traces/exceptions says so where no span recorded one', async () => {
    const question = {
      time_range: { relative: '30m' },
      filters: [{ field: 'service', operator: 'eq', value: 'payment' }],
    }
    const { status, body } = await fetchJson('/api/traces/exceptions', question)
    expect([status, body.exceptions, body.truncated]).toEqual([200, [], false])
    expect(body.message).toContain('exception')
    const wrong = await fetchJson('/api/traces/exceptions', { ...question, limit: 0 })
    expect([wrong.status, JSON.stringify(wrong.body)]).toEqual([400, expect.stringContaining('limit')])
  })

  it('GET /api/ingest/health shows what became of every row, and only to whom it concerns', async () => {
    expect((await fetchJson('/api/ingest/health')).body).toMatchObject({
      holds: true,
      entries: [],
      message: expect.any(String),
    })
    ledger = [entry({}), entry({ tenant: 0 as TenantId, storedRows: 6 }), entry({ tenant: 2 as TenantId })]
    const { body } = await fetchJson('/api/ingest/health')
    expect(body.holds).toBe(false)
    expect(body.entries.map((one: { tenant: string; holds: boolean }) => [one.tenant, one.holds])).toEqual([
      ['default', true],
      ['tenant-0', false],
    ])
    expect(body.entries[0]).toEqual({
      ...{ tenant: 'default', signal: 'logs', receiver: 'otlp_http', received: 10, received_bytes: 900, stored: 7 },
      ...{ waiting: 1, rejected: 2, holds: true, last_received_at: '2026-03-01T12:00:00Z' },
      ...{ title: 'OTLP over HTTP', senders: 1 },
      lately: { received: 3, stored: 2, rejected: 1, received_course: [1, 2] },
      rejections: [{ reason: 'too_old', count: 2, sample: 'logs[3]: too old', last_at: '2026-03-01T12:00:00Z' }],
    })
    expect(body.receivers).toEqual([
      { receiver: 'otlp_http', title: 'OTLP over HTTP', listens_at: [':4318', '/v1/logs'] },
    ])
    const named = async (by: string) => (await fetchJson(`/api/ingest/health?by=${by}`)).body.entries[0]
    expect(await named('sender')).toMatchObject({ sender: 'of sender' })
    expect(await named('sender')).not.toHaveProperty('key')
    expect(await named('key')).toMatchObject({ key: 'at key' })
    expect((await fetchJson('/api/ingest/health?by=colour')).status).toBe(400)
  })
})

describe('OpenAPI', () => {
  it('is made of the schemas that validate', async () => {
    const { body } = await fetchJson('/api/openapi.json')
    expect(body.openapi).toBe('3.1.0')
    expect(body.info.version).toBe('1.2.3')
    expect(Object.keys(body.paths).sort()).toEqual([
      '/api/changes',
      '/api/ingest/health',
      '/api/metrics/catalog',
      '/api/metrics/labels',
      '/api/promql/language',
      '/api/query',
      '/api/service-map',
      '/api/traces/attributes',
      '/api/traces/exceptions',
      '/api/traces/heatmap',
      '/api/traces/search',
      '/api/traces/{id}',
      '/api/traces/{id}/compare',
      '/api/traces/{id}/context',
      '/api/traces/{id}/profile',
      '/api/traces/{id}/rows',
      '/api/traces/{id}/seek',
      '/api/traces/{id}/spans/{span}',
      '/api/traces/{id}/summary',
      '/healthz',
      '/logs',
      '/metrics',
      '/readyz',
      '/traces',
    ])
    const references = JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)
    for (const [, name] of references) expect(body.components.schemas, name).toHaveProperty(name)
    expect(body.paths['/api/query'].post.requestBody.content['application/json'].schema.$ref).toContain('QueryRequest')
  })

  it('other routes of the server stand beside it', async () => {
    expect((await fetchJson('/v1/logs', {})).body).toEqual({ from: 'a receiver' })
  })
})
