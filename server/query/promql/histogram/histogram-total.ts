import { increment } from '../evaluate/statistics.ts'
import {
  addHistograms,
  combineHints,
  commonBounds,
  divideHistogram,
  equalBounds,
  rebucket,
  scaleHistogram,
  toSchema,
  widenZeroBucket,
  withEqualZeroBuckets,
} from './arithmetic.ts'
import { type Buckets, type FloatHistogram, isCustom, noBuckets } from './float-histogram.ts'

/** A sum of histograms and, in the same buckets, what its additions lost to rounding. */
interface Compensated {
  readonly sum: FloatHistogram
  readonly lost: FloatHistogram
}

/** What an addition met. `unfit`: exponential and custom buckets do not add up, nothing was added. */
export type Addition = 'plain' | 'bounds_reconciled' | 'unfit'

/**
 * Sum or mean of histograms, each count and the sum of observations compensated for rounding. The mean is the sum by the
 * count, or grows step by step from where the sum would no longer be finite. Cost: one pass over the buckets an addition.
 * Source: Prometheus 3.16, `sum`, `avg`, `sum_over_time` and `avg_over_time` of native histograms.
 */
export class HistogramTotal {
  private readonly average: boolean
  private state: Compensated | null = null
  private count = 0
  private isIncremental = false

  constructor(average: boolean) {
    this.average = average
  }

  reset(): void {
    this.state = null
    this.count = 0
    this.isIncremental = false
  }

  add(histogram: FloatHistogram): Addition {
    const { state } = this
    this.count += 1
    if (state === null) {
      this.state = { sum: histogram, lost: nothingOf(histogram) }
      return 'plain'
    }
    if (isCustom(state.sum) !== isCustom(histogram)) return 'unfit'
    const reconciled = isCustom(histogram) && !equalBounds(state.sum, histogram)
    this.state = this.next(state, histogram)
    return reconciled ? 'bounds_reconciled' : 'plain'
  }

  private next(state: Compensated, histogram: FloatHistogram): Compensated {
    const { count } = this
    if (!this.isIncremental) {
      const next = addCompensated(state, histogram)
      if (!this.average || !isOverflown(next.sum)) return next
      this.isIncremental = true
      return this.grow(
        scaled(state, (one) => divideHistogram(one, count - 1)),
        histogram,
      )
    }
    return this.grow(state, histogram)
  }

  private grow(mean: Compensated, histogram: FloatHistogram): Compensated {
    const share = (this.count - 1) / this.count
    return addCompensated(
      scaled(mean, (one) => scaleHistogram(one, share)),
      divideHistogram(histogram, this.count),
    )
  }

  /** Null before the first addition. */
  get value(): FloatHistogram | null {
    const { state, count } = this
    if (state === null || count === 1) return state?.sum ?? null
    const { sum, lost } =
      this.average && !this.isIncremental ? scaled(state, (one) => divideHistogram(one, count)) : state
    const whole = addHistograms(sum, lost)
    return whole === null ? sum : { ...whole.histogram, resetHint: sum.resetHint }
  }
}

function nothingOf(histogram: FloatHistogram): FloatHistogram {
  return { ...histogram, count: 0, sum: 0, zeroCount: 0, positive: noBuckets, negative: noBuckets }
}

function scaled({ sum, lost }: Compensated, scale: (one: FloatHistogram) => FloatHistogram): Compensated {
  return { sum: scale(sum), lost: scale(lost) }
}

function addCompensated(state: Compensated, histogram: FloatHistogram): Compensated {
  const { sum, lost, other } = isCustom(histogram)
    ? inCommonBounds(state, histogram)
    : inCommonBuckets(state, histogram)
  const positive = addBuckets(sum.positive, lost.positive, other.positive)
  const negative = addBuckets(sum.negative, lost.negative, other.negative)
  const [count, lostCount] = increment(other.count, sum.count, lost.count)
  const [total, lostTotal] = increment(other.sum, sum.sum, lost.sum)
  const [zeroCount, lostZero] = increment(other.zeroCount, sum.zeroCount, lost.zeroCount)
  const { hint } = combineHints(sum.resetHint, other.resetHint)
  return {
    sum: { ...sum, resetHint: hint, count, sum: total, zeroCount, positive: positive.sum, negative: negative.sum },
    lost: {
      ...lost,
      count: lostCount,
      sum: lostTotal,
      zeroCount: lostZero,
      positive: positive.lost,
      negative: negative.lost,
    },
  }
}

function inCommonBounds({ sum, lost }: Compensated, other: FloatHistogram): Compensated & { other: FloatHistogram } {
  if (equalBounds(sum, other)) return { sum, lost, other }
  const customBounds = commonBounds(sum, other)
  const inThem = (one: FloatHistogram) => ({ ...one, customBounds, positive: rebucket(one, customBounds) })
  return { sum: inThem(sum), lost: inThem(lost), other: inThem(other) }
}

function inCommonBuckets({ sum, lost }: Compensated, other: FloatHistogram): Compensated & { other: FloatHistogram } {
  const schema = Math.min(sum.schema, other.schema)
  const [a, b] = withEqualZeroBuckets(toSchema(sum, schema), toSchema(other, schema))
  const coarse = toSchema(lost, schema)
  const same = coarse.zeroThreshold === a.zeroThreshold
  return { sum: a, lost: same ? coarse : widenZeroBucket(coarse, a.zeroThreshold), other: b }
}

/** Buckets of all three by ascending index. */
function addBuckets(sum: Buckets, lost: Buckets, other: Buckets): { sum: Buckets; lost: Buckets } {
  if (other.indexes.length === 0) return { sum, lost }
  const indexes: number[] = []
  const [sums, losses]: [number[], number[]] = [[], []]
  for (let a = 0, b = 0, c = 0; a < sum.indexes.length || b < other.indexes.length; ) {
    const index = Math.min(sum.indexes[a] ?? Infinity, other.indexes[b] ?? Infinity)
    const before = sum.indexes[a] === index ? sum.counts[a++] : 0
    const more = other.indexes[b] === index ? other.counts[b++] : 0
    while (lost.indexes[c] < index) c += 1
    const [next, loss] = increment(more, before, lost.indexes[c] === index ? lost.counts[c] : 0)
    indexes.push(index)
    sums.push(next)
    losses.push(loss)
  }
  return { sum: { indexes, counts: sums }, lost: { indexes, counts: losses } }
}

function isOverflown({ count, sum, zeroCount, positive, negative }: FloatHistogram): boolean {
  const isInfinite = (value: number) => value === Infinity || value === -Infinity
  return (
    [count, sum, zeroCount].some(isInfinite) || positive.counts.some(isInfinite) || negative.counts.some(isInfinite)
  )
}
