import { describe, expect, it } from 'vitest'
import type { SpanRow } from '../../store/read/span-row.ts'
import { findingsOf } from './findings.ts'
import { overviewOf } from './overview.ts'
import { buildFrame, flag, frameTree, type TraceFrame } from './trace-frame.ts'
import { criticalParts, type OrderQuestion, orderOf, placeIn, seekIn } from './trace-order.ts'
import { profileOf } from './trace-profile.ts'

const ms = 1_000_000
const whole: OrderQuestion = { closed: [], repeats: 'fold', only: 'all', services: [] }

/** `[id, parent, name, start ms, end ms, more]` */
type Short = readonly [string, string, string, number, number, Partial<SpanRow>?]

function frameOf(shorts: readonly Short[]): TraceFrame {
  const spans = shorts.map(
    ([spanId, parentSpanId, name, start, end, more]): SpanRow => ({
      ...{ traceId: 'a', spanId, parentSpanId, service: 'shop', name, kind: 'internal', status: 'unset' },
      ...{
        statusMessage: '',
        startNs: 1_700_000_000_000_000_000n + BigInt(start * ms),
        durationNs: (end - start) * ms,
      },
      ...{ attributes: {}, resource: {}, events: [], links: [], ...more },
    }),
  )
  return buildFrame({ traceId: 'a', version: '1', tree: frameTree(spans), isTruncated: false })(() => null)
}

const lines = (frame: TraceFrame, question: Partial<OrderQuestion> = {}) => {
  const { rows, runs } = orderOf(frame, { ...whole, ...question })
  return [...rows].map((row, at) => `${frame.ids[row]}${runs[at] > 1 ? `×${runs[at]}` : ''}`).join(' ')
}

const failed = { status: 'error' } as const
const shop = frameOf([
  ['root', '', 'POST', 0, 100],
  ['a', 'root', 'reserve', 5, 50],
  ...Array.from({ length: 6 }, (_, at): Short => [`u${at}`, 'a', 'UPDATE', 6 + at * 5, 10 + at * 5]),
  ['b', 'root', 'charge', 50, 60, failed],
  ['c', 'root', 'charge', 62, 98],
  ['d', 'c', 'send', 63, 70, { kind: 'consumer', links: [{ traceId: 'x', spanId: 'y', attributes: {} }] }],
])

describe('the rows of a trace', () => {
  it('follow the tree, and stand for equal siblings from four on', () => {
    expect(lines(shop)).toBe('root a u0×6 b c d')
    expect([...shop.depth]).toEqual([0, 1, 2, 2, 2, 2, 2, 2, 1, 1, 2])
    expect(lines(shop, { closed: ['=u0'] })).toBe('root a u0 u1 u2 u3 u4 u5 b c d')
    expect(lines(shop, { repeats: 'show' })).toBe('root a u0 u1 u2 u3 u4 u5 b c d')
  })

  it('hide what is below a closed span, and what does not fit', () => {
    expect(lines(shop, { closed: ['a'] })).toBe('root a b c d')
    expect(lines(shop, { only: 'errors' })).toBe('b')
    expect(lines(shop, { only: 'critical' })).toBe('root a u0×6 b c')
    expect(lines(shop, { services: ['other'] })).toBe('')
  })

  it('tell where a span is, also one that is folded away', () => {
    const order = orderOf(shop, whole)
    expect(placeIn(order, shop.ids.indexOf('u4'))).toBe(2)
    expect(placeIn(order, shop.ids.indexOf('d'))).toBe(5)
    const isError = (row: number) => (shop.flags[row] & flag.error) !== 0
    expect(seekIn(order, { from: -1, step: 1, fits: isError })).toBe(3)
    expect(seekIn(order, { from: 3, step: 1, fits: (row) => shop.ids[row] === 'u5' })).toBe(2)
    expect(seekIn(order, { from: -1, step: -1, fits: () => true })).toBe(5)
    expect(seekIn(order, { from: 0, step: 1, fits: () => false })).toBeNull()
  })

  it('take a chain of 20,000 spans and a parent of 150,000', () => {
    const chain = frameOf(
      Array.from({ length: 20_000 }, (_, at): Short => [`${at}`, at === 0 ? '' : `${at - 1}`, 'x', 0, 10]),
    )
    expect(orderOf(chain, whole).rows).toHaveLength(20_000)
    expect(chain.depth.at(-1)).toBe(19_999)
    const wide = frameOf([
      ['p', '', 'x', 0, 200_000],
      ...Array.from({ length: 150_000 }, (_, at): Short => [`${at}`, 'p', `n${at % 7}`, at, at + 1]),
    ])
    expect(orderOf(wide, whole).rows).toHaveLength(150_001)
    expect(overviewOf(wide, orderOf(wide, whole))).toHaveLength(40)
  })
})

describe('what is worked out of a trace', () => {
  it('places the parts of the critical path', () => {
    const own = criticalParts(shop, 0).map((part) => part.map((ns) => ns / ms))
    expect(own).toEqual([
      [0, 5],
      [60, 62],
      [98, 100],
    ])
    const sum = shop.critical.reduce((all, ns) => all + ns, 0)
    expect(sum / ms).toBe(100)
    for (let row = 0; row < shop.ids.length; row += 1) {
      const parts = criticalParts(shop, row).reduce((all, [from, until]) => all + until - from, 0)
      expect(parts).toBe(shop.critical[row])
    }
  })

  it('finds repeats, gaps and retries', () => {
    expect(findingsOf(shop).map(({ kind, words, row }) => [kind, words, shop.ids[row]])).toEqual([
      ['retry', 'Tried again after failing once: shop charge', 'b'],
      ['repeats', '6 equal spans in a row: shop UPDATE', 'u0'],
      ['gap', 'Nothing recorded below shop charge while the trace waited', 'c'],
      ['gap', 'Nothing recorded below shop reserve while the trace waited', 'a'],
    ])
  })

  it('adds up self times by operation and by path', () => {
    const { operations, frames, leftOut } = profileOf(shop)
    const selfNs = shop.self.reduce((all, ns) => all + ns, 0)
    expect(operations.reduce((all, one) => all + one.selfNs, 0)).toBe(selfNs)
    expect(frames[0].timeNs).toBe(selfNs)
    expect(frames.find(({ operation }) => operation === 'UPDATE')).toMatchObject({ count: 6, depth: 2 })
    expect(leftOut).toBe(0)
  })

  it('draws errors over what is well', () => {
    const overview = overviewOf(shop, orderOf(shop, whole))
    expect(overview).toHaveLength(6)
    expect(overview[3]).toEqual([[500, 600, 1]])
  })
})
