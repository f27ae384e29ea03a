import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../end-to-end/api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { installCollector } from './foreign-programs.ts'
import { freePort } from './prometheus-process.ts'

const visibleMs = 60_000
const installMs = 700_000

const installed = await installCollector()
if ('missing' in installed) console.warn(`SKIPPED the OpenTelemetry Collector: ${installed.missing}`)
const name =
  'missing' in installed ? `the OpenTelemetry Collector (${installed.missing})` : 'the OpenTelemetry Collector'

const folder = makeFolder('collector')
let platform: Platform
let address = ''
let stop = async (): Promise<void> => {}
beforeAll(async () => {
  if ('missing' in installed) return
  platform = await startPlatform({ folder: `${folder.path}/data` })
  address = `127.0.0.1:${await freePort()}`
  const file = `${folder.path}/collector.yaml`
  writeFileSync(file, configuration())
  const child = spawn(installed.executable, [`file:${file}`], { stdio: ['ignore', 'pipe', 'pipe'] })
  const words: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(chunk.toString()))
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  stop = async () => {
    child.kill('SIGTERM')
    await gone
  }
  await until('the Collector listens', visibleMs, async () =>
    words.join('').includes('Everything is ready') ? 1 : null,
  )
}, installMs)
afterAll(async () => {
  await stop()
  await platform?.stop()
  folder.remove()
})

/** Traces and logs go on over gRPC, logs over HTTP as well; compressed, as the Collector does it by default. */
function configuration(): string {
  return `receivers: { otlp: { protocols: { http: { endpoint: '${address}' } } } }
exporters:
  otlp: { endpoint: '${platform.otlpGrpc}', tls: { insecure: true } }
  otlphttp: { endpoint: '${platform.otlpHttp}' }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [otlp] }
    metrics: { receivers: [otlp], exporters: [otlp] }
    logs: { receivers: [otlp], exporters: [otlphttp] }
`
}

async function send(path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`http://${address}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(answer.status).toBe(200)
}

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'collected' } }] }
const nanos = (): string => `${Date.now()}000000`

describe.skipIf('missing' in installed)(name, () => {
  it('hands on spans and metrics over gRPC', async () => {
    const [traceId, spanId] = ['5b8efff798038103d269b633813fc60c', 'eee19b7ec3c1b174']
    const time = { startTimeUnixNano: nanos(), endTimeUnixNano: nanos() }
    const span = { traceId, spanId, name: 'GET /carts', kind: 2, ...time }
    await send('/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] })
    const point = { asDouble: 4.5, timeUnixNano: nanos() }
    const metrics = [{ name: 'carts', gauge: { dataPoints: [point] } }]
    await send('/v1/metrics', { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] })
    const api = new ApiClient(platform.url)
    const trace = await until('the trace', visibleMs, () => api.trace(traceId, ''))
    expect(trace.spans[0]).toMatchObject({ operation: 'GET /carts', service: 'collected', kind: 'server' })
    const values = await until('the metric', visibleMs, async () => {
      const found = await api.newestValues('collected', ['instance', 'job', 'service_name', 'otel_scope_name'])
      return 'carts{}' in found ? found : null
    })
    expect(values['carts{}']).toBe(4.5)
  })

  it('hands on logs over HTTP', async () => {
    const record = { timeUnixNano: nanos(), severityNumber: 17, body: { stringValue: 'cart 17 failed' } }
    await send('/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] })
    const api = new ApiClient(platform.url)
    const logs = await until('the line', visibleMs, async () => {
      const found = await api.logs({ service: 'collected' })
      return found.logs.length > 0 ? found.logs : null
    })
    expect(logs[0]).toMatchObject({ level: 'ERROR', message: 'cart 17 failed' })
  })
})
