import { describe, expect, it } from 'vitest'
import { exponential } from '../histogram/histogram-fixture-suite.ts'
import { parseQuery } from '../parse/parser.ts'
import { ask, askRange, type Given, remarks } from './evaluate-fixture-suite.ts'

// What Prometheus added or settled between 3.10 and 3.16; the expected values are worked out by hand.

const given: Given = {
  'c{job="a"}': [0, 60, 120, 30, 90],
  'g{job="a"}': [1, 3, 5, 5, 1],
}

describe('times of the question', () => {
  it('are the same at every step and inside subqueries', async () => {
    expect(await askRange(given, 'vector(start())', { from: 1, to: 3 })).toEqual(['{} 60 60 60'])
    expect(await askRange(given, 'vector(end() - start() - range())', { from: 1, to: 3 })).toEqual(['{} 0 0 0'])
    expect(await askRange(given, 'max_over_time(vector(step())[2m:1m])', { from: 1, to: 2 })).toEqual(['{} 60 60'])
    expect(await ask(given, 'step() + range()', { minute: 3 })).toEqual(['0'])
  })

  it('the end is the one that was asked for, behind the last step too', async () => {
    expect(await askRange(given, 'g @ end() + 0', { from: 0, to: 3, stepMinutes: 2 })).toEqual(['{job="a"} 5 5'])
    expect(await askRange(given, 'vector(end())', { from: 0, to: 3, stepMinutes: 2 })).toEqual(['{} 180 180'])
  })
})

describe('functions', () => {
  it.each([
    ['min_of(3, -2)', '-2'],
    ['max_of(3, NaN)', 'NaN'],
    ['max_of(Inf, NaN)', 'Infinity'],
    ['min_of(-Inf, NaN)', '-Infinity'],
  ])('%s', async (query, value) => {
    expect(await ask(given, query)).toEqual([value])
  })

  it.each([
    ['integral(g[3m])', 60 * (4 + 5) + 0],
    ['integral(g[3m], 0)', 60 * (3 + 5)],
    ['integral(g[3m], 1)', 60 * (5 + 5)],
  ])('%s is the area under the points', async (query, value) => {
    expect(await ask(given, query, { minute: 3 })).toEqual([`{job="a"} ${value}`])
  })

  it('integral says when it does not know how', async () => {
    expect(await remarks(given, 'integral(g[3m], 7)', 3)).toEqual([
      'PromQL warning: strategy should be 0, 1, or 2 (default), using 2, got 7 (1:17)',
    ])
  })

  it.each([
    ['hour(vector(NaN))', '15'],
    ['year(vector(-62167219200))', '0'],
    ['year(vector(1e13))', '318857'],
    ['day_of_month(vector(Inf))', '4'],
  ])('%s beyond what dates hold', async (query, value) => {
    expect(await ask(given, query)).toEqual([`{} ${value}`])
  })

  it('quantiles do not mix an infinite neighbour in that has no share', async () => {
    const values: Given = { 'v{n="1"}': [1], 'v{n="2"}': [2], 'v{n="3"}': [Infinity] }
    expect(await ask(values, 'quantile(0.5, v)')).toEqual(['{} 2'])
    expect(await ask(values, 'quantile(1, v)')).toEqual(['{} Infinity'])
    expect(await ask({ v: [1, Number.NaN, 3] }, 'mad_over_time(v[5m])', { minute: 2 })).toEqual(['{} NaN'])
  })
})

describe('remarks', () => {
  it('sorting a range query is told to do nothing', async () => {
    expect(await remarks(given, 'sort(g)')).toEqual([])
  })

  it('stand at what is inside parentheses', async () => {
    expect(await remarks(given, 'quantile((7), g)')).toEqual([
      'PromQL warning: quantile value should be between 0 and 1, got 7 (1:11)',
    ])
  })

  it('tell which classic buckets were raised', async () => {
    const buckets: Given = {
      'h_bucket{le="1"}': [10],
      'h_bucket{le="2"}': [7],
      'h_bucket{le="+Inf"}': [12],
    }
    expect(await remarks(buckets, 'histogram_quantile(0.5, h_bucket)')).toEqual([
      expect.stringMatching(
        /monotonicity .*, from buckets 2 to 2, with a max diff of 3, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z \(1:25\)$/,
      ),
    ])
  })
})

describe('native histograms', () => {
  const counter: Given = {
    h: [
      exponential({ positive: { 1: 2 }, sum: 2 }),
      exponential({ positive: { 1: 6 }, sum: 6 }),
      exponential({ positive: { 1: 1 }, sum: 1 }),
      exponential({ positive: { 1: 5 }, sum: 5 }),
    ],
  }

  it('in anchored ranges: from the last before the start, what was lost to a reset added back', async () => {
    expect(await ask(counter, 'histogram_count(increase(h[2m] anchored))', { minute: 3 })).toEqual(['{} 5'])
    expect(await ask(counter, 'histogram_sum(rate(h[1m] anchored)) * 60', { minute: 1 })).toEqual(['{} 4'])
  })

  it('in smoothed ranges and selectors: on the line between neighbours, after a reset from nothing', async () => {
    expect(await ask(counter, 'histogram_count(h smoothed)', { minute: 0.5 })).toEqual(['{} 4'])
    expect(await ask(counter, 'histogram_count(h smoothed)', { minute: 1.5 })).toEqual(['{} 0.5'])
    expect(await ask(counter, 'histogram_count(increase(h[30s] smoothed))', { minute: 0.75 })).toEqual(['{} 2'])
  })

  it('sums lose nothing to rounding', async () => {
    const sums: Given = {
      'h{n="1"}': [exponential({ positive: { 1: 1 }, sum: 1e100 })],
      'h{n="2"}': [exponential({ positive: { 1: 1 }, sum: 1.5 })],
      'h{n="3"}': [exponential({ positive: { 1: 1 }, sum: -1e100 })],
    }
    expect(await ask(sums, 'histogram_sum(sum(h))')).toEqual(['{} 1.5'])
    expect(await ask(sums, 'histogram_sum(avg(h))')).toEqual(['{} 0.5'])
  })

  it('cut at a bound stay samples of their metric', async () => {
    expect(await ask(counter, 'h </ 1', { minute: 1 })).toEqual(['h histogram'])
    expect(await ask(counter, 'histogram_count(h >/ 1)', { minute: 1 })).toEqual(['{} 6'])
  })

  it('a sum of NaN without observations of NaN is no reason for a remark', async () => {
    const infinities: Given = { h: [exponential({ positive: { 1: 2 }, sum: Number.NaN })] }
    expect(await remarks(infinities, 'histogram_quantile(0.5, h)')).toEqual([])
  })
})

describe('count_values', () => {
  it('leaves out the label that the grouping takes away', async () => {
    const values: Given = { 'v{n="1", job="a"}': [1], 'v{n="2", job="a"}': [2], 'v{n="3", job="b"}': [2] }
    expect(await ask(values, 'count_values without (n) ("n", v)')).toEqual(['{job="a"} 2', '{job="b"} 1'])
    expect(await ask(values, 'count_values without (n) ("v", v)')).toHaveLength(3)
  })
})

describe('info', () => {
  const targets: Given = {
    'm{job="j", instance="i"}': [1, 2, 3],
    'target_info{job="j", instance="i", version="1"}': [1, 'stale', null],
    'target_info{job="j", instance="i", version="2"}': [null, 1, 1],
    'build_info{job="j", instance="i", rev="r"}': [1, 1, 1],
  }

  it('looks at the time that the series come from', async () => {
    expect(await ask(targets, 'info(m offset 2m)', { minute: 2 })).toEqual(['m{instance="i", job="j", version="1"} 1'])
    expect(await ask(targets, 'info(last_over_time(m[1m:1m] @ 0))', { minute: 2 })).toEqual([
      'm{instance="i", job="j", version="1"} 1',
    ])
  })

  it('takes labels that may be missing, and all but some info metrics', async () => {
    expect(await ask(targets, 'info(m, {nope=~".*"})', { minute: 2 })).toEqual(['m{instance="i", job="j"} 3'])
    expect(await ask(targets, 'info(m, {nope=~".+"})', { minute: 2 })).toEqual([])
    expect(await ask(targets, 'info(m, {__name__!="target_info"})', { minute: 2 })).toEqual([
      'm{instance="i", job="j", rev="r"} 3',
    ])
  })
})

describe('names without quotes', () => {
  const language = { experimental: true, unquotedNames: 'utf8' } as const

  it('may have dots and letters of all scripts where they are allowed', () => {
    expect(parseQuery('http.server.requests{k8s.pod="a"}', language)).toMatchObject({
      name: 'http.server.requests',
      matchers: [{ name: 'k8s.pod', value: 'a' }, { name: '__name__' }],
    })
    expect(parseQuery('sum by (équipe) (温度)', language)).toMatchObject({ grouping: ['équipe'] })
    expect(() => parseQuery('http.server.requests')).toThrow(/1:5: parse error/)
  })
})

describe('durations behind offset', () => {
  it('in parentheses go on, others do not', async () => {
    expect(await ask(given, 'g offset (1m) * 2', { minute: 4 })).toEqual(['g{job="a"} 5'])
    expect(await ask(given, 'g offset 1m * 2', { minute: 4 })).toEqual(['{job="a"} 10'])
    expect(await ask(given, 'g offset (1m) - g', { minute: 4 })).toEqual(['{job="a"} 4'])
  })
})
