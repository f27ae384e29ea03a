import { formatClock, formatDay, instantOf, wallTimeAt } from './zone.ts'

/**
 * A time range as it stands in the address: each bound is `now`, `now-90m`, or ISO 8601 with a zone.
 * What was typed as relative stays relative.
 */
export interface TimeRange {
  readonly from: string
  readonly to: string
}

/** A range in Unix milliseconds; `fromMs` < `toMs`. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export const defaultRange: TimeRange = { from: 'now-1h', to: 'now' }

/** Milliseconds of the shortest range that the app shows; a shorter one is widened around its middle. */
const shortestMs = 1000
/** Milliseconds of the longest range, two years. */
export const longestMs = 2 * 366 * 86_400_000

export const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const
type UnitLetter = keyof typeof unitMs

/** A bound in Unix milliseconds; null where the text is none. */
export function resolveBound(bound: string, nowMs: number): number | null {
  if (bound === 'now') return nowMs
  const relative = /^now-(\d{1,6}(?:\.\d{1,3})?)([smhdw])$/.exec(bound)
  if (relative !== null) return nowMs - Number(relative[1]) * unitMs[relative[2] as UnitLetter]
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(bound)) return null
  const ms = Date.parse(bound)
  return Number.isNaN(ms) ? null : ms
}

/** The range in milliseconds at the moment; the last hour where a bound cannot be read or the order is wrong. */
export function resolveRange(range: TimeRange, nowMs: number): Span {
  const fromMs = resolveBound(range.from, nowMs)
  const toMs = resolveBound(range.to, nowMs)
  if (fromMs === null || toMs === null || fromMs >= toMs) return { fromMs: nowMs - unitMs.h, toMs: nowMs }
  return clampSpan({ fromMs, toMs })
}

/** The newest bound is `now`: the range moves on by itself. */
export function isRelative(range: TimeRange): boolean {
  return range.to === 'now'
}

export function rangeOf({ fromMs, toMs }: Span): TimeRange {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }
}

/** The range before or after, of the same length. */
export function moveSpan({ fromMs, toMs }: Span, direction: -1 | 1): Span {
  const length = toMs - fromMs
  return { fromMs: fromMs + direction * length, toMs: toMs + direction * length }
}

/** Twice as long around the same middle, but never into the future. */
export function widenSpan({ fromMs, toMs }: Span, nowMs: number): Span {
  const length = Math.min((toMs - fromMs) * 2, longestMs)
  const end = Math.min(toMs + (length - (toMs - fromMs)) / 2, Math.max(nowMs, toMs))
  return { fromMs: end - length, toMs: end }
}

function clampSpan({ fromMs, toMs }: Span): Span {
  const length = toMs - fromMs
  if (length > longestMs) return { fromMs: toMs - longestMs, toMs }
  if (length >= shortestMs) return { fromMs, toMs }
  const middle = fromMs + length / 2
  return { fromMs: middle - shortestMs / 2, toMs: middle + shortestMs / 2 }
}

/** Steps of charts in seconds, each a round part of the next. */
const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400] as const

/** The step in seconds that cuts the span into about `points` buckets. */
export function stepSeconds({ fromMs, toMs }: Span, points: number): number {
  const wanted = (toMs - fromMs) / 1000 / points
  return steps.find((step) => step >= wanted) ?? steps[steps.length - 1]
}

const words: Record<UnitLetter, string> = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' }

/** `Last 1 hour`, `90 to 30 minutes ago` for relative ranges, else `13:20 – 14:20`. */
export function nameRange(range: TimeRange, span: Span, zone: string): string {
  const last = /^now-([\d.]+)([smhdw])$/.exec(range.from)
  if (range.to === 'now' && last !== null) {
    const word = words[last[2] as UnitLetter]
    return `Last ${last[1]} ${word}${last[1] === '1' ? '' : 's'}`
  }
  return absoluteRange(span, zone)
}

/** `13:20 – 14:20`, with days where the range leaves the day of now; seconds below ten minutes. */
export function absoluteRange({ fromMs, toMs }: Span, zone: string, nowMs = toMs): string {
  const hasSeconds = toMs - fromMs < 600_000
  const isOneDay = formatDay(fromMs, zone) === formatDay(toMs, zone) && toMs - fromMs < unitMs.d
  const isToday = isOneDay && formatDay(toMs, zone) === formatDay(nowMs, zone)
  const day = (ms: number) => (isToday ? '' : `${formatDay(ms, zone)} `)
  return `${day(fromMs)}${formatClock(fromMs, zone, hasSeconds)} – ${isOneDay ? '' : day(toMs)}${formatClock(toMs, zone, hasSeconds)}`
}

/** Midnight of the day of the instant in the zone. */
export function startOfDay(ms: number, zone: string): number {
  const wall = wallTimeAt(ms, zone)
  return instantOf({ ...wall, hour: 0, minute: 0, second: 0 }, zone)
}
