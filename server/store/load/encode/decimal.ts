/** Exponent that says: `vi` holds the bits of the Float64. */
export const rawBits = 127
/** Decimals that are tried; further ones are stored as bits. */
const maxDecimals = 4
const powers = [1, 10, 100, 1000, 10_000]
/** Whole doubles up to here are exact as Int64 too. */
const maxInteger = 2 ** 62
const two32 = 2 ** 32

/** The value searched last, as Int64 words. */
export interface DecimalWords {
  low: number
  high: number
}

const bits = new Float64Array(1)
const bitWords = new Uint32Array(bits.buffer)

/**
 * Finds the integer that stands for `value` with the fewest decimals, not fewer than `decimals` (those that the
 * series needed before, or 127), and leaves its words in `words`.
 *
 * Result: decimals 0 to 4 with `value === integer / 10^decimals`, or 127 with the value's own bits (NaN with its
 * payload must be given by its words instead: see `rawWords`). Cost: a few ns where the guess holds.
 */
export function decimalOf(value: number, decimals: number, words: DecimalWords): number {
  if (decimals !== rawBits && !Object.is(value, -0)) {
    for (let tried = decimals; tried <= maxDecimals; tried++) {
      const integer = Math.round(value * powers[tried])
      // Division, never multiplication by 0.01: only so the reader gets the very same double.
      if (integer / powers[tried] !== value) continue
      if (Math.abs(integer) > (tried === 0 ? maxInteger : Number.MAX_SAFE_INTEGER)) break
      words.low = integer >>> 0
      words.high = Math.floor(integer / two32)
      return tried
    }
  }
  bits[0] = value
  words.low = bitWords[0]
  words.high = bitWords[1]
  return rawBits
}

/** Exponent as the tables have it: value = vi / 10^-exp. */
export function storedExponent(decimals: number): number {
  return decimals === rawBits ? rawBits : -decimals
}
