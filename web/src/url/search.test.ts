import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanSearch, formatSearch, parseSearch, type Search } from './search.ts'

const text = fc.oneof(fc.string({ minLength: 1 }), fc.string({ minLength: 1, unit: 'grapheme' }))
const wellFormed = text.map((value) => value.toWellFormed())
const texts = fc.array(wellFormed, { minLength: 1, maxLength: 4 })
const search: fc.Arbitrary<Search> = fc.record(
  {
    from: wellFormed,
    to: wellFormed,
    tz: wellFormed,
    f: texts,
    q: wellFormed,
    e: texts,
    type: wellFormed,
    unit: wellFormed,
    lang: wellFormed,
    cmp: wellFormed,
    view: wellFormed,
    cols: texts,
    sort: wellFormed,
    group: wellFormed,
    sel: wellFormed,
    at: wellFormed,
    panel: texts,
    tab: wellFormed,
    win: fc
      .tuple(fc.double({ min: 0, max: 1e3, noNaN: true }), fc.double({ min: 0.001, max: 1e3, noNaN: true }))
      .map(([start, length]) => [Math.abs(start), Math.abs(start) + length] as const)
      .filter(([start, end]) => start < end),
    fold: texts,
    focus: wellFormed,
    hops: fc.integer({ min: 0, max: 9 }),
    diff: wellFormed,
    vars: fc.dictionary(wellFormed, wellFormed, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  },
  { requiredKeys: [] },
)

describe('the address', () => {
  it('gives back every view: written, read, written again', () => {
    fc.assert(
      fc.property(search, (view) => {
        const written = formatSearch(view)
        expect(parseSearch(written)).toEqual(cleanSearch(view))
        expect(formatSearch(parseSearch(written))).toBe(written)
      }),
      { seed: 5, numRuns: 1000 },
    )
  })

  it('survives the browser: the URL class changes nothing that matters', () => {
    fc.assert(
      fc.property(search, (view) => {
        const address = new URL(`http://localhost/default/services${formatSearch(view)}`)
        expect(parseSearch(address.search)).toEqual(cleanSearch(view))
      }),
      { seed: 5, numRuns: 500 },
    )
  })

  it('reads anything without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseSearch(text)
      }),
      { seed: 5, numRuns: 1000 },
    )
  })

  it('stays readable', () => {
    const view: Search = {
      from: 'now-1h',
      to: 'now',
      f: ['env:production', 'region:eu-west'],
      sort: '-time',
      panel: ['line:01J', 'span:91ce02aa'],
      tab: 'attributes',
      win: [0.12, 1.6],
      vars: { service: 'payment' },
    }
    expect(formatSearch(view)).toBe(
      '?from=now-1h&to=now&f=env:production&f=region:eu-west&sort=-time&tab=attributes&panel=line:01J~span:91ce02aa&win=0.12,1.6&var-service=payment',
    )
  })

  it('ignores what it does not know', () => {
    expect(parseSearch('?x=1&win=9,1&hops=many&from=now-2h&q=')).toEqual({ from: 'now-2h' })
    expect(parseSearch('?win=0.12s,1.60s')).toEqual({ win: [0.12, 1.6] })
  })
})
