import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { story, tellCheckoutStory } from '../query/checkout-story-suite.ts'
import { logNames } from '../query/fields/log-names.ts'
import { spanNames } from '../query/fields/span-names.ts'
import { createQueryContext } from '../query/query-context.ts'
import { systemClock } from '../runtime/clock.ts'
import { silentLogger } from '../runtime/logger.ts'
import { openReadFixture, type ReadFixture, testScope } from '../store/read/read-fixture-suite.ts'
import { createHttpServer } from './http-server.ts'

let fixture: ReadFixture
let app: FastifyInstance
beforeAll(async () => {
  fixture = await openReadFixture()
  await tellCheckoutStory(fixture.store)
  app = await createHttpServer({
    ...{ logger: silentLogger(), version: '0', scopeOf: () => Promise.resolve(testScope()), parts: () => [] },
    queries: createQueryContext({ store: fixture.store, clock: { ...systemClock, nowMs: () => story.nowMs } }),
    exposition: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
    ...{ ledger: { entries: () => [] }, receiverPlaces: [], tenantName: String, maySee: () => false },
  })
})
afterAll(async () => {
  await app.close()
  await fixture.close()
})

const nasty = fc.constantFrom(
  "'",
  '"',
  '\\',
  '`',
  '{a:String}',
  '%',
  '\u0000',
  '💥',
  '(',
  '[a-',
  '0x1',
  'NaN',
  '-0',
  '1e999',
  '',
  ' ',
)
const operators = [
  'eq',
  'neq',
  'gt',
  'gte',
  'lt',
  'lte',
  'in',
  'not_in',
  'contains',
  'not_contains',
  'regex',
  'not_regex',
  'exists',
  'not_exists',
]
const functions = ['percentile_50', 'percentile_99', 'avg', 'sum', 'min', 'max', 'count', 'count_distinct', 'rate']
const attributes = [
  'http.route',
  'resource.service.namespace',
  'deployment.environment',
  'no.such',
  'attributes.db.statement',
  'method',
]
const spanFields = [...spanNames.flatMap((one) => one.names), ...attributes]
const logFields = [...logNames.flatMap((one) => one.names), ...attributes]
const metricFields = ['metric', 'service', 'value', 'status', 'job', 'db.client.connection.state']

function question(fields: readonly string[]) {
  const field = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...fields) }, { weight: 1, arbitrary: nasty })
  const scalar = fc.oneof(
    fc.constantFrom('payment', 'error', 'abc123', 'ok', 'POST'),
    nasty,
    fc.double(),
    fc.boolean(),
    fc.integer(),
  )
  const value = fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 }))
  const filter = fc.oneof(
    fc.record({ field, operator: fc.constantFrom(...operators), value }),
    fc.record({ field, operator: fc.constantFrom(...operators) }),
  )
  const aggregation = fc.oneof(
    fc.record({ field, function: fc.constantFrom(...functions) }),
    fc.record({ function: fc.constantFrom(...functions) }),
  )
  return fc.record({
    time_range: fc.constantFrom({ relative: '30m' }, { relative: '2h' }, { start: 0 }, { start: '2026-03-01' }),
    filters: fc.array(filter, { maxLength: 3 }),
    aggregations: fc.array(aggregation, { maxLength: 4 }),
    group_by: fc.array(field, { maxLength: 2 }),
    limit: fc.constantFrom(1, 5, 10_000),
  })
}

/** Values of which one fits each field that the operator fits. */
function fittingValues(operator: string): readonly unknown[] {
  if (operator.endsWith('exists')) return [undefined]
  if (operator.endsWith('in') && !operator.endsWith('contains')) return [['error'], ['server'], ['abc123'], [1, 2]]
  return ['error', 'server', 'abc123', 7]
}

describe('whatever is asked, the answer is an answer or words about the question', () => {
  it.each([
    ['traces', spanFields],
    ['logs', logFields],
    ['metrics', metricFields],
  ] as const)('%s', async (signal, fields) => {
    await fc.assert(
      fc.asyncProperty(question(fields), async (asked) => {
        const metrics = signal === 'metrics' ? { metrics: ['payment_requests_total', 'db_connections_max'] } : {}
        const answer = await app.inject({
          method: 'POST',
          url: '/api/query',
          payload: { ...asked, ...metrics, signal },
        })
        expect([200, 400], answer.body).toContain(answer.statusCode)
        if (signal !== 'traces') return
        const { time_range, filters, limit } = asked
        const traces = await app.inject({
          method: 'POST',
          url: '/api/traces/search',
          payload: { time_range, filters, limit },
        })
        expect([200, 400], traces.body).toContain(traces.statusCode)
      }),
      { seed: 11, numRuns: Number(process.env.FUZZ_RUNS ?? 40) },
    )
  })

  const answered = async (payload: object) => {
    const answer = await app.inject({ method: 'POST', url: '/api/query', payload })
    expect([200, 400], `${JSON.stringify(payload)}: ${answer.body}`).toContain(answer.statusCode)
    return answer.statusCode === 200
  }

  it.each([
    ['traces', [...spanNames.map((one) => one.names[0]), ...attributes]],
    ['logs', [...logNames.map((one) => one.names[0]), ...attributes]],
    ['metrics', metricFields],
  ])('%s: every field with every operator, function and group', async (signal, fields) => {
    const common = {
      time_range: { relative: '30m' },
      signal,
      ...(signal === 'metrics' ? { metrics: ['db_connections_max'] } : {}),
    }
    const count = [{ function: 'count' }]
    const fitting: Record<string, boolean> = {}
    for (const field of fields) {
      const ask = async (name: string, payloads: readonly object[]) => {
        fitting[name] = false
        for (const payload of payloads) fitting[name] = fitting[name] || (await answered({ ...common, ...payload }))
      }
      for (const operator of operators)
        await ask(
          `${field} ${operator}`,
          fittingValues(operator).map((value) => ({ filters: [{ field, operator, value }], aggregations: count })),
        )
      for (const one of functions) await ask(`${one}(${field})`, [{ aggregations: [{ field, function: one }] }])
      await ask(`by ${field}`, [{ group_by: [field], aggregations: count, interval: '10m' }])
    }
    // What fits nowhere is what cannot: numbers searched as text, words compared or averaged, values of samples filtered.
    const none = Object.keys(fitting).filter((name) => !fitting[name])
    expect(
      none.filter((name) => / (eq|neq|in|not_in|exists|not_exists)$|^count|^by /.test(name) && signal !== 'metrics'),
    ).toEqual([])
    expect(none.length).toBeLessThan(Object.keys(fitting).length / 2)
  })

  it('query strings', async () => {
    const text = fc.oneof(nasty, fc.string({ unit: 'binary' }), fc.constantFrom('payment', 'error', 'abc123', '1h'))
    const route = fc.constantFrom('/logs', '/metrics', '/traces', '/api/service-map', '/api/traces/x')
    const name = fc.constantFrom(
      'service',
      'level',
      'time',
      'trace_id',
      'timerange',
      'time_range',
      'text',
      'limit',
      'format',
      'correlate',
    )
    await fc.assert(
      fc.asyncProperty(route, fc.dictionary(name, text, { maxKeys: 3 }), async (path, query) => {
        const answer = await app.inject({ method: 'GET', url: path, query })
        expect([200, 400, 404], answer.body).toContain(answer.statusCode)
      }),
      { seed: 12, numRuns: Number(process.env.FUZZ_RUNS ?? 40) },
    )
  })
})
