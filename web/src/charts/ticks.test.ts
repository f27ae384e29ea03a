import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeTicks, valueTicks } from './ticks.ts'

describe('ticks', () => {
  it('of values are round, hold the data and are 2 to 6', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (highest) => {
        const ticks = valueTicks(0, highest)
        expect(ticks[0]).toBe(0)
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(highest * 0.999999)
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThanOrEqual(6)
      }),
      { seed: 5 },
    )
  })

  it('of time lie in the span, on round times of the zone', () => {
    const span = { fromMs: Date.parse('2026-11-23T12:20:00Z'), toMs: Date.parse('2026-11-23T13:20:00Z') }
    const labels = timeTicks(span, { zone: 'Europe/Berlin', most: 6 }).map(({ label }) => label)
    expect(labels).toEqual(['13:20', '13:30', '13:40', '13:50', '14:00', '14:10', '14:20'].slice(0, labels.length))
    const days = timeTicks({ fromMs: span.fromMs - 6 * 86_400_000, toMs: span.toMs }, { zone: 'utc', most: 8 })
    expect(days.map(({ label }) => label)).toEqual(['Wed 18', 'Thu 19', 'Fri 20', 'Sat 21', 'Sun 22', 'Mon 23'])
  })

  it('of time never exceed their number by more than one', () => {
    const ms = fc.integer({ min: 0, max: 2e12 })
    fc.assert(
      fc.property(ms, fc.integer({ min: 1000, max: 6e10 }), fc.integer({ min: 2, max: 12 }), (fromMs, length, most) => {
        const span = { fromMs, toMs: fromMs + length }
        const ticks = timeTicks(span, { zone: 'Asia/Kolkata', most })
        expect(ticks.length).toBeLessThanOrEqual(most + 1)
        for (const tick of ticks) expect(tick.ms >= span.fromMs && tick.ms <= span.toMs).toBe(true)
      }),
      { seed: 5 },
    )
  })
})
