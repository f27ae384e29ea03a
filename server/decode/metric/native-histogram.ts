import { type HistogramSpan, isStaleNumber, type NativeHistogram, staleHigh, staleLow } from '../../model/metric.ts'
import type { Fault } from './metric-context.ts'

/** Schema of a native histogram with custom bounds. */
export const customBoundsSchema = -53

/** Exponential schemas that Prometheus evaluates. */
const minSchema = -4
const maxSchema = 8

/** More than this many empty buckets in a row end a span; fewer are written out. As client libraries do. */
const maxGapWithin = 2

const staleWords = Uint32Array.of(staleLow, staleHigh)

/** The NaN that marks a series as gone, as a number: its bits stay where numbers are only moved, not computed with. */
export const staleNumber: number = new Float64Array(staleWords.buffer)[0]

/** What is wrong with a native histogram, or null. Source: Prometheus model/histogram Validate. */
export function faultOfHistogram(histogram: NativeHistogram, maxBuckets: number): Fault | null {
  if (isStaleNumber(histogram.sum)) return null
  const { schema, customBounds, positiveCounts, negativeCounts } = histogram
  const isCustom = schema === customBoundsSchema
  if (!isCustom && (schema < minSchema || schema > maxSchema))
    return {
      reason: 'unsupported',
      message: `histogram schema ${schema} is none of ${minSchema} to ${maxSchema} and -53`,
    }
  if (positiveCounts.length + negativeCounts.length + customBounds.length > maxBuckets)
    return { reason: 'unsupported', message: `histogram has more than ${maxBuckets} buckets` }
  const message =
    faultOfSpans(histogram.positiveSpans, positiveCounts.length) ??
    faultOfSpans(histogram.negativeSpans, negativeCounts.length) ??
    (isCustom ? faultOfCustom(histogram) : customBounds.length > 0 ? 'custom bounds need schema -53' : null) ??
    faultOfCounts(histogram)
  return message === null ? null : { reason: 'malformed', message }
}

function faultOfSpans(spans: readonly HistogramSpan[], buckets: number): string | null {
  let length = 0
  for (let i = 0; i < spans.length; i++) {
    if (i > 0 && spans[i].offset < 0) return `histogram span ${i} has the negative offset ${spans[i].offset}`
    length += spans[i].length
  }
  return length === buckets ? null : `histogram spans stand for ${length} buckets, ${buckets} were sent`
}

function faultOfCustom({ customBounds, positiveSpans, ...rest }: NativeHistogram): string | null {
  for (let i = 0; i < customBounds.length; i++) {
    if (!Number.isFinite(customBounds[i])) return `custom bound ${i} is ${customBounds[i]}`
    if (i > 0 && customBounds[i] <= customBounds[i - 1]) return `custom bound ${i} is not above the one before`
  }
  if (rest.negativeSpans.length > 0 || rest.zeroCount !== 0 || rest.zeroThreshold !== 0)
    return 'a histogram with custom bounds has no zero bucket and no negative buckets'
  let last = 0
  for (const { offset, length } of positiveSpans) last += offset + length
  if (positiveSpans.length > 0 && (positiveSpans[0].offset < 0 || last > customBounds.length + 1))
    return `buckets reach ${last}, there are ${customBounds.length + 1}`
  return null
}

function faultOfCounts(histogram: NativeHistogram): string | null {
  const { count, zeroCount, zeroThreshold, positiveCounts, negativeCounts, sum } = histogram
  if (!(zeroThreshold >= 0)) return `zero threshold is ${zeroThreshold}`
  if (!(zeroCount >= 0)) return `zero count is ${zeroCount}`
  if (!(count >= 0)) return `count is ${count}`
  let total = zeroCount
  for (const bucket of positiveCounts) {
    if (!(bucket >= 0)) return `a bucket holds ${bucket}`
    total += bucket
  }
  for (const bucket of negativeCounts) {
    if (!(bucket >= 0)) return `a bucket holds ${bucket}`
    total += bucket
  }
  if (histogram.isFloat || total > Number.MAX_SAFE_INTEGER) return null
  // Observations of NaN fall into no bucket and make the sum NaN.
  const isRight = Number.isNaN(sum) ? total <= count : total === count
  return isRight ? null : `buckets hold ${total} observations, the count is ${count}`
}

/** Absolute counts of integer buckets that were sent as differences. */
export function absoluteCounts(deltas: readonly number[]): number[] {
  let count = 0
  return deltas.map((delta) => {
    count += delta
    return count
  })
}

/**
 * Spans over dense buckets, of which the first has index `offset`. Empty buckets at both ends and longer gaps are
 * left out.
 */
export function spansOfDense(dense: ArrayLike<number>, offset: number): { spans: HistogramSpan[]; counts: number[] } {
  const spans: { offset: number; length: number }[] = []
  const counts: number[] = []
  let next = 0
  for (let i = 0; i < dense.length; i++) {
    if (dense[i] === 0) continue
    const gap = i - next
    const span = spans.at(-1)
    if (span === undefined) spans.push({ offset: offset + i, length: 1 })
    else if (gap > maxGapWithin) spans.push({ offset: gap, length: 1 })
    else {
      for (let empty = 0; empty < gap; empty++) counts.push(0)
      span.length += gap + 1
    }
    counts.push(dense[i])
    next = i + 1
  }
  return { spans, counts }
}
