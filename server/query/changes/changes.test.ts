import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../runtime/clock.ts'
import { countSpans } from '../../store/derive/count-spans.ts'
import {
  type Columns,
  insertRows,
  openReadFixture,
  type ReadFixture,
  testScope,
} from '../../store/read/read-fixture-suite.ts'
import { createQueryContext, type QueryContext } from '../query-context.ts'
import { findChanges } from './find-changes.ts'

/**
 * Two hours of a shop: a gateway that calls checkout, which calls payment. At 11:28 payment gets a new version, from
 * 11:30 on it is slow and fails at times. `recommend` falls silent at 11:40, `report` appears at 11:45; `cart` goes on
 * as always, under two versions since 11:20.
 */
const at = (clock: string) => Date.parse(`2026-03-01T${clock}:00Z`)
const nowMs = at('12:00')

interface Row {
  readonly tenant?: number
  readonly service: string
  readonly version: string
  readonly ms: number
  readonly took: number
  readonly status?: number
  readonly id: string
  readonly parent?: string
}

function story(): Row[] {
  const rows: Row[] = []
  let number = 0
  for (let ms = at('10:00'); ms < nowMs; ms += 5000) {
    number += 1
    const isSlow = ms >= at('11:30')
    const took = isSlow ? 2000 : 100 + (number % 20)
    const status = isSlow && number % 4 === 0 ? 2 : 0
    const ids = [1, 2, 3].map((part) => (number * 16 + part).toString(16).padStart(16, '0'))
    rows.push(
      { service: 'gateway', version: '1', ms, took: took + 50, status, id: ids[0] },
      { service: 'checkout', version: '4', ms: ms + 1, took: took + 30, status, id: ids[1], parent: ids[0] },
      ...[{ service: 'payment', version: ms < at('11:28') ? '2.13.2' : '2.14.0', ms: ms + 2, took, status }].map(
        (row) => ({ ...row, id: ids[2], parent: ids[1] }),
      ),
    )
    const alone = (service: string, version: string, part: number): Row => ({
      ...{ service, version, ms, took: 20 + (number % 5), id: (number * 16 + part).toString(16).padStart(16, '0') },
    })
    rows.push(alone('cart', ms >= at('11:20') && number % 10 === 0 ? '1.9.4' : '1.9.3', 4))
    if (ms < at('11:40')) rows.push(alone('recommend', '0.9', 5))
    if (ms >= at('11:45')) rows.push(alone('report', '', 6))
    rows.push({ ...alone('secret', '7', 7), tenant: 2 })
  }
  return rows
}

const columns: Columns = {
  tenant: ['UInt32'],
  service: ['String'],
  version: ['String', ''],
  ms: ['Int64', ''],
  took: ['Float64', ''],
  id: ['String', ''],
  parent: ['String', ''],
  trace_id: ['UInt8', "toFixedString(unhex(leftPad('1', 32, '0')), 16)"],
  span_id: ['UInt8', 'toFixedString(unhex(id), 8)'],
  parent_id: ['UInt8', "if(parent = '', toFixedString('', 8), toFixedString(unhex(parent), 8))"],
  ts: ['UInt8', "fromUnixTimestamp64Nano(ms * 1000000, 'UTC')"],
  duration: ['UInt8', 'toInt64(took * 1000000)'],
  name: ['UInt8', "'work'"],
  kind: ['UInt8'],
  status: ['UInt8'],
  resource_id: ['UInt8', 'cityHash64(service, version)'],
  retention: ['UInt16', '30000'],
}

let fixture: ReadFixture
let context: QueryContext
beforeAll(async () => {
  fixture = await openReadFixture()
  const rows = story().map((row) => ({ tenant: 1, parent: '', status: 0, kind: 2, ...row }))
  await insertRows(fixture.store, 'spans', { columns, rows })
  const versions = new Map(
    rows.map(({ tenant, service, version }) => [`${service} ${version}`, { tenant, service, version }]),
  )
  await insertRows(fixture.store, 'resources', {
    columns: {
      ...{ tenant: ['UInt32'], service: ['String'], version: ['String', ''] },
      resource_id: ['UInt8', 'cityHash64(service, version)'],
      attrs: [
        'UInt8',
        "if(version = '', map('service.name', service), map('service.name', service, 'service.version', version))",
      ],
      ...{ seen_day: ['UInt8', "toDate('2026-03-01')"], retention: ['UInt16', '30000'] },
    },
    rows: [...versions.values()],
  })
  context = createQueryContext({ store: fixture.store, clock: { ...systemClock, nowMs: () => nowMs } })
})
afterAll(() => fixture.close())

const ask = (relative: string, filters: Parameters<typeof findChanges>[2]['filters'] = []) =>
  findChanges(context, testScope(), { timeRange: { relative }, filters })
const clockOf = (ms: number) => new Date(ms).toISOString().slice(11, 16)

describe('what changed', () => {
  it('folds what belongs together into one story, with the deploy that came before it', async () => {
    const { stories } = await ask('1h')
    const [first] = stories
    expect(first.head.judgement).toBe('bad')
    expect([...new Set(first.changes.map(({ service }) => service))].sort()).toEqual(['checkout', 'gateway', 'payment'])
    const [oldest] = first.changes
    expect(oldest).toMatchObject({ kind: 'deploy', service: 'payment', version: '2.14.0', previous: '2.13.2' })
    expect(clockOf(oldest.atMs)).toBe('11:28')
    const slow = first.changes.find(({ kind, service }) => kind === 'latency' && service === 'payment')
    expect(clockOf(slow!.atMs)).toBe('11:30')
    expect(slow!.untilMs).toBeNull()
    expect(Math.abs(slow!.value! / 2_000_000 - 1)).toBeLessThan(0.022)
    expect(slow!.usual).toBeLessThan(130_000)
    const failed = first.changes.find(({ kind, service }) => kind === 'errors' && service === 'payment')
    expect(failed!.value).toBeCloseTo(0.25, 1)
  })

  it('tells what came and what went, once each', async () => {
    const { stories } = await ask('1h')
    const others = stories.slice(1).map(({ head }) => [head.kind, head.service, clockOf(head.atMs)])
    expect(others).toEqual([
      ['gone', 'recommend', '11:39'],
      ['new', 'report', '11:45'],
      ['deploy', 'cart', '11:20'],
    ])
  })

  it('judges every service, with its figures, its usual and its versions', async () => {
    const { services, steps } = await ask('1h')
    const verdicts = Object.fromEntries(services.map(({ service, judgement }) => [service, judgement]))
    expect(verdicts).toEqual({
      ...{ gateway: 'bad', checkout: 'bad', payment: 'bad', cart: 'usual', recommend: 'watch', report: 'new' },
    })
    const payment = services.find(({ service }) => service === 'payment')!
    expect(payment.now!.requests).toBe(720)
    expect(Math.abs(payment.now!.p95Us / 2_000_000 - 1)).toBeLessThan(0.022)
    expect(payment.usual).toMatchObject({ errorRate: 0, rate: 0.2, window: 'the hour before' })
    expect(payment.versions.map(({ version, spans }) => [version, spans])).toEqual([
      ['2.14.0', 384],
      ['2.13.2', 336],
    ])
    expect(steps).toEqual({ startMs: at('11:00'), fromMs: at('11:00'), seconds: 60, count: 60 })
    expect(payment.steps).toHaveLength(60)
    expect(payment.steps.reduce((sum, { requests }) => sum + requests, 0)).toBe(720)
  })

  it('takes the beginning of the range for usual where nothing older is stored', async () => {
    const { services } = await ask('2h')
    expect(services.find(({ service }) => service === 'payment')).toMatchObject({
      judgement: 'bad',
      usual: { window: 'the beginning of this range' },
    })
  })

  it('judges only the spans that pass the filters', async () => {
    const { services, stories } = await ask('1h', [{ field: 'service.version', operator: 'eq', value: '1.9.4' }])
    expect(services.map(({ service }) => service)).toEqual(['cart'])
    expect(stories.every(({ head }) => head.service === 'cart')).toBe(true)
    await expect(ask('1h', [{ field: 'latency', operator: 'eq', value: 'much' }])).rejects.toThrow('filters[0].value')
  })

  it('says nothing about an empty time, and nothing of another tenant', async () => {
    const empty = await findChanges(context, testScope(), {
      timeRange: { start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z' },
      filters: [],
    })
    expect(empty).toMatchObject({ services: [], stories: [] })
    const { services } = await ask('1h')
    expect(services.some(({ service }) => service === 'secret')).toBe(false)
  })

  it('says the same from minutes that were counted beforehand as straight from the spans', async () => {
    const ask = (relative: string) => findChanges(context, testScope(), { timeRange: { relative }, filters: [] })
    const ranges = ['15m', '1h', '90m', '6h']
    const straight = await Promise.all(ranges.map(ask))
    await countSpans({
      ...{ store: fixture.store, settledThroughMs: nowMs - 120_000, nowMs, signal: new AbortController().signal },
      ...{ rollupRetentionDays: 30_000, spanRetentionDays: 30_000 },
    })
    const counted = await fixture.store.rows<{ n: string }>({ sql: 'SELECT count() AS n FROM service_minutes' })
    expect(Number(counted.rows[0].n)).toBeGreaterThan(500)
    expect(await Promise.all(ranges.map(ask))).toEqual(straight)
  })
})
