import type { Unit } from '../format/number.ts'
import type { Span } from '../time/range.ts'

/** One line of a chart. */
export interface Series {
  /** `label=value` or a plain name; chooses the colour. */
  readonly name: string
  /** One per time of the chart; null is a gap. */
  readonly values: readonly (number | null)[]
  /** A colour variable without `--`, such as `q95`; left out: from the name. */
  readonly colour?: string
  readonly isDashed?: boolean
  readonly isFilled?: boolean
}

/** A single traced request at its value. */
export interface Exemplar {
  readonly ms: number
  readonly value: number
  readonly traceId: string
  readonly hasError: boolean
}

export interface Deploy {
  readonly ms: number
  readonly words: string
}

export interface Threshold {
  readonly value: number
  readonly words: string
}

/** Everything that one chart draws. `times` are Unix milliseconds in order, one per value. */
export interface ChartData {
  readonly times: readonly number[]
  readonly series: readonly Series[]
  readonly unit: Unit
  readonly span: Span
  readonly thresholds?: readonly Threshold[]
  readonly exemplars?: readonly Exemplar[]
  readonly deploys?: readonly Deploy[]
  /** Spans during which an alert fired. */
  readonly firing?: readonly Span[]
  /** Series drawn on top of each other, as areas. */
  readonly isStacked?: boolean
  /** The y axis starts at the least value and not at 0. */
  readonly isFromLeast?: boolean
  /** From this moment on steps still fill; their part of a line is faint. Dashed series are of another time and whole. */
  readonly fillingMs?: number
}

const slotCount = 10

/**
 * The colour slot (1 to 10) of each name: a hash of the name, so that a service has one colour on all screens; a
 * slot that is taken inside one chart moves on to the next free one. From the eleventh name on slots repeat.
 */
export function colourSlots(names: readonly string[], skipped: readonly number[] = []): number[] {
  const taken = new Set<number>(skipped)
  return names.map((name) => {
    if (taken.size >= slotCount) taken.clear()
    let slot = hash(name) % slotCount
    while (taken.has(slot + 1)) slot = (slot + 1) % slotCount
    taken.add(slot + 1)
    return slot + 1
  })
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}

/** CSS colours of the series, by their own choice or by name. */
export function coloursOf(series: readonly Series[]): string[] {
  const slots = colourSlots(series.map(({ name }) => name))
  return series.map(({ colour }, at) => `--${colour ?? `s${slots[at]}`}`)
}

/** The position of the time nearest to the moment; -1 where there are none. */
export function nearestIndex(times: readonly number[], ms: number): number {
  let low = 0
  let high = times.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (times[middle] < ms) low = middle
    else high = middle
  }
  if (high < 0) return -1
  return Math.abs(times[low] - ms) <= Math.abs(times[high] - ms) ? low : high
}

/** The start of the first step that is not over yet, Unix milliseconds; undefined where all are. */
export function fillingFrom(times: readonly number[], stepMs: number, nowMs: number): number | undefined {
  return times.find((ms) => ms + stepMs > nowMs)
}

/** What the step at the position still does, in words; empty where it is over. */
export function fillingWords({ times, fillingMs }: Pick<ChartData, 'times' | 'fillingMs'>, at: number): string {
  return fillingMs !== undefined && times[at] >= fillingMs ? ', still filling' : ''
}

/** Adds up the series from below, for stacked areas; a gap adds nothing. */
export function stacked(series: readonly Series[]): (number | null)[][] {
  const sums: number[] = []
  return series.map(({ values }) =>
    values.map((value, at) => {
      sums[at] = (sums[at] ?? 0) + (value ?? 0)
      return value === null ? null : sums[at]
    }),
  )
}
