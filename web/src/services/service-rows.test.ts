import { describe, expect, it } from 'vitest'
import type { Red } from './questions.ts'
import { judge, serviceRows, sortRows, starredFirst } from './service-rows.ts'

const red = (change: Partial<Red>): Red => ({
  requests: 100,
  rate: 10,
  errors: 0,
  p50: 50,
  p95: 180,
  p99: 300,
  ...change,
})
const context = { hasBefore: true, words: 'last week' }

describe('what is said about a service', () => {
  const cases = [
    ['bad when p95 left its usual', red({ p95: 2000 }), red({ p95: 182 }), 'bad', 'p95 11 × last week'],
    ['to watch when it rose', red({ p95: 300 }), red({ p95: 182 }), 'watch', 'p95 1.65 × last week'],
    ['bad by errors first', red({ p95: 2000, errors: 0.32 }), red({}), 'bad', '32 % errors'],
    ['usual errors are usual', red({ errors: 0.32 }), red({ errors: 0.315 }), 'usual', 'Usual'],
    ['few requests say nothing about durations', red({ requests: 3, p95: 9000 }), red({}), 'usual', 'Usual'],
    ['to watch when requests go away', red({ rate: 2 }), red({ rate: 10 }), 'watch', 'requests 0.2 × last week'],
    ['without requests', red({ requests: 0 }), red({}), 'none', 'no requests in this range'],
    ['new', red({}), null, 'new', 'new in this range'],
  ] as const
  it.each(cases)('%s', (_name, now, before, judgement, words) =>
    expect(judge(now, before, context)).toEqual({ judgement, words }),
  )

  it('is nothing where nothing can be compared', () => {
    expect(judge(red({}), null, { hasBefore: false, words: '' }).judgement).toBe('none')
  })
})

const answer = (rows: readonly [string, number, number][]) => ({
  signal: 'traces' as const,
  time_range: { start: '', end: '' },
  aggregations: [],
  matched: 0,
  truncated: false,
  results: rows.map(([service, requests, p95]) => ({
    group: { service },
    values: { latency_count: requests, error_rate_avg: 0, latency_percentile_95: p95 * 1000 },
    count: requests,
  })),
})

describe('the list of services', () => {
  const rows = serviceRows({
    now: answer([
      ['payment', 100, 2000],
      ['cart', 100, 26],
      ['fresh', 10, 5],
    ]),
    before: answer([
      ['payment', 100, 200],
      ['cart', 100, 26],
      ['gone', 10, 5],
    ]),
    steps: undefined,
    map: undefined,
    seconds: 60,
    stepSeconds: 10,
    stepTimes: [],
    span: { fromMs: 0, toMs: 60_000 },
    beforeWords: 'the hour before',
  })

  it('shares out what is waited longer', () => {
    expect(rows.find(({ name }) => name === 'payment')?.changeShare).toBe(1)
    expect(rows.find(({ name }) => name === 'cart')?.changeShare).toBe(0)
  })

  it('keeps what is gone', () => expect(rows.find(({ name }) => name === 'gone')?.judgement).toBe('none'))

  it('is sorted as asked, worst first among equals', () => {
    expect(sortRows(rows, '-share').map(({ name }) => name)).toEqual(['payment', 'fresh', 'gone', 'cart'])
    expect(sortRows(rows, 'name').map(({ name }) => name)).toEqual(['cart', 'fresh', 'gone', 'payment'])
  })

  it('has what is starred first, each part in its order', () => {
    const names = starredFirst(sortRows(rows, 'name'), new Set(['payment', 'fresh', 'nobody'])).map(({ name }) => name)
    expect(names).toEqual(['fresh', 'payment', 'cart', 'gone'])
  })
})
