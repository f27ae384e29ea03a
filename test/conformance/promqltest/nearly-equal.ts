import type { Buckets, FloatHistogram } from '../../../server/query/promql/histogram/float-histogram.ts'

/** Relative difference that the suite allows between floats. Source: promqltest's default epsilon. */
const epsilon = 1e-6

export function nearlyEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true
  if (a === b) return true
  const sum = Math.abs(a) + Math.abs(b)
  const difference = Math.abs(a - b)
  if (a === 0 || b === 0 || sum < Number.MIN_VALUE) return difference < epsilon * Number.MIN_VALUE
  return difference / Math.min(sum, Number.MAX_VALUE) < epsilon
}

/** Histograms equal within the tolerance, empty buckets aside; a hint is compared where the script names one. */
export function populatedEqual(want: FloatHistogram, got: FloatHistogram): boolean {
  return (
    want.schema === got.schema &&
    nearlyEqual(want.count, got.count) &&
    nearlyEqual(want.sum, got.sum) &&
    want.zeroThreshold === got.zeroThreshold &&
    nearlyEqual(want.zeroCount, got.zeroCount) &&
    (want.resetHint === 'unknown' || want.resetHint === got.resetHint) &&
    want.customBounds.length === got.customBounds.length &&
    want.customBounds.every((bound, i) => nearlyEqual(bound, got.customBounds[i])) &&
    sameBuckets(want.positive, got.positive) &&
    sameBuckets(want.negative, got.negative)
  )
}

function sameBuckets(want: Buckets, got: Buckets): boolean {
  const [a, b] = [want, got].map(({ indexes, counts }) =>
    indexes.map((index, i) => [index, counts[i]] as const).filter(([, count]) => count !== 0),
  )
  return a.length === b.length && a.every(([index, count], i) => index === b[i][0] && nearlyEqual(count, b[i][1]))
}
