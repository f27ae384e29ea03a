import type { Exemplar } from '../charts/series.ts'
import type { Span } from '../time/range.ts'

/** One series as the Prometheus API sends it. */
export interface WireSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values?: readonly (readonly [seconds: number, value: string])[]
  readonly histograms?: readonly unknown[]
}

/** Times at which a range query is evaluated: multiples of the step, so that a live view keeps its old points. */
export interface Grid {
  readonly startMs: number
  readonly stepMs: number
  readonly count: number
}

export function gridOf({ fromMs, toMs }: Span, stepSeconds: number): Grid {
  const stepMs = stepSeconds * 1000
  const startMs = Math.ceil(fromMs / stepMs) * stepMs
  return { startMs, stepMs, count: Math.max(1, Math.floor((toMs - startMs) / stepMs) + 1) }
}

export function timesOf({ startMs, stepMs, count }: Grid): number[] {
  return Array.from({ length: count }, (_, at) => startMs + at * stepMs)
}

/** A series with a name for people and what can be said about its values. */
export interface ResultSeries {
  /** The line that asked for it. */
  readonly letter: string
  /** Short and different from all others: the labels that differ. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly values: readonly (number | null)[]
  readonly last: number | null
  readonly least: number | null
  readonly most: number | null
  readonly mean: number | null
}

export interface LineAnswer {
  readonly letter: string
  /** What a lone series without labels is called. */
  readonly words: string
  readonly series: readonly WireSeries[]
  readonly scale: number
}

/** All series of all lines, those with the largest mean first within each line. */
export function resultSeries(lines: readonly LineAnswer[], grid: Grid): ResultSeries[] {
  const hasSeveral = lines.length > 1
  const taken = new Set<string>()
  return lines.flatMap(({ letter, words, series, scale }) => {
    const differing = differingLabels(series)
    return series
      .map((one) => {
        const values = valuesOf(one, grid, scale)
        const own = series.length === 1 ? words : nameOf(one.metric, differing) || words
        const name = hasSeveral && own !== words ? `${letter} ${own}` : own
        return { letter, name: unique(name, taken), labels: one.metric, values, ...figuresOf(values) }
      })
      .sort((one, other) => (other.mean ?? Number.NEGATIVE_INFINITY) - (one.mean ?? Number.NEGATIVE_INFINITY))
  })
}

/** Labels that do not have the same value in all series, by name. */
function differingLabels(series: readonly Pick<WireSeries, 'metric'>[]): string[] {
  const names = new Set(series.flatMap(({ metric }) => Object.keys(metric)))
  return [...names].filter((name) => series.some(({ metric }) => metric[name] !== series[0].metric[name])).sort()
}

function nameOf(labels: WireSeries['metric'], shown: readonly string[]): string {
  return shown
    .filter((name) => labels[name] !== undefined)
    .map((name) => (name === '__name__' ? labels[name] : `${name}=${labels[name]}`))
    .join(', ')
}

function unique(name: string, taken: Set<string>): string {
  let free = name
  for (let at = 2; taken.has(free); at += 1) free = `${name} (${at})`
  taken.add(free)
  return free
}

function valuesOf({ values = [] }: WireSeries, { startMs, stepMs, count }: Grid, scale: number): (number | null)[] {
  const found: (number | null)[] = new Array(count).fill(null)
  for (const [seconds, text] of values) {
    const at = Math.round((seconds * 1000 - startMs) / stepMs)
    // NaN and infinities have no place on an axis.
    const value = Number(text) * scale
    if (at >= 0 && at < count && Number.isFinite(value)) found[at] = value
  }
  return found
}

function figuresOf(values: readonly (number | null)[]) {
  let [count, sum, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let last: number | null = null
  for (const value of values) {
    if (value === null) continue
    count += 1
    sum += value
    last = value
    if (value < least) least = value
    if (value > most) most = value
  }
  return count === 0 ? { last, least: null, most: null, mean: null } : { last, least, most, mean: sum / count }
}

/** Exemplars as the Prometheus API sends them. */
export interface WireExemplars {
  readonly seriesLabels: Readonly<Record<string, string>>
  readonly exemplars: readonly {
    readonly labels: Readonly<Record<string, string>>
    readonly value: string
    readonly timestamp: number
  }[]
}

/** Exemplars of one chart at most. */
const mostExemplars = 40

/**
 * The slowest exemplar of each step, of all the slowest forty; those without a trace are left out. Where the chart does
 * not show what an exemplar measured (a rate beside a duration), they stand on the axis.
 */
export function chosenExemplars(
  found: readonly WireExemplars[],
  { grid, scale, isOnAxis }: { grid: Grid; scale: number; isOnAxis: boolean },
): Exemplar[] {
  const byStep = new Map<number, Exemplar>()
  for (const { exemplars } of found)
    for (const { labels, value, timestamp } of exemplars) {
      const traceId = labels.trace_id ?? labels.traceID ?? labels.traceId ?? ''
      const exemplar = { ms: timestamp * 1000, value: Number(value) * scale, traceId, hasError: false }
      if (!/^[0-9a-f]{16,32}$/.test(traceId) || !Number.isFinite(exemplar.value)) continue
      const step = Math.round((exemplar.ms - grid.startMs) / grid.stepMs)
      if ((byStep.get(step)?.value ?? Number.NEGATIVE_INFINITY) < exemplar.value) byStep.set(step, exemplar)
    }
  const slowest = [...byStep.values()].sort((one, other) => other.value - one.value).slice(0, mostExemplars)
  return isOnAxis ? slowest.map((one) => ({ ...one, value: 0 })) : slowest
}
