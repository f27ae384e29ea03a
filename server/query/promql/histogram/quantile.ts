import { type BoundedBucket, bucketsAscending, type FloatHistogram, isCustom } from './float-histogram.ts'

/** Remark on a result that NaN observations have touched. */
export type NanEffect = 'none' | 'nan' | 'skewed'

/** Quantile of a native histogram: linear inside custom and zero buckets, exponential elsewhere. Source: Prometheus HistogramQuantile. */
export function histogramQuantile(q: number, histogram: FloatHistogram): { value: number; nan: NanEffect } {
  if (q < 0) return { value: -Infinity, nan: 'none' }
  if (q > 1) return { value: Infinity, nan: 'none' }
  if (histogram.count === 0 || Number.isNaN(q)) return { value: Number.NaN, nan: 'none' }
  const hasNan = Number.isNaN(histogram.sum)
  // From the nearer end, so that rounding in the far buckets does not matter; NaN observations lie beyond the last one.
  const forward = hasNan || q < 0.5
  const found = findBucket(histogram, { forward, rank: (forward ? q : 1 - q) * histogram.count })
  if (found === null) return { value: Number.NaN, nan: hasNan ? 'nan' : 'none' }
  const { bucket, rank } = found
  const cumulative = Math.min(found.cumulative, histogram.count)
  const edges = withRealEdges(histogram, bucket)
  if (typeof edges === 'number') return { value: edges, nan: 'none' }
  if (cumulative < rank) return hasNan ? { value: Number.NaN, nan: 'nan' } : { value: edges.upper, nan: 'none' }
  const within = forward ? rank - (cumulative - bucket.count) : cumulative - rank
  const skewed = hasNanObservations(histogram)
  return { value: interpolate(histogram, edges, within / bucket.count), nan: skewed ? 'skewed' : 'none' }
}

/** They count, but lie in no bucket. A sum of NaN alone may come of infinities of both signs. */
function hasNanObservations(histogram: FloatHistogram): boolean {
  if (!Number.isNaN(histogram.sum)) return false
  let inBuckets = 0
  for (const { count } of bucketsAscending(histogram)) inBuckets += count
  return inBuckets < histogram.count
}

function findBucket(histogram: FloatHistogram, { forward, rank }: { forward: boolean; rank: number }) {
  const buckets = bucketsAscending(histogram).filter(({ count }) => count !== 0)
  if (!forward) buckets.reverse()
  let cumulative = 0
  let bucket: BoundedBucket | null = null
  for (bucket of buckets) {
    cumulative += bucket.count
    if (cumulative >= rank) break
  }
  return bucket === null ? null : { bucket, cumulative, rank }
}

/** Edges that observations can really have; a number where the answer is one of the edges itself. */
function withRealEdges(histogram: FloatHistogram, bucket: BoundedBucket): { lower: number; upper: number } | number {
  const { lower, upper } = bucket
  if (isCustom(histogram)) {
    if (lower === -Infinity) return upper <= 0 ? upper : { lower: 0, upper }
    return upper === Infinity ? lower : { lower, upper }
  }
  if (lower < 0 && upper > 0) {
    if (histogram.negative.indexes.length === 0 && histogram.positive.indexes.length > 0) return { lower: 0, upper }
    if (histogram.positive.indexes.length === 0 && histogram.negative.indexes.length > 0) return { lower, upper: 0 }
  }
  return { lower, upper }
}

function interpolate(
  histogram: FloatHistogram,
  { lower, upper }: { lower: number; upper: number },
  fraction: number,
): number {
  if (isCustom(histogram) || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction
  const logLower = Math.log2(Math.abs(lower))
  const logUpper = Math.log2(Math.abs(upper))
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction)
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)))
}

/** Share of the observations between two bounds. Source: Prometheus HistogramFraction. */
export function histogramFraction(
  lower: number,
  upper: number,
  histogram: FloatHistogram,
): { value: number; hasNan: boolean } {
  const hasNan = hasNanObservations(histogram)
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: Number.NaN, hasNan: false }
  if (lower >= upper) return { value: 0, hasNan: false }
  const value = (rankOf(histogram, upper) - rankOf(histogram, lower)) / histogram.count
  return { value, hasNan }
}

/** Observations below a bound. */
function rankOf(histogram: FloatHistogram, bound: number): number {
  let rank = 0
  for (const bucket of bucketsAscending(histogram)) {
    const edges = realEdges(histogram, bucket)
    if (edges.lower >= bound) return Math.min(rank, histogram.count)
    if (edges.upper > bound) return Math.min(rank + bucket.count * shareBelow(histogram, edges, bound), histogram.count)
    rank += bucket.count
  }
  // Beyond the last bucket: all observations, NaN ones aside.
  return bound === Infinity || Number.isNaN(histogram.sum) ? rank : Math.min(rank, histogram.count)
}

function realEdges(histogram: FloatHistogram, { lower, upper }: BoundedBucket): { lower: number; upper: number } {
  if (lower <= 0 && upper >= 0 && !isCustom(histogram)) {
    if (histogram.negative.indexes.length === 0 && histogram.positive.indexes.length > 0) return { lower: 0, upper }
    if (histogram.positive.indexes.length === 0 && histogram.negative.indexes.length > 0) return { lower, upper: 0 }
  }
  return { lower, upper }
}

function shareBelow(
  histogram: FloatHistogram,
  { lower, upper }: { lower: number; upper: number },
  bound: number,
): number {
  if (upper === Infinity) return 0
  // The lowest custom bucket is taken to begin at zero, unless it ends below.
  if (lower === -Infinity) return upper > 0 ? Math.max(0, bound / upper) : 1
  if (isCustom(histogram) || (lower <= 0 && upper >= 0)) return (bound - lower) / (upper - lower)
  const [logLower, logUpper, logBound] = [lower, upper, bound].map((value) => Math.log2(Math.abs(value)))
  return bound > 0 ? (logBound - logLower) / (logUpper - logLower) : 1 - (logBound - logUpper) / (logLower - logUpper)
}

/** Variance of the observations, each taken at the middle of its bucket. */
export function histogramVariance(histogram: FloatHistogram): number {
  const mean = histogram.sum / histogram.count
  let squares = 0
  for (const { lower, upper, count } of bucketsAscending(histogram)) {
    if (count === 0) continue
    const delta = middle(histogram, lower, upper) - mean
    squares += count * delta * delta
  }
  return squares / histogram.count
}

function middle(histogram: FloatHistogram, lower: number, upper: number): number {
  if (isCustom(histogram)) {
    if (lower === -Infinity) return upper <= 0 ? upper : upper / 2
    return upper === Infinity ? lower : (lower + upper) / 2
  }
  if (lower <= 0 && upper >= 0) return 0
  const mean = Math.sqrt(Math.abs(lower) * Math.abs(upper))
  return upper < 0 || (upper === 0 && lower < 0) ? -mean : mean
}
