import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyTexts } from './key-texts.ts'

const seed = 20_261_123

describe('KeyTexts', () => {
  it('answers what the bytes say, however often and among whichever others', () => {
    const texts = new KeyTexts()
    const key = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 20 }))
    fc.assert(
      fc.property(fc.array(key, { maxLength: 50 }), (keys) => {
        for (const text of [...keys, ...keys]) {
          const bytes = Buffer.concat([Buffer.from('x'), Buffer.from(text), Buffer.from('y')])
          expect(texts.textOf(bytes, 1, bytes.length - 1)).toBe(bytes.toString('utf8', 1, bytes.length - 1))
        }
      }),
      { seed, numRuns: 500 },
    )
  })
})
