import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NativeHistogram } from '../../model/metric.ts'
import { histogramLimiter } from './histogram-limits.ts'

const histogram = (part: Partial<NativeHistogram>): NativeHistogram => ({
  ref: 1,
  timestampMs: 0,
  schema: 2,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positiveSpans: [],
  positiveCounts: [],
  negativeSpans: [],
  negativeCounts: [],
  customBounds: [],
  resetHint: 0,
  isFloat: false,
  isDelta: false,
  ...part,
})

const limit = (bucketLimit: number, minBucketFactor = 0) => histogramLimiter({ bucketLimit, minBucketFactor })!

describe('native histogram limits', () => {
  it('nothing to limit', () => expect(histogramLimiter({ bucketLimit: 0, minBucketFactor: 0 })).toBe(null))

  it('too many buckets are merged, two by two', () => {
    const wide = histogram({
      positiveSpans: [
        { offset: -1, length: 4 },
        { offset: 2, length: 1 },
      ],
      positiveCounts: [1, 2, 3, 4, 5],
    })
    // Buckets -1, 0, 1, 2 and 5: at half the resolution -1 → 0, 0 → 0, 1 → 1, 2 → 1, 5 → 3.
    expect(limit(3)(wide)).toMatchObject({
      schema: 1,
      positiveSpans: [
        { offset: 0, length: 2 },
        { offset: 1, length: 1 },
      ],
      positiveCounts: [3, 7, 5],
    })
    expect(limit(5)(wide)).toBe(wide)
  })

  it.each([
    [2, 0],
    [4, -1],
    [1.1, 2],
    [1.2, 1],
    [1.0001, 2],
    [1e12, -4],
  ])('buckets that grow by %f or more have schema %i', (factor, schema) => {
    const one = histogram({ positiveSpans: [{ offset: 0, length: 1 }], positiveCounts: [1] })
    expect(limit(0, factor)(one).schema).toBe(schema)
  })

  it('what cannot be merged further fails', () => {
    const far = {
      positiveSpans: [
        { offset: -4000, length: 1 },
        { offset: 8000, length: 1 },
      ],
      positiveCounts: [1, 1],
    }
    expect(() => limit(1)(histogram({ ...far, schema: -4 }))).toThrow('2 buckets, at most 1')
    const custom = histogram({
      schema: -53,
      customBounds: [1],
      positiveSpans: [{ offset: 0, length: 2 }],
      positiveCounts: [1, 1],
    })
    expect(() => limit(1)(custom)).toThrow('native_histogram_bucket_limit exceeded')
  })

  it('counts and the number of buckets stay what they must be', () => {
    const span = fc.record({ offset: fc.nat(20), length: fc.integer({ min: 1, max: 10 }) })
    fc.assert(
      fc.property(fc.array(span, { maxLength: 5 }), fc.integer({ min: 1, max: 30 }), (positiveSpans, most) => {
        const buckets = positiveSpans.reduce((sum, { length }) => sum + length, 0)
        const given = histogram({
          schema: 8,
          positiveSpans,
          positiveCounts: Array.from({ length: buckets }, (_, i) => i + 1),
        })
        const sumOf = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0)
        const limited = limit(most)(given)
        expect(sumOf(limited.positiveCounts)).toBe(sumOf(given.positiveCounts))
        expect(limited.positiveSpans.reduce((sum, { length }) => sum + length, 0)).toBe(limited.positiveCounts.length)
        expect(limited.positiveCounts.length).toBeLessThanOrEqual(most)
      }),
      { seed: 5, numRuns: 200 },
    )
  })
})
