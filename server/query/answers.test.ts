import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../runtime/clock.ts'
import { openReadFixture, type ReadFixture, testScope } from '../store/read/read-fixture-suite.ts'
import { story, tellCheckoutStory } from './checkout-story-suite.ts'
import { BadQuestion, NotStored } from './faults.ts'
import { findLogs, type LogSearch } from './logs/find-logs.ts'
import { createQueryContext, type QueryContext } from './query-context.ts'
import { serviceMetrics } from './red/service-metrics.ts'
import { mapServices } from './service-map/service-map.ts'
import { formatInstant } from './time/instant.ts'
import { findTraces } from './traces/find-traces.ts'
import { viewTrace } from './traces/trace-view.ts'
import type { UnifiedQuestion } from './unified/question.ts'
import { askUnified } from './unified/unified.ts'

let fixture: ReadFixture
let context: QueryContext
beforeAll(async () => {
  fixture = await openReadFixture()
  await tellCheckoutStory(fixture.store)
  context = createQueryContext({ store: fixture.store, clock: { ...systemClock, nowMs: () => story.nowMs } })
})
afterAll(() => fixture.close())

const scope = testScope()
const halfHour = { relative: '30m' }
const common = { timeRange: halfHour, filters: [], aggregations: [], groupBy: [], limit: 100 }
const ask = (question: Partial<UnifiedQuestion>) => askUnified(context, scope, { ...common, ...question })
const eq = (field: string, value: string) => ({ field, operator: 'eq', value }) as const

describe('unified query', () => {
  const cases: readonly [string, Partial<UnifiedQuestion>, unknown][] = [
    [
      'example 1 of the description',
      {
        filters: [eq('service_name', 'api-gateway'), eq('endpoint', '/api/checkout')],
        aggregations: [
          { field: 'latency', function: 'percentile_95' },
          { field: 'error_rate', function: 'avg' },
        ],
      },
      [{ group: {}, values: { latency_percentile_95: 2_155_000, error_rate_avg: 0.1 }, count: 90 }],
    ],
    [
      'latency leaves calls to others out, duration does not',
      {
        filters: [eq('service', 'payment')],
        aggregations: [
          { field: 'latency', function: 'count' },
          { field: 'duration', function: 'count' },
          { field: 'latency', function: 'min' },
          { field: 'duration', function: 'min' },
          { function: 'rate' },
        ],
      },
      [
        {
          group: {},
          values: {
            latency_count: 90,
            duration_count: 270,
            latency_min: 1_988_000,
            duration_min: 60_000,
            rate: 270 / 1800,
          },
          count: 270,
        },
      ],
    ],
    [
      'groups, largest first',
      { groupBy: ['status', 'kind'], aggregations: [{ function: 'count' }], filters: [eq('service', 'payment')] },
      [
        { group: { status: 'unset', kind: 'client' }, values: { count: 171 }, count: 171 },
        { group: { status: 'unset', kind: 'server' }, values: { count: 81 }, count: 81 },
        { group: { status: 'error', kind: 'client' }, values: { count: 9 }, count: 9 },
        { group: { status: 'error', kind: 'server' }, values: { count: 9 }, count: 9 },
      ],
    ],
    [
      'a field that no row has is null, not zero',
      {
        filters: [eq('service', 'auth')],
        aggregations: [
          { field: 'no.such', function: 'avg' },
          { field: 'no.such', function: 'max' },
          { field: 'no.such', function: 'percentile_50' },
          { field: 'no.such', function: 'count' },
        ],
      },
      [
        {
          group: {},
          values: { 'no.such_avg': null, 'no.such_max': null, 'no.such_percentile_50': null, 'no.such_count': 0 },
          count: 90,
        },
      ],
    ],
    [
      'logs by level and service',
      {
        groupBy: ['service', 'level'],
        aggregations: [{ function: 'count' }],
        filters: [{ field: 'level', operator: 'in', value: ['error', 'fatal'] }],
      },
      [
        { group: { service: 'payment', level: 'ERROR' }, values: { count: 2 }, count: 2 },
        { group: { service: 'auth', level: 'FATAL' }, values: { count: 1 }, count: 1 },
      ],
    ],
    [
      'metrics: rate aware of a restart, average over samples, sum over series',
      {
        metrics: ['payment_requests_total'],
        timeRange: { relative: '1h' },
        groupBy: ['status'],
        aggregations: [
          { function: 'rate' },
          { field: 'value', function: 'count' },
          { field: 'value', function: 'max' },
        ],
      },
      [
        { group: { status: 'ok' }, values: { rate: 59 / 60, value_count: 60, value_max: 3640 }, count: 60 },
        { group: { status: 'failed' }, values: { rate: 0, value_count: 60, value_max: 0.25 }, count: 60 },
      ],
    ],
    [
      'metrics by service and name',
      {
        signal: 'metrics',
        filters: [eq('service_name', 'checkout')],
        groupBy: ['metric'],
        aggregations: [{ field: 'value', function: 'avg' }],
      },
      [
        { group: { metric: 'db_client_connection_count' }, values: { value_avg: 2 }, count: 30 },
        { group: { metric: 'db_client_connection_max' }, values: { value_avg: 10 }, count: 30 },
      ],
    ],
  ]
  it.each(cases)('%s', async (_name, question, wanted) => {
    expect((await ask(question)).rows).toEqual(wanted)
  })

  it('gives a row per step', async () => {
    const answer = await ask({
      filters: [eq('service', 'api-gateway')],
      aggregations: [{ field: 'latency', function: 'percentile_50' }],
      timeRange: { start: '2026-03-01T11:20:00Z', end: '2026-03-01T11:40:00Z' },
      interval: '10m',
    })
    expect(answer.rows.map((row) => [row.stepStart, row.values.latency_percentile_50])).toEqual([
      [Date.parse('2026-03-01T11:20:00Z') / 1000, 270_000],
      [Date.parse('2026-03-01T11:30:00Z') / 1000, 2_155_000],
    ])
  })

  it('lists records without aggregations, newest first, and says that there are more', async () => {
    const answer = await ask({ filters: [eq('operation', 'pg.query:SELECT shop')], limit: 2 })
    expect(answer.spans?.map((span) => [formatInstant(span.startNs), span.durationNs])).toEqual([
      ['2026-03-01T11:59:40.070Z', 1_900_000_000],
      ['2026-03-01T11:59:20.070Z', 1_900_000_000],
    ])
    expect([answer.matched, answer.isTruncated]).toEqual([90, true])
  })

  const empty: readonly [string, Partial<UnifiedQuestion>, string][] = [
    [
      'an unknown service',
      { filters: [eq('service_name', 'payments')], aggregations: [{ function: 'count' }] },
      'No service "payments" has sent logs or traces since 2026-03-01; these have: payment, ',
    ],
    [
      'nothing in the range',
      { timeRange: { start: '2020-01-01', end: '2020-01-02' } },
      'No spans between 2020-01-01T00:00:00Z and 2020-01-02T00:00:00Z are stored.',
    ],
    ['an unknown metric', { metrics: ['nobody_knows'] }, 'No samples between'],
    ['logs', { filters: [eq('message', 'never said')] }, 'No log records between'],
  ]
  it.each(empty)('says in words that there is nothing: %s', async (_name, question, words) => {
    const answer = await ask(question)
    expect(answer.matched).toBe(0)
    expect(answer.message).toContain(words)
  })

  const bad: readonly [string, Partial<UnifiedQuestion>, string][] = [
    [
      'two signals',
      { filters: [eq('level', 'error')], aggregations: [{ field: 'latency', function: 'avg' }] },
      'aggregations[0].field: latency is a field of traces',
    ],
    [
      'a field of another signal',
      { signal: 'logs', filters: [eq('endpoint', '/')] },
      'filters[0].field: endpoint is a field of traces',
    ],
    [
      'percentile of a share',
      { aggregations: [{ field: 'error_rate', function: 'percentile_95' }] },
      'aggregations[0].function: error_rate says of each row',
    ],
    [
      'average of a word',
      { aggregations: [{ field: 'status', function: 'avg' }] },
      'aggregations[0].function: status holds no numbers',
    ],
    ['no field', { aggregations: [{ function: 'avg' }] }, 'aggregations[0].field: avg needs a field'],
    [
      'a list with eq',
      { filters: [{ field: 'service', operator: 'eq', value: ['a'] }] },
      'filters[0].value: expected one value with eq, not a list; use in',
    ],
    [
      'one value with in',
      { filters: [{ field: 'service', operator: 'in', value: 'a' }] },
      'filters[0].value: expected a list with in',
    ],
    [
      'a value with exists',
      { filters: [{ field: 'service', operator: 'exists', value: 'a' }] },
      'filters[0].value: expected no value',
    ],
    ['no value', { filters: [{ field: 'service', operator: 'eq' }] }, 'filters[0].value: expected a value'],
    [
      'text for a number',
      { filters: [{ field: 'duration', operator: 'gt', value: 'long' }] },
      'filters[0].value: expected a number (µs) for duration, got "long"',
    ],
    [
      'greater than a word',
      { filters: [{ field: 'status', operator: 'gt', value: 1 }] },
      'filters[0].operator: gt compares numbers',
    ],
    [
      'search in a number',
      { filters: [{ field: 'duration', operator: 'contains', value: '1' }] },
      'filters[0].operator: contains searches text',
    ],
    [
      'a broken regex',
      { filters: [{ field: 'service', operator: 'regex', value: '(' }] },
      'filters[0].value: "(" is not a regular expression of RE2',
    ],
    [
      'a regex that RE2 has not',
      { filters: [{ field: 'service', operator: 'regex', value: '(?=a)' }] },
      'filters[0].value: "(?=a)" is not a regular expression of RE2',
    ],
    [
      'no hex digits',
      { filters: [eq('trace_id', 'xyz')] },
      'filters[0].value: "xyz" is no trace_id: expected up to 32 hex digits',
    ],
    ['an unknown level', { filters: [eq('level', 'loud')] }, 'filters[0].value: "loud" is no level'],
    [
      'an unknown status',
      { filters: [eq('status', '500')] },
      'filters[0].value: "500" is no status: expected one of unset, ok, error',
    ],
    ['groups of nothing', { groupBy: ['service'] }, 'aggregations: expected at least one'],
    [
      'a step that is none',
      { interval: 'often', aggregations: [{ function: 'count' }] },
      'interval: "often" is not a length',
    ],
    [
      'too many steps',
      { timeRange: { relative: '30d' }, interval: '1s', aggregations: [{ function: 'count' }] },
      'interval: expected at most 11000 steps',
    ],
    ['all metrics', { signal: 'metrics', filters: [eq('status', 'ok')] }, 'filters: expected a filter on `metric`'],
    [
      'a filter on values',
      { metrics: ['a'], filters: [{ field: 'value', operator: 'gt', value: 1 }] },
      'filters[0].field: values of samples cannot be filtered',
    ],
    [
      'a label as a value',
      { metrics: ['a'], aggregations: [{ field: 'status', function: 'avg' }] },
      'aggregations[0].field: expected "value"',
    ],
    ['a broken range', { timeRange: { relative: 'soon' } }, 'time_range.relative: "soon" is not a length'],
  ]
  it.each(bad)('refuses %s', async (_name, question, words) => {
    const answer = ask(question)
    await expect(answer).rejects.toThrow(BadQuestion)
    await expect(answer).rejects.toThrow(words)
  })
})

describe('traces', () => {
  it('finds slow ones by a span of a service', async () => {
    const found = await findTraces(context, scope, {
      timeRange: { relative: '1h' },
      filters: [eq('service_name', 'payment'), { field: 'duration', operator: 'gt', value: 1_950_000 }],
      order: 'newest',
      limit: 1,
    })
    expect(found.isTruncated).toBe(true)
    expect(found.traces[0]).toMatchObject({
      ...{ rootService: 'api-gateway', rootName: 'POST /api/checkout', durationNs: 2_155_000_000, spanCount: 13 },
      ...{ matchedSpans: 1, longest: { service: 'payment', name: 'POST /charge' } },
    })
  })

  it('explains one: the path, the culprit, its logs, the pool', async () => {
    const view = await viewTrace(context, scope, { traceId: story.traceId, path: 'id', isCorrelated: true })
    const marked = [...view.marks].flatMap(([node, marks]) =>
      marks.length > 0 ? [`${node.span.name}: ${marks.join(' ')}`] : [],
    )
    expect(marked).toEqual([
      'POST: slow',
      'POST /checkout: slow',
      'POST: slow',
      'POST /charge: slow',
      'pg.query:SELECT shop: slow culprit',
    ])
    expect(view.logs?.map((log) => log.body)).toEqual([
      'Checkout began',
      'Payment processing started for order #12345',
      'Database connection pool exhausted',
      `Slow query: ${story.slowSql}`,
      'Using fallback payment processor',
    ])
    expect(view.resources?.map((one) => [one.metric, one.value, one.maxValue, one.isWarning])).toEqual([
      ['db_connections_active', 95, 100, true],
      ['db_connections_waiting', 7, null, true],
    ])
    expect(view.isComplete).toBe(true)
  })

  it.each([
    ['ffff', NotStored, 'No span of trace ffff is stored'],
    ['session-xyz', BadQuestion, '"session-xyz" is no trace id: expected 1 to 32 hex digits'],
    ['0000', BadQuestion, 'not all zero'],
  ])('answers %s with words', async (traceId, kind, words) => {
    const answer = viewTrace(context, scope, { traceId, path: 'id', isCorrelated: false })
    await expect(answer).rejects.toThrow(kind)
    await expect(answer).rejects.toThrow(words)
  })
})

describe('logs', () => {
  const cases: readonly [string, Partial<LogSearch>, readonly string[], number][] = [
    [
      'errors and worse',
      { level: 'error' },
      [`Slow query: ${story.slowSql}`, 'Database connection pool exhausted', 'red \u001b[31malert\nsecond line'],
      0,
    ],
    ['exact levels', { level: 'info,fatal', service: 'auth' }, ['red \u001b[31malert\nsecond line'], 0],
    ['text in any case', { text: 'POOL' }, ['Database connection pool exhausted'], 0],
    ['a trace in order of time', { traceId: story.traceId, service: 'checkout' }, ['Checkout began'], 0],
    [
      'the rest of the trace as context',
      { traceId: story.traceId, service: 'payment', level: 'error' },
      ['Database connection pool exhausted', `Slow query: ${story.slowSql}`],
      2,
    ],
    ['a range before anything', { time: '2020-01-01/2020-01-02' }, [], 0],
  ]
  it.each(cases)('%s', async (_name, search, wanted, contextCount) => {
    const found = await findLogs(context, scope, { limit: 100, ...search })
    expect(found.logs.map((log) => log.body)).toEqual(wanted)
    expect(found.context).toHaveLength(contextCount)
    expect(found.message === undefined).toBe(wanted.length > 0)
  })

  it.each([
    [{ level: 'loud' }, 'query.level: "loud" is no level'],
    [{ time: 'yesterday' }, 'query.time: "yesterday" is not a length'],
    [{ traceId: 'x' }, 'query.trace_id: "x" is no trace id'],
  ])('refuses %j', async (search, words) => {
    await expect(findLogs(context, scope, { limit: 1, ...search })).rejects.toThrow(words)
  })
})

describe('service', () => {
  it('shows what is worse than usual, and the full pool of a service that it calls', async () => {
    const found = await serviceMetrics(context, scope, { service: 'checkout', timeRange: '30m' })
    expect(found.requests).toMatchObject({ requestCount: 90, errorCount: 9, p95Us: 2_133_000 })
    expect(found.usual).toMatchObject({ p95Ns: 248_000_000, errorRate: 0, window: 'the hour before' })
    expect(found.warnings).toEqual(['latency', 'error_rate'])
    expect(found.endpoints.map((one) => one.endpoint)).toEqual(['/checkout'])
    expect(found.resources.map((one) => `${one.service} ${one.title} ${one.value}/${one.maxValue}`)).toEqual([
      'payment Database connections 95/100',
      'payment Database connections waiting 7/null',
      'checkout Database connections 2/10',
    ])
  })

  it('has no warnings while all is well', async () => {
    const found = await serviceMetrics(context, scope, {
      service: 'checkout',
      timeRange: '2026-03-01T11:00:00Z/2026-03-01T11:30:00Z',
    })
    expect(found.warnings).toEqual([])
    expect(found.resources.filter((one) => one.isWarning)).toEqual([])
  })

  it('says in words that nothing is known', async () => {
    const found = await serviceMetrics(context, testScope({ tenant: 3 }), { service: 'checkout' })
    expect(found.requests).toBeNull()
    expect(found.message).toContain('No service has sent logs or traces since 2026-03-01.')
  })

  it('maps services, and only the neighbours of one', async () => {
    const map = await mapServices(context, scope, { timeRange: '30m', service: 'payment' })
    expect(map.nodes.map((node) => `${node.name} ${node.type}`)).toEqual([
      'bank.example external',
      'checkout service',
      'payment service',
      'postgresql:shop database',
    ])
    expect(map.dependencies.find((one) => one.target === 'payment')?.figures).toEqual({
      ...{ requestCount: 90, requestRate: 0.05, errorRate: 0.1, avgLatencyMs: 1988 },
    })
  })

  it('says in words that the map is empty', async () => {
    const map = await mapServices(context, testScope({ tenant: 3 }), { timeRange: '1h' })
    expect([map.nodes, map.message]).toEqual([
      [],
      'No spans between 2026-03-01T11:00:00Z and 2026-03-01T12:00:00Z show a service.',
    ])
  })
})
