import type { Scope } from '../../../model/scope.ts'
import type { MetricsQueries } from '../../../query/metrics/metrics-queries.ts'
import type { Matcher } from '../../../query/promql/ast.ts'
import type { Labels } from '../../../query/promql/labels.ts'
import type { SampleSeries } from '../../../query/promql/value.ts'
import { allTime } from '../parameters.ts'
import type { ReadQuery } from './read-request.ts'

/** Samples that a run of series is meant to hold: what is made of them waits in memory until they are in order. */
const runSamples = 4_000_000

/** Interval between samples that is assumed of the first run, ms; later runs go by what came. */
const assumedIntervalMs = 10_000

/** Values of a label that a run's selector may name. */
const maxNamedValues = 1_000

/** How a run was chosen, for a test. */
export interface ReadingOptions {
  readonly runSamples?: number
}

/**
 * Reads the series of a query in order of labels. Samples come in the order of storage: the series are looked up first,
 * then read in runs of neighbours, each run put in order. `encode` makes of a series what is kept of it; its arrays
 * are reused afterwards. Memory: what was made of one run. A run's selector may choose more than the run; what is
 * not of it is left out.
 */
export async function* readSorted<T>(
  metrics: MetricsQueries,
  question: { scope: Scope; query: ReadQuery; encode: (series: SampleSeries) => T } & ReadingOptions,
): AsyncGenerator<T> {
  const { scope, query, encode } = question
  // Remote read includes its start.
  const range = { startMs: query.startMs - 1, endMs: query.endMs }
  // Of a time whose samples are gone, series are known from later days only.
  const known = { ...range, endMs: Math.max(range.endMs, allTime.endMs), limit: 0 }
  const { items } = await metrics.series(scope, [query.matchers], known)
  const hints = { functionName: '', rangeMs: 0, stepMs: 0, newestOnly: false }
  const wanted = question.runSamples ?? runSamples
  let perSeries = Math.max(1, (query.endMs - query.startMs) / assumedIntervalMs)
  for (let from = 0; from < items.length; ) {
    const run = items.slice(from, from + Math.max(1, Math.floor(wanted / perSeries)))
    from += run.length
    const places = new Map(run.map((labels, place) => [labels.key, place]))
    const made = new Array<T | undefined>(run.length)
    const matchers = run.length === items.length ? query.matchers : [...query.matchers, ...matchersOf(run)]
    let samples = 0
    for await (const batch of metrics.source(scope).select({ matchers, ...range, hints }))
      for (const series of batch) {
        const place = places.get(series.labels.key)
        if (place === undefined) continue
        samples += series.times.length + series.histogramTimes.length
        made[place] = encode(series)
      }
    perSeries = Math.max(1, samples / run.length)
    for (const one of made) if (one !== undefined) yield one
  }
}

/** Matchers that all series of a run satisfy, and few others: of labels with few values among them. */
function matchersOf(run: readonly Labels[]): readonly Matcher[] {
  const valuesOf = new Map<string, { values: Set<string>; series: number }>()
  for (const labels of run)
    for (const [name, value] of labels.pairs()) {
      const entry = valuesOf.get(name) ?? { values: new Set(), series: 0 }
      if (entry.values.size <= maxNamedValues) entry.values.add(value)
      entry.series += 1
      valuesOf.set(name, entry)
    }
  return [...valuesOf].flatMap(([name, { values, series }]): Matcher[] => {
    const [first] = values
    if (series < run.length || values.size > maxNamedValues) return []
    if (values.size === 1) return [{ name, operator: '=', value: first }]
    // A choice among plain words is looked up; any other pattern is tried on every value.
    return [...values].some((value) => /[\\.+*?()[\]{}^$|]/.test(value))
      ? []
      : [{ name, operator: '=~', value: [...values].join('|') }]
  })
}
