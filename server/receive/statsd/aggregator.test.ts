import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { readStatsdLine, type StatsdMetric } from '../../decode/statsd/statsd-line.ts'
import { labelsOfCanonical } from '../../model/label-bytes.ts'
import { staleLow } from '../../model/metric.ts'
import { createSeriesTables } from '../../model/series-interner.ts'
import type { SeriesTable } from '../../model/series-table.ts'
import { defaultTenant } from '../../model/tenant.ts'
import { batchOfWindows, StatsdAggregator } from './aggregator.ts'

const seed = 20_261_123
const startMs = 1_800_000_000_000
const intervalMs = 10_000

let series: SeriesTable
let aggregator: StatsdAggregator
let nowMs: number

beforeEach(async () => {
  series = (await createSeriesTables()).of(defaultTenant)
  nowMs = startMs
  aggregator = new StatsdAggregator({ maxSeries: 50, expireAfterMs: 30_000 }, startMs)
})

function send(...lines: string[]): (string | null)[] {
  return lines.map((line) => addLine(aggregator, line))
}

/** As the receiver does it: what is known is not read. */
function addLine(to: StatsdAggregator, line: string): string | null {
  const bytes = Buffer.from(line)
  const range = { bytes, start: 0, end: bytes.length }
  return to.addKnown(range, nowMs) ? null : to.add(readStatsdLine(line) as StatsdMetric, nowMs, range)
}

/** Ends the window; its samples as `name{labels} value`, `+` for increases, `stale`, with `@start` where not at the end. */
function close() {
  nowMs += intervalMs
  const window = aggregator.close(nowMs)
  if (window === null) return { samples: [], histograms: [], batch: null }
  const batch = batchOfWindows([window], { series, receiver: 'statsd', receivedBytes: 0 })
  const words = new Uint32Array(batch.value.buffer, batch.value.byteOffset)
  const samples = Array.from({ length: batch.sampleCount }, (_, i) => {
    const value = words[2 * i] === staleLow ? 'stale' : `${batch.isDelta?.[i] === 1 ? '+' : ''}${batch.value[i]}`
    return `${nameOf(batch.ref[i])} ${value}${batch.timestampMs[i] === nowMs ? '' : ' @start'}`
  })
  const histograms = batch.histograms.map(({ ref, ...histogram }) => ({ name: nameOf(ref), ...histogram }))
  return { samples, histograms, batch }
}

function nameOf(ref: number): string {
  const labels = Object.fromEntries(labelsOfCanonical(series.labelBytes(ref)))
  const { __name__, ...others } = labels
  const text = Object.entries(others).map(([name, value]) => `${name}="${value}"`)
  return `${__name__}{${text.join(',')}}`
}

describe('StatsdAggregator', () => {
  it('adds lines that it knows as it adds lines that are read', () => {
    const part = (...texts: string[]) => fc.constantFrom(...texts)
    const line = fc
      .tuple(
        part('a', 'b', 'c,x=1'),
        part('1', '-2', '+3', '0.5', '1e2', '1:2', '9'.repeat(20)),
        part('c', 'g', 'ms', 's'),
      )
      .chain(([name, value, type]) =>
        part('', '|@0.5', '|#t:1', '|#t:1|@0.1').map((rest) => `${name}:${value}|${type}${rest}`),
      )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.nat(29)), (lines, ends) => {
        const [known, read] = [1, 2].map(() => new StatsdAggregator({ maxSeries: 9, expireAfterMs: 5_000 }, startMs))
        lines.forEach((text, i) => {
          expect(addLine(known, text)).toBe(read.add(readStatsdLine(text) as StatsdMetric, nowMs))
          if (!ends.includes(i)) return
          nowMs += intervalMs
          expect(known.close(nowMs)).toEqual(read.close(nowMs))
        })
        expect(known.close(nowMs)).toEqual(read.close(nowMs))
      }),
      { seed, numRuns: 500 },
    )
  })

  it('adds up counters, and lets a new one begin at 0', () => {
    send('page.views:1|c', 'page.views:2|c', 'page.views:1|c|@0.1')
    expect(close().samples).toEqual(['page_views_total{} +0 @start', 'page_views_total{} +13'])
    expect(close().samples).toEqual(['page_views_total{} +0'])
    send('page.views:4|c')
    expect(close().samples).toEqual(['page_views_total{} +4'])
  })

  it('keeps gauges, and follows changes of them', () => {
    send('fuel:10|g', 'fuel:+5|g', 'fuel:-3|g', 'cold:-7|g')
    expect(close().samples).toEqual(['fuel{} 12', 'cold{} -7'])
    send('fuel:+1|g')
    expect(close().samples).toEqual(['fuel{} 13', 'cold{} -7'])
  })

  it('counts the distinct values of sets', () => {
    send('users:a|s', 'users:b|s', 'users:a|s')
    expect(close().samples).toEqual(['users_unique{} 2'])
    expect(close().samples).toEqual(['users_unique{} 0'])
  })

  it('makes seconds of timers, native histograms of timers and distributions', () => {
    send('db:320|ms', 'db:320|ms|@0.5', 'size:4:-4:0|d')
    const { histograms } = close()
    expect(histograms).toMatchObject([
      { name: 'db_seconds{}', schema: 3, count: 3, sum: 0.96, isDelta: true, isFloat: false, positiveCounts: [3] },
      { name: 'size{}', count: 3, sum: 0, zeroCount: 1, positiveCounts: [1], negativeCounts: [1] },
    ])
    // 4 = 2^2 is the upper bound of bucket 16 of schema 3.
    expect(histograms[1].positiveSpans).toEqual([{ offset: 16, length: 1 }])
    expect(close().histograms).toMatchObject([{ count: 0, positiveCounts: [] }, { count: 0 }])
  })

  it('makes floats of counts that a sample rate leaves broken', () => {
    send('db:1|h|@0.3')
    expect(close().histograms).toMatchObject([{ isFloat: true, count: 1 / 0.3 }])
  })

  it('turns tags into labels, each combination a series', () => {
    send('a:1|g|#env:prod,beta,env:eu,1x:y', 'a:2|g|#env:dev', 'a:3|g')
    expect(close().samples).toEqual(['a{beta="true",env="prod,eu",key_1x="y"} 1', 'a{env="dev"} 2', 'a{} 3'])
  })

  it('forgets what was not sent for long, and marks its end', () => {
    send('a:1|g', 'b:1|c')
    for (let i = 0; i < 3; i++) expect(close().samples.join()).not.toContain('stale')
    expect(close().samples).toEqual(['a{} stale', 'b_total{} stale'])
    expect(close().samples).toEqual([])
    send('a:+1|g')
    expect(close().samples).toEqual(['a{} 1'])
  })

  it('takes no more series than it may, and says so', () => {
    expect(send(...Array.from({ length: 52 }, (_, i) => `a${i}:1|g`)).slice(49)).toEqual([
      null,
      'cardinality_limit',
      'cardinality_limit',
    ])
    expect(send('a0:2|g', '...:1|g')).toEqual([null, 'cardinality_limit'])
  })

  it('refuses names of which nothing is left, and counters that fall', () => {
    expect(send('...:1|g', 'a:-2|c')).toEqual(['invalid_name', null])
    expect(close().batch?.decodeRejections).toMatchObject([{ reason: 'malformed', count: 1 }])
  })

  it('counts every value of a distribution once, whatever the values are', () => {
    const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), {
      minLength: 1,
      maxLength: 50,
    })
    fc.assert(
      fc.property(values, (list) => {
        aggregator = new StatsdAggregator({ maxSeries: 50, expireAfterMs: 1 }, startMs)
        const metric: StatsdMetric = {
          kind: 'metric',
          name: 'd',
          type: 'd',
          values: list.map(String),
          rate: 1,
          tags: [],
        }
        aggregator.add(metric, nowMs)
        const [{ count, zeroCount, positiveCounts, negativeCounts, positiveSpans, negativeSpans }] = close().histograms
        const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
        expect(zeroCount + sum(positiveCounts) + sum(negativeCounts)).toBe(list.length)
        expect(count).toBe(list.length)
        expect(sum(positiveSpans.map(({ length }) => length))).toBe(positiveCounts.length)
        expect(sum(negativeSpans.map(({ length }) => length))).toBe(negativeCounts.length)
        for (const { offset } of positiveSpans.slice(1)) expect(offset).toBeGreaterThan(0)
      }),
      { seed, numRuns: 300 },
    )
  })
})
