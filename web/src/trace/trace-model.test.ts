import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instantMs, movedBy, windowOf, winOf } from './trace-model.ts'

describe('the window of a trace', () => {
  it('keeps fractions of a millisecond', () => {
    expect(instantMs('2026-11-23T14:06:56.9125Z') % 1000).toBeCloseTo(912.5, 2)
  })

  it('is the whole trace where the address has none, or one that is empty', () => {
    expect(windowOf(undefined, 2310)).toEqual({ fromMs: 0, toMs: 2310 })
    expect(windowOf([5, 6], 2310)).toEqual({ fromMs: 0, toMs: 2310 })
    expect(windowOf([0.12, 1.6], 2310)).toEqual({ fromMs: 120, toMs: 1600 })
    expect(winOf({ fromMs: 0, toMs: 2310 }, 2310)).toBeUndefined()
  })

  it('moves inside the trace and keeps its length', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.integer({ min: 0, max: 900 }),
          fc.integer({ min: 1, max: 100 }),
          fc.integer({ min: -2000, max: 2000 }),
        ),
        ([fromMs, length, by]) => {
          const moved = movedBy({ fromMs, toMs: fromMs + length }, by, 1000)
          expect(moved.toMs - moved.fromMs).toBe(length)
          expect(moved.fromMs).toBeGreaterThanOrEqual(0)
          expect(moved.toMs).toBeLessThanOrEqual(1000)
        },
      ),
      { seed: 5, numRuns: 300 },
    )
  })
})
