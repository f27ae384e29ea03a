import { describe, expect, it } from 'vitest'
import { exponentialBound } from './exponential-bounds.ts'

describe('bounds of exponential buckets', () => {
  // Numbers that Prometheus 3 gives (its API, query of buckets), some of them not the floats nearest to the true bound.
  it.each([
    [1, 1, 2 * 0.7071067811865475],
    [1, 2, 1.189207115002721],
    [3, 2, 1.6817928305074288],
    [3, 3, 1.2968395546510096],
    [7, 3, 1.8340080864093422],
    [15, 4, 1.915206561397147],
    [31, 5, 2 * 0.9785720620876999],
    [63, 6, 2 * 0.9892280131939752],
    [127, 7, 2 * 0.9945994234836328],
    [-1, 1, 0.7071067811865475],
    [3, 0, 8],
    [-3, 0, 0.125],
    [2, -1, 16],
    [-1, -4, 2 ** -16],
  ])('bucket %i of schema %i ends at %d', (index, schema, bound) => {
    expect(exponentialBound(index, schema)).toBe(bound)
  })

  it('rise, and lie within two floats of the true value', () => {
    for (let schema = -4; schema <= 8; schema += 1)
      for (let index = -60; index < 60; index += 1) {
        const bound = exponentialBound(index, schema)
        expect(bound).toBeGreaterThan(exponentialBound(index - 1, schema))
        expect(Math.abs(bound / 2 ** (index * 2 ** -schema) - 1)).toBeLessThan(2e-15)
      }
  })

  it('end at the largest float, the bucket of +Inf beyond it', () => {
    for (const schema of [-4, -1, 0, 3, 8]) {
      const last = 1024 * 2 ** schema
      expect(exponentialBound(last, schema)).toBe(Number.MAX_VALUE)
      expect(exponentialBound(last + 1, schema)).toBe(Infinity)
    }
  })

  it('are numbers down to the smallest', () => {
    expect(exponentialBound(-1074, 0)).toBe(Number.MIN_VALUE)
    expect(exponentialBound(-1022 * 256, 8)).toBe(2 ** -1022)
  })
})
