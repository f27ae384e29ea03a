import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Expression,
  expand,
  FormulaFault,
  freeLetter,
  readExpressions,
  readFault,
  sourceOffset,
  writeExpressions,
} from './expressions.ts'

const variables = { __rate_interval: '4m' }
const line = (letter: string, text: string, kind: Expression['kind'] = 'query'): Expression => ({
  ...{ letter, text, kind, isHidden: false },
})

describe('lines of the editor', () => {
  it('come back from the address as they were', () => {
    const expression = fc.record({
      letter: fc.constantFrom('A', 'B', 'C'),
      kind: fc.constantFrom('query' as const, 'formula' as const),
      text: fc.string({ unit: 'grapheme' }),
      isHidden: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.uniqueArray(expression, { selector: ({ letter }) => letter }), (lines) => {
        expect(readExpressions(writeExpressions(lines))).toEqual(lines)
      }),
      { seed: 5, numRuns: 500 },
    )
  })

  it('leave out what is none, and a letter that comes twice', () => {
    expect(readExpressions(['A:up', 'nonsense', 'A:down', 'b:up']).map(({ text }) => text)).toEqual(['up'])
  })

  it('get the first free letter', () => {
    expect(freeLetter([line('A', ''), line('C', '')])).toBe('B')
    expect(freeLetter(Array.from({ length: 26 }, (_, at) => line(String.fromCharCode(65 + at), '')))).toBeNull()
  })
})

describe('a formula', () => {
  const a = line('A', 'rate(hits_total[$__rate_interval])')
  const b = line('B', 'up{A="B"} # B', 'query')
  it.each([
    ['A / B * 100', '(rate(hits_total[4m])) / (up{A="B"} # B) * 100'],
    ['sum by (A) (A)', 'sum by (A) ((rate(hits_total[4m])))'],
    ['A{job="A"}', 'A{job="A"}'],
    ['D + "A"', 'D + "A"'],
    ['A + C', '(rate(hits_total[4m])) + ((rate(hits_total[4m])) * 2)'],
  ])('%s is written out', (text, wanted) => {
    const all = [a, b, line('C', 'A * 2', 'formula'), line('F', text, 'formula')]
    expect(expand(all[3], all, variables).text).toBe(wanted)
  })

  it('that leads back to itself is refused at its place', () => {
    const all = [line('A', 'B + 1', 'formula'), line('B', '2 * A', 'formula')]
    expect(() => expand(all[0], all, variables)).toThrow(FormulaFault)
  })

  it('has no letters in a query: a metric may be called A', () => {
    const all = [line('A', 'up'), line('B', 'A + 1')]
    expect(expand(all[1], all, variables).text).toBe('A + 1')
  })
})

describe('the place of a fault', () => {
  it('is found in what was written', () => {
    const all = [line('A', 'rate(hits_total[$__rate_interval])'), line('B', 'A / nonsens(1)', 'formula')]
    const expanded = expand(all[1], all, variables)
    const at = expanded.text.indexOf('nonsens')
    const fault = readFault(`invalid parameter "query": 1:${at + 1}: parse error: unknown function`, expanded.text)
    expect(fault).toEqual({ detail: 'unknown function', offset: at })
    expect(sourceOffset(expanded, at)).toBe(4)
    expect(sourceOffset(expanded, 3)).toBe(0)
    expect(sourceOffset(expanded, expanded.text.length)).toBe(all[1].text.length)
  })

  it('counts bytes and lines as the server does', () => {
    expect(readFault('2:8: parse error: x', 'sum(\n"ä" ! y')).toEqual({ detail: 'x', offset: 11 })
    expect(readFault('nothing placed', 'up')).toBeNull()
  })
})
