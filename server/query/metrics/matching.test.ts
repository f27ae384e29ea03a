import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { valueTest } from './matching.ts'

const test = (operator: '=~' | '!~', value: string) => valueTest({ name: 'l', operator, value })

describe('patterns of values', () => {
  it.each([
    ['a|b', ['a', 'b'], ['', 'ab', 'a|b', 'c']],
    ['10\\.0\\.0\\.1:9100|10\\.0\\.0\\.2:9100', ['10.0.0.1:9100', '10.0.0.2:9100'], ['10x0.0.1:9100']],
    ['a||b', ['a', '', 'b'], ['c']],
    ['\\d', ['7'], ['d', '\\d']],
    ['a\\|b', ['a|b'], ['a', 'b']],
    ['', [''], ['a']],
  ])('%s', (pattern, fitting, others) => {
    for (const text of fitting) expect([text, test('=~', pattern)(text)]).toEqual([text, true])
    for (const text of others)
      expect([text, test('=~', pattern)(text), test('!~', pattern)(text)]).toEqual([text, false, true])
  })

  it('as the engine of regular expressions decides', () => {
    const piece = fc.constantFrom('a', 'b', '|', '\\.', '.', '\\|', '-', '\\-', 'é', ':', '\\/', '*')
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.constantFrom('a', 'b', '.', '|', '-', 'é', ':', '/'), { maxLength: 4 }),
        (pieces, chars) => {
          const pattern = pieces.join('')
          const text = chars.join('')
          let regex: RE2JS
          try {
            regex = RE2JS.compile(`^(?s:${pattern})$`)
          } catch {
            return
          }
          expect(test('=~', pattern)(text)).toBe(regex.matches(text))
        },
      ),
      { seed: 9, numRuns: 3000 },
    )
  })
})
