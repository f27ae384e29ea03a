import { describe, expect, it } from 'vitest'
import type { Batch, MetricBatch } from '../../model/batch.ts'
import { labelsOfCanonical } from '../../model/label-bytes.ts'
import { staleHigh, staleLow } from '../../model/metric.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import { Overloaded } from '../../model/sink.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { ManualClock } from '../../receive/manual-clock-suite.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { pipelineBounds } from '../record/bounds.ts'
import { batchOfLines } from './dry-run.ts'
import { pipelineOf, testNowMs } from './pipelines-suite.ts'
import { ReportMetrics } from './report-metrics.ts'
import { runPipelines } from './run-pipelines.ts'
import { TenantMetrics } from './tenant-metrics.ts'

type Settings = Readonly<Record<string, unknown>>

async function build(stage: Settings) {
  const clock = new ManualClock(testNowMs)
  const tables = await createSeriesTables()
  const metrics = new TenantMetrics()
  const pipeline = pipelineOf([{ type: 'metric', ...stage }], metrics)
  const taken: Batch[] = []
  const state = { failure: null as Error | null }
  const sink = {
    append: (batch: Batch) => {
      if (state.failure !== null) return Promise.reject(state.failure)
      taken.push(batch)
      return Promise.resolve({ acceptedRows: batch.rowCount, rejections: [] })
    },
  }
  const pipelines = { metrics: () => [[defaultTenant, metrics.all] as const] }
  const report = new ReportMetrics({ pipelines, sink, tables, clock, logger: silentLogger() })
  return {
    ...{ clock, report, state, pipeline },
    /** Lines that are stored, each with these attributes. */
    lines(...lines: Readonly<Record<string, string>>[]): void {
      const batch = batchOfLines(
        lines.map((attributes) => ({ body: 'x', attributes })),
        clock.nowMs(),
      )
      runPipelines(batch, { pipelines: [pipeline], nowMs: clock.nowMs() }).observations.commit(clock.nowMs())
    },
    /** What is reported now, as `name{labels} value @seconds`. */
    async reported(): Promise<string[]> {
      taken.length = 0
      await report.report()
      return (taken as MetricBatch[]).flatMap((batch) => samplesOf(batch))
    },
  }
}

function samplesOf({ series, ref, value, timestampMs }: MetricBatch): string[] {
  const words = new Uint32Array(value.buffer)
  return Array.from(ref, (one, i) => {
    const { __name__: name, ...labels } = Object.fromEntries(labelsOfCanonical(series.labelBytes(one)))
    const text = Object.entries(labels).map(([key, label]) => `${key}=${label}`)
    const isStale = words[2 * i] === staleLow && words[2 * i + 1] === staleHigh
    return `${name}{${text.join()}} ${isStale ? 'stale' : value[i]} @${(timestampMs[i] - testNowMs) / 1000}`
  })
}

describe('metrics of log lines', () => {
  it('a counter counts from 0, as totals, and ends when no line came for long', async () => {
    const { lines, reported, clock } = await build({ name: 'hits', kind: 'counter', labels: { path: 'path' } })
    lines({ path: '/a' }, { path: '/a' }, { path: '/b' }, {})
    clock.advance(10_000)
    expect(await reported()).toEqual([
      ...['hits_total{path=/a} 0 @0', 'hits_total{path=/a} 2 @10'],
      ...['hits_total{path=/b} 0 @0', 'hits_total{path=/b} 1 @10'],
      ...['hits_total{} 0 @0', 'hits_total{} 1 @10'],
    ])
    clock.advance(280_000)
    lines({ path: '/a' })
    expect(await reported()).toContain('hits_total{path=/a} 3 @290')
    clock.advance(20_000)
    expect(await reported()).toEqual([
      'hits_total{path=/a} 3 @310',
      'hits_total{path=/b} stale @310',
      'hits_total{} stale @310',
    ])
    clock.advance(1000)
    expect(await reported()).toEqual(['hits_total{path=/a} 3 @311'])
  })

  it('a gauge keeps its last value; a histogram has buckets, sum and count', async () => {
    const gauge = await build({ name: 'depth', kind: 'gauge', value: 'n' })
    gauge.lines({ n: '7' }, { n: '-2.5' })
    gauge.clock.advance(1000)
    expect(await gauge.reported()).toEqual(['depth{} -2.5 @1'])
    const histogram = await build({ name: 'took', kind: 'histogram', value: 'n', buckets: [1, 2.5] })
    histogram.lines({ n: '1' }, { n: '2' }, { n: '99' })
    expect(await histogram.reported()).toEqual([
      ...['took_bucket{le=1} 1 @0', 'took_bucket{le=2.5} 2 @0', 'took_bucket{le=+Inf} 3 @0'],
      ...['took_sum{} 102 @0', 'took_count{} 3 @0'],
    ])
  })

  it('what is no number, or would make a counter fall, fails and counts nothing', async () => {
    const { lines, reported, pipeline } = await build({ name: 'bytes', kind: 'counter', value: 'n' })
    lines({ n: 'x' }, { n: '-1' }, {}, { n: 'NaN' }, { n: '1e999' })
    expect(pipeline.counts).toMatchObject([{ lines: 5, failed: 5 }])
    expect(await reported()).toEqual([])
  })

  it('has no more series than it may; the rest is counted together', async () => {
    const { lines, reported, clock } = await build({ name: 'hits', kind: 'counter', labels: { id: 'id' } })
    const extra = 40
    lines(...Array.from({ length: pipelineBounds.seriesPerMetric + extra }, (_, i) => ({ id: `${i}` })))
    clock.advance(1)
    const samples = await reported()
    expect(samples).toHaveLength(2 * (pipelineBounds.seriesPerMetric + 1))
    expect(samples).toContain(`hits_total{overflow=true} ${extra} @0.001`)
  })

  it('a series that ended while its line was on the way counts that line', () => {
    const metric = new TenantMetrics().open({
      name: 'hits_total',
      kind: 'counter',
      help: '',
      labels: ['id'],
      buckets: [],
    })
    metric.add(metric.seriesOf(['a']), 1, 1000)
    const onTheWay = metric.seriesOf(['a'])
    expect(metric.collect(1_000_000, 10).map(({ value }) => value)).toEqual([0, Number.NaN])
    metric.seriesOf(['b'])
    metric.add(onTheWay, 5, 1_000_001)
    expect(metric.collect(1_000_002, 10)).toMatchObject([
      { labels: [['id', 'a']], value: 0 },
      { labels: [['id', 'a']], value: 5 },
    ])
  })

  it('totals that could not be stored are stored with the next', async () => {
    const { lines, reported, state, report, clock } = await build({ name: 'hits', kind: 'counter' })
    lines({})
    clock.advance(1000)
    state.failure = new Overloaded('later', 1)
    expect(await reported()).toEqual([])
    expect(report.health().detail).toContain('wait to be stored: later')
    state.failure = null
    lines({})
    clock.advance(1000)
    expect(await reported()).toContain('hits_total{} 2 @2')
  })

  it('reports every ten seconds, and once more at its end', async () => {
    const { lines, report, clock, state } = await build({ name: 'hits', kind: 'counter' })
    let reports = 0
    state.failure = new Error('counted')
    const count = report.report.bind(report)
    report.report = () => {
      reports += 1
      return count()
    }
    lines({})
    await report.start()
    expect(clock.waiting).toEqual([10_000])
    clock.advance(10_000)
    expect(reports).toBe(1)
    await report.stop()
    expect(reports).toBe(2)
    expect(clock.waiting).toEqual([])
  })
})
