import { fastify } from 'fastify'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSeriesTables } from '../../model/series-interner.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { createLedger } from '../../pipeline/ledger.ts'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { registerHttpReceivers } from '../http-routes.ts'
import { createInFlight } from '../in-flight.ts'
import { RecordingSink } from '../recording-sink-suite.ts'
import { elasticsearchBulk } from './elasticsearch-bulk.ts'

const sink = new RecordingSink()
const app = fastify({ routerOptions: { ignoreTrailingSlash: true } })
let origin: string
let authorization: string | undefined

beforeAll(async () => {
  const context = {
    sink,
    tables: await createSeriesTables(),
    ledger: createLedger(systemClock),
    clock: systemClock,
    logger: silentLogger(),
  }
  app.get('/', async (_request, reply) => reply.type('text/html').send('<title>the web app</title>'))
  await registerHttpReceivers(app, [elasticsearchBulk], {
    context,
    authorizeIngest: (headers) => {
      authorization = headers.authorization
      return { tenant: defaultTenant }
    },
    inFlight: createInFlight(),
    listener: 'api',
  })
  origin = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => app.close())

type Method = 'GET' | 'HEAD' | 'PUT' | 'POST'
async function ask(method: Method, path: string, headers: Record<string, string> = {}, body?: string) {
  const answer = await request(`${origin}${path}`, { method, headers, body })
  const text = await answer.body.text()
  return { status: answer.statusCode, headers: answer.headers, text, json: () => JSON.parse(text) }
}
const ndjson = { 'content-type': 'application/x-ndjson' }

describe('what writers ask before they send', () => {
  it.each([
    ['GET', '/', (body: { version: object; tagline: string }) => body.version, { build_flavor: 'default' }],
    ['GET', '/_license', (body: { license: object }) => body.license, { status: 'active', type: 'basic' }],
    ['GET', '/_xpack', (body: { license: object }) => body.license, { status: 'active', type: 'basic' }],
    ['GET', '/_cluster/health', (body: object) => body, { status: 'green' }],
    ['GET', '/_cluster/health/logs-*', (body: object) => body, { status: 'green' }],
    ['GET', '/_cluster/state/version', (body: object) => body, { cluster_name: 'sightline' }],
    ['GET', '/_nodes/http', (body: object) => body, { nodes: {} }],
    ['GET', '/_nodes/_all/http?filter_path=nodes', (body: object) => body, { nodes: {} }],
    ['PUT', '/_ilm/policy/filebeat', (body: object) => body, { acknowledged: true }],
    ['GET', '/_index_template/filebeat-8.1.0', (body: object) => body, { acknowledged: true }],
    ['PUT', '/_index_template/ecs-logstash', (body: object) => body, { acknowledged: true }],
    ['PUT', '/_template/logstash', (body: object) => body, { acknowledged: true }],
    ['PUT', '/_data_stream/filebeat-8.1.0', (body: object) => body, { acknowledged: true }],
    ['PUT', '/_ingest/pipeline/filebeat-8.1.0-nginx', (body: object) => body, { acknowledged: true }],
  ] as const)('%s %s, below both prefixes', async (method, path, read, wanted) => {
    const body = method === 'PUT' ? '{}' : undefined
    for (const prefix of ['', '/elasticsearch']) {
      const answer = await ask(method, `${prefix}${path}`, body === undefined ? {} : ndjson, body)
      expect(answer).toMatchObject({ status: 200, headers: { 'x-elastic-product': 'Elasticsearch' } })
      expect(read(answer.json())).toMatchObject(wanted)
    }
  })

  it.each(['/', '/_index_template/x', '/_data_stream/x', '/elasticsearch'])('HEAD %s', async (path) => {
    expect(await ask('HEAD', path)).toMatchObject({ status: 200, headers: { 'x-elastic-product': 'Elasticsearch' } })
  })

  it('leaves the root to the web app where a browser asks for it', async () => {
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
    expect((await ask('GET', '/', { accept })).text).toContain('the web app')
    expect((await ask('GET', '/', { accept: '*/*' })).json().tagline).toBe('You Know, for Search')
  })

  it.each([
    ['nothing', {}, '8.'],
    ['compatible-with in Accept', { accept: 'application/vnd.elasticsearch+json; compatible-with=9' }, '9.'],
    [
      'compatible-with in Content-Type',
      { 'content-type': 'application/vnd.elasticsearch+json;compatible-with=7' },
      '7.',
    ],
    ['a Beat', { 'user-agent': 'Elastic-filebeat/9.0.1 (linux; amd64; …)'.replace('…', 'x') }, '9.'],
    ['a client', { 'user-agent': 'elasticsearch-py/7.17.0 (Python/3.11)' }, '7.'],
    ['Logstash', { 'user-agent': 'logstash/8.14.0 (OS=Linux)' }, '8.'],
    ['another program', { 'user-agent': 'curl/9.1.0' }, '8.'],
    ['a version that does not exist', { accept: 'application/vnd.elasticsearch+json; compatible-with=42' }, '8.'],
  ])('names a version that suits %s', async (_name, headers, wanted) => {
    expect((await ask('GET', '/', headers as Record<string, string>)).json().version.number).toMatch(
      new RegExp(`^${wanted.replace('.', '\\.')}`),
    )
  })
})

describe('_bulk', () => {
  it('answers each item in order, with the index and the id that it was given', async () => {
    const body = [
      '{"create":{"_index":"a","_id":"1"}}',
      '{"message":"x"}',
      '{"delete":{"_index":"a","_id":"2"}}',
      '{"index":{}}',
      '{"message":"y"}',
      '',
    ].join('\n')
    const answer = await ask('POST', '/elasticsearch/logs/_bulk?timeout=90s&pipeline=p', ndjson, body)
    expect(answer.status).toBe(200)
    const { errors, items } = answer.json()
    expect(errors).toBe(true)
    expect(items).toMatchObject([
      { create: { _index: 'a', _id: '1', status: 201, result: 'created' } },
      { delete: { _index: 'a', _id: '2', status: 400, error: { type: 'illegal_argument_exception' } } },
      { index: { _index: 'logs', status: 201 } },
    ])
    expect(items[2].index._id).toMatch(/^.{17,}$/)
  })

  it('tells rows that were rejected behind the decoder from those that were not', async () => {
    sink.rejectedRows = 1
    const body = '{"delete":{"_index":"a"}}\n{"create":{}}\n{"message":"x"}\n{"create":{}}\n{"message":"y"}\n'
    const answer = await ask('PUT', '/logs/_bulk', ndjson, body)
    sink.rejectedRows = 0
    expect(answer.json().items).toMatchObject([
      { delete: { status: 400, error: { reason: expect.stringContaining('delete is not supported') } } },
      { create: { status: 400, error: { reason: expect.stringContaining('too_old: rows[0]') } } },
      { create: { status: 201 } },
    ])
  })

  it.each([
    ['application/x-ndjson', undefined, 'application/json'],
    [
      'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
      undefined,
      'application/vnd.elasticsearch+json;compatible-with=8',
    ],
    [
      'application/x-ndjson',
      'application/vnd.elasticsearch+json; compatible-with=9',
      'application/vnd.elasticsearch+json;compatible-with=9',
    ],
    ['application/x-ndjson', 'application/json', 'application/json'],
  ])('answers %s (Accept: %s) as %s', async (contentType, accept, wanted) => {
    const headers = { 'content-type': contentType, ...(accept === undefined ? {} : { accept }) }
    const answer = await ask('POST', '/_bulk', headers, '{"create":{"_index":"a"}}\n{"message":"x"}\n')
    expect(answer.headers['content-type']).toBe(wanted)
    expect(answer.headers['x-elastic-product']).toBe('Elasticsearch')
  })

  it('says what is wrong in the form of Elasticsearch', async () => {
    const answer = await ask('POST', '/_bulk', ndjson, '{"creat":{}}\n')
    expect(answer.status).toBe(400)
    expect(answer.json()).toMatchObject({
      status: 400,
      error: { type: 'illegal_argument_exception', root_cause: [{}] },
    })
  })

  it.each([
    ['ApiKey secret-token', 'Bearer secret-token'],
    [`ApiKey ${Buffer.from('id:secret').toString('base64')}`, 'Bearer secret'],
    ['Basic eDp5', 'Basic eDp5'],
  ])('takes a token from %s', async (sent, wanted) => {
    await ask('POST', '/_bulk', { ...ndjson, authorization: sent }, '')
    expect(authorization).toBe(wanted)
  })
})
