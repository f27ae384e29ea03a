import { describe, expect, it } from 'vitest'
import { spanTimes } from '../../query/traces/critical-path.ts'
import { markSpans } from '../../query/traces/marks.ts'
import { buildTraceTree } from '../../query/traces/trace-tree.ts'
import type { TraceView } from '../../query/traces/trace-view.ts'
import type { SpanRow } from '../../store/read/span-row.ts'
import { traceText } from './trace-text.ts'

/** `[id, parent, service, name, took ms, more]`; children begin with their parent, one ms after another. */
type Short = readonly [string, string, string, string, number, Partial<SpanRow>?]

function view(shorts: readonly Short[], message?: string): TraceView {
  const rows = shorts.map(
    ([spanId, parentSpanId, service, name, took, more], i): SpanRow => ({
      ...{
        traceId: 'a'.repeat(32),
        spanId,
        parentSpanId,
        service,
        name,
        kind: 'internal',
        status: 'unset',
        statusMessage: '',
      },
      ...{ startNs: 1_700_000_000_000_000_000n + BigInt(i) * 1_000_000n, durationNs: took * 1e6 },
      ...{ attributes: {}, resource: {}, events: [], links: [] },
      ...more,
    }),
  )
  const tree = buildTraceTree(rows)
  const usual = () => null
  const times = spanTimes(tree)
  const marks = markSpans(tree, times, usual)
  const services = [...new Set(rows.map((row) => row.service))]
  const note = message === undefined ? {} : { message }
  return { traceId: 'a'.repeat(32), tree, services, times, marks, usual, isComplete: message === undefined, ...note }
}

const tree = (shorts: readonly Short[]) => traceText(view(shorts)).split('\n\n')[0]

describe('a trace as text', () => {
  it('is one line for a span alone, with what there is of it', () => {
    expect(traceText(view([['1', '', 'job', 'nightly', 5]], 'A remark.'))).toBe(
      'job: nightly (5ms)\n\n1 span of 1 service in 5ms, from 2023-11-14T22:13:20Z\nA remark.\n',
    )
  })

  it('shows a call and its answer as one line, with the time of the call', () => {
    const rows: Short[] = [
      ['1', '', 'web', 'GET /', 100],
      ['2', '1', 'web', 'GET', 50, { kind: 'client' }],
      ['3', '2', 'api', 'GET /items', 40, { kind: 'server' }],
      ['4', '3', 'api', 'SELECT', 9],
    ]
    expect(tree(rows)).toBe('web: GET / (100ms)\n└─ api: GET /items (50ms)\n   └─ SELECT (9ms)')
  })

  it('keeps two answers to one call apart', () => {
    const rows: Short[] = [
      ['1', '', 'web', 'GET', 50, { kind: 'client' }],
      ['2', '1', 'api', 'GET /a', 10, { kind: 'server' }],
      ['3', '1', 'api', 'GET /a again', 10, { kind: 'server' }],
    ]
    expect(tree(rows)).toBe('web: GET (50ms)\n├─ api: GET /a (10ms)\n└─ api: GET /a again (10ms)')
  })

  it('folds what is alike and side by side', () => {
    const many = Array.from({ length: 6 }, (_, i): Short => [`q${i}`, '1', 'web', 'SELECT', 2])
    const rows: Short[] = [['1', '', 'web', 'GET /', 100], ...many, ['9', '1', 'web', 'render', 3]]
    expect(tree(rows)).toBe('web: GET / (100ms)\n├─ SELECT (2ms)\n├─ … 5 more SELECT (10ms in all)\n└─ render (3ms)')
  })

  it('never folds what failed', () => {
    const many = Array.from(
      { length: 5 },
      (_, i): Short => [`q${i}`, '1', 'web', 'SELECT', 2, i === 2 ? { status: 'error' } : {}],
    )
    expect(tree([['1', '', 'web', 'GET /', 100], ...many]).split('\n')).toHaveLength(6)
  })

  it('says why a span failed, in one safe line', () => {
    const rows: Short[] = [['1', '', 'web', 'GET /', 10, { status: 'error', statusMessage: 'no\nroute \u001b[2J' }]]
    expect(tree(rows)).toBe('web: GET / (10ms) ⚠️ CULPRIT ERROR: no route \\x1b[2J')
  })

  it('ends after 400 lines and says where the rest is', () => {
    const many = Array.from({ length: 1000 }, (_, i): Short => [`q${i}`, '1', 'web', `step ${i}`, 2])
    const lines = tree([['1', '', 'web', 'GET /', 100], ...many]).split('\n')
    expect(lines).toHaveLength(401)
    expect(lines[400]).toBe(`… more spans; see all of them as JSON under /api/traces/${'a'.repeat(32)}`)
  })

  it('shows every root', () => {
    const rows: Short[] = [
      ['1', 'gone', 'web', 'one', 1],
      ['2', 'gone', 'web', 'two', 1],
    ]
    expect(tree(rows)).toBe('web: one (1ms)\nweb: two (1ms)')
  })
})
