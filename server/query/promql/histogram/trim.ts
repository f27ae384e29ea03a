import { exponentialBound } from './exponential-bounds.ts'
import { type Buckets, type FloatHistogram, isCustom, lowerBound, upperBound } from './float-histogram.ts'

/**
 * Keeps the observations below (`</`) or above (`>/`) a bound. Of a bucket that the bound cuts, the share on the wanted
 * side stays, by interpolation. Where something went, the sum is estimated anew from the middles of what stays.
 * Source: Prometheus 3.16, operators `</` and `>/`.
 */
export function trimHistogram(histogram: FloatHistogram, operator: '</' | '>/', bound: number): FloatHistogram {
  return new Trim(histogram, operator === '</', bound).run()
}

/** What stays of a bucket, and where its observations are taken to lie. */
interface Kept {
  readonly count: number
  readonly middle: number
}

const nothing: Kept = { count: 0, middle: 0 }

class Trim {
  private readonly histogram: FloatHistogram
  private readonly keepsLower: boolean
  private readonly bound: number
  private readonly linear: boolean
  private count = 0
  private sum = 0
  private isTrimmed = false

  constructor(histogram: FloatHistogram, keepsLower: boolean, bound: number) {
    this.histogram = histogram
    this.keepsLower = keepsLower
    this.bound = bound
    this.linear = isCustom(histogram)
  }

  run(): FloatHistogram {
    const { histogram } = this
    const positive = this.side(histogram.positive, 1)
    const negative = this.side(histogram.negative, -1)
    const zeroCount = histogram.zeroCount > 0 ? this.account(histogram.zeroCount, this.zeroBucket()) : 0
    if (!this.isTrimmed) return histogram
    return { ...histogram, positive, negative, zeroCount, count: this.count, sum: this.sum }
  }

  /** Adds what stays of a bucket to the totals. */
  private account(before: number, kept: Kept): number {
    this.count += kept.count
    this.sum += kept.middle * kept.count
    if (kept.count !== before) this.isTrimmed = true
    return kept.count
  }

  /** Of the zero bucket only the side is used on which there are observations at all. */
  private zeroBucket(): Kept {
    const { zeroThreshold, zeroCount, positive, negative } = this.histogram
    const [hasPositive, hasNegative] = [positive, negative].map(({ counts }) => counts.some((count) => count !== 0))
    const lower = hasPositive && !hasNegative ? 0 : -zeroThreshold
    const upper = hasNegative && !hasPositive ? 0 : zeroThreshold
    const { bound } = this
    const all = { count: zeroCount, middle: (lower + upper) / 2 }
    if (bound <= lower) return this.keepsLower ? nothing : all
    if (bound >= upper) return this.keepsLower ? all : nothing
    const [from, to] = this.keepsLower ? [lower, bound] : [bound, upper]
    return { count: zeroCount * ((to - from) / (upper - lower)), middle: (from + to) / 2 }
  }

  private side(buckets: Buckets, sign: 1 | -1): Buckets {
    const { schema } = this.histogram
    const indexes: number[] = []
    const counts: number[] = []
    buckets.indexes.forEach((index, i) => {
      const before = buckets.counts[i]
      if (before === 0) return
      const [lower, upper] =
        sign === 1
          ? [lowerBound(this.histogram, index), upperBound(this.histogram, index)]
          : [-exponentialBound(index, schema), -exponentialBound(index - 1, schema)]
      const kept = this.account(before, this.bucket({ lower, upper, count: before }, sign))
      if (kept === 0) return
      indexes.push(index)
      counts.push(kept)
    })
    return { indexes, counts }
  }

  private bucket(bucket: Bounds, sign: 1 | -1): Kept {
    const { lower, upper, count } = bucket
    const { bound, keepsLower } = this
    if (keepsLower ? upper <= bound : lower >= bound) return { count, middle: this.middle(lower, upper, sign) }
    if (!(keepsLower ? lower < bound : upper > bound)) return nothing
    if (lower === -Infinity)
      return keepsLower ? belowInUnboundedLower(bucket, bound) : aboveInUnboundedLower(bucket, bound)
    // How the observations lie in a bucket without an end is not known: nothing below a bound in it can be told.
    if (upper === Infinity) return keepsLower || bound < lower ? nothing : { count, middle: bound }
    const below = count * this.shareBelow(bucket)
    return keepsLower
      ? { count: below, middle: this.middle(lower, bound, sign) }
      : { count: count - below, middle: this.middle(bound, upper, sign) }
  }

  /** Share of a finite bucket's observations at or below the bound, 0 to 1. */
  private shareBelow({ lower, upper }: Bounds): number {
    const { bound } = this
    if (bound <= lower) return 0
    if (bound >= upper) return 1
    if (this.linear) return (bound - lower) / (upper - lower)
    const [logLower, logUpper, logBound] = [lower, upper, bound].map((value) => Math.log2(Math.abs(value)))
    return bound > 0 ? (logBound - logLower) / (logUpper - logLower) : 1 - (logBound - logUpper) / (logLower - logUpper)
  }

  private middle(lower: number, upper: number, sign: 1 | -1): number {
    if (!Number.isFinite(lower)) {
      if (!Number.isFinite(upper)) return 0
      return upper > 0 ? upper / 2 : upper
    }
    if (!Number.isFinite(upper)) return lower
    return this.linear ? (lower + upper) / 2 : sign * Math.sqrt(Math.abs(lower * upper))
  }
}

interface Bounds {
  readonly lower: number
  readonly upper: number
  readonly count: number
}

/** The first custom bucket reaches down without end; with a positive upper bound it is taken to begin at zero. */
function belowInUnboundedLower({ upper, count }: Bounds, bound: number): Kept {
  if (bound > 0 && upper > 0 && upper !== Infinity) return { count: (count * bound) / upper, middle: bound / 2 }
  return upper <= 0 ? { count, middle: bound } : nothing
}

function aboveInUnboundedLower({ upper, count }: Bounds, bound: number): Kept {
  if (bound === -Infinity) return { count, middle: 0 }
  if (bound >= 0 && upper > bound && upper !== Infinity)
    return { count: count * (1 - bound / upper), middle: (bound + upper) / 2 }
  return nothing
}
