import { describe, expect, it } from 'vitest'
import type { MetricFamily } from '../../../contract/index.ts'
import { familyQueries, withEarlier } from './family-queries.ts'

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

  it('are repeated for an earlier time, dashed beside the one that says most', () => {
    const one = family('d', 'histogram', ['d_bucket', 'd_count', 'd_sum'])
    const [quantiles, before] = [undefined, '1d'].map((offset) =>
      familyQueries(one, { labels: {}, ...(offset === undefined ? {} : { offset }) }),
    )
    expect(withEarlier(quantiles.slice(0, 3), before, 'yesterday').at(-1)).toEqual({
      ...{ words: 'p95 yesterday', colour: 's10', isDashed: true },
      text: 'histogram_quantile(0.95, sum by (le) (rate(d_bucket[$__rate_interval] offset 1d)))',
    })
    expect(withEarlier(quantiles.slice(3), before, 'yesterday').map(({ words }) => words)).toEqual([
      'per second',
      'yesterday',
    ])
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
