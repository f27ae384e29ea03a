import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatAgainstUsual,
  formatBitRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatRows,
  formatUnit,
} from './number.ts'

describe('numbers', () => {
  const cases = [
    [formatCount, 0, '0'],
    [formatCount, 0.034, '0.034'],
    [formatCount, 40.83, '40.8'],
    [formatCount, 412.4, '412'],
    [formatCount, 41_200, '41,200'],
    [formatCount, 99_999, '99,999'],
    [formatCount, 146_204, '146 k'],
    [formatCount, 999_999, '1 M'],
    [formatCount, 31_400_000, '31.4 M'],
    [formatCount, -12, '−12'],
    [formatDuration, 0, '0 ms'],
    [formatDuration, 0.012, '12 µs'],
    [formatDuration, 0.4, '0.4 ms'],
    [formatDuration, 310, '310 ms'],
    [formatDuration, 999.7, '1 s'],
    [formatDuration, 2500, '2.5 s'],
    [formatDuration, 2314, '2.31 s'],
    [formatDuration, 90_000, '1.5 min'],
    [formatDuration, 7_200_000, '2 h'],
    [formatDuration, 3 * 86_400_000, '3 d'],
    [formatBytes, 512, '512 B'],
    [formatBytes, 1023, '1,023 B'],
    [formatBytes, 1024, '1 KiB'],
    [formatBytes, 412 * 1024 ** 2, '412 MiB'],
    [formatBitRate, 2_500_000, '2.5 Mbit/s'],
    [formatRate, 40.8, '40.8 /s'],
    [formatPercent, 0.0194, '1.94 %'],
    [formatPercent, 1, '100 %'],
    [formatRows, 2_310_448, '2,310,448'],
  ] as const
  it.each(cases)('%o of %d is %s', (format, value, wanted) => expect(format(value)).toBe(wanted))

  it('says nothing where there is nothing', () => {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
      expect(formatUnit(value, 'ms')).toBe('–')
  })

  const usualCases = [
    [2000, 182, '× 11'],
    [40, 41, '≈'],
    [18, 45, '× 0.4'],
    [5, 0, 'new'],
    [0, 0, '≈'],
    [5, null, '–'],
    [null, 5, '–'],
  ] as const
  it.each(usualCases)('%s against the usual %s is %s', (value, usual, wanted) =>
    expect(formatAgainstUsual(value, usual)).toBe(wanted),
  )

  it('has at most three significant digits, and is near the value', () => {
    const units = { k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 } as const
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e15, noNaN: true }), (value) => {
        const text = formatCount(value)
        const [digits, unit] = text.split(' ') as [string, keyof typeof units | undefined]
        const read = Number(digits.replaceAll(',', '')) * (unit === undefined ? 1 : units[unit])
        expect(Math.abs(read - value) / value).toBeLessThan(value < 1 ? 0.06 : 0.006)
        if (!digits.includes(',')) expect(digits.replace('.', '').replace(/^0+/, '').length).toBeLessThanOrEqual(3)
      }),
      { seed: 5 },
    )
  })

  it('grows with the value: a longer duration never reads as a shorter one', () => {
    const read = (text: string): number => {
      const [digits, unit] = text.split(' ')
      const sizes: Record<string, number> = { µs: 0.001, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, d: 8.64e7 }
      return Number(digits.replaceAll(',', '')) * sizes[unit]
    }
    const duration = fc.double({ min: 0.001, max: 1e10, noNaN: true })
    fc.assert(
      fc.property(duration, duration, (first, second) => {
        const [low, high] = first < second ? [first, second] : [second, first]
        expect(read(formatDuration(low))).toBeLessThanOrEqual(read(formatDuration(high)) * 1.000001)
      }),
      { seed: 5 },
    )
  })
})
