import { emptyHistogram, type FloatHistogram } from './float-histogram.ts'

/** For tests: an exponential histogram from bucket index → count; count and sum follow unless given. */
export function exponential(fields: {
  schema?: number
  positive?: Readonly<Record<number, number>>
  negative?: Readonly<Record<number, number>>
  zeroCount?: number
  zeroThreshold?: number
  sum?: number
}): FloatHistogram {
  const buckets = (counts: Readonly<Record<number, number>> = {}) => {
    const indexes = Object.keys(counts)
      .map(Number)
      .sort((a, b) => a - b)
    return { indexes, counts: indexes.map((index) => counts[index]) }
  }
  const positive = buckets(fields.positive)
  const negative = buckets(fields.negative)
  const zeroCount = fields.zeroCount ?? 0
  const total = [...positive.counts, ...negative.counts].reduce((sum, count) => sum + count, zeroCount)
  return {
    ...emptyHistogram,
    schema: fields.schema ?? 0,
    zeroThreshold: fields.zeroThreshold ?? 0.001,
    zeroCount,
    count: total,
    sum: fields.sum ?? total,
    positive,
    negative,
  }
}
