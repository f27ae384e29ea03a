import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultTenant } from '../../../model/tenant.ts'
import { type DeriveBench, openDeriveBench } from '../../../store/derive/derive-fixture-suite.ts'
import { rollupSamples } from '../../../store/derive/rollup-samples.ts'
import { metricBatch } from '../../../store/load/batches-fixture-suite.ts'
import { testScope } from '../../../store/read/read-fixture-suite.ts'
import { createTenantReader } from '../../../store/read/tenant-rows.ts'
import { defaultSettings } from '../../promql/evaluate/evaluation.ts'
import { queryInstant, queryRange } from '../../promql/query.ts'
import { MetricsIndex } from '../metrics-index.ts'
import { StoreSeriesSource } from '../store-series-source.ts'
import { RollupChoice } from './rollup-choice.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** 2026-11-20T00:00:00Z */
const start = 1_795_132_800_000
const hours = 6

let bench: DeriveBench
/** Answers over the samples, before they were taken away. */
const raw = new Map<string, number[][]>()
beforeAll(async () => {
  bench = await openDeriveBench(start)
  const table = bench.series.of(defaultTenant)
  for (let hour = 0; hour < hours; hour += 1) {
    const rows = Array.from({ length: 240 }, (_, i) => start + hour * hourMs + i * 15_000 + 1000).flatMap((ms, i) => [
      // Falls to a small value every 37 samples; a gauge with decimals beside it.
      { labels: { __name__: 'c_total', job: 'a' }, ms, value: ((hour * 240 + i) % 37) * 5 + 2 },
      { labels: { __name__: 'g', job: 'a' }, ms, value: ((i * 7919) % 1000) / 10 - 40 },
    ])
    bench.clock.advance(start + (hour + 1) * hourMs - bench.clock.nowMs())
    await bench.write(metricBatch(table, rows))
  }
  bench.clock.advance(hourMs)
  await rollupSamples(bench.context())
  for (const query of queries) raw.set(query, (await ask(query, { rawDays: 30 })).values)
  for (const table of ['samples_hot', 'samples_compacting', 'samples'])
    await bench.store.command({ sql: `ALTER TABLE ${table} DELETE WHERE 1 SETTINGS mutations_sync = 1` })
})
afterAll(() => bench.close())

const queries = [
  'increase(c_total[1h])',
  'resets(c_total[1h])',
  'min_over_time(g[1h])',
  'max_over_time(g[1h])',
  'avg_over_time(g[1h])',
  'sum_over_time(g[1h])',
  'count_over_time(g[1h])',
  'g',
  'last_over_time(g[1h])',
] as const

function sourceOf(of: { rawDays: number; mostSamples?: number }) {
  const reader = createTenantReader(bench.store)
  const { store, clock } = bench
  const index = new MetricsIndex({ store, reader, clock })
  const rollups = new RollupChoice({ store, clock, ...of, rawDays: () => of.rawDays })
  return new StoreSeriesSource({ index, reader, scope: testScope(), warm: null, rollups, threads: null })
}

async function ask(query: string, of: { rawDays: number; mostSamples?: number }) {
  const run = { query, source: sourceOf(of), settings: defaultSettings, language: { experimental: true } }
  const grid = { startMs: start + hourMs, endMs: start + hours * hourMs, stepMs: hourMs }
  const { value, annotations } = await queryRange(run, grid)
  if (value.type !== 'vector') throw new Error(`${value.type} is no vector`)
  return { values: value.series.map(({ floats }) => [...floats]), infos: annotations.shown('info') }
}

describe('questions that reach beyond what is kept of the samples', () => {
  it.each(queries)('%s comes from rollups, as near to the samples as they can tell', async (query) => {
    bench.clock.advance(Math.max(0, start + 5 * dayMs - bench.clock.nowMs()))
    const { values, infos } = await ask(query, { rawDays: 2 })
    const wanted = raw.get(query) ?? []
    expect(values).toHaveLength(1)
    expect(values[0]).toHaveLength(hours)
    values[0].forEach((value, i) => {
      // Rates extend to the window's ends from the samples next to them: those of a bucket lie elsewhere.
      if (query.startsWith('increase')) expect(value / wanted[0][i]).toBeCloseTo(1, 1)
      else if (query.startsWith('resets')) expect(value).toBeGreaterThan(0)
      else expect(value).toBeCloseTo(wanted[0][i], 6)
    })
    expect(infos.filter((info) => !info.includes('might not be a counter'))).toEqual([
      expect.stringMatching(
        /^PromQL info: drawn from 5-minute rollups up to 2026-11-20T06:00:00Z: samples are kept for 2 days \(1:\d+\)$/,
      ),
    ])
  })

  it('nothing is said and nothing is drawn where the samples are kept', async () => {
    const { values, infos } = await ask('avg_over_time(g[1h])', { rawDays: 30 })
    expect(values).toEqual([])
    expect(infos).toEqual([])
  })

  it('so many samples that rollups do: for a coarse step over long ranges', async () => {
    const { values, infos } = await ask('avg_over_time(g[1h])', { rawDays: 30, mostSamples: 100 })
    expect(values[0]).toHaveLength(hours)
    expect(infos[0]).toMatch(/drawn from 5-minute rollups up to 2026-11-20T06:00:00Z: about 0 million samples/)
    expect((await ask('g', { rawDays: 30, mostSamples: 100 })).infos).toEqual([])
  })

  it('an instant question too', async () => {
    const run = {
      query: 'g',
      source: sourceOf({ rawDays: 2 }),
      settings: defaultSettings,
      language: { experimental: true },
    }
    const { value } = await queryInstant(run, start + 2 * hourMs)
    expect(value.type === 'vector' && value.series.map(({ floats }) => floats[0])).toEqual(
      raw.get('g')?.map((one) => one[1]),
    )
  })
})
