import type { Segment } from '../../journal/journal.ts'

/** When segments are loaded. All in ms, records, records per second. */
export interface LoadBounds {
  /** An open segment with so many records is loaded at once; samples count by themselves, as a row holds many. */
  readonly fullRecords: number
  readonly fullSamples: number
  /** How long a record waits at small loads, and at most. */
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** Up to the first rate the smallest delay holds, from the second on the greatest. */
  readonly slowRate: number
  readonly fastRate: number
}

/**
 * An INSERT has a nearly fixed price of 10 to 25 ms: at high rates rows wait for one another, at small rates they
 * are shown at once. Measured: a log line costs 7.1, 3.6 and 2.0 µs in blocks of 20, 100 and 200 thousand, a sample
 * 0.19 µs in blocks of 200 thousand and 0.11 µs in blocks of a million (17 MB).
 */
export const defaultLoadBounds: LoadBounds = {
  fullRecords: 200_000,
  fullSamples: 1_000_000,
  minDelayMs: 300,
  maxDelayMs: 4000,
  slowRate: 1000,
  fastRate: 8000,
}

/**
 * Tables that are loaded together, in this order, when the first of a group (its leader) is due: what rows point to
 * comes before them. Tables that no leader pulls along are due by themselves after the greatest delay.
 */
export const loadGroups: readonly { readonly leader: string; readonly tables: readonly string[] }[] = [
  { leader: 'samples_hot', tables: ['series', 'metadata', 'samples_hot', 'exemplars'] },
  { leader: 'histograms', tables: ['series', 'metadata', 'histograms', 'exemplars'] },
  { leader: 'logs', tables: ['resources', 'scopes', 'logs'] },
  { leader: 'spans', tables: ['resources', 'scopes', 'spans', 'trace_index'] },
  { leader: 'series', tables: ['series'] },
  { leader: 'metadata', tables: ['metadata'] },
  { leader: 'resources', tables: ['resources'] },
  { leader: 'scopes', tables: ['scopes'] },
  { leader: 'exemplars', tables: ['series', 'exemplars'] },
  { leader: 'trace_index', tables: ['trace_index'] },
  // A mark must not be seen before the rows that it is about.
  { leader: 'late_marks', tables: ['series', 'samples_hot', 'resources', 'scopes', 'spans', 'late_marks'] },
]

const leaders: ReadonlySet<string> = new Set(['samples_hot', 'histograms', 'logs', 'spans'])

/** Unix ms at which an open segment is due, judged by what it holds now. */
export function dueMs(segment: Segment, nowMs: number, bounds: LoadBounds): number {
  const records = Math.max(segment.rows, segment.records)
  if (records >= (segment.table === 'samples_hot' ? bounds.fullSamples : bounds.fullRecords)) return nowMs
  if (!leaders.has(segment.table)) return segment.firstArrivedMs + bounds.maxDelayMs
  const ageMs = Math.max(nowMs - segment.firstArrivedMs, 50)
  const rate = (records * 1000) / ageMs
  const share = Math.min(1, Math.max(0, (rate - bounds.slowRate) / (bounds.fastRate - bounds.slowRate)))
  return segment.firstArrivedMs + bounds.minDelayMs + share * (bounds.maxDelayMs - bounds.minDelayMs)
}
