import { defaultRange, longestMs, rangeOf, resolveBound, startOfDay, type TimeRange, unitMs } from './range.ts'
import { instantOf, wallTimeAt } from './zone.ts'

/** A range as read, or what is wrong with the text, for people. */
export type TypedRange = { readonly range: TimeRange } | { readonly fault: string }

interface Reading {
  readonly nowMs: number
  readonly zone: string
}

const unitNames: readonly [RegExp, keyof typeof unitMs][] = [
  [/^s(ec(ond)?s?)?$/, 's'],
  [/^m(in(ute)?s?)?$/, 'm'],
  [/^h((ou)?rs?)?$/, 'h'],
  [/^d(ays?)?$/, 'd'],
  [/^w(eeks?)?$/, 'w'],
]
const lengthPattern = /^(\d{1,6}(?:\.\d{1,3})?)\s*([a-z]+)$/
const separator = /\s+(?:to|until|till|–|-)\s+|\s*[–]\s*|(?<=\d)-(?=\d{1,2}:\d\d)/

/**
 * Reads what people type: `last 2h`, `2h`, `2h ago`, `14:00-14:30`, `13:20 to 14:20`, `yesterday`,
 * `yesterday 9am to 11am`, `2026-11-23 13:20 to 14:20`, `since 13:41`, `now-90m`, Unix seconds or milliseconds.
 * Times of day are in the zone; a time later than now is yesterday's.
 */
export function readTypedRange(text: string, reading: Reading): TypedRange {
  const typed = text.trim().toLowerCase().replaceAll(/\s+/g, ' ')
  if (typed === '') return { range: defaultRange }
  const whole = readWhole(typed, reading)
  if (whole !== null) return whole
  const parts = typed.replace(/^(from|between) /, '').split(separator)
  if (parts.length === 2) return readBounds(parts[0], parts[1].replace(/^and /, ''), reading)
  const since = /^(?:since|from) (.+)$/.exec(typed)
  const start = readMoment(since?.[1] ?? typed, reading)
  if (start !== null) return ordered(start.bound, 'now', reading)
  return { fault: `Cannot read “${text.trim()}”. Try: last 2h, 14:00-14:30, yesterday, 2026-11-23 13:20 to 14:20` }
}

function readWhole(typed: string, { nowMs, zone }: Reading): TypedRange | null {
  if (typed === 'today') return { range: { from: iso(startOfDay(nowMs, zone)), to: 'now' } }
  if (typed === 'yesterday') {
    const end = startOfDay(nowMs, zone)
    return { range: rangeOf({ fromMs: startOfDay(end - unitMs.h, zone), toMs: end }) }
  }
  const length = readLength(typed.replace(/^(the )?(last|past) /, ''))
  if (length === null) return null
  const { amount, unit } = length
  if (Number(amount) === 0) return { fault: 'A range of no length shows nothing. Try: last 5m' }
  if (Number(amount) * unitMs[unit] > longestMs) return { fault: 'The longest range is two years.' }
  return { range: { from: `now-${amount}${unit}`, to: 'now' } }
}

function readLength(typed: string): { amount: string; unit: keyof typeof unitMs } | null {
  const match = lengthPattern.exec(/^[a-z]+$/.test(typed) ? `1 ${typed}` : typed)
  if (match === null) return null
  const unit = unitNames.find(([pattern]) => pattern.test(match[2]))?.[1]
  return unit === undefined ? null : { amount: String(Number(match[1])), unit }
}

function readBounds(first: string, second: string, reading: Reading): TypedRange {
  const from = readMoment(first, reading)
  if (from === null) return { fault: `Cannot read the start “${first}”. Try: 14:00, yesterday 9am, 2026-11-23 13:20` }
  // An end without a day is of the day of the start.
  const to = readMoment(second, reading, from.dayMs)
  if (to === null) return { fault: `Cannot read the end “${second}”. Try: 14:30, now, 2026-11-23 14:20` }
  return ordered(from.bound, to.bound, reading)
}

interface Moment {
  readonly bound: string
  /** Midnight of the named or meant day; null for moments that have none. */
  readonly dayMs: number | null
}

function readMoment(typed: string, reading: Reading, dayMs: number | null = null): Moment | null {
  const { nowMs, zone } = reading
  if (typed === 'now') return { bound: 'now', dayMs: null }
  if (/^now-/.test(typed)) return resolveBound(typed, nowMs) === null ? null : { bound: typed, dayMs: null }
  const ago = readLength(typed.replace(/ ago$/, ''))
  if (ago !== null && / ago$/.test(typed)) return { bound: `now-${ago.amount}${ago.unit}`, dayMs: null }
  if (/^\d{10}$/.test(typed)) return { bound: iso(Number(typed) * 1000), dayMs: null }
  if (/^\d{13}$/.test(typed)) return { bound: iso(Number(typed)), dayMs: null }
  const exact = resolveBound(typed.toUpperCase(), nowMs)
  if (exact !== null) return { bound: iso(exact), dayMs: null }
  return readDayAndClock(typed, { nowMs, zone }, dayMs)
}

function readDayAndClock(typed: string, { nowMs, zone }: Reading, dayMs: number | null): Moment | null {
  const match = /^(?:(today|yesterday|\d{4}-\d\d-\d\d)(?:[ t]|$))?(.*)$/.exec(typed)
  if (match === null) return null
  const named = match[1] === undefined ? dayMs : dayNamed(match[1], { nowMs, zone })
  if (match[1] !== undefined && named === null) return null
  if (match[2] === '') return named === null ? null : { bound: iso(named), dayMs: named }
  const clock = readClock(match[2])
  if (clock === null) return null
  const day = named ?? startOfDay(nowMs, zone)
  let ms = instantOf({ ...wallTimeAt(day, zone), ...clock }, zone)
  if (named !== null || ms <= nowMs) return { bound: iso(ms), dayMs: day }
  const yesterday = startOfDay(day - unitMs.h, zone)
  ms = instantOf({ ...wallTimeAt(yesterday, zone), ...clock }, zone)
  return { bound: iso(ms), dayMs: yesterday }
}

function dayNamed(name: string, { nowMs, zone }: Reading): number | null {
  const today = startOfDay(nowMs, zone)
  if (name === 'today') return today
  if (name === 'yesterday') return startOfDay(today - unitMs.h, zone)
  const [year, month, day] = name.split('-').map(Number)
  const ms = instantOf({ year, month, day, hour: 0, minute: 0, second: 0 }, zone)
  const back = wallTimeAt(ms, zone)
  return back.month === month && back.day === day ? ms : null
}

function readClock(typed: string): { hour: number; minute: number; second: number } | null {
  const match = /^(\d{1,2})(?::(\d\d))?(?::(\d\d))? ?(am|pm)?$/.exec(typed)
  if (match === null || (match[2] === undefined && match[4] === undefined)) return null
  const [minute, second] = [Number(match[2] ?? 0), Number(match[3] ?? 0)]
  let hour = Number(match[1])
  if (match[4] !== undefined) {
    if (hour < 1 || hour > 12) return null
    hour = (hour % 12) + (match[4] === 'pm' ? 12 : 0)
  }
  return hour > 23 || minute > 59 || second > 59 ? null : { hour, minute, second }
}

function ordered(from: string, to: string, { nowMs }: Reading): TypedRange {
  const fromMs = resolveBound(from, nowMs)
  const toMs = resolveBound(to, nowMs)
  if (fromMs === null || toMs === null) return { fault: 'This time cannot be read.' }
  if (fromMs >= toMs) return { fault: 'The start lies after the end.' }
  if (toMs - fromMs > longestMs) return { fault: 'The longest range is two years.' }
  return { range: { from, to } }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
