import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { defaultTenant, type TenantId } from '../../model/tenant.ts'
import { metricBatch, type SampleRow } from '../load/batches-fixture-suite.ts'
import { compactSamples } from './compact-samples.ts'
import { type DeriveBench, openDeriveBench, runWithCrashes } from './derive-fixture-suite.ts'
import { sliceMetrics } from './metric-slices.ts'
import { rollupSamples } from './rollup-samples.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** 2026-11-20T00:00:00Z */
const dayStart = 1_795_132_800_000
const stale = 0x7ff0000000000002n

let bench: DeriveBench
beforeAll(async () => {
  bench = await openDeriveBench(dayStart)
})
afterAll(() => bench.close())
beforeEach(() =>
  bench.empty(
    'samples_hot',
    'samples_compacting',
    'samples',
    'rollup_5m',
    'rollup_1h',
    'derive_progress',
    'late_marks',
  ),
)

let seed = 99
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
  return Math.floor((seed / 2 ** 32) * below)
}

function labels(metric: string, i: number) {
  return { __name__: metric, i: `${i}`, instance: `host-${i % 3}:9100`, job: 'node' }
}

/** All samples, wherever they lie, as text. */
async function allSamples(): Promise<string[]> {
  const wide = (table: string) =>
    `SELECT tenant, metric, target, one, e, toUnixTimestamp64Milli(ts) AS ms, v, retention FROM ${table} ARRAY JOIN series AS one, exp AS e, vi AS v`
  const found = await bench.rows<{ row: string }>(
    `SELECT toString((tenant, metric, target, one, e, ms, v, retention)) AS row FROM (${wide('samples_hot')} UNION ALL ${wide('samples_compacting')} UNION ALL
      SELECT tenant, metric, target, series AS one, exp AS e, toUnixTimestamp64Milli(at) AS ms, v, retention FROM samples ARRAY JOIN ts AS at, vi AS v) ORDER BY row`,
  )
  return found.map(({ row }) => row)
}

async function scrape(metrics: readonly string[], series: number, ms = bench.clock.nowMs()): Promise<void> {
  const rows: SampleRow[] = metrics.flatMap((metric) =>
    Array.from({ length: series }, (_, i) => ({
      labels: labels(metric, i),
      ms: ms + (i % 3),
      value: random(3) === 0 ? random(1000) / 100 : random(1000),
    })),
  )
  await bench.write(
    metricBatch(bench.series.of(defaultTenant), rows),
    metricBatch(bench.series.of(7 as TenantId), rows.slice(0, 2)),
  )
}

describe('sliceMetrics', () => {
  it('covers all metrics once, and cuts one that is too large by target', () => {
    const sizes = [
      ['1', 40],
      ['5', 50],
      ['6', 30],
      ['7', 250],
      ['9', 10],
    ].map(([metric, samples]) => ({ metric: String(metric), samples }))
    expect(sliceMetrics(sizes, 100)).toEqual([
      { fromMetric: '1', toMetric: '5', fromTarget: 0, toTarget: 0xffffffff },
      { fromMetric: '6', toMetric: '6', fromTarget: 0, toTarget: 0xffffffff },
      { fromMetric: '7', toMetric: '7', fromTarget: 0, toTarget: 1431655765 },
      { fromMetric: '7', toMetric: '7', fromTarget: 1431655766, toTarget: 2863311531 },
      { fromMetric: '7', toMetric: '7', fromTarget: 2863311532, toTarget: 0xffffffff },
      { fromMetric: '9', toMetric: '9', fromTarget: 0, toTarget: 0xffffffff },
    ])
  })
})

describe('compactSamples', () => {
  it('moves closed slots and nothing else, value by value', async () => {
    for (let step = 0; step < 90; step++) {
      if (step % 3 === 0) await scrape(['a', 'b'], 5)
      bench.clock.advance(15_000)
    }
    await scrape(['a'], 1, dayStart - dayMs)
    const before = await allSamples()
    expect(await compactSamples(bench.context())).toBe(2)
    expect(await allSamples()).toEqual(before)
    expect(await bench.rows('SELECT toString(min(slot)) AS slot FROM samples_hot')).toEqual([
      { slot: '2026-11-20 00:20:00' },
    ])
    expect(await bench.rows('SELECT count() AS n FROM samples_compacting')).toEqual([{ n: '0' }])
    await bench.store.command({ sql: 'OPTIMIZE TABLE samples FINAL' })
    expect(await allSamples()).toEqual(before)
    expect(await bench.rows('SELECT max(length(ts)) > 10 AS long FROM samples')).toEqual([{ long: 1 }])
  })

  it('stores nothing twice and loses nothing, wherever it was broken off', async () => {
    for (let step = 0; step < 4; step++) {
      await scrape(['a', 'b'], 4)
      bench.clock.advance(600_000)
    }
    const before = await allSamples()
    expect(await runWithCrashes(bench, compactSamples)).toBeGreaterThan(4)
    expect(await allSamples()).toEqual(before)
    expect(await bench.rows('SELECT count() AS n FROM samples_hot')).toEqual([{ n: '0' }])
  })
})

interface Rollup {
  sum: number
  n: number
  min: number
  max: number
  first: number
  last: number
  inc: number
}

/** What the rollups should hold, counted from the samples that were written. */
function recount(samples: readonly SampleRow[], stepMs: number): Map<string, Rollup> {
  const bySeries = new Map<string, Map<number, number>>()
  for (const {
    labels: { __name__: name, i },
    ms,
    value,
  } of samples) {
    if (value === stale) continue
    const key = `${name}/${i}`
    const points = bySeries.get(key) ?? new Map<number, number>()
    bySeries.set(key, points)
    points.set(ms, Math.max(Number(value), points.get(ms) ?? Number.NEGATIVE_INFINITY))
  }
  const rollups = new Map<string, Rollup>()
  for (const [series, points] of bySeries) {
    let lastKey = ''
    for (const [ms, value] of [...points].sort(([a], [b]) => a - b)) {
      const key = `${series} ${Math.floor(ms / stepMs) * stepMs}`
      const rollup = rollups.get(key) ?? { sum: 0, n: 0, min: value, max: value, first: value, last: value, inc: 0 }
      rollups.set(key, rollup)
      if (key === lastKey) rollup.inc += value >= rollup.last ? value - rollup.last : value
      rollup.sum += value
      rollup.n += 1
      rollup.min = Math.min(rollup.min, value)
      rollup.max = Math.max(rollup.max, value)
      rollup.last = value
      lastKey = key
    }
  }
  return rollups
}

async function storedRollups(table: 'rollup_5m' | 'rollup_1h', stepMs: number): Promise<Map<string, Rollup>> {
  const value = (name: string) =>
    `multiIf(exp = 127, reinterpretAsFloat64(${name}), exp < 0, ${name} / exp10(-exp), toFloat64(${name})) AS x_${name}`
  const found = await bench.rows<Record<string, string | number>>(
    `SELECT labels['__name__'] AS name, labels['i'] AS i, toUnixTimestamp(t0) * 1000 + b * ${stepMs} AS at, count_of AS n,
      ${['s', 'lo', 'hi', 'f', 'l', 'g'].map(value).join(', ')}
      FROM (SELECT * FROM rollup_5m FINAL WHERE tenant = 1) ARRAY JOIN bucket AS b, n AS count_of, sum AS s, min AS lo, max AS hi, first AS f, last AS l, inc AS g
      INNER JOIN (SELECT DISTINCT series, labels FROM series WHERE tenant = 1) AS known USING series`.replace(
      'rollup_5m',
      table,
    ),
  )
  return new Map(
    found.map((row) => [
      `${row.name}/${row.i} ${row.at}`,
      {
        sum: Number(row.x_s),
        n: Number(row.n),
        min: Number(row.x_lo),
        max: Number(row.x_hi),
        first: Number(row.x_f),
        last: Number(row.x_l),
        inc: Number(row.x_g),
      },
    ]),
  )
}

function expectSame(found: Map<string, Rollup>, wanted: Map<string, Rollup>): void {
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort())
  for (const [key, rollup] of wanted) {
    for (const field of ['n', 'min', 'max', 'first', 'last'] as const)
      expect(found.get(key)?.[field], `${key} ${field}`).toBe(rollup[field])
    // The order of summation is free: the last digits may differ.
    for (const field of ['sum', 'inc'] as const)
      expect((found.get(key)?.[field] ?? Number.NaN) / (rollup[field] || 1), `${key} ${field}`).toBeCloseTo(
        rollup[field] === 0 ? 0 : 1,
        9,
      )
  }
}

/** A counter with resets, a gauge with decimals, floats of full precision; with gaps, staleness and repeats. */
function valueAt(i: number, step: number): number | bigint {
  if (random(40) === 0) return stale
  if (i === 0) return (step * 7) % 500
  if (i === 1) return random(100_000) / 100
  return Math.sin(step) * (i === 2 ? 1 : 1e14)
}

describe('rollupSamples', () => {
  it('equals a recount over the stored rows, with compaction, late samples and crashes in between', {
    timeout: 180_000,
  }, async () => {
    const all: SampleRow[] = []
    const table = bench.series.of(defaultTenant)
    const start = Math.ceil(bench.clock.nowMs() / dayMs) * dayMs
    bench.clock.advance(start - bench.clock.nowMs())
    // A day and two hours in steps of half an hour, each with the samples of that half hour and sometimes old ones.
    for (let step = 0; step < 26 * 2; step++) {
      bench.clock.advance(1_800_000)
      const rows: SampleRow[] = []
      for (let tick = 0; tick < 30; tick++)
        for (let i = 0; i < 4; i++) {
          const ms = start + step * 1_800_000 + tick * 60_000 + i
          if (random(5) > 0) rows.push({ labels: labels(`m${i % 2}`, i), ms, value: valueAt(i, step * 30 + tick) })
        }
      if (random(4) === 0 && step > 5) {
        const ms = start + random(step - 4) * 1_800_000 + 30_000
        const i = random(4)
        rows.push({ labels: labels(`m${i % 2}`, i), ms, value: random(1000) })
        rows.push({ labels: labels(`m${i % 2}`, i), ms, value: random(1000) })
      }
      all.push(...rows)
      await bench.write(metricBatch(table, rows))
      if (step % 8 === 5) await compactSamples(bench.context())
      if (step === 20 || step === 49) await runWithCrashes(bench, rollupSamples)
    }
    bench.clock.advance(2 * hourMs)
    await rollupSamples(bench.context())
    expectSame(await storedRollups('rollup_5m', 300_000), recount(all, 300_000))
    const wholeDay = all.filter(({ ms }) => ms < start + dayMs)
    expectSame(await storedRollups('rollup_1h', hourMs), recount(wholeDay, hourMs))
    expect(await bench.rows('SELECT count() AS n FROM late_marks FINAL WHERE done = 0')).toEqual([{ n: '0' }])
    // A late sample of the first day, after all is counted, changes both.
    const late: SampleRow = { labels: labels('m0', 0), ms: start + 3 * hourMs + 1, value: 12_345 }
    await bench.write(metricBatch(table, [late]))
    bench.clock.advance(1000)
    await rollupSamples(bench.context())
    expectSame(await storedRollups('rollup_5m', 300_000), recount([...all, late], 300_000))
    expectSame(await storedRollups('rollup_1h', hourMs), recount([...wholeDay, late], hourMs))
  })

  it('does not count what is not settled', async () => {
    await scrape(['a'], 1)
    bench.clock.advance(hourMs + 14 * 60_000)
    expect(await rollupSamples({ ...bench.context(), settledThroughMs: bench.clock.nowMs() - hourMs })).toBe(0)
    expect(await bench.rows('SELECT count() AS n FROM rollup_5m')).toEqual([{ n: '0' }])
  })
})
