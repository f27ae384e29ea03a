import type { HistogramSpan, NativeHistogram } from '../../model/metric.ts'

/** 8 buckets for each doubling: a quantile is off by at most 4.5 %. */
const schema = 3
const bucketsPerDoubling = 2 ** schema

/** Values up to this are zero. Source: Prometheus client libraries, DefNativeHistogramZeroThreshold. */
const zeroThreshold = 2 ** -128

/** What came of a timer or distribution in one window: a native histogram that can still grow. */
export class Distribution {
  #count = 0
  #sum = 0
  #zeroCount = 0
  readonly #positive = new Map<number, number>()
  readonly #negative = new Map<number, number>()

  /** `weight`: how many values the one stands for. */
  add(value: number, weight: number): void {
    this.#count += weight
    this.#sum += value * weight
    if (Math.abs(value) <= zeroThreshold) {
      this.#zeroCount += weight
      return
    }
    const buckets = value > 0 ? this.#positive : this.#negative
    const index = Math.ceil(Math.log2(Math.abs(value)) * bucketsPerDoubling)
    buckets.set(index, (buckets.get(index) ?? 0) + weight)
  }

  /** The values as an increase of the histogram `ref`. */
  finish(ref: number, timestampMs: number): NativeHistogram {
    const positive = layOut(this.#positive)
    const negative = layOut(this.#negative)
    const counts = [this.#zeroCount, ...positive.counts, ...negative.counts]
    return {
      ref,
      timestampMs,
      schema,
      zeroThreshold,
      zeroCount: this.#zeroCount,
      count: this.#count,
      sum: this.#sum,
      positiveSpans: positive.spans,
      positiveCounts: positive.counts,
      negativeSpans: negative.spans,
      negativeCounts: negative.counts,
      customBounds: [],
      resetHint: 0,
      isFloat: !counts.every(Number.isInteger),
      isDelta: true,
    }
  }
}

function layOut(buckets: ReadonlyMap<number, number>): { spans: HistogramSpan[]; counts: number[] } {
  const spans: { offset: number; length: number }[] = []
  const counts: number[] = []
  let next = 0
  for (const [index, count] of [...buckets].sort(([a], [b]) => a - b)) {
    if (spans.length > 0 && index === next) spans[spans.length - 1].length++
    else spans.push({ offset: spans.length === 0 ? index : index - next, length: 1 })
    counts.push(count)
    next = index + 1
  }
  return { spans, counts }
}
