import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metricNamesIn, tokensOf } from './tokens.ts'

const words = new Set(['by', 'without', 'offset', 'and', 'or', 'sum', 'rate'])
const isWord = (word: string) => words.has(word)

describe('tokens of PromQL', () => {
  it('cover everything but the space between them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const tokens = tokensOf(text)
        let at = 0
        for (const token of tokens) {
          expect(text.slice(at, token.start).trim()).toBe('')
          expect(token.text).toBe(text.slice(token.start, token.end))
          at = token.end
        }
        expect(text.slice(at).trim()).toBe('')
      }),
      { seed: 5, numRuns: 1000 },
    )
  })

  it.each([
    ['rate(hits_total[5m])', ['hits_total']],
    ['sum by (job, code) (rate(hits_total{code=~"5.."}[5m])) / on (job) wait_count', ['hits_total', 'wait_count']],
    ['{__name__="with.dots", job="a"}', ['with.dots']],
    ['up offset 5m and up == 1', ['up']],
    ['# up\nsum(rate(job:hits:rate5m[1m]))', ['job:hits:rate5m']],
    ['label_replace(up, "a", "down", "b", "x")', ['up']],
  ])('finds the metrics of %s', (text, wanted) => {
    expect(metricNamesIn(text, isWord)).toEqual(wanted)
  })
})
