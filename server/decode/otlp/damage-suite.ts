import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect } from 'vitest'
import { DecodeError } from '../../model/sink.ts'

/** One way to damage a message: bytes overwritten, cut out, doubled, or the end cut off. */
type Damage = readonly [kind: 'set' | 'cut' | 'double' | 'truncate', place: number, byte: number]

const damage: fc.Arbitrary<Damage> = fc.tuple(
  fc.constantFrom('set', 'set', 'set', 'cut', 'double', 'truncate'),
  fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x00, 0x7f, 0x80, 0xff)),
)

export const damages = fc.array(damage, { minLength: 1, maxLength: 4 })

export function damaged(bytes: Uint8Array, list: readonly Damage[]): Buffer {
  let result = Buffer.from(bytes)
  for (const [kind, place, byte] of list) {
    const at = Math.floor(place * result.length)
    if (kind === 'set' && result.length > 0) result[at] = byte
    else if (kind === 'truncate') result = result.subarray(0, at)
    else {
      const parts = kind === 'cut' ? [0, at, at + 1 + (byte & 7)] : [0, at + 1 + (byte & 7), at]
      result = Buffer.concat([result.subarray(parts[0], parts[1]), result.subarray(parts[2])])
    }
  }
  return result
}

/**
 * Decodes damaged bytes twice, the second time with other bytes right behind them. Both times the outcome must be the
 * same, the rows of a batch or a DecodeError: nothing else may be thrown, and nothing behind the end be read.
 */
export function expectRowsOrDecodeError(bytes: Buffer, decode: (bytes: Uint8Array) => unknown): void {
  const surrounded = Buffer.concat([Buffer.alloc(16, 0x0a), bytes, Buffer.alloc(64, 0x0a)])
  const outcomes = [bytes, surrounded.subarray(16, 16 + bytes.length)].map((input) => {
    try {
      return decode(input)
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError)
      return String(error)
    }
  })
  expect(outcomes[1]).toEqual(outcomes[0])
}
