import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Program, packageVersion, startProgram } from '../../server/program.ts'
import { loadConfig } from '../../server/runtime/config/load.ts'
import { ApiClient } from './api-client.ts'
import { makeFolder, until } from './platform.ts'

const visibleMs = 60_000
const folder = makeFolder('tenants')
let program: Program

/** In this process, since tenants are made through the catalog. */
beforeAll(async () => {
  const listen = ['http', 'otlp.http', 'otlp.grpc'].map((name) => `--${name}.listen=127.0.0.1:0`)
  const { config } = loadConfig({
    file: undefined,
    environment: {},
    flags: [`--data.folder=${folder.path}/data`, '--log.level=warn', ...listen],
    folder: folder.path,
  })
  program = await startProgram({ config, version: packageVersion(), progress: () => {} })
  for (const name of ['north', 'south']) await program.catalog.tenants.create({ name }, 'test')
})
afterAll(async () => {
  await program?.stop()
  folder.remove()
})

const traceId = '0af7651916cd43dd8448eb211c80319c'

/** The same ids and names for each tenant, with a word of its own. */
async function send(tenant: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-scope-orgid': tenant }
  const nano = `${Date.now()}000000`
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  const span = { traceId, spanId: '00f067aa0ba902b7', name: `span of ${tenant}`, kind: 2 }
  const point = { timeUnixNano: nano, asDouble: tenant.length, attributes: [] }
  const bodies = {
    traces: {
      resourceSpans: [
        { resource, scopeSpans: [{ spans: [{ ...span, startTimeUnixNano: nano, endTimeUnixNano: nano }] }] },
      ],
    },
    logs: {
      resourceLogs: [
        {
          resource,
          scopeLogs: [{ logRecords: [{ timeUnixNano: nano, traceId, body: { stringValue: `log of ${tenant}` } }] }],
        },
      ],
    },
    metrics: {
      resourceMetrics: [
        { resource, scopeMetrics: [{ metrics: [{ name: `gauge_${tenant}`, gauge: { dataPoints: [point] } }] }] },
      ],
    },
  }
  for (const [signal, body] of Object.entries(bodies)) {
    const answer = await fetch(`${program.url}/v1/${signal}`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(answer.status).toBe(200)
  }
}

describe('tenants', () => {
  it('each sees its own rows by every way of reading, and nothing of the other', async () => {
    await until('the tenants are known', visibleMs, async () => {
      await new ApiClient(program.url, 'south').logs({})
      await new ApiClient(program.url, 'north').logs({})
      return true
    })
    for (const tenant of ['north', 'south']) await send(tenant)
    for (const tenant of ['north', 'south']) {
      const api = new ApiClient(program.url, tenant)
      const trace = await until('the trace', visibleMs, () => api.trace(traceId, '?correlate=true'))
      expect(trace.spans.map(({ operation }) => operation)).toEqual([`span of ${tenant}`])
      const { logs } = await until('the log', visibleMs, async () => {
        const found = await api.logs({ service: 'shop' })
        return found.logs.length > 0 ? found : null
      })
      expect(logs.map(({ message }) => message)).toEqual([`log of ${tenant}`])
      const { traces } = await api.searchTraces({})
      expect(traces.map(({ root_operation }) => root_operation)).toEqual([`span of ${tenant}`])
      const spans = await api.query({
        signal: 'traces',
        aggregations: [{ function: 'count' }],
        group_by: ['operation'],
      })
      expect(spans.results.map(({ group }) => group.operation)).toEqual([`span of ${tenant}`])
      const values = await until('the gauge', visibleMs, async () => {
        const found = await api.newestValues('shop')
        return Object.keys(found).some((name) => name.startsWith('gauge_')) ? found : null
      })
      expect(
        Object.keys(values)
          .filter((name) => name.startsWith('gauge_'))
          .join(),
      ).toMatch(`gauge_${tenant}`)
      expect(await api.get(`/metrics?service=shop&timerange=1h&format=json`)).toMatchObject({ request_count: 1 })
    }
    // Nothing of either has reached the tenant of those who name none.
    const nobody = new ApiClient(program.url)
    await expect(nobody.trace(traceId)).rejects.toThrow('answered 404')
    expect((await nobody.logs({ service: 'shop' })).logs).toEqual([])
    expect(await nobody.newestValues('shop')).toEqual({})
  })
})
