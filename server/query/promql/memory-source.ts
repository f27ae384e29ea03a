import { RE2JS } from 're2js'
import type { Matcher } from './ast.ts'
import type { FloatHistogram } from './histogram/float-histogram.ts'
import { withStoredHints } from './histogram/reset-hints.ts'
import type { Labels } from './labels.ts'
import type { SelectRequest, SeriesSource } from './source.ts'
import type { SampleSeries } from './value.ts'

interface Stored {
  readonly labels: Labels
  readonly points: Map<number, number | FloatHistogram | 'stale'>
}

/** Series held in memory: for language tests and for evaluating rules on given values. */
export class MemorySource implements SeriesSource {
  private readonly series = new Map<string, Stored>()

  /** Adds points; a later point of the same time replaces the earlier one. `'stale'` marks the series as gone. */
  add(labels: Labels, timeMs: number, value: number | FloatHistogram | 'stale'): void {
    const stored = this.series.get(labels.key) ?? { labels, points: new Map() }
    stored.points.set(timeMs, value)
    this.series.set(labels.key, stored)
  }

  clear(): void {
    this.series.clear()
  }

  async *select({ matchers, startMs, endMs }: SelectRequest): AsyncGenerator<readonly SampleSeries[]> {
    const tests = matchers.map(matcherTest)
    const found: SampleSeries[] = []
    for (const { labels, points } of this.series.values())
      if (tests.every((test) => test(labels))) found.push(toSamples(labels, points, { startMs, endMs }))
    yield found.filter(({ times, histogramTimes }) => times.length + histogramTimes.length > 0)
  }
}

function toSamples(
  labels: Labels,
  points: Stored['points'],
  { startMs, endMs }: { startMs: number; endMs: number },
): SampleSeries {
  const all = [...points.keys()].sort((a, b) => a - b).filter((time) => typeof points.get(time) === 'object')
  const hinted = withStoredHints(all.map((time) => points.get(time) as FloatHistogram))
  const stored = all.map((time, i) => ({ time, histogram: hinted[i] }))
  const times = [...points.keys()].filter((time) => time > startMs && time <= endMs).sort((a, b) => a - b)
  const floats = times.filter((time) => typeof points.get(time) !== 'object')
  const histogramTimes = times.filter((time) => typeof points.get(time) === 'object')
  const values = new Float64Array(floats.length)
  const words = new Uint32Array(values.buffer)
  floats.forEach((time, i) => {
    const point = points.get(time)
    if (point === 'stale') words.set([2, 0x7ff00000], 2 * i)
    else values[i] = point as number
  })
  return {
    labels,
    times: Float64Array.from(floats),
    values,
    histogramTimes: Float64Array.from(histogramTimes),
    histograms: stored.filter(({ time }) => histogramTimes.includes(time)).map(({ histogram }) => histogram),
  }
}

/** Whether labels satisfy a matcher; a missing label is the empty string, regexes match the whole value. */
function matcherTest({ name, operator, value }: Matcher): (labels: Labels) => boolean {
  if (operator === '=') return (labels) => labels.get(name) === value
  if (operator === '!=') return (labels) => labels.get(name) !== value
  const regex = RE2JS.compile(`^(?s:${value})$`)
  const wanted = operator === '=~'
  return (labels) => regex.matches(labels.get(name)) === wanted
}
