import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unixNanoOf, unixNanoOfInteger } from './time-text.ts'

describe('unixNanoOf', () => {
  it.each([
    ['2023-11-14T22:13:20Z', 1_700_000_000_000_000_000n],
    ['2023-11-14T22:13:20.123456789Z', 1_700_000_000_123_456_789n],
    ['2023-11-14t22:13:20.1z', 1_700_000_000_100_000_000n],
    ['2023-11-14T22:13:20.1234567899Z', 1_700_000_000_123_456_789n],
    ['2023-11-15T03:43:20+05:30', 1_700_000_000_000_000_000n],
    ['2023-11-14T14:13:20-0800', 1_700_000_000_000_000_000n],
    ['2023-11-14 22:13:20', 1_700_000_000_000_000_000n],
    ['2023-11-14 22:13:20,250', 1_700_000_000_250_000_000n],
    ['2016-12-31T23:59:60Z', 1_483_228_800_000_000_000n],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000_000_000n],
    ['1970-01-01T00:00:00Z', 0n],
    ['1700000000', 1_700_000_000_000_000_000n],
    ['1700000000.5', 1_700_000_000_500_000_000n],
    ['1700000000.1234567891', 1_700_000_000_123_456_789n],
    ['1700000000123', 1_700_000_000_123_000_000n],
    ['1700000000123.25', 1_700_000_000_123_250_000n],
    ['1700000000123456', 1_700_000_000_123_456_000n],
    ['1700000000123456.789', 1_700_000_000_123_456_789n],
    ['1700000000123456789', 1_700_000_000_123_456_789n],
    ['1700000000123456789.9', 1_700_000_000_123_456_789n],
    ['18446744073709551615', 18_446_744_073_709_551_615n],
  ])('%s', (text, expected) => {
    expect(unixNanoOf(text)).toBe(expected)
  })

  it.each([
    '',
    'yesterday',
    '2023-02-29T00:00:00Z',
    '2023-13-01T00:00:00Z',
    '2023-00-01T00:00:00Z',
    '2023-11-14T24:00:00Z',
    '2023-11-14T22:60:00Z',
    '2023-11-14',
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '2555-01-01T00:00:00Z',
    '18446744073709551616',
    '-1700000000',
    '1e9',
  ])('%j is no time', (text) => {
    expect(unixNanoOf(text)).toBe(null)
  })

  it('reads what Date writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 18_000_000_000_000 }), (ms) => {
        expect(unixNanoOf(new Date(ms).toISOString())).toBe(BigInt(ms) * 1_000_000n)
      }),
      { seed: 20_261_123 },
    )
  })
})

describe('unixNanoOfInteger', () => {
  it('is what the same digits are as text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(), fc.integer({ max: -1 })), (value) => {
        expect(unixNanoOfInteger(value)).toBe(unixNanoOf(String(value)))
      }),
      { seed: 20_261_123, numRuns: 2000 },
    )
  })
})

describe('times of one second', () => {
  it('are told apart by their fractions', () => {
    const times = ['', '.5', '.000000001', '.123456789'].map((fraction) =>
      unixNanoOf(`2023-11-14T22:13:20${fraction}Z`),
    )
    const second = 1_700_000_000_000_000_000n
    expect(times).toEqual([second, second + 500_000_000n, second + 1n, second + 123_456_789n])
    expect(['.', '.1a', 'x', '.5ZZ'].map((end) => unixNanoOf(`2023-11-14T22:13:20${end}Z`))).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})
