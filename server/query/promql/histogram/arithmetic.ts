import { exponentialBound } from './exponential-bounds.ts'
import {
  type Buckets,
  bucketsFromMap,
  type FloatHistogram,
  isCustom,
  noBuckets,
  type ResetHint,
} from './float-histogram.ts'

/** Result of adding or subtracting, with what a person should hear about it. */
export interface Combined {
  readonly histogram: FloatHistogram
  /** One side follows a reset, the other does not: the sum can be trusted as a gauge only. */
  readonly conflictingResets: boolean
  /** Custom bounds differed; only the bounds of both were kept. */
  readonly boundsReconciled: boolean
}

/** Null where one side has exponential and the other custom buckets. */
export function addHistograms(left: FloatHistogram, right: FloatHistogram): Combined | null {
  return combine(left, right, 1)
}

/** Null where one side has exponential and the other custom buckets. */
export function subtractHistograms(left: FloatHistogram, right: FloatHistogram): Combined | null {
  return combine(left, right, -1)
}

function combine(left: FloatHistogram, right: FloatHistogram, sign: 1 | -1): Combined | null {
  if (isCustom(left) !== isCustom(right)) return null
  const { hint, conflict } = combineHints(left.resetHint, right.resetHint)
  const counts = { resetHint: hint, count: left.count + sign * right.count, sum: left.sum + sign * right.sum }
  const made = isCustom(left)
    ? combineCustom(left, right, sign)
    : { ...combineExponential(left, right, sign), boundsReconciled: false }
  return {
    histogram: { ...made.histogram, ...counts },
    conflictingResets: conflict,
    boundsReconciled: made.boundsReconciled,
  }
}

/** Hint of a sum or difference. `conflict`: one side follows a reset, the other does not. */
export function combineHints(left: ResetHint, right: ResetHint): { hint: ResetHint; conflict: boolean } {
  if (left === right) return { hint: left, conflict: false }
  if (left === 'gauge' || right === 'gauge') return { hint: 'gauge', conflict: false }
  if (left === 'unknown' || right === 'unknown') return { hint: 'unknown', conflict: false }
  return { hint: 'unknown', conflict: true }
}

function combineExponential(left: FloatHistogram, right: FloatHistogram, sign: 1 | -1): { histogram: FloatHistogram } {
  const schema = Math.min(left.schema, right.schema)
  const [a, b] = withEqualZeroBuckets(toSchema(left, schema), toSchema(right, schema))
  return {
    histogram: {
      ...a,
      zeroCount: a.zeroCount + sign * b.zeroCount,
      positive: mergeBuckets(a.positive, b.positive, sign),
      negative: mergeBuckets(a.negative, b.negative, sign),
    },
  }
}

function mergeBuckets(left: Buckets, right: Buckets, sign: number): Buckets {
  if (right.indexes.length === 0) return left
  const counts = new Map<number, number>()
  for (let i = 0; i < left.indexes.length; i += 1) counts.set(left.indexes[i], left.counts[i])
  for (let i = 0; i < right.indexes.length; i += 1)
    counts.set(right.indexes[i], (counts.get(right.indexes[i]) ?? 0) + sign * right.counts[i])
  return bucketsFromMap(counts)
}

/** The same observations in wider buckets. `schema` must not be finer. */
export function toSchema(histogram: FloatHistogram, schema: number): FloatHistogram {
  if (histogram.schema === schema || isCustom(histogram)) return histogram
  const shift = histogram.schema - schema
  return {
    ...histogram,
    schema,
    positive: widen(histogram.positive, shift),
    negative: widen(histogram.negative, shift),
  }
}

function widen(buckets: Buckets, shift: number): Buckets {
  const counts = new Map<number, number>()
  for (let i = 0; i < buckets.indexes.length; i += 1) {
    const index = Math.floor((buckets.indexes[i] - 1) / 2 ** shift) + 1
    counts.set(index, (counts.get(index) ?? 0) + buckets.counts[i])
  }
  return bucketsFromMap(counts)
}

/** Widens zero buckets until both histograms have the same threshold. */
export function withEqualZeroBuckets(left: FloatHistogram, right: FloatHistogram): [FloatHistogram, FloatHistogram] {
  let [a, b] = [left, right]
  while (a.zeroThreshold !== b.zeroThreshold) {
    if (a.zeroThreshold > b.zeroThreshold) b = widenZeroBucket(b, a.zeroThreshold)
    else a = widenZeroBucket(a, b.zeroThreshold)
  }
  return [a, b]
}

/**
 * Moves buckets below `threshold` into the zero bucket. A populated bucket that the threshold would cut is taken in
 * whole, and the threshold moves to its far bound.
 */
export function widenZeroBucket(histogram: FloatHistogram, threshold: number): FloatHistogram {
  let wide = threshold
  for (;;) {
    const cut = cutBound(histogram, wide)
    if (cut === wide) break
    wide = cut
  }
  let zeroCount = histogram.zeroCount
  const split = (buckets: Buckets): Buckets => {
    const first = buckets.indexes.findIndex((index) => exponentialBound(index - 1, histogram.schema) >= wide)
    const keepFrom = first < 0 ? buckets.indexes.length : first
    for (let i = 0; i < keepFrom; i += 1) zeroCount += buckets.counts[i]
    return { indexes: buckets.indexes.slice(keepFrom), counts: buckets.counts.slice(keepFrom) }
  }
  const positive = split(histogram.positive)
  const negative = split(histogram.negative)
  return { ...histogram, zeroThreshold: wide, zeroCount, positive, negative }
}

/** Far bound of the populated bucket that `threshold` would cut, or `threshold`. */
function cutBound(histogram: FloatHistogram, threshold: number): number {
  for (const { indexes, counts } of [histogram.positive, histogram.negative])
    for (let i = 0; i < indexes.length; i += 1) {
      const lower = exponentialBound(indexes[i] - 1, histogram.schema)
      const upper = exponentialBound(indexes[i], histogram.schema)
      if (lower < threshold && upper > threshold && counts[i] !== 0) return upper
    }
  return threshold
}

function combineCustom(left: FloatHistogram, right: FloatHistogram, sign: 1 | -1) {
  if (equalBounds(left, right))
    return {
      histogram: { ...left, positive: mergeBuckets(left.positive, right.positive, sign) },
      boundsReconciled: false,
    }
  const bounds = commonBounds(left, right)
  const positive = mergeBuckets(rebucket(left, bounds), rebucket(right, bounds), sign)
  return { histogram: { ...left, customBounds: bounds, positive, negative: noBuckets }, boundsReconciled: true }
}

/** Custom bounds that both have. */
export function commonBounds(left: FloatHistogram, right: FloatHistogram): readonly number[] {
  const wanted = new Set(right.customBounds)
  return left.customBounds.filter((bound) => wanted.has(bound))
}

export function equalBounds(left: FloatHistogram, right: FloatHistogram): boolean {
  const [a, b] = [left.customBounds, right.customBounds]
  return a.length === b.length && a.every((bound, i) => bound === b[i])
}

/** Buckets of a custom histogram under fewer bounds, all of which it has. */
export function rebucket(histogram: FloatHistogram, bounds: readonly number[]): Buckets {
  const counts = new Map<number, number>()
  const { indexes } = histogram.positive
  for (let i = 0; i < indexes.length; i += 1) {
    const upper = indexes[i] < histogram.customBounds.length ? histogram.customBounds[indexes[i]] : Infinity
    const found = bounds.findIndex((bound) => bound >= upper)
    const index = found < 0 ? bounds.length : found
    counts.set(index, (counts.get(index) ?? 0) + histogram.positive.counts[i])
  }
  return bucketsFromMap(counts)
}

/** Every count and the sum times `factor`; a negative factor makes it a gauge. */
export function scaleHistogram(histogram: FloatHistogram, factor: number): FloatHistogram {
  return scaled(histogram, factor, (count) => count * factor)
}

/** Every count and the sum divided by `divisor`. Division by zero leaves no buckets, as their counts mean nothing. */
export function divideHistogram(histogram: FloatHistogram, divisor: number): FloatHistogram {
  const made = scaled(histogram, divisor, (count) => count / divisor)
  return divisor === 0 ? { ...made, positive: noBuckets, negative: noBuckets } : made
}

function scaled(histogram: FloatHistogram, factor: number, scale: (count: number) => number): FloatHistogram {
  const buckets = ({ indexes, counts }: Buckets): Buckets => ({ indexes, counts: counts.map(scale) })
  return {
    ...histogram,
    resetHint: factor < 0 ? 'gauge' : histogram.resetHint,
    zeroCount: scale(histogram.zeroCount),
    count: scale(histogram.count),
    sum: scale(histogram.sum),
    positive: buckets(histogram.positive),
    negative: buckets(histogram.negative),
  }
}

/** Equal in every respect that a query can see, the reset hint aside; zero buckets of no count do not matter. */
export function equalHistograms(left: FloatHistogram, right: FloatHistogram): boolean {
  const same = (a: number, b: number) => Object.is(a, b) || a === b
  return (
    left.schema === right.schema &&
    same(left.count, right.count) &&
    same(left.sum, right.sum) &&
    left.zeroThreshold === right.zeroThreshold &&
    same(left.zeroCount, right.zeroCount) &&
    equalBounds(left, right) &&
    equalBuckets(left.positive, right.positive) &&
    equalBuckets(left.negative, right.negative)
  )
}

function equalBuckets(left: Buckets, right: Buckets): boolean {
  const a = populated(left)
  const b = populated(right)
  return a.length === b.length && a.every(([index, count], i) => index === b[i][0] && count === b[i][1])
}

function populated({ indexes, counts }: Buckets): (readonly [number, number])[] {
  return indexes.map((index, i) => [index, counts[i]] as const).filter(([, count]) => count !== 0)
}

/** Whether the counter behind the histograms was reset between them. Source: native histogram specification, counter resets. */
export function isReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (current.resetHint === 'reset') return true
  if (current.resetHint === 'no_reset') return false
  if (current.count < previous.count) return true
  if (isCustom(current) !== isCustom(previous)) return true
  if (isCustom(current)) return isCustomReset(current, previous)
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true
  const before = widenZeroBucket(previous, current.zeroThreshold)
  if (before.zeroThreshold !== current.zeroThreshold || current.zeroCount < before.zeroCount) return true
  const coarse = toSchema(before, current.schema)
  return isLower(current.positive, coarse.positive) || isLower(current.negative, coarse.negative)
}

function isCustomReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (equalBounds(current, previous)) return isLower(current.positive, previous.positive)
  const wanted = new Set(previous.customBounds)
  const bounds = current.customBounds.filter((bound) => wanted.has(bound))
  return isLower(rebucket(current, bounds), rebucket(previous, bounds))
}

/** Whether any bucket has fewer observations than before. */
function isLower(current: Buckets, previous: Buckets): boolean {
  let at = 0
  for (let i = 0; i < previous.indexes.length; i += 1) {
    while (at < current.indexes.length && current.indexes[at] < previous.indexes[i]) at += 1
    const now = at < current.indexes.length && current.indexes[at] === previous.indexes[i] ? current.counts[at] : 0
    if (now < previous.counts[i]) return true
  }
  return false
}
