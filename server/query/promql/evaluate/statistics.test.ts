import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CompensatedVariance, KahanSum, Mean, quantileOf, Variance } from './statistics.ts'

const numbers = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 50 })
const options = { numRuns: 500, seed: 3 }

function fold<T extends { add(value: number): void }>(into: T, values: readonly number[]): T {
  for (const value of values) into.add(value)
  return into
}

describe('statistics', () => {
  it.each([
    [[1e16, 1, -1e16], 1],
    [[0.1, 0.2, 0.3, -0.6], 2.7755575615628914e-17],
    [[Infinity, 1], Infinity],
    [[Infinity, -Infinity], Number.NaN],
  ])('the sum of %j is %d', (values, wanted) => expect(fold(new KahanSum(), values).value).toBe(wanted))

  it('the mean of whole numbers is exact', () =>
    fc.assert(
      fc.property(numbers, (values) => {
        const sum = values.reduce((a, b) => a + b, 0)
        expect(fold(new Mean(), values).value).toBe(sum / values.length + 0)
      }),
      options,
    ))

  it('the mean of huge numbers does not overflow', () => {
    expect(fold(new Mean(), [1.5e308, 1.5e308, 1.5e308]).value).toBeCloseTo(1.5e308, -300)
    expect(fold(new Mean(), [Infinity, 1]).value).toBe(Infinity)
    expect(fold(new Mean(), [Infinity, -Infinity]).value).toBeNaN()
  })

  it('both variances are the mean square of the differences', () =>
    fc.assert(
      fc.property(numbers, (values) => {
        const mean = values.reduce((a, b) => a + b, 0) / values.length
        const wanted = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
        for (const variance of [new Variance(), new CompensatedVariance()])
          expect(Math.abs(fold(variance, values).value - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, wanted))
      }),
      options,
    ))

  it('a quantile lies between least and greatest and rises with q', () =>
    fc.assert(
      fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const at = quantileOf(q, [...values])
        expect(at).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6)
        expect(at).toBeLessThanOrEqual(Math.max(...values) + 1e-6)
        expect(quantileOf(Math.min(1, q + 0.1), [...values])).toBeGreaterThanOrEqual(at - 1e-6)
      }),
      options,
    ))

  it.each([
    [0.5, [], Number.NaN],
    [-0.1, [1], -Infinity],
    [1.1, [1], Infinity],
    [Number.NaN, [1], Number.NaN],
    [0, [3, Number.NaN, 1], Number.NaN],
    [1, [3, Number.NaN, 1], 3],
    [0.25, [0, 4], 1],
  ])('quantile %d of %j', (q, values, wanted) => expect(quantileOf(q, values)).toBe(wanted))
})
