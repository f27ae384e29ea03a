import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { durationText, numberText, percentText, shortText, terminalText } from './figures.ts'

describe('figures for people', () => {
  it.each([
    [0, '0µs'],
    [850, '850µs'],
    [1500, '1.5ms'],
    [12_000, '12ms'],
    [999_400, '999ms'],
    [999_600, '1s'],
    [2_500_000, '2.5s'],
    [60_000_000, '60s'],
    [119_960_000, '2m 0s'],
    [200_000_000, '3m 20s'],
  ])('%d µs: %s', (micros, wanted) => expect(durationText(micros)).toBe(wanted))

  it.each([
    [0, '0%'],
    [0.005, '0.5%'],
    [0.0003, '0.03%'],
    [0.00000042, '0.00004%'],
    [0.1234, '12.3%'],
    [1, '100%'],
  ])('share %d: %s', (ratio, wanted) => expect(percentText(ratio)).toBe(wanted))

  it.each([
    [95, '95'],
    [2.5, '2.5'],
    [0.05, '0.05'],
    [12_345, '12.3k'],
    [2_400_000_000, '2.4G'],
    [-3, '-3'],
    [0, '0'],
  ])('number %d: %s', (value, wanted) => expect(numberText(value)).toBe(wanted))
})

describe('text for a terminal', () => {
  it.each([
    ['colour', '\u001b[31mred', '\\x1b[31mred'],
    ['cursor and bell', 'a\b\u0007\u009b2J', 'a\\x08\\x07\\x9b2J'],
    ['reversed text', 'a\u202eb', 'a\\u202eb'],
    ['carriage return', 'a\rb\r\nc', 'a\\x0db c'],
    ['ordinary text stays', 'Überweisung 5 € ✓\ttab', 'Überweisung 5 € ✓\ttab'],
  ])('%s', (_name, text, wanted) => expect(terminalText(text)).toBe(wanted))

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(terminalText(text)).not.toMatch(/[^\P{Cc}\t]/u)
      }),
      { seed: 1 },
    )
  })

  it('cuts by characters, not inside one', () => {
    expect(shortText('ab\n  c 🙂🙂🙂', 7)).toBe('ab c 🙂…')
  })
})
