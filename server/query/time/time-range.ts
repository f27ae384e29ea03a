import { badQuestion } from '../faults.ts'
import { parseInstant } from './instant.ts'

/** Start is included, end is not. Unix nanoseconds. */
export interface TimeRange {
  readonly startNs: bigint
  readonly endNs: bigint
}

/** A range as people ask for it. */
export interface TimeRangeQuestion {
  readonly relative?: string
  /** ISO 8601 or Unix milliseconds. */
  readonly start?: string | number
  readonly end?: string | number
}

/** Where a fault is reported, and what "now" is. */
export interface RangeContext {
  readonly nowMs: number
  readonly path: string
}

/** Longest range that is answered: two years. Data is kept for less; more is a mistyped number. */
const maxRangeMs = 2 * 366 * 86_400_000
/** Last nanosecond that the store can hold: 2262-04-11. */
const maxUnixMs = 9_223_372_036_854

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
}

const relativeForms = 'a length like 30s, 15m, 1h, 7d, 2w, or words like last_hour, last_15_minutes'

/** Milliseconds of `90s`, `15m`, `1h30m`, `last_hour`, `last_15_minutes`; null where the text is none of them. */
export function parseDurationMs(text: string): number | null {
  const worded = /^last[_ ](?:(\d{1,6})[_ ])?(second|minute|hour|day|week)s?$/i.exec(text)
  if (worded !== null) return Number(worded[1] ?? 1) * unitMs[worded[2].toLowerCase()]
  if (!/^(\d{1,9}[smhdw])+$/.test(text)) return null
  let total = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([smhdw])/g)) total += Number(count) * unitMs[unit]
  return total
}

/**
 * The range that a question means. A relative one ends now.
 * Throws BadQuestion: neither or both forms, text that is no time, end not after start, longer than two years.
 */
export function resolveTimeRange(question: TimeRangeQuestion, context: RangeContext): TimeRange {
  const { path, nowMs } = context
  if (question.relative !== undefined) {
    if (question.start !== undefined || question.end !== undefined)
      throw badQuestion(path, 'expected either `relative` or `start` and `end`, not both')
    const lengthMs = parseDurationMs(question.relative)
    if (lengthMs === null || lengthMs === 0)
      throw badQuestion(`${path}.relative`, `${JSON.stringify(question.relative)} is not ${relativeForms}`)
    return bounded({ startNs: toNs(nowMs - lengthMs), endNs: toNs(nowMs) }, `${path}.relative`)
  }
  if (question.start === undefined)
    throw badQuestion(path, `expected \`relative\` (${relativeForms}) or \`start\` (and \`end\`)`)
  const startNs = instant(question.start, `${path}.start`)
  const endNs = question.end === undefined ? toNs(nowMs) : instant(question.end, `${path}.end`)
  return bounded({ startNs, endNs }, path)
}

/** The range of a query string's one parameter: relative, or `START/END`. Throws BadQuestion as above. */
export function resolveRangeText(text: string, context: RangeContext): TimeRange {
  const slash = text.indexOf('/')
  if (slash !== -1) return resolveTimeRange({ start: text.slice(0, slash), end: text.slice(slash + 1) }, context)
  const lengthMs = parseDurationMs(text)
  if (lengthMs === null || lengthMs === 0)
    throw badQuestion(context.path, `${JSON.stringify(text)} is not ${relativeForms}, or START/END in ISO 8601`)
  return bounded({ startNs: toNs(context.nowMs - lengthMs), endNs: toNs(context.nowMs) }, context.path)
}

/** Seconds of a range, for rates. */
export function rangeSeconds(range: TimeRange): number {
  return Number(range.endNs - range.startNs) / 1e9
}

export function toNs(unixMs: number): bigint {
  return BigInt(Math.trunc(unixMs)) * 1_000_000n
}

function instant(value: string | number, path: string): bigint {
  if (typeof value === 'number') {
    if (value >= 0 && value <= maxUnixMs) return toNs(value)
    throw badQuestion(path, `${value} is not a time in Unix milliseconds between 0 and ${maxUnixMs}`)
  }
  const ns = parseInstant(value)
  if (ns === null || ns < 0n || ns > toNs(maxUnixMs))
    throw badQuestion(path, `${JSON.stringify(value)} is not ISO 8601 with a zone, like 2026-01-31T10:30:00Z`)
  return ns
}

function bounded(range: TimeRange, path: string): TimeRange {
  if (range.endNs <= range.startNs) throw badQuestion(path, 'expected `end` after `start`')
  if (range.endNs - range.startNs > toNs(maxRangeMs)) throw badQuestion(path, 'expected a range of at most two years')
  return range.startNs < 0n ? { startNs: 0n, endNs: range.endNs } : range
}
