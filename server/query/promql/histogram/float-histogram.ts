import { exponentialBound } from './exponential-bounds.ts'

/** Whether a histogram sample follows a reset of its counter. */
export type ResetHint = 'unknown' | 'reset' | 'no_reset' | 'gauge'

/** Populated buckets of one sign, by ascending bucket index; both arrays have one entry a bucket. */
export interface Buckets {
  readonly indexes: readonly number[]
  readonly counts: readonly number[]
}

export const noBuckets: Buckets = { indexes: [], counts: [] }

/** Schema of histograms with custom bounds. */
export const customSchema = -53

/**
 * A native histogram with float counts. Immutable: every operation makes a new one.
 *
 * Exponential (`schema` -4..8): bucket i covers (base^(i-1), base^i] with base = 2^(2^-schema); negative buckets mirror
 * it; the zero bucket covers [-zeroThreshold, zeroThreshold]. Custom (`schema` -53): bucket i covers
 * (customBounds[i-1], customBounds[i]], the last one up to +Inf; no zero and no negative buckets.
 * Source: Prometheus native histogram specification.
 */
export interface FloatHistogram {
  readonly resetHint: ResetHint
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  readonly sum: number
  readonly positive: Buckets
  readonly negative: Buckets
  readonly customBounds: readonly number[]
}

export const emptyHistogram: FloatHistogram = {
  resetHint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positive: noBuckets,
  negative: noBuckets,
  customBounds: [],
}

export function isCustom(histogram: FloatHistogram): boolean {
  return histogram.schema === customSchema
}

/** One bucket in terms of its bounds. */
export interface BoundedBucket {
  readonly lower: number
  readonly upper: number
  /** Whether the bounds belong to the bucket. */
  readonly lowerInclusive: boolean
  readonly upperInclusive: boolean
  readonly count: number
}

/** Upper bound of a positive bucket of any schema. */
export function upperBound(histogram: FloatHistogram, index: number): number {
  if (!isCustom(histogram)) return exponentialBound(index, histogram.schema)
  return index < histogram.customBounds.length ? histogram.customBounds[index] : Infinity
}

export function lowerBound(histogram: FloatHistogram, index: number): number {
  if (!isCustom(histogram)) return exponentialBound(index - 1, histogram.schema)
  return index === 0 ? -Infinity : histogram.customBounds[index - 1]
}

/** All buckets from the lowest to the highest bound, the zero bucket in its place if it is populated; what reaches into it begins behind it. */
export function bucketsAscending(histogram: FloatHistogram): BoundedBucket[] {
  const { positive, negative, zeroCount, zeroThreshold } = histogram
  const buckets: BoundedBucket[] = []
  for (let i = negative.indexes.length - 1; i >= 0; i -= 1) {
    const index = negative.indexes[i]
    buckets.push({
      lower: -exponentialBound(index, histogram.schema),
      upper: Math.min(-exponentialBound(index - 1, histogram.schema), -zeroThreshold),
      lowerInclusive: true,
      upperInclusive: false,
      count: negative.counts[i],
    })
  }
  if (zeroCount > 0)
    buckets.push({
      lower: -zeroThreshold,
      upper: zeroThreshold,
      lowerInclusive: true,
      upperInclusive: true,
      count: zeroCount,
    })
  for (let i = 0; i < positive.indexes.length; i += 1)
    buckets.push({
      lower: isCustom(histogram)
        ? lowerBound(histogram, positive.indexes[i])
        : Math.max(lowerBound(histogram, positive.indexes[i]), zeroThreshold),
      upper: upperBound(histogram, positive.indexes[i]),
      lowerInclusive: isCustom(histogram) && positive.indexes[i] === 0,
      upperInclusive: true,
      count: positive.counts[i],
    })
  return buckets
}

/** Buckets from index → count; zero counts are left out. */
export function bucketsFromMap(counts: ReadonlyMap<number, number>): Buckets {
  const indexes = [...counts.keys()].filter((index) => counts.get(index) !== 0).sort((a, b) => a - b)
  return { indexes, counts: indexes.map((index) => counts.get(index) as number) }
}

/** Bucket layout on the wire: spans of consecutive buckets, gaps between them. */
export function bucketsFromSpans(
  spans: readonly { readonly offset: number; readonly length: number }[],
  counts: readonly number[],
): Buckets {
  const indexes: number[] = []
  const kept: number[] = []
  let index = 0
  let at = 0
  for (const span of spans) {
    index += span.offset
    for (let i = 0; i < span.length; i += 1, index += 1, at += 1) {
      const count = counts[at] ?? 0
      if (count === 0) continue
      indexes.push(index)
      kept.push(count)
    }
  }
  return { indexes, counts: kept }
}
