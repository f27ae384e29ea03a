import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpanRow } from '../../store/read/span-row.ts'
import { spanTimes } from './critical-path.ts'
import { isSlow, markSpans } from './marks.ts'
import { buildTraceTree, type TraceTree, type TreeSpan } from './trace-tree.ts'

const ms = 1_000_000

/** `[id, parent, start ms, end ms, more]` */
type Short = readonly [string, string, number, number, Partial<SpanRow>?]

function rows(shorts: readonly Short[]): SpanRow[] {
  return shorts.map(([spanId, parentSpanId, start, end, more]) => ({
    traceId: 'abc123'.padStart(32, '0'),
    spanId,
    parentSpanId,
    service: spanId.split('.')[0],
    name: spanId,
    kind: 'internal',
    status: 'unset',
    statusMessage: '',
    startNs: 1_700_000_000_000_000_000n + BigInt(start * ms),
    durationNs: (end - start) * ms,
    attributes: {},
    resource: {},
    events: [],
    links: [],
    ...more,
  }))
}

/** `a(b c(d))`: the tree in one line. */
function shape(nodes: readonly TreeSpan[]): string {
  return nodes
    .map((node) => (node.children.length === 0 ? node.span.spanId : `${node.span.spanId}(${shape(node.children)})`))
    .join(' ')
}

describe('trace tree', () => {
  const cases: readonly [string, readonly Short[], string][] = [
    ['nothing', [], ''],
    [
      'children in order of start',
      [
        ['c', 'a', 5, 6],
        ['a', '', 0, 10],
        ['b', 'a', 1, 3],
      ],
      'a(b c)',
    ],
    [
      'a missing parent makes a root',
      [
        ['a', '', 0, 10],
        ['b', 'gone', 1, 3],
      ],
      'a b',
    ],
    [
      'a span sent twice counts once',
      [
        ['a', '', 0, 10],
        ['b', 'a', 1, 3],
        ['b', 'a', 1, 3],
      ],
      'a(b)',
    ],
    [
      'a ring of parents is cut',
      [
        ['a', 'b', 0, 10],
        ['b', 'a', 1, 3],
      ],
      'a(b)',
    ],
    ['a span that is its own parent', [['a', 'a', 0, 10]], 'a'],
    [
      'client and server with one id',
      [
        ['a', '', 0, 10, { kind: 'client', service: 'x' }],
        ['a', '', 1, 9, { kind: 'server', service: 'y' }],
        ['b', 'a', 2, 3],
      ],
      'a(a(b))',
    ],
  ]
  it.each(cases)('%s', (_name, shorts, wanted) => {
    expect(shape(buildTraceTree(rows(shorts)).roots)).toBe(wanted)
  })

  it('says how many parents are missing', () => {
    expect(
      buildTraceTree(
        rows([
          ['a', '', 0, 1],
          ['b', 'gone', 0, 1],
        ]),
      ).orphanCount,
    ).toBe(1)
  })

  it('hangs what is deeper than the bound under its ancestor and keeps every span', () => {
    const deep = Array.from({ length: 5000 }, (_, i): Short => [`s${i}`, i === 0 ? '' : `s${i - 1}`, i, 10_000 - i])
    const tree = buildTraceTree(rows(deep))
    expect(tree.spans).toHaveLength(5000)
    expect(tree.flattenedCount).toBe(4800)
    let depth = 0
    for (let at: TreeSpan | undefined = tree.roots[0]; at !== undefined; at = at.children[0]) depth += 1
    expect(depth).toBe(200)
  })

  it('keeps every span exactly once, whatever the parents', () => {
    const id = fc.integer({ min: 0, max: 12 })
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(id, id, fc.nat(50), fc.nat(50)), { selector: ([a]) => a }), (spans) => {
        const shorts = spans.map(
          ([a, b, start, length]): Short => [`${a}`, b === 12 ? '' : `${b}`, start, start + length],
        )
        const tree = buildTraceTree(rows(shorts))
        expect(tree.spans.map((node) => node.span.spanId).sort()).toEqual(shorts.map(([a]) => a).sort())
        const { selfNs, criticalNs } = spanTimes(tree)
        expect([...selfNs, ...criticalNs].every((time) => time >= 0)).toBe(true)
        for (const [at, root] of tree.roots.entries()) {
          const ofRoot = criticalNs.slice(root.row, tree.roots[at + 1]?.row)
          expect(ofRoot.reduce((sum, time) => sum + time, 0)).toBe(root.endNs - root.startNs)
        }
      }),
      { seed: 7, numRuns: 300 },
    )
  })
})

function marksOf(tree: TraceTree, usualMs: Record<string, number>): Record<string, string> {
  const times = spanTimes(tree)
  const usual = ({ name }: { name: string }) => (name in usualMs ? usualMs[name] * ms : null)
  const found: Record<string, string> = {}
  for (const [node, marks] of markSpans(tree, times, usual)) found[node.span.spanId] = marks.join(' ')
  return found
}

describe('critical path', () => {
  const times = (shorts: readonly Short[]) => {
    const tree = buildTraceTree(rows(shorts))
    const { selfNs, criticalNs } = spanTimes(tree)
    return Object.fromEntries(
      tree.spans.map(({ span, row }) => [span.spanId, `${selfNs[row] / ms}/${criticalNs[row] / ms}`]),
    )
  }
  const cases: readonly [string, readonly Short[], Record<string, string>][] = [
    ['a span alone', [['a', '', 0, 10]], { a: '10/10' }],
    [
      'one after the other',
      [
        ['a', '', 0, 10],
        ['b', 'a', 1, 4],
        ['c', 'a', 5, 9],
      ],
      { a: '3/3', b: '3/3', c: '4/4' },
    ],
    [
      'side by side: only the longer counts',
      [
        ['a', '', 0, 10],
        ['b', 'a', 1, 9],
        ['c', 'a', 1, 5],
      ],
      { a: '2/2', b: '8/8', c: '4/0' },
    ],
    [
      'a consumer is not waited for',
      [
        ['a', '', 0, 10],
        ['b', 'a', 5, 30, { kind: 'consumer' }],
      ],
      { a: '5/10', b: '25/0' },
    ],
    [
      'a child that outlives its parent',
      [
        ['a', '', 0, 10],
        ['b', 'a', 8, 30],
      ],
      { a: '8/8', b: '22/2' },
    ],
  ]
  it.each(cases)('%s', (_name, shorts, wanted) => expect(times(shorts)).toEqual(wanted))
})

describe('marks', () => {
  const checkout: readonly Short[] = [
    ['checkout', '', 0, 2500],
    ['auth', 'checkout', 5, 20],
    ['inventory', 'checkout', 20, 60],
    ['payment', 'checkout', 60, 2400],
    ['query', 'payment', 70, 2200],
    ['external', 'payment', 2210, 2390],
    ['notification', 'checkout', 2410, 2490],
  ]
  const normal = { checkout: 300, auth: 20, inventory: 50, payment: 120, query: 15, external: 180, notification: 80 }
  const cases: readonly [string, readonly Short[], Record<string, number>, Record<string, string>][] = [
    ['checkout is slow', checkout, normal, { payment: 'slow', query: 'slow culprit' }],
    ['nothing usual is known: a second is slow', checkout, {}, { payment: 'slow', query: 'slow culprit' }],
    [
      'as slow as ever: no marks',
      checkout,
      { checkout: 2400, payment: 2300, query: 2000, external: 180, notification: 80 },
      {},
    ],
    [
      'slow by little',
      [
        ['a', '', 0, 9],
        ['b', 'a', 0, 8],
      ],
      { a: 1, b: 1 },
      {},
    ],
    [
      'fast failure: the furthest failed span',
      [
        ['a', '', 0, 9, { status: 'error' }],
        ['b', 'a', 1, 3],
        ['c', 'a', 3, 8, { status: 'error' }],
        ['d', 'c', 4, 7, { status: 'error' }],
      ],
      { a: 10, b: 10, c: 10, d: 10 },
      { a: 'error', c: 'error', d: 'culprit error' },
    ],
    [
      'a slow root with its own work',
      [
        ['a', '', 0, 3000],
        ['b', 'a', 0, 100],
      ],
      { a: 200, b: 100 },
      { a: 'culprit' },
    ],
  ]
  it.each(cases)('%s', (_name, shorts, usual, wanted) => {
    expect(marksOf(buildTraceTree(rows(shorts)), usual)).toEqual(wanted)
  })

  it.each([
    [1500, 1000, false],
    [1501, 1000, true],
    [20, 8, true],
    [18, 8, false],
    [999, null, false],
    [1000, null, true],
  ])('%d ms against usual %d ms: slow %s', (duration, usual, wanted) => {
    expect(isSlow(duration * ms, usual === null ? null : usual * ms)).toBe(wanted)
  })
})
