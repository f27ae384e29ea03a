import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completionContext } from './completion-context.ts'

/** The caret is `|`. */
const cases = [
  ['|', { kind: 'expression', typed: '' }],
  ['ra|', { kind: 'expression', typed: 'ra', start: 0, end: 2 }],
  ['rate(hits|_total[5m])', { kind: 'expression', typed: 'hits', start: 5, end: 15 }],
  ['hits{|', { kind: 'label-name', selector: 'hits', typed: '' }],
  ['hits{job="a", co|}', { kind: 'label-name', selector: 'hits{job="a"}', typed: 'co' }],
  ['hits{job=|', { kind: 'label-value', label: 'job', selector: 'hits', isQuoted: false }],
  ['hits{job="|"}', { kind: 'label-value', label: 'job', isQuoted: true, typed: '', start: 10, end: 10 }],
  ['hits{code=~"5|00", job="b"}', { kind: 'label-value', label: 'code', typed: '5', start: 12, end: 15 }],
  ['hits{code="5|', { kind: 'label-value', label: 'code', typed: '5' }],
  ['hits{code="5"|}', { kind: 'none' }],
  ['{|', { kind: 'label-name', selector: '' }],
  ['sum by (jo|', { kind: 'grouping', typed: 'jo' }],
  ['a / on(|) b', { kind: 'grouping', typed: '' }],
  ['rate(hits[|', { kind: 'range', typed: '' }],
  ['rate(hits[5|m])', { kind: 'range', typed: '5', start: 10, end: 12 }],
  ['rate(hits[$__ra|])', { kind: 'range', typed: '$__ra' }],
  ['12|', { kind: 'none' }],
  ['up # a com|ment', { kind: 'none' }],
  ['label_replace(up, "|', { kind: 'none' }],
] as const

describe('what may be typed', () => {
  it.each(cases)('%s', (marked, wanted) => {
    const caret = marked.indexOf('|')
    expect(completionContext(marked.replace('|', ''), caret)).toMatchObject(wanted)
  })

  it('is known at any place of any text', () => {
    const piece = fc.constantFrom(
      'rate',
      '(',
      ')',
      '{',
      '}',
      '[',
      ']',
      '"',
      '=',
      '=~',
      ',',
      'by',
      'x',
      ' ',
      '5m',
      '#',
      '`',
    )
    fc.assert(
      fc.property(fc.array(piece), fc.nat(), (pieces, at) => {
        const text = pieces.join('')
        const caret = at % (text.length + 1)
        const { start, end, typed } = completionContext(text, caret)
        expect(start).toBeLessThanOrEqual(caret)
        expect(end).toBeGreaterThanOrEqual(start)
        expect(text.slice(start, start + typed.length)).toBe(typed)
      }),
      { seed: 5, numRuns: 2000 },
    )
  })
})
