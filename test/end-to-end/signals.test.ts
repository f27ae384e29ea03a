import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SpanNode } from '../../contract/index.ts'
import { ApiClient } from './api-client.ts'
import { encodings, type SentStory, storyLogs, storyMetrics, storySpans, tellStory } from './open-telemetry-sender.ts'
import { makeFolder, type Platform, startPlatform, until } from './platform.ts'
import { sendRemoteWrite } from './remote-write-request.ts'

/** From the acknowledgement to the answer of a query on a busy machine, ms. */
const visibleMs = 60_000
/** The platform's own metrics come every 15 s. */
const ownMetricsMs = 120_000

const folder = makeFolder('signals')
let target: Server
let platform: Platform
let api: ApiClient
const stories = new Map<string, SentStory>()

beforeAll(async () => {
  target = await openTarget()
  const config = join(folder.path, 'prometheus.yml')
  const scrapedAt = `127.0.0.1:${(target.address() as AddressInfo).port}`
  writeFileSync(
    config,
    `global: {scrape_interval: 1s}\nscrape_configs:\n  - {job_name: kiosk, static_configs: [{targets: ['${scrapedAt}']}]}\n`,
  )
  platform = await startPlatform({ folder: join(folder.path, 'data'), flags: [`--scrape.configFile=${config}`] })
  api = new ApiClient(platform.url)
  for (const encoding of encodings)
    stories.set(encoding, await tellStory(encoding, { http: platform.otlpHttp, grpc: platform.otlpGrpc }))
})
afterAll(async () => {
  await platform?.stop()
  target?.close()
  folder.remove()
})

/** A program with prom-client that has counted three sales. */
async function openTarget(): Promise<Server> {
  const registry = new Registry()
  const registers = [registry]
  new Counter({ name: 'sales_total', help: 'Sales', labelNames: ['till'], registers }).inc({ till: 'a "1"\n\\' }, 3)
  new Gauge({ name: 'drawer_euros', help: 'Cash', registers }).set(-12.5)
  const wait = new Histogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 5], registers })
  for (const seconds of [0.5, 3, 30]) wait.observe(seconds)
  const server = createServer((_request, response) => {
    void registry.metrics().then((text) => response.setHeader('content-type', registry.contentType).end(text))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** Ledger entries of one receiver, by signal. */
async function counted(receiver: string, tenant = 'default') {
  const { entries, holds } = await api.health()
  expect(holds).toBe(true)
  return Object.fromEntries(
    entries.filter((one) => one.receiver === receiver && one.tenant === tenant).map((one) => [one.signal, one]),
  )
}

/** Resolves once nothing of a receiver waits for the store. */
async function untilStored(receiver: string) {
  return until(`all of ${receiver} is stored`, visibleMs, async () => {
    const bySignal = await counted(receiver)
    const all = Object.values(bySignal)
    return all.length > 0 && all.every(({ waiting }) => waiting === 0) ? bySignal : null
  })
}

describe.each(encodings)('the OpenTelemetry SDK for Node over %s', (encoding) => {
  let sent: SentStory
  beforeAll(async () => {
    sent = stories.get(encoding) as SentStory
    await untilStored(encoding === 'grpc' ? 'otlp_grpc' : 'otlp_http')
  })

  it('spans are read back as a tree with all that belongs to them', async () => {
    const trace = await api.trace(sent.traceId, '?correlate=true')
    expect(trace).toMatchObject({ trace_id: sent.traceId, span_count: storySpans, complete: true })
    expect([...trace.services].sort()).toEqual([sent.back, sent.front])
    const [server] = trace.spans
    const [client] = server.children
    const [served] = client.children
    expect([server, client, served].map((span: SpanNode) => span.span_id)).toEqual(sent.spanIds)
    expect(server).toMatchObject({
      ...{ operation: 'POST /orders', service: sent.front, kind: 'server', status: 'unset', parent_span_id: '' },
      tags: { 'http.request.method': 'POST', 'http.route': '/orders', 'http.response.status_code': '500' },
      links: [{ trace_id: sent.linkedTraceId, attributes: { why: 'retry' } }],
      resource: { 'service.name': sent.front, 'service.instance.id': 'a1' },
    })
    expect(served).toMatchObject({
      ...{ operation: 'charge', service: sent.back, status: 'error', status_message: 'pool exhausted' },
      tags: { paid: 'false', ratio: '0.5', 'card.kinds': '["a","b"]' },
      events: [
        { name: 'exception', attributes: { 'exception.type': 'PoolError', 'exception.message': 'no connection ✗' } },
      ],
    })
    expect(trace.correlated_logs?.map(({ message }) => message).sort()).toEqual([
      'looks for a connection',
      'order refused: no connection ✗',
    ])
  })

  it('the trace is found by its spans, and told as text', async () => {
    const { traces } = await api.searchTraces({
      filters: [
        { field: 'service_name', operator: 'eq', value: sent.back },
        { field: 'error', operator: 'eq', value: true },
      ],
    })
    expect(traces).toMatchObject([
      {
        trace_id: sent.traceId,
        root_service: sent.front,
        root_operation: 'POST /orders',
        span_count: 3,
        error_count: 1,
      },
    ])
    const text = await api.text(`/traces?trace_id=${sent.traceId}`)
    for (const words of ['POST /orders', 'charge', 'pool exhausted', sent.back]) expect(text).toContain(words)
  })

  it('log records are read back with severity, trace and attributes', async () => {
    const { logs } = await api.logs({ service: sent.back, time: '1h' })
    expect(logs.length).toBe(storyLogs)
    const error = logs.find(({ level }) => level === 'ERROR')
    expect(error).toMatchObject({
      ...{ message: 'order refused: no connection ✗', service: sent.back, trace_id: sent.traceId },
      ...{ span_id: sent.spanIds[2], attributes: { order: '17', tags: '["a","b"]' } },
    })
    const ofTrace = await api.logs({ trace_id: sent.traceId })
    expect(ofTrace.logs.map(({ level }) => level).sort()).toEqual(['ERROR', 'INFO'])
    expect(await api.text(`/logs?service=${sent.back}&level=error`)).toContain('order refused: no connection ✗')
  })

  it('metrics are read back as the series that Prometheus would make of them', async () => {
    const values = await api.newestValues(sent.front, ['instance', 'job', 'service_name', 'otel_scope_name'])
    expect(values).toMatchObject(storyMetrics)
  })

  it('the two services are one edge of the map, and figures of each service', async () => {
    const { dependencies } = await api.get<{ dependencies: unknown[] }>(`/api/service-map?time_range=1h`)
    expect(dependencies).toContainEqual(
      expect.objectContaining({ source: sent.front, target: sent.back, request_count: 1, error_rate: 1 }),
    )
    const figures = await api.get(`/metrics?service=${sent.front}&timerange=1h&format=json`)
    expect(figures).toMatchObject({ service: sent.front, request_count: 1, endpoints: [{ endpoint: '/orders' }] })
    expect(await api.text(`/metrics?service=${sent.front}&timerange=1h`)).toContain('(0 of 1)')
  })
})

describe('the other ways in', () => {
  it('remote_write: every sample is read back', async () => {
    const now = Date.now()
    const labels = { __name__: 'till_total', job: 'tills', instance: 'north:1', zone: 'é' }
    const answer = await sendRemoteWrite(platform.url, [
      { labels, samples: [[now - 2000, 1], [now - 1000, 2.5], [now, 1e300]] }, // biome-ignore format: one series
      { labels: { ...labels, zone: 'b' }, samples: [[now, -0.1]] },
    ])
    expect(answer.status).toBe(204)
    await untilStored('prometheus_remote_write')
    expect(await api.newestValues('tills')).toEqual({
      'till_total{instance="north:1",job="tills",zone="é"}': 1e300,
      'till_total{instance="north:1",job="tills",zone="b"}': -0.1,
    })
    const { results } = await api.query({
      metrics: ['till_total'],
      aggregations: ['count', 'min', 'max'].map((name) => ({ field: 'value', function: name })),
      group_by: ['zone'],
    })
    expect(results.map(({ group, values }) => [group.zone, values]).sort()).toEqual([
      ['b', { value_count: 1, value_min: -0.1, value_max: -0.1 }],
      ['é', { value_count: 3, value_min: 1, value_max: 1e300 }],
    ])
    expect((await counted('prometheus_remote_write')).metrics).toMatchObject({ received: 4, stored: 4, rejected: 0 })
  })

  it('NDJSON: every line is read back, a line that is no JSON too', async () => {
    const time = new Date().toISOString()
    const lines = [
      JSON.stringify({ time, level: 'warn', service: 'printer', msg: 'paper is low', sheets: 3 }),
      'plain words',
      JSON.stringify({ time, level: 'error', service: 'printer', msg: 'paper is out', http: { status: 503 } }),
    ]
    const answer = await fetch(`${platform.url}/api/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    })
    expect(answer.ok).toBe(true)
    await untilStored('ndjson_logs')
    const { logs } = await api.logs({ service: 'printer' })
    expect(logs.map(({ level, message, attributes }) => ({ level, message, attributes }))).toEqual(
      expect.arrayContaining([
        { level: 'WARN', message: 'paper is low', attributes: expect.objectContaining({ sheets: '3' }) },
        { level: 'ERROR', message: 'paper is out', attributes: expect.objectContaining({ 'http.status': '503' }) },
      ]),
    )
    const { logs: all } = await api.query({
      signal: 'logs',
      filters: [{ field: 'message', operator: 'eq', value: 'plain words' }],
    })
    expect(all?.length).toBe(1)
    expect((await counted('ndjson_logs')).logs).toMatchObject({ received: 3, stored: 3, rejected: 0 })
  })

  it('scraping: prom-client behind a prometheus.yml', async () => {
    const values = await until('the target is scraped', visibleMs, async () => {
      const found = await api.newestValues('kiosk', ['instance', 'job'])
      return found['up{}'] === 1 && 'wait_seconds_sum{}' in found ? found : null
    })
    expect(values).toMatchObject({
      'sales_total{till="a "1"\n\\"}': 3,
      'drawer_euros{}': -12.5,
      'wait_seconds_bucket{le="1.0"}': 1,
      'wait_seconds_bucket{le="5.0"}': 2,
      'wait_seconds_bucket{le="+Inf"}': 3,
      'wait_seconds_count{}': 3,
      'wait_seconds_sum{}': 33.5,
    })
    expect(Object.keys(values)).toContain('scrape_samples_scraped{}')
  })
})

describe('the accounts', () => {
  it('tell exactly what was sent: all of it stored, nothing rejected', async () => {
    const http = await untilStored('otlp_http')
    const grpc = await untilStored('otlp_grpc')
    for (const [bySignal, count] of [
      [http, 2],
      [grpc, 1],
    ] as const) {
      // biome-ignore format: pairs
      expect(bySignal.traces).toMatchObject({ received: count * storySpans, stored: count * storySpans, rejected: 0 })
      expect(bySignal.logs).toMatchObject({ received: count * storyLogs, stored: count * storyLogs, rejected: 0 })
    }
    // Samples are counted after translation: what the receiver says is what lies in the store.
    for (const [receiver, ways] of [
      ['otlp_http', ['protobuf', 'json']],
      ['otlp_grpc', ['grpc']],
    ] as const) {
      // biome-ignore format: pairs
      const services = ways.map((way) => `front-${way}`)
      const { matched } = await api.query({
        signal: 'metrics',
        filters: [{ field: 'service_name', operator: 'in', value: services }],
        aggregations: [{ field: 'value', function: 'count' }],
      })
      const { metrics } = await counted(receiver)
      expect(metrics).toMatchObject({ received: matched, stored: matched, rejected: 0 })
    }
  })

  it('are the same at /metrics, which reads as a Prometheus exposition', async () => {
    const text = await api.text('/metrics')
    for (const line of text.split('\n').filter((one) => one !== ''))
      expect(line).toMatch(
        /^(# (HELP|TYPE) [a-zA-Z_:][\w:]* .*|[a-zA-Z_:][\w:]*(\{.*\})? (-?[\d.]+(e[+-]?\d+)?|NaN|[+-]Inf))$/,
      )
    const { received } = (await counted('prometheus_remote_write')).metrics
    const labels = 'tenant="default",signal="metrics",receiver="prometheus_remote_write"'
    expect(text).toContain(`sightline_received_rows_total{${labels}} ${received}\n`)
    for (const name of [
      'journal_waiting_bytes',
      'engine_restarts_total',
      'store_statement_seconds_bucket',
      'ingest_waiting_batches',
      'event_loop_lag_p99_seconds',
    ])
      expect(text).toContain(`\nsightline_${name}`)
  })
})

describe('the platform watches itself', () => {
  it('its metrics, logs and traces are in the tenant _system', async () => {
    const own = new ApiClient(platform.url, '_system')
    const values = await until('own metrics', ownMetricsMs, async () => {
      const found = await own.newestValues('sightline', ['instance', 'job'])
      return Object.keys(found).length > 0 ? found : null
    })
    expect(Object.keys(values)).toContain('sightline_journal_waiting_bytes{}')
    const { logs } = await own.logs({ service: 'sightline' })
    expect(logs.map(({ message }) => message)).toContain('engine ready')
    const { traces } = await until('own traces', visibleMs, async () => {
      const found = await own.searchTraces({ filters: [{ field: 'operation', operator: 'eq', value: 'GET /logs' }] })
      return found.traces.length > 0 ? found : null
    })
    const trace = await own.trace(traces[0].trace_id)
    expect(trace.spans[0]).toMatchObject({ service: 'sightline', operation: 'GET /logs', kind: 'server' })
    expect(trace.spans[0].children.length).toBeGreaterThan(0)
  })

  it('ingest is not traced, so that nothing goes round', async () => {
    const own = new ApiClient(platform.url, '_system')
    const routes = ['/v1/logs', '/v1/traces', '/v1/metrics', '/api/v1/write', '/api/logs']
    const { matched } = await own.query({
      signal: 'traces',
      filters: [{ field: 'http.route', operator: 'in', value: routes }],
    })
    expect(matched).toBe(0)
    // Only the reading of the accounts makes spans: one for each time.
    const spans = async () => (await counted('own_telemetry', '_system')).traces.received
    await untilQuiet(spans)
    const before = await spans()
    for (let reading = 0; reading < 4; reading++) await new Promise((resolve) => setTimeout(resolve, 500))
    expect((await spans()) - before).toBeLessThanOrEqual(2)
  })

  it('what one tenant sent, no other sees', async () => {
    const own = new ApiClient(platform.url, '_system')
    const { traceId, back } = stories.get('json') as SentStory
    await expect(own.trace(traceId)).rejects.toThrow('answered 404')
    expect((await own.logs({ service: back })).logs).toEqual([])
    expect(
      (await own.searchTraces({ filters: [{ field: 'service_name', operator: 'eq', value: back }] })).traces,
    ).toEqual([])
    expect(await own.newestValues('kiosk')).toEqual({})
    expect(await api.newestValues('sightline')).toEqual({})
    await expect(new ApiClient(platform.url, 'nobody').logs({})).rejects.toThrow('answered 403')
  })
})

/** Resolves when two readings in a row show no more than the span of the reading itself. */
async function untilQuiet(read: () => Promise<number>): Promise<void> {
  let last = await read()
  await until('the platform is quiet', visibleMs, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const now = await read()
    const isQuiet = now - last <= 1
    last = now
    return isQuiet ? true : null
  })
}
