import { describe, expect, it } from 'vitest'
import type { SpanNode, TraceAnswer } from '../../../contract/index.ts'
import { allSpans, criticalParts, instantMs, matches, p95Ms, traceRows } from './trace-model.ts'

const start = '2026-11-23T14:06:56.912'
let lastId = 0
const span = (operation: string, children: SpanNode[] = [], change: Partial<SpanNode> = {}): SpanNode => {
  lastId += 1
  return {
    ...{ span_id: String(lastId), parent_span_id: '', operation, service: 'shop', start_time: `${start}500Z` },
    ...{ duration: 2000, kind: 'internal', status: 'unset', status_message: '', tags: {}, resource: {} },
    ...{ self_time: 0, critical_time: 0, usual_duration: null, marks: [], events: [], links: [], children },
    ...change,
  }
}
const trace = (spans: SpanNode[]): TraceAnswer => ({
  ...{
    trace_id: 'a',
    start_time: `${start}Z`,
    duration: 10_000,
    span_count: 1,
    services: ['shop'],
    spans,
    complete: true,
  },
})
const options = { isFolding: true, closed: new Set<string>(), hasErrorsOnly: false }

describe('a trace in rows', () => {
  it('follows the tree', () => {
    const rows = traceRows(trace([span('a', [span('b', [span('c')]), span('d')])]), options)
    expect(rows.map(({ span: { operation }, depth }) => [operation, depth])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 1],
    ])
    expect(rows[0].startMs).toBeCloseTo(0.5, 3)
  })

  it('folds equal siblings from four on, unless opened', () => {
    const children = Array.from({ length: 12 }, () => span('UPDATE'))
    const tree = trace([span('a', children)])
    expect(traceRows(tree, options).map(({ siblings }) => siblings.length)).toEqual([0, 12])
    expect(traceRows(tree, { ...options, closed: new Set([`=${children[0].span_id}`]) })).toHaveLength(13)
    expect(traceRows(tree, { ...options, isFolding: false })).toHaveLength(13)
  })

  it('hides the children of a closed span, and what has no error', () => {
    const failed = span('failed', [], { status: 'error' })
    const root = span('a', [failed, span('fine')])
    expect(traceRows(trace([root]), { ...options, closed: new Set([root.span_id]) })).toHaveLength(1)
    expect(traceRows(trace([root]), { ...options, hasErrorsOnly: true }).map((row) => row.span)).toEqual([failed])
  })

  it('takes a chain of 100,000 spans', () => {
    let chain = span('end')
    for (let at = 0; at < 100_000; at += 1) chain = span('link', [chain])
    expect(traceRows(trace([chain]), options)).toHaveLength(100_001)
    expect(allSpans(trace([chain]))).toHaveLength(100_001)
  })

  it('finds by name, tag and id, and keeps fractions of a millisecond', () => {
    expect(matches(span('GET', [], { tags: { 'db.name': 'Orders' } }), 'db.name=orders')).toBe(true)
    expect(matches(span('GET'), 'post')).toBe(false)
    expect(instantMs('2026-11-23T14:06:56.9125Z') % 1000).toBeCloseTo(912.5, 2)
    expect(p95Ms([span('a', [], { duration: 1000 }), span('b', [], { duration: 9000 })])).toBe(9)
  })

  it('waits for a span where none of its children runs', () => {
    const child = span('b', [], { start_time: `${start}500Z`, duration: 1000 })
    const root = span('a', [child], { start_time: `${start}Z`, duration: 4000, critical_time: 1 })
    const [row, below] = traceRows(trace([root]), options)
    const rounded = criticalParts(row).map((part) => part.map((ms) => Math.round(ms * 10) / 10))
    expect(rounded).toEqual([
      [0, 0.5],
      [1.5, 4],
    ])
    expect(criticalParts(below)).toEqual([])
  })
})
