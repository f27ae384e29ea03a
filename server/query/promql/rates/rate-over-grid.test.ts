import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Window } from '../evaluate/window.ts'
import { Point, type WindowCall } from '../functions/function.ts'
import { Labels } from '../labels.ts'
import { VectorSeries } from '../value.ts'
import type { RateKind } from './edge-factor.ts'
import { extrapolatedRate } from './extrapolated-rate.ts'
import { rateOverGrid } from './rate-over-grid.ts'

/** Gaps and rises of a counter; a fall now and then. */
const samples = fc.array(
  fc.record({ gapMs: fc.integer({ min: 1, max: 90_000 }), value: fc.oneof(fc.nat(1000), fc.double({ noNaN: false })) }),
  { maxLength: 60 },
)
const kind = fc.record({ isCounter: fc.boolean(), perSecond: fc.boolean() })
const windows = fc.record({
  rangeMs: fc.integer({ min: 1000, max: 600_000 }),
  firstEndMs: fc.integer({ min: -100_000, max: 1_000_000 }),
  strideMs: fc.oneof(fc.constant(0), fc.integer({ min: 500, max: 200_000 })),
  steps: fc.integer({ min: 1, max: 40 }),
})

describe('rateOverGrid', () => {
  it('is to the last bit what the windows give one after another', () => {
    fc.assert(
      fc.property(samples, kind, windows, (given, rate: RateKind, run) => {
        let at = 0
        const times = Float64Array.from(given, ({ gapMs }) => (at += gapMs))
        const values = Float64Array.from(given, ({ value }) => value)
        const made = new VectorSeries(Labels.empty, run.steps)
        rateOverGrid({ times, values, ordinals: null, ...run }, made, rate)
        const wanted = new VectorSeries(Labels.empty, run.steps)
        const series = { labels: Labels.empty, times, values, histogramTimes: new Float64Array(0), histograms: [] }
        const window = new Window(series, { lookbackMs: 0, extension: 'none' })
        for (let step = 0; step < run.steps; step += 1) {
          const endMs = run.firstEndMs + step * run.strideMs
          window.slide(endMs - run.rangeMs, endMs)
          const point = new Point()
          extrapolatedRate(window, point, { call: {} as WindowCall, kind: rate })
          if (point.isFloat) wanted.setFloat(step, point.value)
        }
        expect(made.state).toEqual(wanted.state)
        expect(made.floats).toEqual(wanted.floats)
      }),
      { seed: 11, numRuns: 2000 },
    )
  })
})
