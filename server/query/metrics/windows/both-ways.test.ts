import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { staleHigh, staleLow } from '../../../model/metric.ts'
import { systemClock } from '../../../runtime/clock.ts'
import type { ColumnStore } from '../../../store/engine/column-store.ts'
import { testScope } from '../../../store/read/read-fixture-suite.ts'
import type { QueryAnswer } from '../../promql/query.ts'
import { vectorQueries } from '../../promql/random-queries-suite.ts'
import { type MetricsFixture, openMetricsFixture } from '../metrics-fixture-suite.ts'
import { MetricsQueries } from '../metrics-queries.ts'

const stale = (BigInt(staleHigh) << 32n) | BigInt(staleLow)
/** 2026-01-02T10:00:00Z */
const t0 = 1_767_348_000_000

let fixture: MetricsFixture
let tenant = 100
beforeAll(async () => {
  fixture = await openMetricsFixture()
})
afterAll(() => fixture.close())

const queryRuns = Number(process.env.QUERY_RUNS ?? 120)

interface Sample {
  readonly series: number
  readonly ms: number
  readonly value: number | bigint
}

const labelsOf = (series: number) => ({
  __name__: `m${series % 3}`,
  job: 'abc'[Math.floor(series / 3) % 3],
  pod: `${Math.floor(series / 9)}`,
})

/**
 * Samples under a tenant of their own, in all three tables: scrapes as they came, in the hot table, on their way out of
 * it, and as pieces; some scrapes in two of them.
 */
async function stored(samples: readonly Sample[], salt: number): Promise<number> {
  const [written, id] = [tenant + 1, tenant + 2]
  tenant = id
  const half = samples.length >> 1
  for (const some of [samples.slice(half), samples.slice(0, half)])
    await fixture.write(
      written,
      some.map(({ series, ms, value }) => ({ labels: labelsOf(series), ms, value })),
    )
  const place = `cityHash64(ts, ${salt}) % 8`
  const scrapes = (table: string, places: string) => `INSERT INTO ${table}
    SELECT ${id}, * EXCEPT tenant FROM samples_hot WHERE tenant = ${written} AND ${place} IN (${places})`
  const pieces = `INSERT INTO samples (tenant, metric, t0, target, series, exp, ts, vi, retention)
    SELECT ${id}, metric, toStartOfHour(ts), target, s, e, groupArray(ts), groupArray(v), max(retention)
    FROM (SELECT * FROM samples_hot WHERE tenant = ${written} AND ${place} IN (0, 1, 2, 3, 4)) ARRAY JOIN series AS s, exp AS e, vi AS v
    GROUP BY metric, toStartOfHour(ts), target, s, e`
  const series = `INSERT INTO series SELECT ${id}, * EXCEPT tenant FROM series WHERE tenant = ${written}`
  for (const sql of [scrapes('samples_hot', '4, 5, 6'), scrapes('samples_compacting', '6, 7'), pieces, series])
    await fixture.store.command({ sql })
  return id
}

/** `reads` counts the statements that thin samples. */
function bothWays() {
  const { store } = fixture
  const counted = { reads: 0 }
  const counting: ColumnStore = {
    rows: (statement, bounds) => store.rows(statement, bounds),
    command: (statement, bounds) => store.command(statement, bounds),
    insertNativeFile: (insert) => store.insertNativeFile(insert),
    nativeBlocks: (statement, bounds) => {
      if (statement.sql.includes('AS ordinals')) counted.reads += 1
      return store.nativeBlocks(statement, bounds)
    },
  }
  const thinning = { mode: 'always', isRemote: false } as const
  return {
    counted,
    thinned: new MetricsQueries({ store: counting, clock: systemClock, thinning }),
    whole: new MetricsQueries({ store, clock: systemClock }),
  }
}

interface Asked {
  readonly id: number
  readonly query: string
  readonly stepMs: number
  readonly endMs: number
}

function ask(queries: MetricsQueries, { id, query, stepMs, endMs }: Asked): Promise<QueryAnswer> {
  const scope = testScope({ tenant: id })
  return stepMs === 0
    ? queries.instant(scope, query, { timeMs: endMs })
    : queries.range(scope, query, { startMs: endMs - 1_800_000, endMs, stepMs })
}

/** Points, remarks and the number of samples, or the error; the order of an instant answer is that of the series. */
function textOf({ value, annotations, cost }: QueryAnswer): string {
  if (value.type !== 'vector') throw new Error(`${value.type} is no vector`)
  const lines = value.series.map(
    ({ labels, state, floats }) =>
      `${labels.key} ${Array.from(state, (one, i) => (one === 0 ? '-' : floats[i])).join(' ')}`,
  )
  return [...lines, JSON.stringify(annotations), cost.totalSamples].join('\n')
}

const errorText = (error: Error) => `${error.name}: ${error.message}`

/** 27 series each 15 s for an hour and a half: resets, gaps, staleness markers, NaN, late and repeated scrapes. */
function longData(): readonly Sample[] {
  const samples: Sample[] = []
  for (let series = 0; series < 27; series += 1)
    for (let i = 0; i < 360; i += 1) {
      const ms = t0 + 15_000 * i + ((series % 3) * 7 + (i % 4))
      if ((series + i) % 97 < 12 && series % 4 === 1) continue
      const value =
        (i + series) % 60 === 17 && series % 5 < 2
          ? stale
          : (i * series) % 83 === 5 && series % 2 === 0
            ? Number.NaN
            : series % 3 === 2
              ? ((i * 37 + series * 11) % 64) / 4 - 8
              : ((i * (series + 1)) % (97 + series)) + (series % 4) / 4
      samples.push({ series, ms, value })
      if ((i * 7 + series) % 41 === 0) samples.push({ series, ms, value: 12.5 })
    }
  return samples.sort((a, b) => ((a.ms * 31 + a.series) % 1009) - ((b.ms * 31 + b.series) % 1009))
}

describe('samples thinned in the store and all of them', () => {
  it('give the same answers to random queries', async () => {
    const id = await stored(longData(), 1)
    const { counted, thinned, whole } = bothWays()
    // Answers with points.
    let results = 0
    await fc.assert(
      fc.asyncProperty(
        vectorQueries,
        fc.constantFrom(0, 15_000, 60_000, 70_000, 300_000, 600_000),
        fc.constantFrom(0, 1_800_000, 5_400_000, 5_431_007, 5_900_000),
        async (query, stepMs, at) => {
          const [first, second] = await Promise.all(
            [thinned, whole].map((one) => ask(one, { id, query, stepMs, endMs: t0 + at }).then(textOf, errorText)),
          )
          if (second.includes('\0') || /^ .*\d/.test(second)) results += 1
          expect(first).toBe(second)
        },
      ),
      { seed: 5, numRuns: queryRuns },
    )
    expect(results).toBeGreaterThan(queryRuns * 0.5)
    expect(counted.reads).toBeGreaterThan(queryRuns * 0.3)
  }, 7_200_000)

  const number = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ noNaN: true, min: -1e6, max: 1e6 }))
  const odd = fc.constantFrom(stale, stale, Number.NaN)
  const huge = fc.constantFrom(1e300, -1e300, Infinity, -Infinity, 1.7e308, 1e16, -1e16)
  /** Close together, so that many have the same time, and some lie a millisecond beside a window's edge. */
  const samplesWith = (value: fc.Arbitrary<number | bigint>) =>
    fc.array(
      fc.record({
        series: fc.nat(5),
        ms: fc.tuple(fc.nat(100), fc.integer({ min: -1, max: 1 })).map(([i, by]) => t0 + i * 30_000 + by),
        value,
      }),
      { maxLength: 400, size: 'max' },
    )
  const data = fc.oneof(
    samplesWith(number),
    samplesWith(fc.oneof(number, odd)),
    samplesWith(fc.oneof({ weight: 9, arbitrary: number }, huge, odd)),
  )
  const functions = [
    ...['rate', 'increase', 'delta', 'irate', 'idelta', 'resets', 'changes'],
    ...['count', 'present', 'first', 'last', 'ts_of_first', 'ts_of_last', 'min', 'max', 'sum', 'avg'].map(
      (name) => `${name}_over_time`,
    ),
  ]
  /** One; over one another, cut once or twice a step; side by side; with gaps between them. */
  const windows = [
    ...([
      ['2m', 0],
      ['1h', 0],
      ['45s', 15_000],
      ['50m', 600_000],
    ] as const),
    ...([
      ['17m', 300_000],
      ['7m', 240_000],
      ['5m', 300_000],
      ['5m', 700_000],
    ] as const),
  ] as const
  it('give the same values of every function on random samples', async () => {
    await fc.assert(
      fc.asyncProperty(
        data,
        fc.nat(1000),
        fc.constantFrom(t0 + 1_800_000, t0 + 3_600_000, t0 + 3_123_456),
        async (samples, salt, endMs) => {
          const id = await stored(samples, salt)
          const { counted, thinned, whole } = bothWays()
          for (const name of functions)
            for (const [range, stepMs] of windows) {
              const asked = { id, query: `${name}(m0[${range}])`, stepMs, endMs }
              const [first, second] = await Promise.all([thinned, whole].map((queries) => ask(queries, asked)))
              if (stepMs === 0 || !/^(sum|avg)_/.test(name))
                expect(textOf(first), JSON.stringify(asked)).toBe(textOf(second))
              else expectClose(first, second)
            }
          const isThere = samples.some(({ series }) => series % 3 === 0)
          expect(counted.reads).toBe(isThere ? functions.length * windows.length : 0)
        },
      ),
      { seed: 7, numRuns: Number(process.env.THINNING_RUNS ?? 2) },
    )
  }, 7_200_000)
})

/** Sums of overlapping windows are added up in another order. */
function expectClose(first: QueryAnswer, second: QueryAnswer): void {
  if (first.value.type !== 'vector' || second.value.type !== 'vector') throw new Error('no vector')
  expect(first.value.series.map(({ labels, state }) => [labels.key, state])).toEqual(
    second.value.series.map(({ labels, state }) => [labels.key, state]),
  )
  const [a, b] = [first, second].map(({ value }) => (value.type === 'vector' ? value.series : []))
  for (const [i, { floats }] of a.entries())
    for (const [step, found] of floats.entries()) {
      const wanted = b[i].floats[step]
      if (!Object.is(found, wanted)) expect(Math.abs(found - wanted)).toBeLessThanOrEqual(Math.abs(wanted) * 1e-12)
    }
}
