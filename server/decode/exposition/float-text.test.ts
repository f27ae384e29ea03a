import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../model/sink.ts'
import { canonicalFloat, floatOf, integerOf, plainDecimal, unsignedOf } from './float-text.ts'

const seed = 20_261_123

function parse(text: string): number {
  const bytes = Buffer.from(`x${text}y`)
  return floatOf(bytes, 1, bytes.length - 1)
}

describe('floatOf', () => {
  const numbers: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['-0', -0],
    ['+1', 1],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5e1', -5],
    ['0000000000000000000000000000012.50', 12.5],
    ['9007199254740993', 9_007_199_254_740_992],
    ['0.1', 0.1],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', 5e-324],
    ['1E5', 100_000],
    ['Inf', Number.POSITIVE_INFINITY],
    ['+inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['nan', Number.NaN],
    ['NaN', Number.NaN],
  ]
  it.each(numbers)('reads %s', (text, wanted) => {
    expect(parse(text)).toBe(wanted)
  })

  it.each([
    '',
    '+',
    '.',
    '-.',
    '1..2',
    '1.2.3',
    '1e',
    'e1',
    '1_000',
    '0x1',
    '0x1p-3',
    '0b1',
    '1 ',
    ' 1',
    '1e999',
    '--1',
    '+nan',
    'infin',
    'a',
  ])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(DecodeError)
  })

  it('agrees with the runtime to the last bit on any double and any decimal', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.maxSafeNat(),
        fc.nat(25),
        (double, digits, scale) => {
          for (const text of [
            String(double),
            double.toExponential(),
            `${digits}.${'0'.repeat(scale)}${digits}`,
            `${digits}e-${scale}`,
          ])
            expect(parse(text)).toBe(Number(text))
          const text = String(digits)
          const point = Math.min(scale, text.length)
          const decimal = `${text.slice(0, point)}.${text.slice(point)}`
          expect(parse(decimal)).toBe(Number(decimal))
        },
      ),
      { seed, numRuns: 2000 },
    )
  })
})

describe('integerOf', () => {
  const integers: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['-12', -12],
    ['+3', 3],
    ['1700000000000', 1_700_000_000_000],
    ['000000000000000000000007', 7],
    ['9007199254740993', 9_007_199_254_740_992],
    ['9007199254740995', 9_007_199_254_740_996],
    ['9223372036854775807', 2 ** 63],
    ['-9223372036854775808', -(2 ** 63)],
  ]
  it.each(integers)('reads %s', (text, wanted) => {
    expect(integerOf(Buffer.from(text), 0, text.length)).toBe(wanted)
  })

  const faults = ['', '-', '--1', '1.0', '1e3', 'x', '9223372036854775808', '-9223372036854775809', '9'.repeat(1e6)]
  it.each(faults)('refuses %.40j', (text) => {
    expect(() => integerOf(Buffer.from(text), 0, text.length)).toThrow(DecodeError)
  })
})

describe('unsignedOf', () => {
  it.each([
    ['0', 0],
    ['18446744073709551615', 2 ** 64],
  ])('reads %s', (text, wanted) => {
    expect(unsignedOf(Buffer.from(text), 0, text.length)).toBe(wanted)
  })

  it.each(['', '-1', '+1', '18446744073709551616', '1.5'])('refuses %j', (text) => {
    expect(() => unsignedOf(Buffer.from(text), 0, text.length)).toThrow(DecodeError)
  })
})

describe('canonicalFloat', () => {
  // Go: strconv.FormatFloat(f, 'g', -1, 64), with .0 where neither . nor e stands.
  const forms: readonly (readonly [number, string])[] = [
    [0, '0.0'],
    [1, '1.0'],
    [-1, '-1.0'],
    [0.25, '0.25'],
    [10, '10.0'],
    [100_000, '100000.0'],
    [1_000_000, '1e+06'],
    [1_234_567, '1.234567e+06'],
    [123_456.75, '123456.75'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-10, '1.5e-10'],
    [1e100, '1e+100'],
    [Number.POSITIVE_INFINITY, '+Inf'],
    [Number.NEGATIVE_INFINITY, '-Inf'],
    [Number.NaN, 'NaN'],
  ]
  it.each(forms)('writes %d as %s', (value, wanted) => {
    expect(canonicalFloat(value)).toBe(wanted)
  })
})

describe('floatOf, of hostile texts', () => {
  it('refuses a number without end in time that grows as the number does', () => {
    const bytes = Buffer.from(`${'1'.repeat(1_000_000)}x`)
    expect(() => floatOf(bytes, 0, bytes.length)).toThrow('is not a number')
  })
})

describe('plainDecimal', () => {
  // Go: strconv.FormatFloat(f, 'f', -1, 64).
  const forms: readonly (readonly [number, string])[] = [
    [0, '0'],
    [5, '5'],
    [0.005, '0.005'],
    [1e21, '1000000000000000000000'],
    [1.25e22, '12500000000000000000000'],
    [1e-7, '0.0000001'],
    [-1.5e-9, '-0.0000000015'],
    [Number.POSITIVE_INFINITY, '+Inf'],
  ]
  it.each(forms)('writes %d as %s', (value, wanted) => {
    expect(plainDecimal(value)).toBe(wanted)
  })

  it('reads back equal', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(plainDecimal(value))).toBe(value)
        expect(plainDecimal(value)).not.toContain('e')
        expect(Number(canonicalFloat(value))).toBe(value)
      }),
      { seed, numRuns: 1000 },
    )
  })
})
