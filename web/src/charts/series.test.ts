import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { colourSlots, fillingFrom, fillingWords, nearestIndex, stacked } from './series.ts'
import { spokenSentence } from './spoken.ts'

describe('series', () => {
  it('keep their colour whatever else is in the chart, unless the slot is taken', () => {
    expect(colourSlots(['payment'])).toEqual(colourSlots(['payment', 'checkout']).slice(0, 1))
  })

  it('have different colours up to ten', () => {
    const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(names, (list) => {
        const slots = colourSlots(list)
        expect(new Set(slots).size).toBe(list.length)
        for (const slot of slots) expect(slot >= 1 && slot <= 10).toBe(true)
      }),
      { seed: 5 },
    )
  })

  it('find the nearest time', () => {
    const times = fc
      .uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 1 })
      .map((list) => list.sort((a, b) => a - b))
    fc.assert(
      fc.property(times, fc.integer({ min: -10, max: 1e6 + 10 }), (list, ms) => {
        const best = Math.min(...list.map((time) => Math.abs(time - ms)))
        expect(Math.abs(list[nearestIndex(list, ms)] - ms)).toBe(best)
      }),
      { seed: 5 },
    )
    expect(nearestIndex([], 5)).toBe(-1)
  })

  it('stack from below, a gap stays a gap', () => {
    expect(
      stacked([
        { name: 'a', values: [1, null, 3] },
        { name: 'b', values: [1, 1, null] },
      ]),
    ).toEqual([
      [1, null, 3],
      [2, 1, null],
    ])
  })

  it('have a step that still fills where it ends after now, and say so in words', () => {
    const times = [0, 30, 60]
    expect(fillingFrom(times, 30, 75)).toBe(60)
    expect(fillingFrom(times, 30, 89)).toBe(60)
    expect(fillingFrom(times, 30, 90)).toBeUndefined()
    expect(fillingFrom(times, 30, 45)).toBe(30)
    expect(fillingFrom([], 30, 45)).toBeUndefined()
    expect([0, 1, 2].map((at) => fillingWords({ times, fillingMs: 60 }, at))).toEqual(['', '', ', still filling'])
    expect(fillingWords({ times }, 2)).toBe('')
  })

  it('are told in a sentence', () => {
    const from = Date.parse('2026-11-23T13:00:00Z')
    const times = Array.from({ length: 60 }, (_, at) => from + at * 60_000)
    const data = {
      times,
      series: [{ name: 'p95', values: times.map((_, at) => (at < 30 ? 310 : 2500)) }],
      unit: 'ms' as const,
      span: { fromMs: from, toMs: times[59] },
      thresholds: [{ value: 800, words: 'alert' }],
    }
    expect(spokenSentence('checkout', data, 'utc')).toBe('checkout: p95, 310 ms until 13:29, 2.5 s since, over 800 ms.')
  })
})
