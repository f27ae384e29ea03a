import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { compressSync, uncompressSync } from 'snappy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MetricsQueries } from '../../query/metrics/metrics-queries.ts'
import { testScope } from '../../store/read/read-fixture-suite.ts'
import { clock, nowMs, openPrometheusFixture, type PrometheusFixture, t0 } from './prometheus-fixture-suite.ts'

let opened: PrometheusFixture
let app: FastifyInstance
beforeAll(async () => {
  opened = await openPrometheusFixture()
  app = opened.app
})
afterAll(() => opened.close())

/** An answer's JSON, looked into freely. */
interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it asks for
  readonly [field: string]: any
}

async function get(path: string, query: Record<string, string | readonly string[]> = {}) {
  const response = await app.inject({ url: path, query: query as Record<string, string> })
  return { status: response.statusCode, body: response.json() as Answer }
}

async function post(path: string, form: Record<string, string>) {
  const payload = new URLSearchParams(form).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const response = await app.inject({ method: 'POST', url: path, payload, headers })
  return { status: response.statusCode, body: response.json() as Answer }
}

describe('query', () => {
  it.each([
    ['1+1', { resultType: 'scalar', result: [t0 + 600, '2'] }],
    ['"text"', { resultType: 'string', result: [t0 + 600, 'text'] }],
    [
      'sum by (job) (requests_total)',
      {
        resultType: 'vector',
        result: [
          { metric: { job: 'api' }, value: [t0 + 600, '1200.5'] },
          { metric: { job: 'web' }, value: [t0 + 600, '100'] },
        ],
      },
    ],
    [
      'requests_total{job="web"}[30s]',
      {
        resultType: 'matrix',
        result: [
          {
            metric: { __name__: 'requests_total', job: 'web', instance: 'c:1' },
            values: [
              [t0 + 585, '95'],
              [t0 + 600, '100'],
            ],
          },
        ],
      },
    ],
    [
      'odd{kind="nan"}',
      { resultType: 'vector', result: [{ metric: { __name__: 'odd', kind: 'nan' }, value: [t0 + 600, 'NaN'] }] },
    ],
    [
      'odd{kind="inf"}',
      { resultType: 'vector', result: [{ metric: { __name__: 'odd', kind: 'inf' }, value: [t0 + 600, '-Inf'] }] },
    ],
    [
      'odd{kind="small"}',
      { resultType: 'vector', result: [{ metric: { __name__: 'odd', kind: 'small' }, value: [t0 + 600, '1.5e-7'] }] },
    ],
    [
      '{"metric.with.dots", "größe"="ü"}',
      {
        resultType: 'vector',
        result: [{ metric: { __name__: 'metric.with.dots', größe: 'ü' }, value: [t0 + 600, '1'] }],
      },
    ],
    [
      'native',
      {
        resultType: 'vector',
        result: [
          {
            metric: { __name__: 'native' },
            histogram: [
              t0 + 600,
              {
                count: '4',
                sum: '5.5',
                buckets: [
                  [3, '-0.001', '0.001', '1'],
                  [0, '0.5', '1', '1'],
                  [0, '1', '2', '2'],
                ],
              },
            ],
          },
        ],
      },
    ],
    ['secret', { resultType: 'vector', result: [] }],
  ])('%s', async (query, data) => {
    expect(await get('/api/v1/query', { query, time: String(t0 + 600) })).toEqual({
      status: 200,
      body: { status: 'success', data },
    })
    expect((await post('/api/v1/query', { query, time: new Date(nowMs).toISOString() })).body).toEqual({
      status: 'success',
      data,
    })
  })

  it('a time between two seconds keeps its three digits', async () => {
    const response = await app.inject({ url: '/api/v1/query', query: { query: '1', time: `${t0}.05` } })
    expect(response.body).toContain(`[${t0}.050,"1"]`)
  })

  it('another tenant sees its own', async () => {
    const response = await app.inject({ url: '/api/v1/query?query=secret', headers: { 'x-scope-orgid': '2' } })
    expect(response.json().data.result).toHaveLength(1)
  })

  it('remarks, limits and statistics', async () => {
    const { body } = await get('/api/v1/query', { query: 'rate(requests_total[5m])', stats: 'all' })
    expect(body.data.stats.samples).toEqual({ totalQueryableSamples: 60, peakSamples: expect.any(Number) })
    const cut = await get('/api/v1/query', { query: 'requests_total', limit: '2' })
    expect(cut.body.data.result).toHaveLength(2)
    expect(cut.body.warnings).toEqual(['results truncated due to limit'])
  })
})

describe('query_range', () => {
  it('answers a matrix ordered by labels, GET and POST alike', async () => {
    const form = { query: 'rate(requests_total{job="api"}[1m])', start: `${t0 + 300}`, end: `${t0 + 360}`, step: '30' }
    const wanted = {
      resultType: 'matrix',
      result: ['a:1', 'b:1'].map((instance, i) => ({
        metric: { job: 'api', instance },
        values: [0, 30, 60].map((after) => [t0 + 300 + after, String([0.6666666666666666, 1.3333333333333333][i])]),
      })),
    }
    expect((await get('/api/v1/query_range', form)).body.data).toEqual(wanted)
    expect((await post('/api/v1/query_range', { ...form, step: '30s' })).body.data).toEqual(wanted)
  })

  it('a scalar is a series without labels', async () => {
    const { body } = await get('/api/v1/query_range', { query: 'time()', start: '10', end: '20', step: '10' })
    expect(body.data).toEqual({
      resultType: 'matrix',
      result: [
        {
          metric: {},
          values: [
            [10, '10'],
            [20, '20'],
          ],
        },
      ],
    })
  })

  it('a large answer is the same in one piece, with gzip and with zstd', async () => {
    const query = {
      query: 'requests_total + on() group_left() vector(0.123456)',
      start: `${t0}`,
      end: `${t0 + 9_000}`,
      step: '1',
    }
    const plain = await app.inject({ url: '/api/v1/query_range', query })
    expect(plain.json().status).toBe('success')
    expect(plain.body.length).toBeGreaterThan(64 * 1024)
    const gzip = await app.inject({ url: '/api/v1/query_range', query, headers: { 'accept-encoding': 'gzip' } })
    expect(gzip.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(plain.body)
    const zstd = await app.inject({ url: '/api/v1/query_range', query, headers: { 'accept-encoding': 'gzip, zstd' } })
    expect(zstdDecompressSync(zstd.rawPayload).toString()).toBe(plain.body)
  })
})

describe("errors have Prometheus' shape and status", () => {
  it.each([
    [
      '/api/v1/query',
      { query: '1 +' },
      400,
      'bad_data',
      'invalid parameter "query": 1:4: parse error: unexpected end of input',
    ],
    ['/api/v1/query', {}, 400, 'bad_data', 'invalid parameter "query": 1:1: parse error: no expression found in input'],
    [
      '/api/v1/query',
      { query: '1', time: 'soon' },
      400,
      'bad_data',
      'invalid parameter "time": cannot parse "soon" to a valid timestamp',
    ],
    [
      '/api/v1/query',
      { query: '1', timeout: 'x' },
      400,
      'bad_data',
      'invalid parameter "timeout": cannot parse "x" to a valid duration',
    ],
    [
      '/api/v1/query',
      { query: 'requests_total * on(job) requests_total' },
      422,
      'execution',
      'found duplicate series for the match group',
    ],
    [
      '/api/v1/query_range',
      { query: '1', start: '0', end: '1' },
      400,
      'bad_data',
      'invalid parameter "step": cannot parse "" to a valid duration',
    ],
    [
      '/api/v1/query_range',
      { query: '1', start: '0', end: '1', step: '0' },
      400,
      'bad_data',
      'zero or negative query resolution step widths are not accepted',
    ],
    [
      '/api/v1/query_range',
      { query: '1', start: '2', end: '1', step: '1' },
      400,
      'bad_data',
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    [
      '/api/v1/query_range',
      { query: '1', start: '0', end: '11001', step: '1' },
      400,
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries',
    ],
    [
      '/api/v1/query_range',
      { query: 'up[5m]', start: '0', end: '1', step: '1' },
      400,
      'bad_data',
      'invalid expression type "range vector" for range query',
    ],
    ['/api/v1/series', {}, 400, 'bad_data', 'no match[] parameter provided'],
    ['/api/v1/series', { 'match[]': '{' }, 400, 'bad_data', 'invalid parameter "match[]": 1:2: parse error'],
    ['/api/v1/series', { 'match[]': 'up', limit: '-1' }, 400, 'bad_data', 'limit must be non-negative'],
    ['/api/v1/labels', { start: '5', end: '1' }, 400, 'bad_data', 'end timestamp must not be before start time'],
    ['/api/v1/query_exemplars', { query: 'sum(' }, 400, 'bad_data', 'parse error'],
  ] as const)('%s %j', async (path, query, status, errorType, text) => {
    const answer = await get(path, query)
    expect(answer).toMatchObject({ status, body: { status: 'error', errorType } })
    expect(answer.body.error).toContain(text)
  })

  it('too many samples', async () => {
    const query = 'sum_over_time(requests_total[10m:10ms])'
    expect(await get('/api/v1/query', { query })).toMatchObject({
      status: 422,
      body: {
        errorType: 'execution',
        error: 'query processing would load too many samples into memory in query execution',
      },
    })
  })

  it('a timeout', async () => {
    const query = Array.from({ length: 40 }, () => 'sum(requests_total)').join(' + ')
    expect(await get('/api/v1/query', { query, timeout: '1ms' })).toMatchObject({
      status: 503,
      body: { errorType: 'timeout' },
    })
  })

  it('a wrong token', async () => {
    const response = await app.inject({ url: '/api/v1/labels', headers: { authorization: 'Bearer wrong' } })
    expect(response.statusCode).toBe(401)
    expect(response.json()).toMatchObject({ status: 'error', errorType: 'unauthorized' })
  })

  describe('5,000 random texts and 5,000 changed queries: an answer or an error with a place, in time', () => {
    const words = [
      ...['sum', 'topk', 'count_values', 'quantile', 'by', 'without', 'on', 'ignoring', 'group_left', 'group_right'],
      ...['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'start()', 'end()', 'anchored', 'smoothed', 'fill'],
      ...[
        'rate',
        'delta',
        'label_replace',
        'histogram_quantile',
        'absent',
        'time',
        'vector',
        'scalar',
        'info',
        'step()',
      ],
      ...['( ) { } [ ] , : + - * / % ^ @ == != > <= = =~ !~'.split(' ')].flat(),
      ...['requests_total', 'odd', 'native', 'job', 'kind', '__name__', 'nosuch', '"metric.with.dots"', 'größe'],
      ...['5m', '1h', '0', '1', '1e3', '-1', 'Inf', 'NaN', '0x1f', '"api"', "'.*'", '"("', '`x`', '"\\q"', '#', '\n'],
      ...['é', '🙂', '\u0000', '__proto__', 'constructor'],
    ]
    const valid = [
      'sum by (job) (rate(requests_total{instance=~"[ab].*"}[5m] offset 1m)) / on (job) group_left count by (job) (odd or requests_total)',
      'histogram_quantile(0.9, native) + on () group_right odd{kind!="nan"}',
      'max_over_time(deriv(requests_total[2m])[5m:30s]) @ end()',
      'label_replace(requests_total, "a", "$1-$2", "instance", "(.):(.*)") > bool 10 unless vector(1)',
      'topk(2, {"metric.with.dots", "größe"="ü"} or avg without (kind) (odd))',
      'quantile_over_time(scalar(odd{kind="small"}), requests_total[max(1m, 30s)])',
      'count_values("v", -requests_total ^ 2 % 7) and ignoring (v) info(requests_total)',
    ]
    const edit = fc.tuple(fc.nat(200), fc.nat(4), fc.constantFrom(...words), fc.nat(12))
    const changed = fc
      .tuple(fc.constantFrom(...valid), fc.array(edit, { minLength: 1, maxLength: 3 }))
      .map(([start, edits]) =>
        edits.reduce((query, [at, kind, word, length]) => {
          const [before, after] = [query.slice(0, at % (query.length + 1)), query.slice(at % (query.length + 1))]
          if (kind === 0) return before + after.slice(length)
          if (kind === 1) return before + word + after
          if (kind === 2) return before + word + after.slice(length)
          return kind === 3 ? before + after.slice(0, length) + after : before
        }, start),
      )
    // Words changed for others of their kind: most of these are evaluated.
    const kinds: readonly (readonly [RegExp, readonly string[]])[] = [
      [/\b(requests_total|odd|native)\b/g, ['requests_total', 'odd', 'native', 'nosuch', '{job!=""}', 'time()']],
      [/\b\d+[smh]\b/g, ['1ms', '30s', '7m', '1h', '100y', '0s', '-1m']],
      [
        /\b(rate|deriv|max_over_time|quantile_over_time)\b/g,
        ['increase', 'idelta', 'changes', 'mad_over_time', 'resets'],
      ],
      [/\b(sum|count|avg|topk)\b/g, ['min', 'stddev', 'group', 'limitk', 'bottomk', 'limit_ratio']],
      [/ ([-+/^%>]|or|and|unless) /g, [' + ', ' % ', ' == ', ' < bool ', ' unless ', ' or ', ' atan2 ']],
      [/\b\d+(\.\d+)?\b/g, ['0', '-1', '1e308', 'NaN', 'Inf', '0.5']],
      [/\b(job|instance|kind)\b/g, ['job', 'instance', 'kind', '__name__', 'nosuch']],
    ]
    const swap = fc.tuple(fc.nat(kinds.length - 1), fc.nat(5), fc.nat(6))
    const swapped = fc
      .tuple(fc.constantFrom(...valid), fc.array(swap, { minLength: 1, maxLength: 4 }))
      .map(([start, swaps]) =>
        swaps.reduce((query, [kind, at, word]) => {
          const [pattern, others] = kinds[kind]
          let seen = -1
          return query.replace(pattern, (found) => {
            seen += 1
            return seen === at % 3 ? others[word % others.length] : found
          })
        }, start),
      )
    const random = fc.oneof(
      fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((parts) => parts.join(' ')),
      fc.string({ unit: 'binary', maxLength: 40 }),
    )

    /** A query's own deadline, as a client may set it. */
    const timeout = '20s'

    it.each([
      ['random', 'query', random, 2_500],
      ['changed', 'query', changed, 2_500],
      ['swapped', 'query', swapped, 100],
      ['random', 'query_range', random, 2_500],
      ['changed', 'query_range', changed, 2_500],
      ['swapped', 'query_range', swapped, 100],
    ] as const)('%s, %s', { timeout: 120_000 }, async (_kind, path, query, numRuns) => {
      const range: Record<string, string> =
        path === 'query' ? { time: `${t0 + 600}` } : { start: `${t0 + 480}`, end: `${t0 + 600}`, step: '60' }
      const statuses = new Map<number, number>()
      await fc.assert(
        fc.asyncProperty(query, async (text) => {
          const { status, body } = await post(`/api/v1/${path}`, { query: text, timeout, ...range })
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          expect([200, 400, 422]).toContain(status)
          if (status === 400) {
            expect(body.errorType).toBe('bad_data')
            expect(body.error).toMatch(/^invalid parameter "query": (\d+:\d+: parse error: .|invalid expression type)/)
          }
        }),
        { numRuns, seed: 20260104 },
      )
      // Not all of it is refused before it is evaluated.
      expect(statuses.get(200)).toBeGreaterThan(50)
    })
  })
})

describe('series and labels', () => {
  it.each([
    [
      '/api/v1/series',
      { 'match[]': ['requests_total{job="web"}', 'native'] },
      [{ __name__: 'native' }, { __name__: 'requests_total', instance: 'c:1', job: 'web' }],
    ],
    ['/api/v1/series', { 'match[]': 'requests_total', start: '0', end: '1000' }, []],
    ['/api/v1/labels', {}, ['__name__', 'größe', 'instance', 'job', 'kind']],
    ['/api/v1/labels', { 'match[]': 'odd' }, ['__name__', 'kind']],
    ['/api/v1/label/job/values', {}, ['api', 'web']],
    ['/api/v1/label/job/values', { 'match[]': '{instance=~"[ab].*"}' }, ['api']],
    [
      '/api/v1/label/__name__/values',
      { 'match[]': '{__name__!=""}' },
      ['metric.with.dots', 'native', 'odd', 'requests_total'],
    ],
    ['/api/v1/label/U__gr_f6__df_e/values', {}, ['ü']],
    ['/api/v1/label/none/values', {}, []],
  ])('%s %j', async (path, query, data) => {
    expect((await get(path, query)).body).toEqual({ status: 'success', data })
  })

  it('limits are said', async () => {
    for (const path of ['/api/v1/labels', '/api/v1/label/job/values']) {
      const { body } = await get(path, { limit: '1' })
      expect(body.data).toHaveLength(1)
      expect(body.warnings).toEqual(['results truncated due to limit'])
    }
  })

  it('a series stored after the first question is found by the next', async () => {
    expect((await get('/api/v1/query', { query: 'late_metric' })).body.data.result).toEqual([])
    await opened.fixture.write(1, [{ labels: { __name__: 'late_metric' }, ms: nowMs, value: 1 }])
    const later = { ...clock, nowMs: () => nowMs + 1000 }
    const fresh = new MetricsQueries({ store: opened.fixture.store, clock: later })
    expect((await fresh.instant(testScope(), 'late_metric', { timeMs: nowMs })).value).toMatchObject({ series: [{}] })
  })
})

describe('the rest of the API', () => {
  it('metadata', async () => {
    const { body } = await get('/api/v1/metadata')
    expect(body.data).toEqual({
      odd: [{ type: 'gauge', help: 'Odd values.', unit: 'seconds' }],
      requests: [{ type: 'counter', help: 'Requests.', unit: '' }],
    })
    expect((await get('/api/v1/metadata', { metric: 'odd' })).body.data).toHaveProperty('odd')
    expect(Object.keys((await get('/api/v1/metadata', { limit: '1' })).body.data)).toHaveLength(1)
  })

  it('exemplars', async () => {
    const { body } = await get('/api/v1/query_exemplars', {
      query: 'rate(requests_total[5m])',
      start: `${t0}`,
      end: `${t0 + 700}`,
    })
    expect(body.data).toEqual([
      {
        seriesLabels: { __name__: 'requests_total', job: 'api', instance: 'a:1' },
        exemplars: [{ labels: { trace_id: '01'.repeat(16) }, value: '0.25', timestamp: t0 + 599.5 }],
      },
    ])
  })

  it('targets', async () => {
    const { body } = await get('/api/v1/targets')
    expect(body.data.activeTargets).toMatchObject([
      { scrapePool: 'shop', health: 'up', scrapeInterval: '15s', labels: { job: 'api' } },
    ])
    expect(body.data.droppedTargets).toHaveLength(1)
    expect(body.data.droppedTargetCounts).toEqual({ shop: 1 })
    expect((await get('/api/v1/targets', { state: 'dropped' })).body.data.activeTargets).toEqual([])
    expect((await get('/api/v1/targets/metadata', { match_target: '{job="api"}' })).body.data).toEqual([
      { target: { instance: 'a:1', job: 'api' }, metric: 'requests', type: 'counter', help: 'Requests.', unit: '' },
    ])
  })

  it('format_query and parse_query', async () => {
    expect((await get('/api/v1/format_query', { query: 'sum(up)by(job)' })).body.data).toBe('sum by (job) (up)')
    expect((await get('/api/v1/parse_query', { query: 'rate(x[5m])' })).body.data).toMatchObject({
      type: 'call',
      func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
      args: [{ type: 'matrixSelector', name: 'x', range: 300_000, offset: 0 }],
    })
  })

  it.each([
    ['/api/v1/rules', { groups: [] }],
    ['/api/v1/alerts', { alerts: [] }],
    ['/api/v1/status/config', { yaml: '' }],
  ])('%s', async (path, data) => expect((await get(path)).body).toEqual({ status: 'success', data }))

  it('buildinfo has a version and no features, which would mean Mimir to Grafana', async () => {
    const { data } = (await get('/api/v1/status/buildinfo')).body
    expect(data.version).toMatch(/^3\./)
    expect(data).not.toHaveProperty('features')
    expect((await get('/api/v1/status/tsdb')).body.data.headStats.numSeries).toBeGreaterThan(5)
  })

  it('federate', async () => {
    const response = await app.inject({ url: '/federate', query: { 'match[]': '{job="web"}' } })
    expect(response.body).toBe(`# TYPE requests_total untyped\nrequests_total{instance="c:1",job="web"} 100 ${nowMs}\n`)
  })

  it('remote read: raw samples of a range, both ends included', async () => {
    // ReadRequest{queries{start, end, matchers{EQ __name__ requests_total, EQ job web}}}
    const text = (field: number, value: string) => [field * 8 + 2, value.length, ...Buffer.from(value)]
    const matcher = (name: string, value: string) =>
      [0x1a, 0, ...text(2, name), ...text(3, value)].map((byte, i, all) => (i === 1 ? all.length - 2 : byte))
    const varint = (value: number): number[] =>
      value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
    const query = [
      8,
      ...varint((t0 + 15) * 1000),
      16,
      ...varint((t0 + 30) * 1000),
      ...matcher('__name__', 'requests_total'),
      ...matcher('job', 'web'),
    ]
    const payload = compressSync(Buffer.from([10, ...varint(query.length), ...query]))
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }
    const response = await app.inject({ method: 'POST', url: '/api/v1/read', payload, headers })
    expect(response.statusCode).toBe(200)
    const bytes = uncompressSync(response.rawPayload) as Buffer
    expect(bytes.includes('requests_total')).toBe(true)
    expect(
      bytes.includes(Buffer.from([9, ...Buffer.from(Float64Array.of(5).buffer), 16, ...varint((t0 + 15) * 1000)])),
    ).toBe(true)
    expect(
      bytes.includes(Buffer.from([9, ...Buffer.from(Float64Array.of(10).buffer), 16, ...varint((t0 + 30) * 1000)])),
    ).toBe(true)
    expect(bytes.includes(Buffer.from(Float64Array.of(15).buffer))).toBe(false)
    const broken = await app.inject({ method: 'POST', url: '/api/v1/read', payload: Buffer.from('junk'), headers })
    expect(broken.statusCode).toBe(400)
  })
})
