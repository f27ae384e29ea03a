import { exponentialBound } from './exponential-bounds.ts'
import {
  type BoundedBucket,
  type Buckets,
  type FloatHistogram,
  isCustom,
  lowerBound,
  upperBound,
} from './float-histogram.ts'

/**
 * Keeps the observations below (`</`) or above (`>/`) a bound. A bucket that the bound cuts keeps the share that lies on
 * the wanted side by interpolation; the sum is estimated from the buckets' middles.
 * Source: Prometheus operators TRIM_UPPER and TRIM_LOWER.
 */
export function trimHistogram(histogram: FloatHistogram, operator: '</' | '>/', bound: number): FloatHistogram {
  if (Number.isNaN(bound)) return histogram
  const trim = new Trim(histogram, operator === '</', bound)
  return trim.run()
}

class Trim {
  private readonly histogram: FloatHistogram
  private readonly keepsLower: boolean
  private readonly bound: number
  private count = 0
  private sum = 0
  private removed = 0

  constructor(histogram: FloatHistogram, keepsLower: boolean, bound: number) {
    this.histogram = histogram
    this.keepsLower = keepsLower
    this.bound = bound
  }

  run(): FloatHistogram {
    const { histogram } = this
    const positive = this.side(histogram.positive, 1)
    const negative = this.side(histogram.negative, -1)
    const zeroCount = this.take(this.zeroBucket(), true)
    if (this.removed === 0) return histogram
    return { ...histogram, positive, negative, zeroCount, count: this.count, sum: this.sum }
  }

  private zeroBucket(): BoundedBucket {
    const { positive, negative, zeroThreshold, zeroCount } = this.histogram
    const onlyPositive = negative.indexes.length === 0 && positive.indexes.length > 0
    const onlyNegative = positive.indexes.length === 0 && negative.indexes.length > 0
    return {
      lower: onlyPositive ? 0 : -zeroThreshold,
      upper: onlyNegative ? 0 : zeroThreshold,
      lowerInclusive: true,
      upperInclusive: true,
      count: zeroCount,
    }
  }

  private side(buckets: Buckets, sign: 1 | -1): Buckets {
    const indexes: number[] = []
    const counts: number[] = []
    buckets.indexes.forEach((index, i) => {
      const [near, far] =
        sign === 1
          ? [lowerBound(this.histogram, index), upperBound(this.histogram, index)]
          : [-exponentialBound(index, this.histogram.schema), -exponentialBound(index - 1, this.histogram.schema)]
      const bucket = {
        lower: near,
        upper: far,
        lowerInclusive: sign < 0,
        upperInclusive: sign > 0,
        count: buckets.counts[i],
      }
      const kept = this.take(bucket, isCustom(this.histogram))
      if (kept === 0) return
      indexes.push(index)
      counts.push(kept)
    })
    return { indexes, counts }
  }

  /** Count of the bucket that stays; adds it and its share of the sum to the totals. */
  private take(bucket: BoundedBucket, linear: boolean): number {
    if (bucket.count === 0) return 0
    const below = shareBelow(bucket, this.bound, linear)
    const kept = bucket.count * (this.keepsLower ? below : 1 - below)
    this.removed += bucket.count - kept
    this.count += kept
    const lower = this.keepsLower ? bucket.lower : Math.max(bucket.lower, this.bound)
    const upper = this.keepsLower ? Math.min(bucket.upper, this.bound) : bucket.upper
    if (kept > 0) this.sum += kept * middle(lower, upper, linear)
    return kept
  }
}

/** Share of a bucket's observations at or below `bound`, 0 to 1. */
function shareBelow({ lower, upper }: BoundedBucket, bound: number, linear: boolean): number {
  if (bound >= upper) return 1
  if (bound <= lower) return 0
  if (lower === -Infinity || upper === Infinity) return lower === -Infinity ? 1 : 0
  if (linear || (lower <= 0 && upper >= 0)) return (bound - lower) / (upper - lower)
  const [logLower, logUpper, logBound] = [lower, upper, bound].map((value) => Math.log2(Math.abs(value)))
  return lower > 0 ? (logBound - logLower) / (logUpper - logLower) : 1 - (logBound - logUpper) / (logLower - logUpper)
}

function middle(lower: number, upper: number, linear: boolean): number {
  if (lower === -Infinity) return upper
  if (upper === Infinity) return lower
  if (linear || (lower <= 0 && upper >= 0)) return (lower + upper) / 2
  return (lower > 0 ? 1 : -1) * Math.sqrt(Math.abs(lower) * Math.abs(upper))
}
