import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { story, tellCheckoutStory } from '../../query/checkout-story-suite.ts'
import { countSpans } from '../derive/count-spans.ts'
import { QueryCancelled, QueryDeadline, QueryLimitExceeded } from '../engine/store-errors.ts'
import { aggregateRows } from './aggregate.ts'
import { boxFigures, closestTrace, valueCounts, valueMasks } from './attribute-shares.ts'
import { bytesOf, type Condition, conditionOf, type Field } from './field.ts'
import { type Fragment, type NsRange, sql, text, within } from './fragment.ts'
import { healthyTraces } from './healthy-traces.ts'
import { logField } from './log-fields.ts'
import { listLogs } from './logs.ts'
import { countByLabel, countByMetric } from './metric-catalog.ts'
import { type Columns, insertRows, openReadFixture, type ReadFixture, testScope } from './read-fixture-suite.ts'
import { aggregateSamples, seriesFigures } from './samples.ts'
import {
  knownServices,
  labelField,
  labelNames,
  labelValues,
  selectSeries,
  seriesOfServices,
  serviceOfSeries,
} from './series.ts'
import { requestsOfService, usualEndpoints, usualRequests, usualSpans } from './services/red.ts'
import { serviceEdges, serviceLinks } from './services/service-edges.ts'
import { requestsByMinute, serviceMinutes, sightingsByMinute, usualByMinute } from './services/service-minutes.ts'
import { busiestServices, requestSteps } from './services/service-steps.ts'
import { spanExceptions } from './services/span-exceptions.ts'
import { spanField, withResources } from './span-fields.ts'
import { listSpans, spanOfTrace, spansOfTrace, traceBounds } from './spans.ts'
import { renderFor, rowsOf } from './tenant-rows.ts'
import { heatmapCells } from './trace-heatmap.ts'
import { searchTraces } from './trace-search.ts'
import { skeletonOfTrace, spansWithWords, traceVersion } from './trace-skeleton.ts'

/** Wider than any trace of these tests. */
const always = { startNs: 0n, endNs: 2n ** 62n }

const ns = (ms: number) => BigInt(ms) * 1_000_000n
const whole: NsRange = { startNs: ns(story.wellFromMs), endNs: ns(story.nowMs) }
const slow: NsRange = { startNs: ns(story.slowFromMs), endNs: ns(story.nowMs) }
const traceId = story.traceId.padStart(32, '0')
const spans = sql`${rowsOf('spans')}`
const logs = sql`${rowsOf('logs')}`

let fixture: ReadFixture
beforeAll(async () => {
  fixture = await openReadFixture()
  await tellCheckoutStory(fixture.store)
})
afterAll(() => fixture.close())

async function countWhere(rows: Fragment, condition: Fragment, tenant = 1): Promise<number> {
  const question = { rows, conditions: [condition], groups: [], aggregates: [], rangeSeconds: 1, limit: 1 }
  const answer = await aggregateRows(fixture.reader, testScope({ tenant }), question)
  return answer.rows[0].matched
}

describe('the tenant of a query', () => {
  it('is put into every table by its rows, and the primary key is used', async () => {
    const statement = renderFor(
      testScope(),
      sql`EXPLAIN indexes = 1 SELECT name FROM ${spans} WHERE trace_id = ${bytesOf(traceId, 16)} AND ${within(slow)}`,
    )
    const { rows } = await fixture.store.rows<{ explain: string }>(statement)
    const plan = rows.map((row) => row.explain).join('\n')
    expect(plan).toMatch(/PrimaryKey\s+Keys:\s+tenant\s+ts\s/)
    expect(plan).toMatch(/Name: trace\s+Description: bloom_filter/)
  })

  it('is named nowhere but in tenant-rows.ts, and no file names a table by itself', () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/\.test\.ts$|-suite\.ts$|^tenant-rows\.ts$/.test(file),
    )
    for (const file of files) {
      const source = readFileSync(join(import.meta.dirname, file), 'utf8')
      expect(source, file).not.toMatch(/\b(FROM|(?<!ARRAY )JOIN)\s+(?!system\.parts\b)[a-z]/)
      expect(source, file).not.toMatch(/tenant\s*(=|IN\b)/)
    }
  })

  const condition = sql`1`
  const boxQuestion = { rows: spans, conditions: [], inBox: sql`duration > 0`, range: whole }
  const someValue = { service: 'checkout', name: 'status', value: 'ok' }
  const everyRead: readonly [string, (tenant: number) => Promise<unknown>][] = [
    ['traceBounds', (tenant) => traceBounds(fixture.reader, testScope({ tenant }), traceId)],
    ['spansOfTrace', (tenant) => spansOfTrace(fixture.reader, testScope({ tenant }), { traceId, bounds: always })],
    ['traceVersion', (tenant) => traceVersion(fixture.reader, testScope({ tenant }), traceId)],
    [
      'skeletonOfTrace',
      async (tenant) =>
        (await skeletonOfTrace(fixture.reader, testScope({ tenant }), { traceId, bounds: always })).spans,
    ],
    [
      'spansWithWords',
      async (tenant) => [
        ...(await spansWithWords(fixture.reader, testScope({ tenant }), { traceId, bounds: always, words: '=' })),
      ],
    ],
    [
      'heatmapCells',
      (tenant) => heatmapCells(fixture.reader, testScope({ tenant }), { rows: spans, conditions: [], stepSeconds: 60 }),
    ],
    ['valueCounts', async (tenant) => (await valueCounts(fixture.reader, testScope({ tenant }), boxQuestion)).counts],
    [
      'valueMasks',
      (tenant) => valueMasks(fixture.reader, testScope({ tenant }), { ...boxQuestion, values: [someValue] }),
    ],
    [
      'closestTrace',
      (tenant) =>
        closestTrace(fixture.reader, testScope({ tenant }), {
          ...{ ...boxQuestion, middleNs: slow.startNs, durationNs: 1_000_000n, lengthNs: 1_000_000_000n },
        }),
    ],
    [
      'listSpans',
      (tenant) => listSpans(fixture.reader, testScope({ tenant }), { rows: spans, conditions: [], limit: 9 }),
    ],
    [
      'listSpans with resources',
      (tenant) =>
        listSpans(fixture.reader, testScope({ tenant }), {
          rows: withResources(spans, whole.startNs),
          conditions: [],
          limit: 9,
        }),
    ],
    [
      'searchTraces',
      (tenant) =>
        searchTraces(fixture.reader, testScope({ tenant }), { rows: spans, conditions: [], order: 'newest', limit: 9 }),
    ],
    [
      'listLogs',
      (tenant) =>
        listLogs(fixture.reader, testScope({ tenant }), { rows: logs, conditions: [], order: 'newest', limit: 9 }),
    ],
    [
      'selectSeries',
      async (tenant) =>
        (await selectSeries(fixture.reader, testScope({ tenant }), { range: whole, conditions: [], limit: 9 })).series,
    ],
    [
      'labelNames',
      (tenant) => labelNames(fixture.reader, testScope({ tenant }), { range: whole, conditions: [], limit: 9 }),
    ],
    [
      'labelValues',
      (tenant) =>
        labelValues(fixture.reader, testScope({ tenant }), { label: 'job', range: whole, conditions: [], limit: 9 }),
    ],
    [
      'knownServices',
      (tenant) => knownServices(fixture.reader, testScope({ tenant }), { sinceNs: whole.startNs, limit: 9 }),
    ],
    ['serviceEdges', async (tenant) => (await serviceEdges(fixture.reader, testScope({ tenant }), whole)).edges],
    [
      'requestsOfService',
      async (tenant) =>
        (
          await requestsOfService(fixture.reader, testScope({ tenant }), {
            service: 'payment',
            range: whole,
            endpointLimit: 9,
          })
        ).total,
    ],
    [
      'usualRequests',
      (tenant) => usualRequests(fixture.reader, testScope({ tenant }), { service: 'payment', window: whole }),
    ],
    [
      'usualSpans',
      async (tenant) => [
        ...(
          await usualSpans(fixture.reader, testScope({ tenant }), {
            sorts: [{ service: 'payment', name: 'POST /charge', kind: 'server', attributes: {} }],
            window: whole,
          })
        ).keys(),
      ],
    ],
    [
      'seriesFigures',
      async (tenant) =>
        seriesFigures(fixture.reader, testScope({ tenant }), { series: await paymentSeries(), range: whole }),
    ],
    [
      'aggregateSamples',
      async (tenant) =>
        (
          await aggregateSamples(fixture.reader, testScope({ tenant }), {
            series: await paymentSeries(),
            groupOf: [0, 0],
            range: whole,
            rangeSeconds: 1,
            aggregates: [{ kind: 'max' }],
            limit: 9,
          })
        ).rows,
    ],
    [
      'aggregateRows',
      async (tenant) =>
        (
          await aggregateRows(fixture.reader, testScope({ tenant }), {
            rows: spans,
            conditions: [condition],
            groups: [spanField({ kind: 'column', column: 'service' })],
            aggregates: [],
            rangeSeconds: 1,
            limit: 9,
          })
        ).rows,
    ],
    ...moreReads(),
  ]
  it('is tried with every read', () => {
    const tried = new Set(everyRead.map(([name]) => name.split(' ')[0]))
    // Samples come as blocks and are tried where they are put together: server/query/metrics.
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/^promql/.test(file),
    )
    const reads = files.flatMap((file) => [
      ...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(
        /export async function (\w+)\(\s*reader: TenantReader/g,
      ),
    ])
    expect(reads.length).toBeGreaterThan(25)
    expect(reads.map(([, name]) => name).filter((name) => !tried.has(name))).toEqual([])
  })
  it.each(everyRead)('%s: another tenant sees nothing of it', async (_name, read) => {
    const own = await read(1)
    expect(own).not.toBeNull()
    expect(JSON.stringify(own, writeBigInt)).not.toMatch(/secret|666/)
    if (Array.isArray(own)) expect(own).not.toHaveLength(0)
    const stranger = await read(3)
    expect(stranger === null || (Array.isArray(stranger) && stranger.length === 0)).toBe(true)
  })

  it('reads the row of its own tenant where two tenants have the same trace id', async () => {
    const found = await spansOfTrace(fixture.reader, testScope({ tenant: story.otherTenant }), {
      traceId,
      bounds: always,
    })
    expect(found?.spans.map((span) => span.service)).toEqual(['secret-service'])
  })
})

const exceptionStart = "toDateTime64(concat('2026-02-02 10:', t), 9, 'UTC')"

/** Spans of the service `till` with exceptions, and an event that is none; far from the story. */
const exceptionRows = {
  columns: {
    ...{ tenant: ['UInt32'], t: ['String', ''], span_id: ['String', 'unhex(span_id)'], service: ['String'] },
    ...{ ts: ['UInt8', exceptionStart], name: ['String'], retention: ['UInt16'] },
    trace_id: ['UInt8', "toFixedString(unhex('00000000000000000000000000000abc'), 16)"],
    '`events.name`': ['Array(String)'],
    '`events.attrs`': ['Array(Map(String, String))'],
    '`events.ts`': ['UInt8', `arrayMap(i -> ${exceptionStart} + toIntervalSecond(i), range(length(\`events.name\`)))`],
  } satisfies Columns,
  row: (t: string, raised: readonly (readonly [type: string, message: string, escaped?: string])[]) => ({
    ...{ t, span_id: t.replace(':', '').padStart(16, '0'), service: 'till', name: 'GET /', retention: 30_000 },
    'events.name': ['retry', ...raised.map(() => 'exception')],
    'events.attrs': [
      { 'exception.type': 'none', secret: '666' },
      ...raised.map(([type, message, escaped = '']) => ({
        ...{ 'exception.message': message, 'exception.type': type, 'exception.escaped': escaped },
      })),
    ],
  }),
}

/** Reads of services, of what is usual, and of what a screen asks beside its rows. */
function moreReads(): [string, (tenant: number) => Promise<unknown>][] {
  // The fixture is open only when the reads are tried.
  const reader: ReadFixture['reader'] = {
    rows: (scope, query) => fixture.reader.rows(scope, query),
    blocks: (scope, query, use) => fixture.reader.blocks(scope, query, use),
  }
  const choice = { rows: spans, conditions: [] }
  const uncounted = { spans: choice, counted: null }
  const counted = async (tenant: number) => {
    // Kept for longer than any test runs: without a retention a merge removes them when it pleases.
    const kept = { t: '2026-03-01 10:00:00', spans: 1, retention: 30_000 }
    const rows = [1, story.otherTenant].map((owner) => ({ tenant: owner, ...kept }))
    const columns = { tenant: ['UInt32'], t: ["DateTime('UTC')"], spans: ['UInt64'], retention: ['UInt16'] } as const
    await insertRows(fixture.store, 'service_minutes', { columns, rows })
    const startMs = Date.parse('2026-03-01T09:00:00Z')
    const range = { startNs: ns(startMs), endNs: ns(startMs + 7_200_000) }
    return (await serviceMinutes(reader, testScope({ tenant }), { spans: choice, range })).counted
  }
  const raised = async (tenant: number) => {
    const { columns, row } = exceptionRows
    const owners = [1, story.otherTenant]
    const rows = owners.map((owner) => ({ ...row('00:01', [['E', owner === 1 ? 'ours' : 'secret']]), tenant: owner }))
    await insertRows(fixture.store, 'spans', { columns, rows })
    const conditions = [sql`service = ${text('till')}`]
    const found = await spanExceptions(reader, testScope({ tenant }), { rows: spans, conditions, limit: 9 })
    // Other tests count what the story has.
    await fixture.store.command({ sql: "DELETE FROM spans WHERE service = 'till'" })
    return found
  }
  const pick = { range: whole, conditions: [] }
  const names = ['db_connections_active']
  const root = { service: 'api-gateway', name: 'POST /api/checkout', window: whole, except: '0'.repeat(32) }
  return [
    ['serviceMinutes', counted],
    ['spanExceptions', raised],
    [
      'requestsByMinute',
      (tenant) => requestsByMinute(reader, testScope({ tenant }), { minutes: uncounted, range: whole, limit: 99 }),
    ],
    [
      'usualByMinute',
      async (tenant) => [
        ...(await usualByMinute(reader, testScope({ tenant }), { minutes: uncounted, window: whole, limit: 99 })),
      ],
    ],
    [
      'sightingsByMinute',
      (tenant) =>
        sightingsByMinute(reader, testScope({ tenant }), {
          ...{ minutes: uncounted, range: whole, stepSeconds: 60, limit: 99 },
        }),
    ],
    [
      'busiestServices',
      (tenant) => busiestServices(reader, testScope({ tenant }), { spans: choice, range: whole, limit: 99 }),
    ],
    [
      'requestSteps',
      (tenant) =>
        requestSteps(reader, testScope({ tenant }), {
          ...{ spans: choice, range: whole, services: ['payment', 'secret-service'], stepSeconds: 60, limit: 99 },
        }),
    ],
    [
      'usualEndpoints',
      async (tenant) => [
        ...(await usualEndpoints(reader, testScope({ tenant }), { service: 'payment', window: whole })),
      ],
    ],
    ['serviceLinks', (tenant) => serviceLinks(reader, testScope({ tenant }), { range: whole, newest: whole })],
    [
      'spanOfTrace',
      async (tenant) => {
        const trace = { traceId, bounds: always }
        const spanId = (await spansOfTrace(reader, testScope(), trace))?.spans[0].spanId ?? ''
        return spanOfTrace(reader, testScope({ tenant }), { ...trace, spanId })
      },
    ],
    ['healthyTraces', (tenant) => healthyTraces(reader, testScope({ tenant }), root)],
    ['countByMetric', (tenant) => countByMetric(reader, testScope({ tenant }), { ...pick, limit: 99 })],
    [
      'countByLabel',
      async (tenant) => (await countByLabel(reader, testScope({ tenant }), { ...pick, names, mostValues: 9 })).labels,
    ],
    [
      'boxFigures',
      async (tenant) => {
        const inBox = sql`duration > 0`
        const figures = await boxFigures(reader, testScope({ tenant }), {
          rows: spans,
          conditions: [],
          inBox,
          range: whole,
        })
        return figures.box + figures.rest === 0 ? null : figures
      },
    ],
    [
      'seriesOfServices',
      async (tenant) => {
        const scope = testScope({ tenant })
        const condition = await seriesOfServices(reader, scope, { services: ['payment'], range: whole })
        return (await selectSeries(reader, scope, { ...pick, conditions: [condition], limit: 9 })).series
      },
    ],
  ]
}

async function paymentSeries() {
  const found = await selectSeries(fixture.reader, testScope(), {
    range: whole,
    conditions: [conditionOf(labelField('__name__'), { operator: 'eq', text: 'db_connections_active' })],
    limit: 9,
  })
  // A stranger's series of the same id must not come along: ids alone are no right.
  return [...found.series, { ...found.series[0], series: '19' }]
}

const writeBigInt = (_key: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)

describe('conditions', () => {
  const service = spanField({ kind: 'column', column: 'service' })
  const duration = spanField({ kind: 'column', column: 'duration_us' })
  const latency = spanField({ kind: 'column', column: 'request_latency_us' })
  const failed = spanField({ kind: 'column', column: 'request_failed' })
  const statement = spanField({ kind: 'attribute', keys: ['db.query.text', 'db.statement'] })
  const address = spanField({ kind: 'attribute', keys: ['server.address'] })
  const id = spanField({ kind: 'column', column: 'trace_id' })
  const parent = spanField({ kind: 'column', column: 'parent_span_id' })
  // 270 checkouts of 13 spans; 90 of them slow; 9 of those failed.
  const cases: readonly [string, Field, Condition, number][] = [
    ['eq', service, { operator: 'eq', text: 'payment' }, 3 * 270],
    ['eq is exact', service, { operator: 'eq', text: 'Payment' }, 0],
    ['neq', service, { operator: 'neq', text: 'payment' }, 10 * 270],
    ['in', service, { operator: 'in', texts: ['auth', 'payment', 'nobody'] }, 4 * 270],
    ['not_in', service, { operator: 'not_in', texts: ['auth', 'payment'] }, 9 * 270],
    ['contains ignores case', service, { operator: 'contains', text: 'GATE' }, 2 * 270],
    ['not_contains', service, { operator: 'not_contains', text: 'GATE' }, 11 * 270],
    ['regex matches anywhere', service, { operator: 'regex', text: 'ay$|^au' }, 3 * 270],
    ['not_regex', service, { operator: 'not_regex', text: 'pay|auth' }, 9 * 270],
    ['gt', duration, { operator: 'gt', number: 2_000_000 }, 3 * 90],
    ['gte', duration, { operator: 'gte', number: 1_900_000 }, 6 * 90],
    ['lt', duration, { operator: 'lt', number: 15_000 }, 270],
    ['eq number', duration, { operator: 'eq', number: 13_000 }, 270],
    ['neq number', duration, { operator: 'neq', number: 13_000 }, 12 * 270],
    ['latency is of requests only', latency, { operator: 'gt', number: 2_000_000 }, 2 * 90],
    ['failed requests', failed, { operator: 'eq', number: 1 }, 3 * 9],
    ['attribute by its older name', statement, { operator: 'eq', text: story.slowSql }, 270],
    ['attribute that most rows lack', statement, { operator: 'neq', text: story.slowSql }, 12 * 270],
    ['attribute exists', address, { operator: 'exists' }, 6 * 270],
    ['attribute does not exist', address, { operator: 'not_exists' }, 7 * 270],
    ['attribute in', address, { operator: 'in', texts: ['auth', 'bank.example'] }, 2 * 270],
    ['text attribute as a number', address, { operator: 'gt', number: 1 }, 0],
    ['trace id', id, { operator: 'eq', text: traceId }, 13],
    ['trace id in', id, { operator: 'in', texts: [traceId, 'f'.repeat(32)] }, 13],
    ['trace id as text', id, { operator: 'regex', text: 'abc123$' }, 13],
    ['root spans', parent, { operator: 'not_exists' }, 270],
  ]
  it.each(cases)('%s', async (_name, field, condition, wanted) => {
    expect(await countWhere(spans, conditionOf(field, condition))).toBe(wanted)
  })

  const level = logField({ kind: 'column', column: 'level' })
  it.each([
    ['FATAL', 1],
    ['ERROR', 2],
    ['WARN', 2],
    ['INFO', 2],
    ['UNSET', 0],
  ])('level %s from number or text', async (text, wanted) => {
    expect(await countWhere(logs, conditionOf(level, { operator: 'eq', text }))).toBe(wanted)
  })

  it.each([
    ['production', 13 * 270],
    ['staging', 0],
  ])('resource attribute %s', async (text, wanted) => {
    const field = spanField({ kind: 'resource', keys: ['deployment.environment.name', 'deployment.environment'] })
    expect(await countWhere(withResources(spans, whole.startNs), conditionOf(field, { operator: 'eq', text }))).toBe(
      wanted,
    )
  })

  it('never lets text out of its parameter', async () => {
    const nasty = fc.oneof(
      fc.constantFrom(
        "' OR 1=1 --",
        "\\' OR 1=1 --",
        '{tenant:UInt32}',
        "') OR (1=1",
        '`; DROP TABLE spans',
        '\u0000',
        '%',
        '\\',
        '\t\n',
      ),
      fc.string({ unit: 'binary', maxLength: 30 }),
    )
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (key, value) => {
        const field = spanField({ kind: 'attribute', keys: [`~${key}`] })
        const label = labelField(`~${key}`)
        const text = `~${value}`
        const rows = [
          await countWhere(spans, conditionOf(field, { operator: 'eq', text })),
          await countWhere(spans, conditionOf(field, { operator: 'in', texts: [text, key] })),
          await countWhere(spans, conditionOf(field, { operator: 'contains', text })),
          await countWhere(
            logs,
            conditionOf(logField({ kind: 'column', column: 'message' }), { operator: 'contains', text }),
          ),
          (
            await selectSeries(fixture.reader, testScope(), {
              range: whole,
              conditions: [conditionOf(label, { operator: 'eq', text })],
              limit: 9,
            })
          ).series.length,
        ]
        expect(rows).toEqual([0, 0, 0, 0, 0])
      }),
      { seed: 3, numRuns: 25 },
    )
    expect(await countWhere(spans, sql`1`)).toBe(13 * 270)
  })
})

describe('bounds of a query', () => {
  const count = { rows: spans, conditions: [], groups: [], aggregates: [], rangeSeconds: 1, limit: 1 }
  const endless = { ...count, conditions: [sql`sleepEachRow(1) = 0`] }
  it('rows to read', async () => {
    const scope = testScope({ limits: { maxRowsToRead: 100 } })
    await expect(aggregateRows(fixture.reader, scope, { ...count, conditions: [sql`name != ''`] })).rejects.toThrow(
      QueryLimitExceeded,
    )
  })
  it('deadline', async () => {
    const scope = testScope({ deadlineMs: Date.now() + 300 })
    await expect(aggregateRows(fixture.reader, scope, endless)).rejects.toThrow(QueryDeadline)
  })
  it('a client that went away', async () => {
    const client = new AbortController()
    const answer = aggregateRows(fixture.reader, testScope({ signal: client.signal }), endless)
    client.abort()
    await expect(answer).rejects.toThrow(QueryCancelled)
  })
})

describe('samples', () => {
  const figures = async (name: string, range: NsRange) => {
    const conditions = [conditionOf(labelField('__name__'), { operator: 'eq', text: name })]
    const { series } = await selectSeries(fixture.reader, testScope(), { range, conditions, limit: 9 })
    return seriesFigures(fixture.reader, testScope(), { series, range })
  }

  it('counts what is in two tables once', async () => {
    const [found] = await figures('db_connections_active', whole)
    expect(found).toEqual({
      ...{
        series: '11',
        count: 90,
        last: 95,
        lastMs: story.nowMs - 60_000,
        min: 12,
        max: 95,
        maxMs: story.nowMs - 60_000,
      },
    })
  })

  it('leaves staleness markers out', async () => {
    const [found] = await figures('gone', whole)
    expect(found).toMatchObject({ count: 10, last: 1.5 })
  })

  it('has no row for a series without samples in the range', async () => {
    expect(await figures('gone', slow)).toEqual([])
  })

  it('finds series by service: its label, or the last part of its job', async () => {
    for (const [service, names] of [
      ['payment', 6],
      ['checkout', 2],
      ['shop/payment', 0],
    ] as const) {
      const conditions = [conditionOf(serviceOfSeries, { operator: 'eq', text: service })]
      const found = await selectSeries(fixture.reader, testScope(), { range: whole, conditions, limit: 99 })
      expect(found.series, service).toHaveLength(names)
    }
  })

  it('says when more series match than asked for', async () => {
    const found = await selectSeries(fixture.reader, testScope(), { range: whole, conditions: [], limit: 3 })
    expect([found.series.length, found.isTruncated]).toEqual([3, true])
  })
})

describe('service edges', () => {
  const shown = async (range: NsRange) =>
    (await serviceEdges(fixture.reader, testScope(), range)).edges.map(
      (edge) => `${edge.client || edge.clientType} -> ${edge.server} ${edge.calls}/${edge.errors}`,
    )

  it('come from spans where nothing is derived yet', async () => {
    expect((await shown(slow)).sort()).toEqual([
      'api-gateway -> checkout 90/9',
      'checkout -> auth 90/0',
      'checkout -> inventory 90/0',
      'checkout -> notification 90/0',
      'checkout -> payment 90/9',
      'entry -> api-gateway 90/9',
      'payment -> bank.example 90/0',
      'payment -> postgresql:shop 90/9',
    ])
  })

  it('come from the derived table as far as it reaches, then from spans', async () => {
    const minute = (minutes: number) => new Date(story.slowFromMs + minutes * 60_000).toISOString().slice(0, 19)
    const edge = { tenant: 1, client: 'a', client_type: 'service', server: 'b', server_type: 'service', errors: 1 }
    await insertRows(fixture.store, 'service_edges', {
      columns: {
        ...{ tenant: ['UInt32'], t: ['DateTime'], client: ['String'], client_type: ['String'], server: ['String'] },
        ...{
          server_type: ['String'],
          calls: ['UInt64'],
          errors: ['UInt64'],
          made: ['UInt32'],
          retention: ['UInt16', '30000'],
        },
      },
      rows: [
        { ...edge, t: minute(27), calls: 100, made: 1 },
        { ...edge, t: minute(27), calls: 40, made: 2 },
        { ...edge, t: minute(28), calls: 2, made: 1 },
        { ...edge, t: minute(28), server: 'gone', calls: 5, made: 1 },
        { ...edge, t: minute(28), server: 'gone', calls: 0, made: 2 },
        { ...edge, t: minute(28), tenant: 3, calls: 7, made: 1 },
      ],
    })
    const found = await shown(slow)
    expect(found).toContain('a -> b 42/2')
    // Three checkouts began in the one minute after.
    expect(found).toContain('entry -> api-gateway 3/1')
    expect(found.join()).not.toContain('gone')
    await fixture.store.command({ sql: 'TRUNCATE TABLE service_edges' })
  })

  it('are the same from the derived table as from spans, messages included', async () => {
    const at = (text: string) => ({ tenant: 5, trace: 'beef', parent: '', attrs: {}, at: text, link: '' })
    const topic = { 'messaging.destination.name': 'orders' }
    await insertRows(fixture.store, 'spans', {
      columns: {
        ...{
          tenant: ['UInt32'],
          trace: ['String', ''],
          span: ['String', ''],
          parent: ['String', ''],
          at: ['String', ''],
        },
        ...{ link: ['String', ''], trace_id: ['UInt8', "toFixedString(unhex(leftPad(trace, 32, '0')), 16)"] },
        ...{
          span_id: ['UInt8', 'toFixedString(unhex(span), 8)'],
          parent_id: ['UInt8', 'toFixedString(unhex(parent), 8)'],
        },
        ...{ ts: ['UInt8', "toDateTime64(concat('2026-02-01 10:', at), 9, 'UTC')"], duration: ['UInt8', '5000000'] },
        '`links.trace_id`': ['UInt8', "if(link = '', [], [toFixedString(unhex(leftPad(trace, 32, '0')), 16)])"],
        '`links.span_id`': ['UInt8', "if(link = '', [], [toFixedString(unhex(link), 8)])"],
        ...{
          service: ['String'],
          name: ['String'],
          kind: ['UInt8'],
          attrs: ['Map(String, String)'],
          retention: ['UInt16', '30000'],
        },
      },
      rows: [
        { ...at('00:00'), span: '0000000000000001', service: 'shop', name: 'order', kind: 2 },
        {
          ...at('00:01'),
          span: '0000000000000002',
          parent: '0000000000000001',
          service: 'shop',
          name: 'send',
          kind: 4,
          attrs: topic,
        },
        {
          ...at('00:30'),
          span: '0000000000000003',
          parent: '0000000000000002',
          service: 'worker',
          name: 'by parent',
          kind: 5,
        },
        {
          ...at('00:31'),
          span: '0000000000000004',
          link: '0000000000000002',
          service: 'linked',
          name: 'by link',
          kind: 5,
        },
        { ...at('00:32'), span: '0000000000000005', service: 'own', name: 'by itself', kind: 5, attrs: topic },
        {
          ...at('00:33'),
          span: '0000000000000006',
          parent: '0000000000000001',
          service: 'shop',
          name: 'outside',
          kind: 3,
          attrs: { 'url.full': 'https://bank.example/pay' },
        },
        { ...at('00:34'), span: '0000000000000007', service: 'cron', name: 'nightly', kind: 1 },
      ],
    })
    const scope = testScope({ tenant: 5 })
    const start = Date.parse('2026-02-01T10:00:00Z')
    const range = { startNs: ns(start), endNs: ns(start + 60_000) }
    const shown = async () =>
      (await serviceEdges(fixture.reader, scope, range)).edges.map((edge) => JSON.stringify(Object.values(edge))).sort()
    const fromSpans = await shown()
    expect(fromSpans).toHaveLength(7)
    await countSpans({
      ...{ store: fixture.store, settledThroughMs: start + 330_000, nowMs: start + 330_000 },
      ...{ rollupRetentionDays: 30_000, spanRetentionDays: 30_000, signal: new AbortController().signal },
    })
    const { rows } = await fixture.store.rows<{ n: string }>({
      sql: 'SELECT count() AS n FROM service_edges WHERE tenant = 5',
    })
    expect(Number(rows[0].n)).toBe(7)
    expect(await shown()).toEqual(fromSpans)
  })
})

describe('exceptions', () => {
  it('are told by service and type with the newest of each, other events left aside', async () => {
    const { columns, row } = exceptionRows
    const told = [
      row('01:00', [['Timeout', 'first', 'true']]),
      row('02:00', [
        ['Timeout', 'second'],
        ['Denied', 'x'.repeat(600), 'True'],
      ]),
      row('03:00', []),
    ]
    await insertRows(fixture.store, 'spans', { columns, rows: told.map((one) => ({ ...one, tenant: 6 })) })
    const question = { rows: spans, conditions: [sql`service = ${text('till')}`] }
    const found = await spanExceptions(fixture.reader, testScope({ tenant: 6 }), { ...question, limit: 9 })
    const at = (second: string) => ns(Date.parse(`2026-02-02T10:${second}Z`))
    const newest = { traceId: '00000000000000000000000000000abc', spanId: '0000000000000200', operation: 'GET /' }
    expect(found).toEqual([
      {
        ...{ service: 'till', type: 'Timeout', count: 2, escaped: 1, firstNs: at('01:01'), lastNs: at('02:01') },
        newest: { ...newest, message: 'second' },
      },
      {
        ...{ service: 'till', type: 'Denied', count: 1, escaped: 1, firstNs: at('02:02'), lastNs: at('02:02') },
        newest: { ...newest, message: 'x'.repeat(500) },
      },
    ])
    expect(await spanExceptions(fixture.reader, testScope({ tenant: 6 }), { ...question, limit: 1 })).toHaveLength(1)
  })
})
