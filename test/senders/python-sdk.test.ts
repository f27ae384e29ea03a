import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../end-to-end/api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { installPythonSdk, run } from './foreign-programs.ts'

const visibleMs = 60_000
const installMs = 300_000

const installed = await installPythonSdk()
if ('missing' in installed) console.warn(`SKIPPED the OpenTelemetry SDK for Python: ${installed.missing}`)

const folder = makeFolder('python')
let platform: Platform
beforeAll(async () => {
  if ('missing' in installed) return
  platform = await startPlatform({ folder: `${folder.path}/data` })
}, installMs)
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

/** Runs the program with the SDK; it prints the ids of what it sent. */
async function tell(way: 'http' | 'grpc', service: string): Promise<{ traceId: string; spanIds: string[] }> {
  const endpoint = way === 'http' ? platform.otlpHttp : platform.otlpGrpc
  const path = 'pythonPath' in installed ? installed.pythonPath : ''
  const script = join(import.meta.dirname, 'python-sdk.py')
  const { output, failure } = await run('env', [`PYTHONPATH=${path}`, 'python3', script, way, endpoint, service])
  expect(failure).toBeNull()
  return JSON.parse(output)
}

describe.skipIf('missing' in installed)('the OpenTelemetry SDK for Python', () => {
  it.each(['http', 'grpc'] as const)('traces, logs and metrics over %s are read back', async (way) => {
    const service = `python-${way}`
    const sent = await tell(way, service)
    const api = new ApiClient(platform.url)
    const trace = await until('the trace', visibleMs, () => api.trace(sent.traceId, '?correlate=true'))
    const [parent] = trace.spans
    expect(parent).toMatchObject({ operation: 'GET /carts', service, kind: 'server', tags: { 'http.route': '/carts' } })
    expect(parent.children[0]).toMatchObject({
      ...{ operation: 'SELECT', kind: 'client', status: 'error', status_message: 'timeout' },
      tags: { 'db.system.name': 'postgresql', rows: '3', ids: '[1,2]' },
      events: [{ name: 'waited', attributes: { ms: '1.5' } }],
      resource: { 'telemetry.sdk.language': 'python', 'service.instance.id': 'p1' },
    })
    expect([parent.span_id, parent.children[0].span_id]).toEqual(sent.spanIds)

    const logs = await until('the logs', visibleMs, async () => {
      const found = await api.logs({ service })
      return found.logs.length === 2 ? found.logs : null
    })
    const inTrace = logs.find(({ trace_id }) => trace_id === sent.traceId)
    expect(inTrace).toMatchObject({
      ...{ level: 'WARN', message: 'cart 17 is slow ✗', span_id: sent.spanIds[1] },
      attributes: { cart: '17' },
    })
    expect(logs.find(({ trace_id }) => trace_id === '')).toMatchObject({ level: 'ERROR', message: 'out of any trace' })

    const values = await until('the metrics', visibleMs, async () => {
      const found = await api.newestValues(service, ['instance', 'job', 'service_name', 'otel_scope_name'])
      return 'wait_seconds_sum{}' in found ? found : null
    })
    expect(values).toMatchObject({
      'carts_total{kind="big"}': 2,
      'open_carts{}': -1,
      'load_ratio{}': 0.75,
      'wait_seconds_bucket{le="0.5"}': 1,
      'wait_seconds_bucket{le="2"}': 2,
      'wait_seconds_bucket{le="+Inf"}': 3,
      'wait_seconds_count{}': 3,
      'wait_seconds_sum{}': 5.75,
    })
  })
})
