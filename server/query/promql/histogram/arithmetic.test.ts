import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addHistograms,
  divideHistogram,
  equalHistograms,
  isReset,
  scaleHistogram,
  subtractHistograms,
  toSchema,
} from './arithmetic.ts'
import { customSchema, type FloatHistogram } from './float-histogram.ts'
import { exponential } from './histogram-fixture-suite.ts'

const counts = fc.dictionary(fc.integer({ min: 0, max: 40 }).map(String), fc.integer({ min: 1, max: 1000 }), {
  maxKeys: 8,
})
const histograms = fc
  .record({
    schema: fc.integer({ min: -2, max: 4 }),
    positive: counts,
    negative: counts,
    zeroCount: fc.nat(100),
    sum: fc.integer({ min: -1000, max: 1000 }),
  })
  .map(exponential)
const options = { numRuns: 500, seed: 42 }

function total({ positive, negative, zeroCount }: FloatHistogram): number {
  return [...positive.counts, ...negative.counts].reduce((sum, count) => sum + count, zeroCount)
}

describe('histogram arithmetic', () => {
  it('what is added can be taken away again, in the coarser schema', () =>
    fc.assert(
      fc.property(histograms, histograms, (a, b) => {
        const sum = addHistograms(a, b)?.histogram as FloatHistogram
        const back = subtractHistograms(sum, b)?.histogram as FloatHistogram
        const schema = Math.min(a.schema, b.schema)
        expect(back.schema).toBe(schema)
        expect(
          equalHistograms({ ...back, resetHint: 'unknown' }, { ...toSchema(a, schema), resetHint: 'unknown' }),
        ).toBe(true)
      }),
      options,
    ))

  it('addition commutes and keeps every observation', () =>
    fc.assert(
      fc.property(histograms, histograms, (a, b) => {
        const ab = addHistograms(a, b)?.histogram as FloatHistogram
        const ba = addHistograms(b, a)?.histogram as FloatHistogram
        expect(equalHistograms(ab, ba)).toBe(true)
        expect(total(ab)).toBe(total(a) + total(b))
        expect(ab.count).toBe(a.count + b.count)
        expect(ab.sum).toBe(a.sum + b.sum)
      }),
      options,
    ))

  it('a coarser schema merges neighbouring buckets and loses none', () =>
    fc.assert(
      fc.property(histograms, fc.integer({ min: -4, max: 4 }), (histogram, schema) => {
        if (schema > histogram.schema) return
        const coarse = toSchema(histogram, schema)
        expect(coarse.schema).toBe(schema)
        expect(total(coarse)).toBe(total(histogram))
        expect(coarse.positive.indexes).toEqual([...coarse.positive.indexes].sort((a, b) => a - b))
        expect(new Set(coarse.positive.indexes).size).toBe(coarse.positive.indexes.length)
      }),
      options,
    ))

  it('steps of schemas are one step', () =>
    fc.assert(
      fc.property(histograms, (histogram) => {
        const lowest = -4
        let stepwise = histogram
        for (let schema = histogram.schema - 1; schema >= lowest; schema -= 1) stepwise = toSchema(stepwise, schema)
        expect(equalHistograms(stepwise, toSchema(histogram, lowest))).toBe(true)
      }),
      options,
    ))

  it('scaling by a power of two and dividing by it gives the same back', () =>
    fc.assert(
      fc.property(histograms, fc.constantFrom(0.25, 0.5, 2, 4, 1024), (histogram, factor) => {
        expect(equalHistograms(divideHistogram(scaleHistogram(histogram, factor), factor), histogram)).toBe(true)
      }),
      options,
    ))

  it('a histogram that only grew was not reset; one that lost was', () =>
    fc.assert(
      fc.property(histograms, histograms, (a, b) => {
        const grown = addHistograms(a, { ...b, schema: a.schema })?.histogram as FloatHistogram
        expect(isReset({ ...grown, resetHint: 'unknown' }, a)).toBe(false)
        if (a.count > 0) expect(isReset({ ...scaleHistogram(a, 0.5), resetHint: 'unknown' }, a)).toBe(true)
      }),
      options,
    ))

  it('exponential and custom buckets do not mix', () => {
    const custom = { ...exponential({ positive: { 0: 1 } }), schema: customSchema, customBounds: [1], zeroThreshold: 0 }
    expect(addHistograms(exponential({}), custom)).toBeNull()
    expect(subtractHistograms(custom, exponential({}))).toBeNull()
  })

  it('neither operand changes', () => {
    const a = exponential({ positive: { 0: 1, 3: 2 }, zeroCount: 1 })
    const before = structuredClone(a)
    addHistograms(a, exponential({ schema: -1, positive: { 1: 5 } }))
    scaleHistogram(a, 7)
    toSchema(a, -2)
    expect(a).toEqual(before)
  })
})
