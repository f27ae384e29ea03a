import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../end-to-end/api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { installNode, installPython, run } from './foreign-programs.ts'

const visibleMs = 60_000
const installMs = 300_000

/** Clients for Node and the packages that they are, each in a folder of its own. */
const nodePackages: Readonly<Record<string, readonly string[]>> = {
  elasticsearch: ['@elastic/elasticsearch@9.5.1'],
  loki: ['winston@3.19.0', 'winston-loki@6.1.7'],
  zipkin: ['zipkin@0.22.0', 'zipkin-transport-http@0.22.0'],
  jaeger: ['jaeger-client@3.19.0'],
  influx: ['@influxdata/influxdb-client@1.35.0'],
  datadog: ['dd-trace@6.21.0'],
}
const pythonPackages: Readonly<Record<string, readonly string[]>> = {
  elasticsearch: ['elasticsearch==9.2.0'],
  loki: ['python-logging-loki==0.3.1', 'setuptools==80.9.0'],
}

const folder = makeFolder('client-libraries')
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ folder: `${folder.path}/data` })
}, installMs)
afterAll(async () => {
  await platform?.stop()
  folder.remove()
})

const nameOf = (packages: readonly string[]): string => packages.join('-').replaceAll(/[^a-z0-9.]+/g, '-')

/** Lets a client for Node tell its story; null where it cannot be installed. */
async function tellNode(client: string): Promise<Record<string, unknown> | null> {
  const packages = nodePackages[client]
  const installed = await installNode(nameOf(packages), packages)
  if ('missing' in installed) {
    console.warn(`SKIPPED ${client} for Node: ${installed.missing}`)
    return null
  }
  const script = join(import.meta.dirname, 'node-clients.mjs')
  const { output, failure } = await run(process.execPath, [script, client, installed.folder, platform.url])
  expect(failure).toBeNull()
  return JSON.parse(output.trim().split('\n').at(-1) ?? '')
}

async function tellPython(client: string): Promise<Record<string, unknown> | null> {
  const packages = pythonPackages[client]
  const installed = await installPython(nameOf(packages), packages)
  if ('missing' in installed) {
    console.warn(`SKIPPED ${client} for Python: ${installed.missing}`)
    return null
  }
  const script = join(import.meta.dirname, 'python-clients.py')
  const path = `PYTHONPATH=${installed.pythonPath}`
  const { output, failure } = await run('env', [path, 'python3', script, client, platform.url])
  expect(failure).toBeNull()
  return JSON.parse(output.trim().split('\n').at(-1) ?? '')
}

/** Messages of a service, once there are so many. */
async function messagesOf(service: string, count: number) {
  const api = new ApiClient(platform.url)
  return until(`${count} lines of ${service}`, visibleMs, async () => {
    const { logs } = await api.logs({ service, limit: '100' })
    return logs.length >= count ? logs : null
  })
}

const orders = (count: number): string[] => Array.from({ length: count }, (_, i) => `order ${i}`).sort()

describe('log clients', () => {
  it.each([
    ['Node', tellNode],
    ['Python', tellPython],
  ] as const)("Elasticsearch's bulk helper for %s", async (language, tell) => {
    const story = await tell('elasticsearch')
    if (story === null) return
    expect(story).toMatchObject({ successful: 25 })
    const logs = await messagesOf(`${language.toLowerCase()}-elasticsearch`, 25)
    expect(logs.map(({ message }) => message).sort()).toEqual(orders(25))
    expect(logs[0].level).toBe('WARN')
  })

  it.each([
    ['winston-loki', 'node-loki', tellNode],
    ['python-logging-loki', 'python-loki', tellPython],
  ] as const)('Loki: %s', async (_name, service, tell) => {
    const story = await tell('loki')
    if (story === null) return
    const logs = await messagesOf(service, 5)
    for (const order of orders(5)) expect(logs.some(({ message }) => message.includes(order))).toBe(true)
    expect(logs[0].level).toMatch(/^WARN/)
  })
})

describe('tracers', () => {
  it("Zipkin's for Node", async () => {
    const story = await tellNode('zipkin')
    if (story === null) return
    const api = new ApiClient(platform.url)
    const traceId = String(story.traceId).padStart(32, '0')
    const trace = await until('the trace', visibleMs, () => api.trace(traceId, ''))
    expect(trace.spans[0]).toMatchObject({
      ...{ operation: 'get /cart', service: 'node-zipkin', kind: 'server', tags: { 'http.path': '/cart' } },
      events: [{ name: 'retry' }],
    })
  })

  it.each([
    ['jaeger', 'node-jaeger', 'SELECT'],
    ['datadog', 'node-datadog', 'sql.query'],
  ])('%s for Node', async (client, service, child) => {
    const story = await tellNode(client)
    if (story === null) return
    const api = new ApiClient(platform.url)
    const traceId = String(story.traceId).padStart(32, '0')
    const trace = await until('the trace', visibleMs, () => api.trace(traceId, ''))
    expect(trace.spans[0]).toMatchObject({ operation: 'GET /cart', service, kind: 'server' })
    expect(trace.spans[0].children[0]).toMatchObject({ operation: child, status: 'error' })
  })
})

describe('metric clients', () => {
  it("InfluxDB's for Node", async () => {
    if ((await tellNode('influx')) === null) return
    const api = new ApiClient(platform.url)
    const filters = [{ field: 'shop', operator: 'eq', value: 'a b' }]
    const found = await until('the series', visibleMs, async () => {
      const { metrics = [] } = await api.query({ signal: 'metrics', metrics: ['cart_total'], filters })
      return metrics.length > 0 ? metrics : null
    })
    expect(found[0].value).toBe(4.5)
  })
})
