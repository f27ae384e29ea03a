import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { staleHigh, staleLow } from '../../model/metric.ts'
import { systemClock } from '../../runtime/clock.ts'
import { insertRows, testScope } from '../../store/read/read-fixture-suite.ts'
import type { Matcher } from '../promql/ast.ts'
import { defaultSettings } from '../promql/evaluate/evaluation.ts'
import { Labels } from '../promql/labels.ts'
import { MemorySource } from '../promql/memory-source.ts'
import { queryInstant, queryRange } from '../promql/query.ts'
import type { SampleSeries } from '../promql/value.ts'
import { type MetricsFixture, openMetricsFixture } from './metrics-fixture-suite.ts'
import { MetricsIndex } from './metrics-index.ts'
import { StoreSeriesSource } from './store-series-source.ts'

const staleBits = (BigInt(staleHigh) << 32n) | BigInt(staleLow)
/** 2026-01-02T10:00:00Z */
const t0 = 1_767_348_000_000

let fixture: MetricsFixture
let tenant = 10
beforeAll(async () => {
  fixture = await openMetricsFixture()
})
afterAll(() => fixture.close())

function sourceOf(of: { tenant: number; maxSeries?: number }) {
  const index = new MetricsIndex({ ...fixture, clock: systemClock, ...of })
  return new StoreSeriesSource({
    index,
    reader: fixture.reader,
    scope: testScope({ tenant: of.tenant }),
    warm: null,
    rollups: null,
    threads: null,
  })
}

async function read(of: { tenant: number; maxSeries?: number }, matchers: readonly Matcher[], newestOnly = false) {
  const found: SampleSeries[] = []
  const hints = { functionName: '', rangeMs: 0, stepMs: 0, newestOnly }
  for await (const batch of sourceOf(of).select({ matchers, startMs: t0 - 3_600_000, endMs: t0 + 3_600_000, hints }))
    for (const one of batch) found.push({ ...one, times: one.times.slice(), values: one.values.slice() })
  return found
}

const named = (name: string): Matcher[] => [{ name: '__name__', operator: '=', value: name }]

describe('samples of one time', () => {
  const other = 1234.5678
  it.each([
    ['a value wins over a staleness marker', [staleBits, 3], 3],
    ['whatever the order', [3, staleBits], 3],
    ['the greater value wins', [3, 5, 4], 5],
    ['a number wins over another NaN', [Number.NaN, -7], -7],
    ['decimals and integers together', [other, 1234], other],
    ['negative numbers', [-5, -2.5], -2.5],
    ['infinity', [1e300, Infinity], Infinity],
  ] as const)('%s', async (_name, values, wanted) => {
    tenant += 1
    for (const value of values) await fixture.write(tenant, [{ labels: { __name__: 'm' }, ms: t0, value }])
    for (const newestOnly of [false, true]) {
      const [series] = await read({ tenant }, named('m'), newestOnly)
      expect([...series.times]).toEqual([t0])
      expect([...series.values]).toEqual([wanted])
    }
  })
})

describe('pieces', () => {
  it('from all three tables, unsorted and of several exponents, are one series in order', async () => {
    tenant += 1
    const labels = { __name__: 'm', job: 'a' }
    await fixture.write(tenant, [{ labels, ms: t0 + 1000, value: 1 }])
    const [hash] = (
      await fixture.store.rows<{ metric: string; target: number; series: string }>({
        sql: `SELECT toString(metric) AS metric, target, toString(series) AS series FROM series WHERE tenant = ${tenant}`,
      })
    ).rows
    const at = (seconds: number) => new Date(t0 + seconds * 1000).toISOString().replace('T', ' ').replace('Z', '')
    const piece = { tenant, ...hash, t0: '2026-01-02 10:00:00', retention: 40_000 }
    await insertRows(fixture.store, 'samples', {
      columns: {
        ...{ tenant: ['UInt32'], metric: ['UInt64'], target: ['UInt32'], series: ['UInt64'], t0: ['DateTime'] },
        ...{ exp: ['Int8'], ts: ["Array(DateTime64(3, 'UTC'))"], vi: ['Array(Int64)'], retention: ['UInt16'] },
      },
      rows: [
        { ...piece, exp: 0, ts: [at(30), at(10), at(1)], vi: [30, 10, 1] },
        { ...piece, exp: -2, ts: [at(20), at(5)], vi: [2050, 505] },
      ],
    })
    await insertRows(fixture.store, 'samples_compacting', {
      columns: {
        ...{
          tenant: ['UInt32'],
          metric: ['UInt64'],
          target: ['UInt32'],
          ts: ["DateTime64(3, 'UTC')"],
          slot: ['DateTime'],
        },
        ...{ series: ['Array(UInt64)'], exp: ['Array(Int8)'], vi: ['Array(Int64)'], retention: ['UInt16'] },
      },
      rows: [
        { ...piece, ts: at(15), slot: at(0).slice(0, 19), series: ['7', hash.series], exp: [0, -1], vi: [9, 155] },
      ],
    })
    const [series] = await read({ tenant }, named('m'))
    expect([...series.times].map((ms) => (ms - t0) / 1000)).toEqual([1, 5, 10, 15, 20, 30])
    expect([...series.values]).toEqual([1, 5.05, 10, 15.5, 20.5, 30])
    const [newest] = await read({ tenant }, named('m'), true)
    expect(newest.times.at(-1)).toBe(t0 + 30_000)
    expect(newest.values.at(-1)).toBe(30)
  })

  it('no row of another tenant', async () => {
    tenant += 2
    await fixture.write(tenant, [{ labels: { __name__: 'shared' }, ms: t0, value: 1 }])
    await fixture.write(tenant - 1, [{ labels: { __name__: 'shared' }, ms: t0, value: 2 }])
    expect((await read({ tenant }, named('shared'))).map(({ values }) => [...values])).toEqual([[1]])
    expect(await read({ tenant: tenant + 1000 }, named('shared'))).toEqual([])
  })
})

describe('selectors', () => {
  const rows = ['a', 'b', 'c'].flatMap((job) =>
    ['1', '2'].map((pod) => ({
      labels: { __name__: pod === '1' ? 'x' : 'y', job, pod, ...(job === 'a' ? { 'ü ber': '1' } : {}) },
      ms: t0,
      value: 1,
    })),
  )
  const matcher = (name: string, operator: Matcher['operator'], value: string) => ({ name, operator, value })
  const cases: readonly (readonly [string, Matcher[], number])[] = [
    ['name', named('x'), 3],
    ['name and label', [...named('x'), matcher('job', '=', 'a')], 1],
    ['no name', [matcher('job', '=', 'a')], 2],
    ['not', [...named('x'), matcher('job', '!=', 'a')], 2],
    ['regex, anchored', [matcher('job', '=~', 'a|b'), matcher('__name__', '=~', 'x.*')], 2],
    ['regex of a part', [matcher('job', '=~', '[ab'.concat(']')), matcher('pod', '=~', '.')], 4],
    ['not regex', [...named('y'), matcher('job', '!~', 'a|b')], 1],
    ['missing label', [...named('x'), matcher('ü ber', '=', '')], 2],
    ['present label', [matcher('ü ber', '!=', '')], 2],
    ['nothing', [matcher('job', '=', 'z')], 0],
  ]
  it.each(cases)('%s: the index and SQL agree', async (_name, matchers, count) => {
    if (_name === 'name') {
      tenant += 1
      await fixture.write(tenant, rows)
    }
    const keys = async (maxSeries: number) =>
      (await read({ tenant, maxSeries }, matchers)).map(({ labels }) => labels.key).sort()
    const inMemory = await keys(1000)
    expect(inMemory).toHaveLength(count)
    expect(await keys(0)).toEqual(inMemory)
  })
})

describe('the store and memory answer alike', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 100 }),
    fc.constant(staleBits),
    fc.constantFrom(0.5, 1.25, 99.99, -3, 1e300, Infinity, 1 / 3),
  )
  const point = fc.record({ series: fc.nat(5), at: fc.nat(480), value })
  const queries = [
    'x',
    'rate(x[5m])',
    'sum by (job) (rate(x[10m]))',
    'avg(x)',
    'max_over_time(x[7m])',
    'topk(2, x)',
    'count_values("v", x)',
    'x offset 10m',
    'increase(x[20m] @ end())',
    'sum_over_time(x[1h:3m])',
    'quantile(0.5, x)',
    'last_over_time(x[15m])',
    'stddev by (pod) (x)',
    'x > 5 or -x',
  ]
  it('random samples, in the order they come, and random questions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(point, { maxLength: 120 }),
        fc.constantFrom(...queries),
        fc.nat(40),
        async (points, query, from) => {
          tenant += 1
          const memory = new MemorySource()
          const unique = new Map(points.map((one) => [`${one.series} ${one.at}`, one]))
          const samples = [...unique.values()].map((one) => {
            const labels = { __name__: 'x', job: `j${one.series % 2}`, pod: `${one.series}` }
            const ms = t0 + one.at * 15_000
            memory.add(Labels.from(Object.entries(labels)), ms, typeof one.value === 'bigint' ? 'stale' : one.value)
            return { labels, ms, value: one.value }
          })
          const half = samples.length >> 1
          await fixture.write(tenant, samples.slice(half))
          await fixture.write(tenant, samples.slice(0, half))
          const ask = async (source: MemorySource | StoreSeriesSource) => {
            const run = { query, source, settings: defaultSettings }
            const startMs = t0 + from * 180_000
            const range = await queryRange(run, { startMs, endMs: startMs + 1_800_000, stepMs: 60_000 })
            const instant = await queryInstant(run, startMs)
            return [range, instant].map(({ value: answer }) =>
              answer.type === 'vector'
                ? answer.series
                    .map(
                      (one) =>
                        `${one.labels} ${Array.from(one.state, (state, i) => (state === 0 ? '_' : one.floats[i].toPrecision(12)))}`,
                    )
                    .sort()
                : answer,
            )
          }
          expect(await ask(sourceOf({ tenant }))).toEqual(await ask(memory))
        },
      ),
      { numRuns: 40, seed: 5 },
    )
  }, 60_000)
})

describe('large reads', () => {
  it('come slice by slice, each series once', async () => {
    tenant += 1
    await fixture.store.command({
      sql: `INSERT INTO samples (tenant, metric, t0, target, series, exp, ts, vi, retention)
        SELECT ${tenant}, 5, toDateTime('2026-01-02 10:00:00', 'UTC'), intDiv(number, 10), number + 1, 0,
          arrayMap(i -> fromUnixTimestamp64Milli(toInt64(${t0} + i * 1000), 'UTC'), range(1000)), range(1000), 40000
        FROM numbers(6000)`,
    })
    await fixture.store.command({
      sql: `INSERT INTO series (tenant, metric, target, series, day, labels, seen, retention)
        SELECT ${tenant}, 5, intDiv(number, 10), number + 1, toDate('2026-01-02'), map('__name__', 'big', 'n', toString(number)), now64(), 40000
        FROM numbers(6000)`,
    })
    // The scrapes since then, not compacted yet: in an answer they lie between the stored pieces.
    await fixture.store.command({
      sql: `INSERT INTO samples_hot (tenant, metric, target, ts, slot, retention, series, exp, vi)
        SELECT ${tenant}, 5, intDiv(number, 5), fromUnixTimestamp64Milli(toInt64(${t0} + (1000 + number % 5) * 1000), 'UTC'),
          toDateTime('2026-01-02 10:20:00', 'UTC'), 40000, arrayMap(i -> toUInt64(intDiv(number, 5) * 10 + i + 1), range(10)),
          arrayMap(i -> toInt8(0), range(10)), arrayMap(i -> toInt64(1000 + number % 5), range(10))
        FROM numbers(3000)`,
    })
    const seen = new Set<string>()
    const hints = { functionName: '', rangeMs: 0, stepMs: 0, newestOnly: false }
    let batches = 0
    for await (const batch of sourceOf({ tenant }).select({
      matchers: named('big'),
      startMs: t0 - 1,
      endMs: t0 + 1_004_000,
      hints,
    })) {
      batches += 1
      for (const { labels, times, values } of batch) {
        expect(times.length).toBe(1005)
        expect(values.every((value, i) => value === i && times[i] === t0 + i * 1000)).toBe(true)
        seen.add(labels.key)
      }
    }
    expect(seen.size).toBe(6000)
    expect(batches).toBeGreaterThan(10)
  })

  it('an abandoned read ends in the store too', async () => {
    const controller = new AbortController()
    const scope = testScope({ tenant, signal: controller.signal })
    const index = new MetricsIndex({ ...fixture, clock: systemClock })
    const source = new StoreSeriesSource({
      index,
      reader: fixture.reader,
      scope,
      warm: null,
      rollups: null,
      threads: null,
    })
    const hints = { functionName: '', rangeMs: 0, stepMs: 0, newestOnly: false }
    const reading = source.select({ matchers: named('big'), startMs: t0 - 1, endMs: t0 + 999_000, hints })
    await reading.next()
    await reading.return(undefined)
    const stopped = source.select({ matchers: named('big'), startMs: t0 - 1, endMs: t0 + 999_000, hints })
    controller.abort(new Error('gone'))
    await expect(stopped.next()).rejects.toThrow()
  })
})
