import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DryRunAnswer, ErrorAnswer, IngestHealth, Pipeline } from '../../contract/index.ts'
import { type Program, packageVersion, startProgram } from '../../server/program.ts'
import { loadConfig } from '../../server/runtime/config/load.ts'
import { ApiClient } from './api-client.ts'
import { makeFolder, until } from './platform.ts'

const visibleMs = 60_000
const folder = makeFolder('pipelines')
let program: Program

const configuration = `
pipelines:
  retentionClasses: [short=3d]
  logs:
    - name: health-checks
      stages:
        - { type: drop, when: { all: [{ field: body, starts_with: GET /healthz }] } }
`

const shop = `
# Lines of the shop.
stages:
  - type: match
    all: [{ field: service.name, equals: shop }]
  - type: redact
  - type: grok
    patterns: ['^%{LOGLEVEL:severity} %{WORD:shop.step} took %{NUMBER:shop.seconds:float} s for %{WORD:shop.customer}']
  - type: metric
    name: shop_step_seconds
    kind: histogram
    value: shop.seconds
    labels: { step: shop.step }
    buckets: [0.1, 1]
  - type: route
    tenant: audit
    when: { all: [{ field: shop.step, equals: payment }] }
  - type: route
    retention: short
    when: { all: [{ field: severity, equals: DEBUG }] }
`

beforeAll(async () => {
  const file = join(folder.path, 'sightline.yaml')
  writeFileSync(file, configuration)
  const listen = ['http', 'otlp.http', 'otlp.grpc'].map((name) => `--${name}.listen=127.0.0.1:0`)
  const { config } = loadConfig({
    file,
    environment: {},
    flags: [`--data.folder=${folder.path}/data`, '--log.level=warn', ...listen],
    folder: folder.path,
  })
  program = await startProgram({ config, version: packageVersion(), progress: () => {} })
  await program.catalog.tenants.create({ name: 'audit' }, 'test')
})
afterAll(async () => {
  await program?.stop()
  folder.remove()
})

async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  type = 'application/json',
): Promise<{ status: number; json: T }> {
  const answer = await fetch(`${program.url}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': type } }),
  })
  const text = await answer.text()
  return { status: answer.status, json: (text === '' ? null : JSON.parse(text)) as T }
}

/** Sends lines of the shop over OTLP; the answer as the sender sees it. */
async function send(lines: readonly string[]): Promise<unknown> {
  const nano = BigInt(Date.now()) * 1_000_000n
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  const logRecords = lines.map((line, i) => ({ timeUnixNano: `${nano + BigInt(i)}`, body: { stringValue: line } }))
  const { status, json } = await call('POST', '/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] })
  expect(status).toBe(200)
  return json
}

async function stored(tenant: string, count: number) {
  const api = new ApiClient(program.url, tenant)
  const { logs } = await until(`${count} records of ${tenant}`, visibleMs, async () => {
    const found = await api.logs({ service: 'shop' })
    return found.logs.length >= count ? found : null
  })
  return logs.toSorted((a, b) => (a.message < b.message ? -1 : 1))
}

describe('pipelines of log records', () => {
  it('are saved as YAML, and shown with those of the configuration', async () => {
    const put = await call<Pipeline>('PUT', '/api/pipelines/shop', shop, 'application/yaml')
    expect(put).toMatchObject({ status: 201, json: { name: 'shop', source: 'catalog', running: true, faults: [] } })
    const { json } = await call<{ pipelines: Pipeline[] }>('GET', '/api/pipelines')
    expect(json.pipelines.map(({ name, source }) => `${name} ${source}`)).toEqual([
      'health-checks configuration',
      'shop catalog',
    ])
    const again = await call<Pipeline>('PUT', '/api/pipelines/shop', put.json.yaml, 'application/yaml')
    expect(again).toMatchObject({ status: 200, json: { definition: put.json.definition } })
  })

  it('work on what arrives, wherever it goes, and every line is accounted for', async () => {
    const answer = await send([
      'INFO basket took 0.05 s for ann',
      'DEBUG basket took 0.5 s for bob',
      'INFO payment took 2 s for ann password=hunter2',
      'GET /healthz',
      'nothing that is known',
    ])
    // What pipelines leave out is no fault of the sender.
    expect(answer).toEqual({})
    const here = await stored('default', 3)
    expect(here.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'DEBUG DEBUG basket took 0.5 s for bob',
      'INFO INFO basket took 0.05 s for ann',
      'UNSET nothing that is known',
    ])
    expect(here[1].attributes).toMatchObject({ 'shop.step': 'basket', 'shop.seconds': '0.05', 'shop.customer': 'ann' })
    expect(here[2].attributes['sightline.pipeline.error']).toBe('shop: stages[2] grok: no pattern is found')
    const [there] = await stored('audit', 1)
    expect(there.message).toBe('INFO payment took 2 s for ann password=[redacted:secret_value]')
    expect(JSON.stringify(there)).not.toContain('hunter2')

    const entries = await until('all rows to be stored', visibleMs, async () => {
      const { json } = await call<IngestHealth>('GET', '/api/ingest/health')
      const logs = json.entries.filter(({ signal, receiver }) => signal === 'logs' && receiver === 'otlp_http')
      return logs.length === 2 && logs.every(({ waiting }) => waiting === 0) ? logs : null
    })
    const words = entries.map(({ tenant, received, stored: kept, rejections, holds }) => ({
      ...{ tenant, received, stored: kept, holds },
      rejections: Object.fromEntries(rejections.map(({ reason, count }) => [reason, count])),
    }))
    expect(words).toEqual([
      {
        ...{ tenant: 'default', received: 5, stored: 3, holds: true },
        rejections: { dropped_by_pipeline: 1, routed_to_tenant: 1 },
      },
      { tenant: 'audit', received: 1, stored: 1, holds: true, rejections: {} },
    ])
  })

  it('make metrics of lines', async () => {
    const api = `${program.url}/api/v1/query?query=${encodeURIComponent('sum by (step, le) (shop_step_seconds_bucket)')}`
    const found = await until('the metric', visibleMs, async () => {
      const answer = (await (await fetch(api)).json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      return answer.data.result.length === 6 ? answer.data.result : null
    })
    const buckets = found.map(({ metric, value }) => `${metric.step} ${metric.le} ${value[1]}`).sort()
    expect(buckets).toEqual([
      'basket +Inf 2',
      'basket 0.1 1',
      'basket 1 2',
      'payment +Inf 1',
      'payment 0.1 0',
      'payment 1 0',
    ])
  })

  it('are tried on recent lines, before and after and with their cost, without storing anything', async () => {
    const pipeline = { stages: [{ type: 'set', fields: { seen: '{{shop.customer}}' } }, { type: 'drop' }] }
    const recent = { service: 'shop', text: 'basket', limit: 10 }
    const { status, json } = await call<DryRunAnswer>('POST', '/api/pipelines/dry-run', { pipeline, recent })
    expect(status).toBe(200)
    expect(json.lines).toHaveLength(2)
    for (const { before, after, fate } of json.lines) {
      expect(before.attributes.seen).toBeUndefined()
      expect(after.attributes.seen).toBe(before.attributes['shop.customer'])
      expect(fate).toBe('dropped')
    }
    expect(json.stages).toMatchObject([{ type: 'set', failed: 0 }, { type: 'drop' }])
    expect(json.nanoseconds_per_line).toBeGreaterThan(0)
    const { json: list } = await call<{ pipelines: Pipeline[] }>('GET', '/api/pipelines')
    expect(list.pipelines).toHaveLength(2)
  })

  it.each([
    ['an unknown stage', { stages: [{ type: 'gork' }] }, 'stages[0].type', 'did you mean grok?'],
    ['an unknown key', { stages: [{ type: 'grok', pattern: ['x'] }] }, 'stages[0].pattern', 'did you mean patterns?'],
    ['a pattern of another library', { stages: [{ type: 'regex', pattern: '(?=x)' }] }, 'stages[0].pattern', 'RE2'],
    [
      'a tenant that is not there',
      { stages: [{ type: 'route', tenant: 'nowhere' }] },
      'stages[0].tenant',
      'no such tenant',
    ],
    [
      'the tenant of the platform',
      { stages: [{ type: 'route', tenant: '_system' }] },
      'stages[0].tenant',
      'may not send',
    ],
    [
      'an unknown class',
      { stages: [{ type: 'route', retention: 'shrt' }] },
      'stages[0].retention',
      'did you mean short?',
    ],
    ['no stages', {}, 'stages', 'expected array'],
  ])('are refused with %s, saying where and what was meant', async (_name, definition, path, words) => {
    const { status, json } = await call<ErrorAnswer>('PUT', '/api/pipelines/wrong', definition)
    expect(status).toBe(400)
    expect(json.error.detail?.some((fault) => fault.path === path && fault.message.includes(words))).toBe(true)
  })

  it('are removed, but for those of the configuration', async () => {
    expect(await call('DELETE', '/api/pipelines/health-checks')).toMatchObject({ status: 400 })
    expect(await call('DELETE', '/api/pipelines/shop')).toMatchObject({ status: 204 })
    expect(await call('DELETE', '/api/pipelines/shop')).toMatchObject({ status: 404 })
    await send(['INFO payment took 3 s for eve'])
    expect((await stored('default', 4)).map(({ message }) => message)).toContain('INFO payment took 3 s for eve')
  })

  it('are not for the tenant of the platform itself', async () => {
    const headers = { 'x-scope-orgid': '_system', 'content-type': 'application/json' }
    const body = JSON.stringify({ stages: [{ type: 'drop' }] })
    expect((await fetch(`${program.url}/api/pipelines/x`, { method: 'PUT', headers, body })).status).toBe(400)
  })

  it('get stack traces that came line by line as one record', async () => {
    const trace = [
      'ERROR order failed',
      'java.lang.IllegalStateException: no stock',
      '\tat shop.Cart.take(Cart.java:42)',
    ]
    expect(await send([...trace, 'INFO goes on'])).toEqual({})
    const found = (await stored('default', 6)).find(({ message }) => message.startsWith('ERROR order failed'))
    expect(found?.message).toBe(trace.join('\n'))
    expect(found?.attributes['exception.type']).toBe('java.lang.IllegalStateException')
  })

  it('are changed by nobody without admin on the tenant', async () => {
    const { secret } = await program.catalog.tokens.create({ name: 'reader', tenant: null, rights: ['query'] }, 'test')
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ stages: [{ type: 'drop' }] })
    for (const [method, path] of [
      ['PUT', '/api/pipelines/x'],
      ['DELETE', '/api/pipelines/x'],
      ['POST', '/api/pipelines/dry-run'],
    ])
      expect((await fetch(`${program.url}${path}`, { method, headers, body })).status).toBe(403)
    expect((await fetch(`${program.url}/api/pipelines`, { headers })).status).toBe(200)
  })

  it('are described in OpenAPI and for forms', async () => {
    const { json: openapi } = await call<{ components: { schemas: Record<string, unknown> } }>(
      'GET',
      '/api/openapi.json',
    )
    expect(Object.keys(openapi.components.schemas)).toEqual(
      expect.arrayContaining(['PipelineDefinitionInput', 'PipelineStage_grokInput', 'DryRunAnswer']),
    )
    const { json } = await call<{ stages: { type: string; schema: { properties: object } }[] }>(
      'GET',
      '/api/pipelines/stages',
    )
    expect(json.stages.map(({ type }) => type)).toContain('redact')
    expect(json.stages.find(({ type }) => type === 'grok')?.schema.properties).toHaveProperty('patterns')
  })
})
