import type { Span } from '../time/range.ts'

/** Times that a range can be compared with; the key stands in the address as `cmp`. */
export const comparisons = {
  '-range': ['The time before', 'the time before'],
  '-1h': ['One hour earlier', 'an hour earlier'],
  '-1d': ['Yesterday', 'yesterday'],
  '-7d': ['Same time last week', 'last week'],
} as const

export type Comparison = keyof typeof comparisons

export function comparisonOf(cmp: string | undefined): Comparison {
  return cmp !== undefined && cmp in comparisons ? (cmp as Comparison) : '-range'
}

const distanceMs: Readonly<Record<Exclude<Comparison, '-range'>, number>> = {
  '-1h': 3_600_000,
  '-1d': 86_400_000,
  '-7d': 604_800_000,
}

/** The other span, of the same length. */
export function comparedSpan({ fromMs, toMs }: Span, comparison: Comparison): Span {
  const by = comparison === '-range' ? toMs - fromMs : distanceMs[comparison]
  return { fromMs: fromMs - by, toMs: toMs - by }
}
