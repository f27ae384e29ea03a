import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MetricCatalog, MetricLabels, PromqlLanguage } from '../../contract/index.ts'
import { type MetricsFixture, openMetricsFixture } from '../query/metrics/metrics-fixture-suite.ts'
import { functions } from '../query/promql/functions/registry.ts'
import { isKeyword } from '../query/promql/parse/token.ts'
import { createQueryContext } from '../query/query-context.ts'
import { systemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { testScope } from '../store/read/read-fixture-suite.ts'
import { createHttpServer } from './http-server.ts'

const nowMs = Date.UTC(2026, 0, 2, 10)

let fixture: MetricsFixture
let app: FastifyInstance
beforeAll(async () => {
  fixture = await openMetricsFixture()
  const of = (labels: Record<string, string>) => ({ labels: labels as { __name__: string }, ms: nowMs, value: 1 })
  await fixture.write(
    1,
    [
      of({ __name__: 'hits_total', job: 'cart', code: '200' }),
      of({ __name__: 'hits_total', job: 'cart', code: '500' }),
      of({ __name__: 'hits_total', job: 'shop/auth', code: '200' }),
      of({ __name__: 'wait_bucket', service_name: 'cart', le: '+Inf' }),
      of({ __name__: 'wait_count', service_name: 'cart' }),
      of({ __name__: 'wait_sum', service_name: 'cart' }),
      of({ __name__: 'temp' }),
    ],
    { metadata: [{ name: 'wait', type: 'histogram', unit: 'seconds', help: 'Time waited' }] },
  )
  await fixture.write(1, [{ labels: { __name__: 'gone' }, ms: nowMs - 9 * 86_400_000, value: 1 }])
  await fixture.write(2, [of({ __name__: 'secret' })])
  app = await createHttpServer({
    ...{ logger: silentLogger(), version: '0', scopeOf: () => Promise.resolve(testScope()), parts: () => [] },
    queries: createQueryContext({ store: fixture.store, clock: { ...systemClock, nowMs: () => nowMs + 60_000 } }),
    exposition: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
    ...{ ledger: { entries: () => [] }, receiverPlaces: [], tenantName: String, maySee: () => false },
  })
})
afterAll(async () => {
  await app.close()
  await fixture.close()
})

const ask = async <T>(url: string, payload: object): Promise<T> => {
  const answer = await app.inject({ method: 'POST', url, payload })
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json()
}
const catalog = (fields: object = {}) =>
  ask<MetricCatalog>('/api/metrics/catalog', { time_range: { relative: '1h' }, ...fields })

describe('the catalog of metrics', () => {
  it('has families with type, unit, help and series, of this tenant and these days only', async () => {
    const { metrics, series, truncated } = await catalog()
    expect(metrics.map(({ name, type, series: count }) => [name, type, count])).toEqual([
      ['hits_total', 'counter', 3],
      ['temp', 'unknown', 1],
      ['wait', 'histogram', 3],
    ])
    expect({ series, truncated }).toEqual({ series: 7, truncated: false })
    expect(metrics[2]).toMatchObject({ unit: 'seconds', help: 'Time waited', service_label: 'service_name' })
    expect(metrics[0].service_label).toBe('job')
    expect(metrics[1].service_label).toBe('')
  })

  it.each([
    ['a service by any of its labels', { service: 'cart' }, ['hits_total', 'wait']],
    ['a label', { code: '500' }, ['hits_total']],
    ['two labels', { job: 'shop/auth', code: '500' }, []],
  ])('is cut down to %s', async (_name, labels, wanted) => {
    const { metrics } = await catalog({ labels })
    expect(metrics.map(({ name }) => name)).toEqual(wanted)
  })

  it('says that it was cut off', async () => {
    const { metrics, truncated } = await catalog({ limit: 1 })
    expect(truncated).toBe(true)
    expect(metrics).toHaveLength(1)
  })

  it('tells what the series of a metric differ in', async () => {
    const answer = await ask<MetricLabels>('/api/metrics/labels', {
      time_range: { relative: '1h' },
      names: ['hits_total'],
    })
    expect(answer.series).toBe(3)
    const wanted = (one: string, few: string) => [
      { value: one, series: 2 },
      { value: few, series: 1 },
    ]
    expect(answer.labels).toEqual([
      { name: 'code', value_count: 2, series: 3, values: wanted('200', '500') },
      { name: 'job', value_count: 2, series: 3, values: wanted('cart', 'shop/auth') },
    ])
  })

  it('refuses what is no question, with the place', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/metrics/labels',
      payload: { time_range: { relative: '1h' }, names: [] },
    })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ error: { detail: [{ path: 'names' }] } })
  })
})

describe('the language', () => {
  it('is told from the tables of the parser', async () => {
    const language = (await app.inject('/api/promql/language')).json<PromqlLanguage>()
    expect(language.functions.map(({ name }) => name).sort()).toEqual(functions.map(({ name }) => name).sort())
    expect(language.functions.find(({ name }) => name === 'round')).toMatchObject({
      ...{ args: ['vector', 'scalar'], optional: 1, returns: 'vector' },
    })
    for (const { name, summary } of [...language.aggregations, ...language.keywords]) {
      expect(isKeyword(name), name).toBe(true)
      expect(summary, name).toMatch(/^[A-Z0-9].*\.$/)
    }
  })
})
