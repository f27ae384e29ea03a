/** One sample of a histogram's family. */
interface HistogramSample {
  readonly suffix: string
  /** Bound of a bucket, NaN for other samples. */
  readonly le: number
  readonly value: number
}

/** The samples of one metric at one time, as far as they were seen. */
interface HistogramPoint {
  readonly key: string
  lastBound: number
  lastCount: number
  hasBuckets: boolean
  hasNegativeBounds: boolean
  count: number | null
  hasSum: boolean
  hasGaugeSum: boolean
  hasNegativeGaugeSum: boolean
}

/**
 * Judges whether the samples of a histogram or gauge histogram go together: buckets ascending up to +Inf, counts
 * that do not fall, `_count` equal to the last of them, sums where they make sense.
 * Source: OpenMetrics 1.0 "Histogram" and "GaugeHistogram".
 */
export class HistogramCheck {
  readonly #name: string
  #point: HistogramPoint | null = null

  constructor(name: string) {
    this.#name = name
  }

  /** `key`: metric and timestamp. The answer is what is wrong, or null. */
  add(key: string, { suffix, le, value }: HistogramSample): string | null {
    if (this.#point?.key !== key) {
      const fault = this.finish()
      if (fault !== null) return fault
      this.#point = newPoint(key)
    }
    const point = this.#point as HistogramPoint
    if (suffix === '_bucket') return this.#addBucket(point, le, value)
    if (suffix === '_count' || suffix === '_gcount') point.count = value
    else if (suffix === '_sum') point.hasSum = true
    else if (suffix === '_gsum') {
      point.hasGaugeSum = true
      point.hasNegativeGaugeSum = value < 0
    }
    return null
  }

  /** Judges the point at hand as a whole and forgets it. */
  finish(): string | null {
    const point = this.#point
    this.#point = null
    if (point === null) return null
    const hasAnySum = point.hasSum || point.hasGaugeSum
    if (point.lastBound !== Number.POSITIVE_INFINITY) return `${this.#name} has no bucket for +Inf`
    if (point.count !== null && point.count !== point.lastCount) return `count of ${this.#name} is not its +Inf bucket`
    if (hasAnySum && point.count === null) return `${this.#name} has a sum and no count`
    if (!hasAnySum && point.count !== null) return `${this.#name} has a count and no sum`
    if (point.hasNegativeBounds && point.hasSum) return `${this.#name} has negative bounds, so it cannot have a sum`
    if (!point.hasNegativeBounds && point.hasNegativeGaugeSum)
      return `${this.#name} has no negative bounds, so its sum cannot be negative`
    return null
  }

  #addBucket(point: HistogramPoint, le: number, value: number): string | null {
    if (point.hasBuckets && le <= point.lastBound) return `buckets of ${this.#name} do not ascend`
    if (value < point.lastCount) return `counts of ${this.#name}'s buckets fall`
    point.hasBuckets = true
    point.hasNegativeBounds ||= le < 0
    point.lastBound = le
    point.lastCount = value
    return null
  }
}

function newPoint(key: string): HistogramPoint {
  return {
    key,
    lastBound: Number.NaN,
    lastCount: 0,
    hasBuckets: false,
    hasNegativeBounds: false,
    count: null,
    hasSum: false,
    hasGaugeSum: false,
    hasNegativeGaugeSum: false,
  }
}
