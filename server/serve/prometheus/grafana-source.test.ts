import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPrometheusFixture, type PrometheusFixture, t0 } from './prometheus-fixture-suite.ts'

/*
 * What Grafana's Prometheus data source sends, in its order and form, over a socket; each answer by value.
 */

let opened: PrometheusFixture
let url: string
beforeAll(async () => {
  opened = await openPrometheusFixture()
  url = await opened.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => opened.close())

type Fields = Readonly<Record<string, string | readonly string[]>>

/** A request and what comes of it: `data` of the answer, or all of an answer that is no success. */
interface Step {
  readonly send: `${'GET' | 'POST'} ${string}`
  readonly with?: Fields
  readonly data?: unknown
  readonly status?: number
  readonly body?: unknown
}

const range = { start: `${t0}`, end: `${t0 + 600}` }
const listing = { ...range, limit: '40000' }
const everything = { ...listing, 'match[]': '{__name__!=""}' }
const metricNames = ['metric.with.dots', 'native', 'odd', 'requests_total']

const series = (job: string, instance: string) => ({ __name__: 'requests_total', job, instance })
const nativeData = {
  count: '4',
  sum: '5.5',
  buckets: [
    [3, '-0.001', '0.001', '1'],
    [0, '0.5', '1', '1'],
    [0, '1', '2', '2'],
  ],
}

const sequences: readonly (readonly [string, readonly Step[]])[] = [
  [
    'Save & test',
    [
      {
        send: 'POST query',
        with: { query: '1+1', time: `${t0 + 600}.123` },
        data: { resultType: 'scalar', result: [t0 + 600.123, '2'] },
      },
      {
        send: 'GET status/buildinfo',
        data: expect.objectContaining({ version: expect.stringMatching(/^3\.\d+\.\d+$/) }),
      },
      // Anything in `features` would make it a Mimir.
      { send: 'GET status/buildinfo', data: expect.not.objectContaining({ features: expect.anything() }) },
    ],
  ],
  [
    'the query editor opens: metric names, labels, metadata',
    [
      { send: 'GET label/__name__/values', with: everything, data: metricNames },
      { send: 'GET label/__name__/values', with: listing, data: metricNames },
      { send: 'POST labels', with: everything, data: ['__name__', 'größe', 'instance', 'job', 'kind'] },
      {
        send: 'GET metadata',
        with: { limit: '40000' },
        data: {
          odd: [{ type: 'gauge', help: 'Odd values.', unit: 'seconds' }],
          requests: [{ type: 'counter', help: 'Requests.', unit: '' }],
        },
      },
      {
        send: 'GET metadata',
        with: { metric: 'odd' },
        data: { odd: [{ type: 'gauge', help: 'Odd values.', unit: 'seconds' }] },
      },
    ],
  ],
  [
    'a metric is chosen, then labels and values of it',
    [
      {
        send: 'POST labels',
        with: { ...listing, 'match[]': 'requests_total' },
        data: ['__name__', 'instance', 'job'],
      },
      {
        send: 'GET label/instance/values',
        with: { ...listing, 'match[]': 'requests_total{job="api"}' },
        data: ['a:1', 'b:1'],
      },
      {
        send: 'POST series',
        with: { ...listing, 'match[]': ['requests_total{job="api"}', 'native'] },
        data: [{ __name__: 'native' }, series('api', 'a:1'), series('api', 'b:1')],
      },
      {
        send: 'POST series',
        with: { ...listing, limit: '1', 'match[]': 'odd' },
        data: [{ __name__: 'odd', kind: 'inf' }],
      },
    ],
  ],
  [
    'names that Prometheus 2 did not know',
    [
      { send: 'GET label/U__gr_f6__df_e/values', with: { ...listing, 'match[]': '{"metric.with.dots"}' }, data: ['ü'] },
      { send: `GET label/${encodeURIComponent('größe')}/values`, with: listing, data: ['ü'] },
      { send: 'POST labels', with: { ...listing, 'match[]': '{"metric.with.dots"}' }, data: ['__name__', 'größe'] },
      {
        send: 'POST query',
        with: { query: '{"metric.with.dots", "größe"="ü"}', time: range.end },
        data: {
          resultType: 'vector',
          result: [{ metric: { __name__: 'metric.with.dots', größe: 'ü' }, value: [t0 + 600, '1'] }],
        },
      },
    ],
  ],
  [
    'a panel, its steps as float seconds',
    [
      {
        send: 'POST query_range',
        with: {
          query: 'sum by (job) (rate(requests_total[1m]))',
          start: `${t0 + 540}`,
          end: `${t0 + 600}`,
          step: '30',
        },
        data: {
          resultType: 'matrix',
          result: [
            { metric: { job: 'api' }, values: [540, 570, 600].map((after) => [t0 + after, '2']) },
            { metric: { job: 'web' }, values: [540, 570, 600].map((after) => [t0 + after, '0.3333333333333333']) },
          ],
        },
      },
      {
        send: 'POST query_range',
        with: { query: 'time()', start: `${t0}.25`, end: `${t0 + 1}.25`, step: '0.5' },
        data: {
          resultType: 'matrix',
          result: [{ metric: {}, values: [0.25, 0.75, 1.25].map((after) => [t0 + after, String(t0 + after)]) }],
        },
      },
      {
        send: 'POST query_range',
        with: { query: 'requests_total{instance="a:1"}', ...range, step: '300.000' },
        data: {
          resultType: 'matrix',
          result: [
            {
              metric: series('api', 'a:1'),
              values: [
                [t0, '0'],
                [t0 + 300, '200'],
                [t0 + 600, '400'],
              ],
            },
          ],
        },
      },
      {
        send: 'POST query_range',
        with: { query: 'nothing_of_the_kind', ...range, step: '15' },
        data: { resultType: 'matrix', result: [] },
      },
    ],
  ],
  [
    'Explore asks for the instant and the range',
    [
      {
        send: 'POST query',
        with: { query: 'odd', time: range.end },
        data: {
          resultType: 'vector',
          result: expect.arrayContaining([
            { metric: { __name__: 'odd', kind: 'nan' }, value: [t0 + 600, 'NaN'] },
            { metric: { __name__: 'odd', kind: 'inf' }, value: [t0 + 600, '-Inf'] },
            { metric: { __name__: 'odd', kind: 'small' }, value: [t0 + 600, '1.5e-7'] },
          ]),
        },
      },
      {
        send: 'POST query_range',
        with: { query: 'odd', ...range, step: '15' },
        data: {
          resultType: 'matrix',
          result: [
            { metric: { __name__: 'odd', kind: 'inf' }, values: [[t0 + 600, '-Inf']] },
            { metric: { __name__: 'odd', kind: 'nan' }, values: [[t0 + 600, 'NaN']] },
            { metric: { __name__: 'odd', kind: 'small' }, values: [[t0 + 600, '1.5e-7']] },
          ],
        },
      },
      {
        send: 'POST query_exemplars',
        with: { query: 'requests_total', ...range },
        data: [
          {
            seriesLabels: series('api', 'a:1'),
            exemplars: [{ labels: { trace_id: '01'.repeat(16) }, value: '0.25', timestamp: t0 + 599.5 }],
          },
        ],
      },
      { send: 'POST query_exemplars', with: { query: 'odd', ...range }, data: [] },
    ],
  ],
  [
    'a native histogram',
    [
      {
        send: 'POST query',
        with: { query: 'native', time: range.end },
        data: {
          resultType: 'vector',
          result: [{ metric: { __name__: 'native' }, histogram: [t0 + 600, nativeData] }],
        },
      },
      {
        send: 'POST query_range',
        with: { query: 'native', start: `${t0 + 570}`, end: range.end, step: '15' },
        data: {
          resultType: 'matrix',
          result: [{ metric: { __name__: 'native' }, histograms: [[t0 + 600, nativeData]] }],
        },
      },
    ],
  ],
  [
    'annotations and variables of a dashboard',
    [
      {
        send: 'POST query_range',
        with: { query: 'requests_total{job="web"} > 90', ...range, step: '60' },
        data: {
          resultType: 'matrix',
          result: [{ metric: series('web', 'c:1'), values: [[t0 + 600, '100']] }],
        },
      },
      { send: 'GET label/job/values', with: listing, data: ['api', 'web'] },
      {
        send: 'GET label/job/values',
        with: { ...listing, 'match[]': 'requests_total{instance="c:1"}' },
        data: ['web'],
      },
      {
        send: 'POST query',
        with: { query: 'topk(1, sum by (job) (requests_total))', time: range.end },
        data: { resultType: 'vector', result: [{ metric: { job: 'api' }, value: [t0 + 600, '1200.5'] }] },
      },
      {
        send: 'GET series',
        with: { ...listing, 'match[]': 'requests_total{job="web"}' },
        data: [series('web', 'c:1')],
      },
    ],
  ],
  [
    'remarks come with the answer',
    [
      {
        send: 'POST query',
        with: { query: 'rate(odd[5m])', time: range.end },
        body: {
          status: 'success',
          data: { resultType: 'vector', result: [] },
        },
      },
      {
        send: 'POST query',
        with: { query: 'count(rate(native[5m])) or sum(rate(odd_gauge[5m]) or requests_total)', time: range.end },
        body: expect.objectContaining({ status: 'success' }),
      },
      {
        send: 'POST query_range',
        with: { query: 'quantile(7, requests_total)', ...range, step: '300' },
        body: expect.objectContaining({
          status: 'success',
          warnings: [
            expect.stringMatching(/^PromQL warning: quantile value should be between 0 and 1, got 7 \(1:10\)$/),
          ],
        }),
      },
      {
        send: 'POST query',
        with: {
          query: 'rate(requests_total{job="api"}[5m]) + on (instance) increase({__name__=~"requests_total"}[5m])',
        },
        body: expect.objectContaining({ status: 'success' }),
      },
    ],
  ],
  [
    'the alerting pages and the status',
    [
      { send: 'GET rules', data: { groups: [] } },
      { send: 'GET rules', with: { type: 'alert' }, data: { groups: [] } },
      { send: 'GET alerts', data: { alerts: [] } },
      { send: 'GET alertmanagers', data: { activeAlertmanagers: [], droppedAlertmanagers: [] } },
      {
        send: 'GET targets',
        data: expect.objectContaining({ activeTargets: [expect.objectContaining({ health: 'up' })] }),
      },
      { send: 'GET scrape_pools', data: { scrapePools: ['shop'] } },
      { send: 'GET status/config', data: { yaml: '' } },
      { send: 'GET status/flags', data: expect.objectContaining({ 'query.lookback-delta': '300s' }) },
      { send: 'GET status/runtimeinfo', data: expect.objectContaining({ reloadConfigSuccess: true }) },
      {
        send: 'GET status/tsdb',
        with: { limit: '2' },
        data: expect.objectContaining({
          seriesCountByMetricName: expect.arrayContaining([{ name: 'requests_total', value: 3 }]),
        }),
      },
      { send: 'GET status/walreplay', data: { min: 0, max: 0, current: 0, state: 'done' } },
      { send: 'GET notifications', data: [] },
      { send: 'POST format_query', with: { query: 'sum(up)by(job)' }, data: 'sum by (job) (up)' },
      {
        send: 'GET parse_query',
        with: { query: 'up' },
        data: expect.objectContaining({ type: 'vectorSelector', name: 'up' }),
      },
    ],
  ],
  [
    'where a form is refused it asks again with GET',
    ['label/job/values', 'rules', 'alerts', 'targets', 'status/buildinfo', 'status/tsdb'].flatMap((path): Step[] => [
      { send: `POST ${path}`, with: listing, status: 405, body: expect.objectContaining({ status: 'error' }) },
      { send: `GET ${path}`, with: listing, body: expect.objectContaining({ status: 'success' }) },
    ]),
  ],
  [
    'faults are told in words',
    [
      {
        send: 'POST query_range',
        with: { query: 'sum by (job (requests_total)', ...range, step: '15' },
        status: 400,
        body: {
          status: 'error',
          errorType: 'bad_data',
          error: 'invalid parameter "query": 1:13: parse error: unexpected "(" in grouping opts, expected "," or ")"',
        },
      },
      {
        send: 'POST query',
        with: { query: 'requests_total * on (job) requests_total', time: range.end },
        status: 422,
        body: expect.objectContaining({ status: 'error', errorType: 'execution' }),
      },
      {
        send: 'POST query_range',
        with: { query: 'up', ...range, step: '0.01' },
        status: 400,
        body: expect.objectContaining({
          error: expect.stringContaining('exceeded maximum resolution of 11,000 points'),
        }),
      },
      {
        send: 'POST series',
        with: { ...listing, 'match[]': '{__name__=""}' },
        status: 400,
        body: expect.objectContaining({ errorType: 'bad_data' }),
      },
    ],
  ],
]

describe("Grafana's Prometheus data source", () => {
  it.each(sequences)('%s', async (_name, steps) => {
    for (const step of steps) {
      const { status, body, contentType } = await send(step)
      const told = `${step.send} ${JSON.stringify(step.with ?? {})}: ${JSON.stringify(body)}`
      expect(status, told).toBe(step.status ?? 200)
      expect(contentType, told).toMatch(/^application\/json(; charset=utf-8)?$/)
      if (step.data !== undefined) expect(body, told).toMatchObject({ status: 'success', data: step.data })
      if (step.data !== undefined && 'data' in body) expect(body.data, told).toEqual(step.data)
      if (step.body !== undefined) expect(body, told).toEqual(step.body)
    }
  })

  it('a limit that cuts is told', async () => {
    for (const path of ['POST labels', 'POST series', 'GET label/__name__/values'] as const) {
      const { body } = await send({ send: path, with: { ...everything, limit: '2' } })
      expect(body).toMatchObject({ data: { length: 2 }, warnings: ['results truncated due to limit'] })
    }
  })

  it('a large answer comes with gzip', async () => {
    const query = { query: 'requests_total * pi()', ...range, step: '0.5' }
    const response = await fetch(`${url}/api/v1/query_range`, {
      method: 'POST',
      headers: { 'accept-encoding': 'gzip' },
      body: new URLSearchParams(query),
    })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    const { data } = (await response.json()) as { data: { result: readonly { values: readonly unknown[] }[] } }
    expect(data.result.map(({ values }) => values.length)).toEqual([1201, 1201, 1201])
  })
})

async function send({ send: line, with: fields = {} }: Pick<Step, 'send' | 'with'>) {
  const [method, path] = line.split(' ')
  const form = new URLSearchParams()
  for (const [name, values] of Object.entries(fields)) for (const value of [values].flat()) form.append(name, value)
  const response =
    method === 'POST'
      ? await fetch(`${url}/api/v1/${path}`, { method, body: form })
      : await fetch(`${url}/api/v1/${path}?${form}`)
  const body = (await response.json()) as Readonly<Record<string, unknown>>
  return { status: response.status, body, contentType: response.headers.get('content-type') }
}
