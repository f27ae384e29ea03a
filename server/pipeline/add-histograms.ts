import type { HistogramSpan, NativeHistogram } from '../model/metric.ts'

/** Schema of histograms with custom bounds. */
const customSchema = -53

/**
 * Sum of two native histograms of one series: identity and time of `later`, counts of both. Null where they cannot
 * be added (custom bounds that differ, custom against exponential, zero thresholds that differ): the caller starts anew.
 *
 * Different exponential schemas meet at the coarser one. Cost: proportional to the filled buckets of both.
 * Source: Prometheus model/histogram, `FloatHistogram.Add` and `targetIdx`.
 */
export function addHistograms(earlier: NativeHistogram, later: NativeHistogram): NativeHistogram | null {
  if (!areAddable(earlier, later)) return null
  const schema = Math.min(earlier.schema, later.schema)
  const positive = new Map<number, number>()
  const negative = new Map<number, number>()
  for (const histogram of [earlier, later]) {
    const shift = histogram.schema - schema
    addBuckets(positive, { spans: histogram.positiveSpans, counts: histogram.positiveCounts, shift })
    addBuckets(negative, { spans: histogram.negativeSpans, counts: histogram.negativeCounts, shift })
  }
  const [positiveSpans, positiveCounts] = layOut(positive)
  const [negativeSpans, negativeCounts] = layOut(negative)
  return {
    ...later,
    schema,
    zeroCount: earlier.zeroCount + later.zeroCount,
    count: earlier.count + later.count,
    sum: earlier.sum + later.sum,
    positiveSpans,
    positiveCounts,
    negativeSpans,
    negativeCounts,
    isFloat: earlier.isFloat || later.isFloat,
  }
}

function areAddable(a: NativeHistogram, b: NativeHistogram): boolean {
  if (a.zeroThreshold !== b.zeroThreshold) return false
  if (a.schema !== customSchema && b.schema !== customSchema) return true
  if (a.schema !== b.schema || a.customBounds.length !== b.customBounds.length) return false
  return a.customBounds.every((bound, i) => bound === b.customBounds[i])
}

/** Bucket `i` ends at base^i; one schema coarser it lies in bucket ceil(i / 2). */
function addBuckets(
  into: Map<number, number>,
  from: { spans: readonly HistogramSpan[]; counts: readonly number[]; shift: number },
): void {
  let index = 0
  let next = 0
  for (const { offset, length } of from.spans) {
    index += offset
    for (let i = 0; i < length; i++, index++, next++) {
      const target = from.shift === 0 ? index : ((index - 1) >> from.shift) + 1
      into.set(target, (into.get(target) ?? 0) + (from.counts[next] ?? 0))
    }
  }
}

/** Spans and counts of buckets, in ascending order. */
function layOut(buckets: ReadonlyMap<number, number>): [HistogramSpan[], number[]] {
  const spans: { offset: number; length: number }[] = []
  const counts: number[] = []
  let end = 0
  for (const index of [...buckets.keys()].sort((a, b) => a - b)) {
    const last = spans.at(-1)
    if (last !== undefined && index === end) last.length += 1
    else spans.push({ offset: index - end, length: 1 })
    end = index + 1
    counts.push(buckets.get(index) ?? 0)
  }
  return [spans, counts]
}
