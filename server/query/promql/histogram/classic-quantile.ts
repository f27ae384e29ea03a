import type { RaisedBuckets } from '../annotations.ts'

/** One classic bucket: observations at or below the bound. */
export interface ClassicBucket {
  readonly upper: number
  readonly count: number
}

/** Relative difference below which a falling count is taken for rounding. */
const roundingTolerance = 1e-12

export interface ClassicQuantile {
  readonly value: number
  /** Counts fell from bucket to bucket by more than rounding and were raised: which, and by how much; else null. */
  readonly raised: RaisedBuckets | null
}

/** Buckets by ascending bound, equal bounds added up, counts made to never fall. */
function prepare(buckets: readonly ClassicBucket[]): { buckets: ClassicBucket[]; raised: RaisedBuckets | null } {
  const sorted = [...buckets].sort((a, b) => a.upper - b.upper)
  const merged: ClassicBucket[] = []
  for (const bucket of sorted) {
    const last = merged.at(-1)
    if (last !== undefined && last.upper === bucket.upper)
      merged[merged.length - 1] = { upper: last.upper, count: last.count + bucket.count }
    else merged.push(bucket)
  }
  let raised: RaisedBuckets | null = null
  let previous = merged[0]?.count ?? 0
  const mended = merged.map(({ upper, count }) => {
    if (count === previous || almostEqual(previous, count)) return { upper, count: previous }
    if (count < previous) {
      raised = widened(raised, upper, previous - count)
      return { upper, count: previous }
    }
    previous = count
    return { upper, count }
  })
  return { buckets: mended, raised }
}

function widened(raised: RaisedBuckets | null, upper: number, diff: number): RaisedBuckets {
  if (raised === null) return { minBucket: upper, maxBucket: upper, maxDiff: diff }
  return { ...raised, maxBucket: upper, maxDiff: Math.max(raised.maxDiff, diff) }
}

function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true
  return a === b || Math.abs(a - b) / Math.min(Math.abs(a) + Math.abs(b), Number.MAX_VALUE) < roundingTolerance
}

/** Quantile of a classic histogram, linear inside buckets; the last bucket must be +Inf. Source: Prometheus BucketQuantile. */
export function classicQuantile(q: number, given: readonly ClassicBucket[]): ClassicQuantile {
  const fixed = (value: number): ClassicQuantile => ({ value, raised: null })
  if (Number.isNaN(q)) return fixed(Number.NaN)
  if (q < 0) return fixed(-Infinity)
  if (q > 1) return fixed(Infinity)
  const { buckets, raised } = prepare(given)
  const last = buckets.at(-1)
  if (last === undefined || last.upper !== Infinity) return fixed(Number.NaN)
  if (buckets.length < 2 || last.count === 0 || Number.isNaN(last.count)) return { value: Number.NaN, raised }
  const rank = q * last.count
  let at = buckets.findIndex(({ count }) => count >= rank)
  if (at < 0) at = buckets.length - 1
  if (at === buckets.length - 1) return { value: buckets[at - 1].upper, raised }
  if (at === 0 && buckets[0].upper <= 0) return { value: buckets[0].upper, raised }
  const lower = at === 0 ? 0 : buckets[at - 1].upper
  const below = at === 0 ? 0 : buckets[at - 1].count
  return { value: lower + (buckets[at].upper - lower) * ((rank - below) / (buckets[at].count - below)), raised }
}

/** Share of the observations between two bounds. Source: Prometheus BucketFraction. */
export function classicFraction(lower: number, upper: number, given: readonly ClassicBucket[]): number {
  const { buckets } = prepare(given)
  const last = buckets.at(-1)
  if (last === undefined || last.upper !== Infinity) return Number.NaN
  if (last.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN
  if (lower >= upper) return 0
  return (classicRank(buckets, upper) - classicRank(buckets, lower)) / last.count
}

function classicRank(buckets: readonly ClassicBucket[], bound: number): number {
  let below = 0
  let start = buckets[0].upper > 0 ? 0 : -Infinity
  for (const { upper, count } of buckets) {
    if (start >= bound) return below
    if (upper > bound) {
      if (upper === Infinity) return below
      return start === -Infinity ? count : below + ((count - below) * (bound - start)) / (upper - start)
    }
    below = count
    start = upper
  }
  return below
}
