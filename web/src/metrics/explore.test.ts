import { describe, expect, it } from 'vitest'
import type { MetricFamily } from '../../../contract/index.ts'
import { familyQueries } from './family-queries.ts'
import { prefixTree } from './prefix-tree.ts'
import { baseUnitOf, unitOfQuery } from './units.ts'

const family = (name: string, type: MetricFamily['type'], names = [name]): MetricFamily => ({
  ...{ name, type, unit: '', help: '', series: 1, service_label: 'job' },
  names: names.map((one) => ({ name: one, series: 1 })),
})

describe('the first queries of a metric', () => {
  it.each([
    ['counter', family('hits_total', 'counter'), ['sum(rate(hits_total[$__rate_interval]))']],
    ['gauge', family('temp', 'gauge'), ['avg(temp)']],
    ['a name that PromQL cannot hold', family('with.dots', 'gauge'), ['avg({"with.dots"})']],
    [
      'native histogram',
      family('d', 'histogram'),
      [
        'histogram_quantile(0.5, sum(rate(d[$__rate_interval])))',
        'histogram_quantile(0.95, sum(rate(d[$__rate_interval])))',
        'histogram_quantile(0.99, sum(rate(d[$__rate_interval])))',
        'histogram_count(sum(rate(d[$__rate_interval])))',
      ],
    ],
    ['info', family('build_info', 'info'), ['count(build_info)']],
  ] as const)('%s', (_name, one, wanted) => {
    expect(familyQueries(one, { labels: {} }).map(({ text }) => text)).toEqual(wanted)
  })

  it('split by a label, cut down to a service and a label', () => {
    const one = family('d', 'histogram', ['d_bucket', 'd_count', 'd_sum'])
    const [p95, rate] = familyQueries(one, { labels: { service: 'cart.x', env: 'a"b' }, by: 'route' })
    const matchers = 'job=~"(.+/)?cart\\\\.x", env="a\\"b"'
    expect(p95.text).toBe(
      `histogram_quantile(0.95, sum by (le, route) (rate(d_bucket{${matchers}}[$__rate_interval])))`,
    )
    expect(rate.text).toBe(`sum by (route) (rate(d_count{${matchers}}[$__rate_interval]))`)
  })
})

describe('prefixes', () => {
  it('group names by their parts and leave out groups of one', () => {
    const names = ['http_requests_total', 'http_errors_total', 'nodejs_gc_a', 'nodejs_gc_b', 'up', 'process_fds']
    expect(prefixTree(names)).toEqual([
      { text: 'http_', count: 2, children: [] },
      { text: 'nodejs_gc_', count: 2, children: [] },
    ])
  })

  it('nest', () => {
    const [tree] = prefixTree(['a_b_1', 'a_b_2', 'a_c_1', 'a_c_2', 'a_d'])
    expect(tree).toEqual({
      ...{ text: 'a_', count: 5 },
      children: [
        { text: 'a_b_', count: 2, children: [] },
        { text: 'a_c_', count: 2, children: [] },
      ],
    })
  })
})

describe('units', () => {
  it.each([
    ['d_seconds_bucket', '', 'seconds'],
    ['process_start_time_seconds', 'seconds', ''],
    ['heap_bytes', '', 'bytes'],
    ['x', 'ratio', 'ratio'],
  ])('of the metric %s', (name, said, wanted) => {
    expect(baseUnitOf(name, said)).toBe(wanted)
  })

  it.each([
    ['histogram_quantile(0.95, sum by (le) (rate(d_seconds_bucket[5m])))', 'ms', 1000],
    ['sum(rate(d_seconds_sum[5m])) / sum(rate(d_seconds_count[5m]))', 'ms', 1000],
    ['sum(rate(d_seconds_count[5m]))', 'rate', 1],
    ['rate(hits_total[5m])', 'rate', 1],
    ['rate(sent_bytes_total[5m])', 'byterate', 1],
    ['rate(process_cpu_seconds_total[5m])', 'count', 1],
    ['avg(heap_bytes)', 'bytes', 1],
    ['count(heap_bytes)', 'count', 1],
    ['rate(a_total[5m]) / rate(b_total[5m])', 'count', 1],
    ['avg(utilization_ratio)', 'percent', 1],
    ['heap_bytes + d_seconds', 'count', 1],
    ['1 + 1', 'count', 1],
  ])('of %s', (text, unit, scale) => {
    const isWord = (word: string) => ['sum', 'avg', 'by', 'count'].includes(word)
    expect(unitOfQuery(text, { unitOf: () => '', isWord })).toMatchObject({ unit, scale })
  })
})
