import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponential } from '../histogram/histogram-fixture-suite.ts'
import { MemorySource } from '../memory-source.ts'
import { queryInstant, queryRange } from '../query.ts'
import type { SelectRequest, SeriesSource } from '../source.ts'
import { ask, askRange, type Given, remarks, sourceOf } from './evaluate-fixture-suite.ts'
import { defaultSettings } from './evaluation.ts'

const shop: Given = {
  'x{job="a", pod="1"}': [1, 2, 3, 4, 5, 6],
  'x{job="a", pod="2"}': [10, 20, 30, 40, 50, 60],
  'x{job="b", pod="3"}': [5, null, null, null, null, null],
  'y{job="a"}': [2, 2, 2, 2, 2, 2],
}

describe('instant selectors', () => {
  it.each([
    ['newest sample within the lookback', 'x{pod="3"}', 4, ['x{job="b", pod="3"} 5']],
    ['the lookback is open at its start', 'x{pod="3"}', 5, []],
    ['missing labels are empty', 'x{pod!="2", zone=""}', 0, ['x{job="a", pod="1"} 1', 'x{job="b", pod="3"} 5']],
    ['regexes match the whole value', 'x{job=~"|a"}', 0, ['x{job="a", pod="1"} 1', 'x{job="a", pod="2"} 10']],
    ['a regex finds no part of a value', 'y{job=~"[b-z]"} or y{job!~"a.+"}', 0, ['y{job="a"} 2']],
    ['a dot matches a newline too', '{n=~"a.b"}', 0, ['n{n="a\\nb"} 1']],
  ])('%s', async (_name, query, minute, wanted) =>
    expect(await ask({ ...shop, 'n{n="a\\nb"}': [1] }, query, { minute })).toEqual(wanted),
  )

  it('a staleness marker ends a series, windows pass over it', async () => {
    const given: Given = { g: [1, 'stale', null, 4] }
    expect(await askRange(given, 'g', { to: 3 })).toEqual(['g 1 _ _ 4'])
    expect(await askRange(given, 'count_over_time(g[3m])', { to: 3 })).toEqual(['{} 1 1 1 1'])
  })

  it.each([
    ['x{pod="1"} offset 2m', 5, '4'],
    ['x{pod="1"} offset -1m', 3, '5'],
    ['x{pod="1"} @ 60', 5, '2'],
    ['x{pod="1"} @ 60 offset 1m', 5, '1'],
    ['x{pod="1"} @ end()', 3, '4'],
    ['sum_over_time(x{pod="1"}[2m] @ 180)', 5, '7'],
    ['max_over_time(sum(x{job="a"})[2m:1m] @ 120)', 5, '33'],
    ['sum_over_time(x{pod="1"}[1m:30s])', 2, '5'],
  ])('%s at minute %d', async (query, minute, value) => {
    expect((await ask(shop, query, { minute })).map((line) => line.split(' ').at(-1))).toEqual([value])
  })

  it('@ in a range query is one value for all steps', async () => {
    expect(await askRange(shop, 'sum(x @ start()) + 0 * sum(x)', { from: 1, to: 3 })).toEqual(['{} 27 27 27'])
  })
})

describe('operators', () => {
  it.each([
    ['1 + 2 * 3 ^ 2 % 5', ['4']],
    ['5 % -3', ['2']],
    ['-5 % 3', ['-2']],
    ['1 / 0', ['Infinity']],
    ['0 / 0 == bool NaN', ['0']],
    ['2 ^ 3 ^ 2', ['512']],
    ['-1 ^ 0.5', ['-1']],
    ['x{pod="1"} + y', []],
    ['x{pod="1"} + on(job) y', ['{job="a"} 3']],
    ['x + on(job) group_left y', ['{job="a", pod="1"} 3', '{job="a", pod="2"} 12']],
    ['y + on(job) group_right(pod) x', ['{job="a"} 3', '{job="a"} 12']],
    ['x > 4', ['x{job="a", pod="2"} 10', 'x{job="b", pod="3"} 5']],
    ['x > bool 4', ['{job="a", pod="1"} 0', '{job="a", pod="2"} 1', '{job="b", pod="3"} 1']],
    ['4 < x', ['x{job="a", pod="2"} 10', 'x{job="b", pod="3"} 5']],
    ['x and on(job) y', ['x{job="a", pod="1"} 1', 'x{job="a", pod="2"} 10']],
    ['x unless on(job) y', ['x{job="b", pod="3"} 5']],
    ['y or on(job) x', ['y{job="a"} 2', 'x{job="b", pod="3"} 5']],
    ['-x{pod="1"}', ['{job="a", pod="1"} -1']],
    ['x{pod="1"} + on(job) fill(0) x{pod="3"}', ['{job="a"} 1', '{job="b"} 5']],
  ])('%s', async (query, wanted) => {
    const answer = ask(shop, query)
    if (query.includes('group_right(pod)')) await expect(answer).rejects.toThrow(/grouping labels must ensure unique/)
    else expect(await answer).toEqual(wanted)
  })

  it.each([
    ['y * on(job) x', 'found duplicate series for the match group {job="a"} on the right hand-side'],
    ['x * on(job) y', 'many-to-one matching must be explicit'],
    // The other side needs no partner: two on the "one" side are a fault of the question.
    ['y * on(zone) x{job="b"} + on(job) x', 'found duplicate series'],
    ['x{pod="3"} * on(job) group_left x{job="a"}', 'found duplicate series for the match group {job="a"}'],
    ['label_replace(x, "pod", "", "", "") + 0', 'vector cannot contain metrics with the same labelset'],
    ['{__name__=~"x|z"} * 2', 'vector cannot contain metrics with the same labelset'],
    ['count_values("", x)', 'invalid label name'],
    ['topk(NaN, x)', 'Parameter value is NaN'],
    ['label_replace(x, "a", "", "b", "(")', 'invalid regular expression in label_replace(): ('],
  ])('%s fails: %s', async (query, text) => {
    const given = { ...shop, 'z{job="a", pod="1"}': [7] }
    await expect(ask(given, query)).rejects.toThrow(text)
  })

  it('without partners on the many side at a step nothing fails', async () => {
    const given: Given = { 'one{a="1"}': [null, 1], 'two{a="1", b="1"}': [1], 'two{a="1", b="2"}': [1] }
    expect(await ask(given, 'one * on(a) two')).toEqual([])
  })

  it('delayed removal keeps names apart until the end', async () => {
    const given: Given = { 'p{a="1"}': [0, 60], 'q{a="1"}': [0, 120] }
    const delayed = { minute: 1, settings: { delayedNameRemoval: true } }
    const query = 'sum by (a) (rate({__name__=~"p|q"}[2m]))'
    await expect(ask(given, query, { minute: 1 })).rejects.toThrow(/same labelset/)
    expect(await ask(given, query, delayed)).toEqual(['{a="1"} 1.5'])
    await expect(ask(given, 'rate({__name__=~"p|q"}[2m])', delayed)).rejects.toThrow(/same labelset/)
    expect(await ask(given, 'label_replace(rate(p[2m]), "__name__", "rate_$1", "__name__", "(.*)")', delayed)).toEqual([
      'rate_p{a="1"} 0.5',
    ])
    expect(await ask(given, 'p{a="1"} > bool 1', delayed)).toEqual(['{a="1"} 1'])
  })
})

describe('aggregations', () => {
  it.each([
    ['sum(x)', ['{} 16']],
    ['sum(nothing)', []],
    ['count(nothing) or vector(0)', ['{} 0']],
    ['sum by (job) (x)', ['{job="a"} 11', '{job="b"} 5']],
    ['sum by (job, gone) (x)', ['{job="a"} 11', '{job="b"} 5']],
    ['sum by (__name__) (x)', ['x 16']],
    ['sum without (pod) (x)', ['{job="a"} 11', '{job="b"} 5']],
    ['avg(x)', ['{} 5.333333333333333']],
    ['min(x)', ['{} 1']],
    ['max(x)', ['{} 10']],
    ['group(x)', ['{} 1']],
    ['count(x)', ['{} 3']],
    ['stddev(x)', ['{} 3.681787005729087']],
    ['stdvar(x) * 9', ['{} 122']],
    ['quantile(0.5, x)', ['{} 5']],
    ['quantile(-1, x)', ['{} -Infinity']],
    ['topk(2, x)', ['x{job="a", pod="2"} 10', 'x{job="b", pod="3"} 5']],
    ['bottomk(1, x)', ['x{job="a", pod="1"} 1']],
    ['topk(0, x)', []],
    ['topk by (job) (1, x)', ['x{job="a", pod="2"} 10', 'x{job="b", pod="3"} 5']],
    ['count_values("v", x > bool 4)', ['{v="0"} 1', '{v="1"} 2']],
    ['limitk(2, x)', ['x{job="a", pod="1"} 1', 'x{job="a", pod="2"} 10']],
    ['sort_desc(x)', ['x{job="a", pod="2"} 10', 'x{job="b", pod="3"} 5', 'x{job="a", pod="1"} 1']],
    ['sort(x)', ['x{job="a", pod="1"} 1', 'x{job="b", pod="3"} 5', 'x{job="a", pod="2"} 10']],
  ])('%s', async (query, wanted) => expect(await ask(shop, query)).toEqual(wanted))

  it('limit_ratio of r and of r - 1 share the series out', async () => {
    const given = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`s{i="${i}"}`, [i]]))
    for (const ratio of [0, 0.1, 0.5, 0.9, 1]) {
      const lower = await ask(given, `limit_ratio(${ratio}, s)`)
      const upper = await ask(given, `limit_ratio(${ratio - 1}, s)`)
      expect(new Set([...lower, ...upper]).size).toBe(200)
      expect(lower.length + upper.length).toBe(200)
    }
  })

  it('NaN comes last in topk and bottomk, and never wins min and max', async () => {
    const given: Given = { 'n{a="1"}': [Number.NaN], 'n{a="2"}': [1], 'n{a="3"}': [2] }
    expect(await ask(given, 'topk(3, n)')).toEqual(['n{a="3"} 2', 'n{a="2"} 1', 'n{a="1"} NaN'])
    expect(await ask(given, 'bottomk(3, n)')).toEqual(['n{a="2"} 1', 'n{a="3"} 2', 'n{a="1"} NaN'])
    expect(await ask(given, 'max(n) + min(n)')).toEqual(['{} 3'])
  })

  it('a sum keeps the small beside the large', async () => {
    const given: Given = { 'n{a="1"}': [1e100], 'n{a="2"}': [1], 'n{a="3"}': [-1e100], 'n{a="4"}': [1e-3] }
    expect(await ask(given, 'sum(n)')).toEqual(['{} 1.001'])
    expect(await ask(given, 'sum_over_time(m[10m])', { minute: 3 })).toEqual([])
    expect(await ask({ m: [1e100, 1, -1e100] }, 'sum_over_time(m[10m])', { minute: 2 })).toEqual(['{} 1'])
  })

  it('a mean stays finite where the sum does not', async () => {
    const given: Given = { 'n{a="1"}': [1e308], 'n{a="2"}': [1.5e308], 'n{a="3"}': [1.25e308] }
    expect(await ask(given, 'avg(n)')).toEqual(['{} 1.25e+308'])
    expect(await ask(given, 'sum(n)')).toEqual(['{} Infinity'])
  })

  it('floats and histograms in one group give nothing and a warning', async () => {
    const given: Given = { 'm{a="1"}': [1], 'm{a="2"}': [exponential({ positive: { 0: 2 } })] }
    expect(await ask(given, 'sum(m)')).toEqual([])
    expect(await remarks(given, 'sum(m)')).toEqual([
      'PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)',
    ])
    expect(await ask(given, 'count(m)')).toEqual(['{} 2'])
    expect(await ask(given, 'max(m)')).toEqual(['{} 1'])
    expect(await remarks(given, 'max(m)')).toEqual(['PromQL info: ignored histogram in max aggregation (1:5)'])
  })
})

describe('windows', () => {
  const counter: Given = { c: [0, 60, 120, 30, 90, 150] }
  it.each([
    ['rate(c[5m])', 5, '0.875'],
    ['increase(c[2m])', 2, '120'],
    ['irate(c[5m])', 3, '0.5'],
    ['delta(c[2m])', 3, '-180'],
    ['idelta(c[5m])', 3, '-90'],
    ['resets(c[10m])', 5, '1'],
    ['changes(c[10m])', 5, '5'],
    ['deriv(c[3m])', 2, '1'],
    ['predict_linear(c[3m], 60)', 2, '180'],
    ['quantile_over_time(0.5, c[3m])', 2, '60'],
    ['last_over_time(c[5m])', 5, '150'],
    ['stddev_over_time(c[2m])', 1, '30'],
    ['present_over_time(c[1m])', 5, '1'],
    ['absent_over_time(c[1m])', 9, '1'],
  ])('%s at minute %d', async (query, minute, value) => {
    expect((await ask(counter, query, { minute })).map((line) => line.split(' ').at(-1))).toEqual([value])
  })

  it('the window leaves out its start', async () => {
    expect(await ask(counter, 'count_over_time(c[2m])', { minute: 2 })).toEqual(['{} 2'])
  })

  it('a range as an answer', async () => {
    expect(await ask(counter, 'c[2m]', { minute: 2 })).toEqual(['c 60@60 120@120'])
    expect(await ask(counter, 'c[2m:1m] offset 1m', { minute: 3 })).toEqual(['c 60@60 120@120'])
    await expect(askRange(counter, 'c[2m]', { to: 2 })).rejects.toThrow(
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    )
  })

  it('rates at every step are those of single questions', async () => {
    const values = fc.array(fc.oneof(fc.constant(null), fc.constant('stale' as const), fc.nat(50)), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(
        values,
        fc.constantFrom('rate', 'increase', 'delta', 'resets', 'max_over_time', 'irate'),
        async (points, name) => {
          const given: Given = { c: points }
          const query = `sum(${name}(c[4m])) or ${name}(c[4m])`
          const [line = ''] = await askRange(given, query, { to: 30 })
          const series = line.split(' ').slice(1)
          for (let minute = 0; minute <= 30; minute += 1) {
            const [single = '{} _'] = await ask(given, query, { minute })
            expect(series[minute] ?? '_').toBe(single.split(' ')[1])
          }
        },
      ),
      { numRuns: 40, seed: 7 },
    )
  })
})

describe('remarks', () => {
  it('a rate of what is not called like a counter', async () => {
    expect(await remarks({ c: [1, 2] }, '1 + rate(c[5m])', 1)).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "c" (1:10)',
    ])
    expect(await remarks({ c_total: [1, 2] }, 'rate(c_total[5m])', 1)).toEqual([])
    expect(await remarks({ c: [1] }, 'rate(c[5m])', 0)).toEqual([])
  })
})

describe('label functions and order', () => {
  it.each([
    ['label_replace(x{pod="1"}, "p", "$1-$1-$$", "pod", "(.*)")', ['x{job="a", p="1-1-$", pod="1"} 1']],
    ['label_replace(x{pod="1"}, "p", "v", "pod", "2")', ['x{job="a", pod="1"} 1']],
    ['label_replace(x{pod="1"}, "job", "", "pod", ".*")', ['x{pod="1"} 1']],
    ['label_join(x{pod="1"}, "j", "/", "job", "pod")', ['x{j="a/1", job="a", pod="1"} 1']],
    ['sort_by_label_desc(x, "pod")', ['x{job="b", pod="3"} 5', 'x{job="a", pod="2"} 10', 'x{job="a", pod="1"} 1']],
    ['absent(nothing{a="b", c=~"d"})', ['{a="b"} 1']],
    ['absent(x)', []],
    ['scalar(x)', ['NaN']],
    ['scalar(y)', ['2']],
    ['vector(time())', ['{} 0']],
    ['timestamp(x{pod="1"} offset 0s)', ['{job="a", pod="1"} 0']],
    ['round(x{pod="2"} / 3, 0.5)', ['{job="a", pod="2"} 3.5']],
    ['clamp(x, 2, 6)', ['{job="a", pod="1"} 2', '{job="a", pod="2"} 6', '{job="b", pod="3"} 5']],
    ['clamp(x, 6, 2)', []],
  ])('%s', async (query, wanted) => expect(await ask(shop, query)).toEqual(wanted))

  it('range answers are ordered by labels, one step included', async () => {
    const given: Given = { 'o{a="2"}': [1], 'o{a="1"}': [2] }
    expect(await askRange(given, 'sort(o)', { to: 0 })).toEqual(['o{a="1"} 2', 'o{a="2"} 1'])
  })

  it('UTF-8 names are names like others', async () => {
    const given: Given = { '{"metric.with.dots", "größe"="ü"}': [1] }
    expect(await ask(given, '{"metric.with.dots", "größe"=~"ü|x"}')).toEqual(['metric.with.dots{größe="ü"} 1'])
    expect(await ask(given, 'sum by ("größe") ({"metric.with.dots"})')).toEqual(['{größe="ü"} 1'])
  })
})

describe('classic histograms', () => {
  const buckets: Given = {
    'b{le="1"}': [10],
    'b{le="2"}': [20],
    'b{le="+Inf"}': [20],
  }
  it.each([
    ['histogram_quantile(0.5, b)', ['{} 1']],
    ['histogram_quantile(0.75, b)', ['{} 1.5']],
    ['histogram_quantile(2, b)', ['{} Infinity']],
    ['histogram_fraction(0, 1, b)', ['{} 0.5']],
  ])('%s', async (query, wanted) => expect(await ask(buckets, query)).toEqual(wanted))
})

describe('bounds of a query', () => {
  it('more samples than allowed', async () => {
    const given: Given = { s: Array.from({ length: 100 }, (_, i) => i) }
    const settings = { maxSamples: 50 }
    await expect(ask(given, 's[100m]', { minute: 99, settings })).rejects.toThrow(
      'query processing would load too many samples into memory in query execution',
    )
    expect(await ask(given, 's[20m]', { minute: 99, settings })).toHaveLength(1)
  })

  it('an aborted query ends', async () => {
    const signal = AbortSignal.abort(new Error('gone'))
    const run = { query: 'sum(s)', source: new MemorySource(), settings: defaultSettings, signal }
    await expect(queryInstant(run, 0)).rejects.toThrow('gone')
  })

  it('says what it read', async () => {
    const run = { query: 'sum(x)', source: sourceOf(shop), settings: defaultSettings }
    const { cost } = await queryRange(run, { startMs: 0, endMs: 120_000, stepMs: 60_000 })
    expect(cost.totalSamples).toBe(7)
  })

  it('asks the source for what it needs and no more', async () => {
    const requests: SelectRequest[] = []
    const source: SeriesSource = {
      async *select(request) {
        requests.push(request)
        yield []
      },
    }
    const run = { source, settings: defaultSettings }
    await queryInstant({ ...run, query: 'rate(x[1m] offset 1h)' }, 7_200_000)
    await queryInstant({ ...run, query: 'x @ 60' }, 7_200_000)
    await queryRange({ ...run, query: 'x' }, { startMs: 600_000, endMs: 900_000, stepMs: 60_000 })
    expect(requests.map(({ startMs, endMs, hints }) => [startMs, endMs, hints.functionName, hints.newestOnly])).toEqual(
      [
        [3_540_000, 3_600_000, 'rate', false],
        [-240_000, 60_000, '', true],
        [300_000, 900_000, '', false],
      ],
    )
  })
})
