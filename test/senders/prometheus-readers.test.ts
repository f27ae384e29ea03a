import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { type SentSeries, sendRemoteWrite } from '../end-to-end/remote-write-request.ts'
import { installPrometheus } from './foreign-programs.ts'
import { type PrometheusProcess, startPrometheus } from './prometheus-process.ts'

/*
 * Programs of Prometheus that read from Sightline: promtool asks it as it asks a Prometheus, and a Prometheus that
 * holds nothing itself reads its samples by remote_read.
 */

const installMs = 300_000
const readyMs = 60_000

const installed = await installPrometheus()
if ('missing' in installed) console.warn(`SKIPPED promtool and remote_read: ${installed.missing}`)
const beside = 'missing' in installed ? '' : join(dirname(installed.executable), 'promtool')
const promtool = existsSync(beside) ? beside : 'promtool'

const folder = makeFolder('prometheus-readers')
let platform: Platform
let prometheus: PrometheusProcess
let isVersion3 = false
beforeAll(async () => {
  if ('missing' in installed) return
  platform = await startPlatform({ folder: `${folder.path}/data` })
  const text = ['a', 'b', 'c'].map((kind, i) => `orders_total{kind="${kind}"} ${10 * i + 0.5}\n`).join('')
  const pushed = await fetch(`${platform.url}/metrics/job/shop`, { method: 'POST', body: text })
  expect(pushed.status).toBe(200)
  expect((await sendRemoteWrite(platform.url, wildSeries())).ok).toBe(true)
  const headers = { 'content-type': 'application/json' }
  const sent = await fetch(`${platform.otlpHttp}/v1/metrics`, { method: 'POST', headers, body: nativeHistograms() })
  expect(sent.status, await sent.text()).toBe(200)
  await until('the samples are found', readyMs, async () => {
    const found = await Promise.all(['orders_total', 'wild', 'sizes'].map((name) => valuesOf(platform.url, name)))
    return found.map(({ length }) => length).join() === '3,2,1' ? true : null
  })
  prometheus = await startPrometheus(installed.executable, {
    folder: folder.path,
    configuration: `remote_read: [{url: '${platform.url}/api/v1/read', read_recent: true}]\n`,
  })
  const built = (await (await fetch(`${prometheus.url}/api/v1/status/buildinfo`)).json()) as {
    data: { version: string }
  }
  isVersion3 = !built.data.version.startsWith('2.')
}, installMs)
afterAll(async () => {
  await prometheus?.stop()
  await platform?.stop()
  folder.remove()
})

/** When the wild series end. */
const wildEndMs = Date.now() - 30_000

/** More samples than a chunk holds, at uneven times, of numbers of every size; a name that sorts before the metric's. */
function wildSeries() {
  const count = 700
  const numbers = [0, -0, 1, 1.5, -1e300, 5e-324, 0.1, 1e21, Number.NaN, Infinity, -Infinity, 123_456_789]
  const labelSets: SentSeries['labels'][] = [
    { __name__: 'wild', job: 'b' },
    { Az: '1', __name__: 'wild', job: 'a' },
  ]
  return labelSets.map((labels, series) => ({
    labels,
    samples: Array.from({ length: count }, (_, i) => {
      const beforeMs = (count - i) * 2_000 + ((i * 7919) % (series === 0 ? 1_999 : 11))
      return [wildEndMs - beforeMs, numbers[(i * i + series) % numbers.length] * (i % 5)] as const
    }),
  }))
}

/** Exponential histograms by OTLP whose buckets grow and then begin anew. */
function nativeHistograms(): string {
  const startMs = wildEndMs - 600_000
  const dataPoints = Array.from({ length: 40 }, (_, i) => {
    const grown = i < 25 ? i + 1 : i - 24
    return {
      startTimeUnixNano: `${i < 25 ? startMs - 1000 : startMs + 24.5 * 15_000}000000`,
      timeUnixNano: `${startMs + i * 15_000}000000`,
      count: `${3 * grown + 1}`,
      sum: 2.5 * grown,
      scale: 2,
      zeroCount: '1',
      positive: {
        offset: -3,
        bucketCounts: [`${grown}`, '0', `${grown}`, ...(i % 10 < 5 ? [`${grown}`] : ['0', `${grown}`])],
      },
    }
  })
  const metric = { name: 'sizes', exponentialHistogram: { aggregationTemporality: 2, dataPoints } }
  return JSON.stringify({ resourceMetrics: [{ resource: {}, scopeMetrics: [{ scope: {}, metrics: [metric] }] }] })
}

interface Answer {
  readonly data: {
    readonly result: readonly { metric: Record<string, string>; value?: unknown; values?: unknown }[]
  }
}

async function valuesOf(url: string, query: string, path = 'query', more: Record<string, string> = {}) {
  const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams({ query, ...more })}`)
  expect(answer.status, await answer.clone().text()).toBe(200)
  const { data } = (await answer.json()) as Answer
  return data.result.toSorted((a, b) => JSON.stringify(a.metric).localeCompare(JSON.stringify(b.metric)))
}

/** The first whole second at which everything that was pushed is there. */
function nextSecond(): number {
  return Math.ceil(Date.now() / 1000)
}

async function ask(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(promtool, ['query', ...args])
  return stdout
}

describe.skipIf('missing' in installed)('promtool', () => {
  it('asks for an instant', async () => {
    const lines = (await ask('instant', platform.url, 'orders_total{kind!="a"}')).trim().split('\n')
    expect(lines.map((line) => line.replace(/ @\[.*/, '')).toSorted()).toEqual([
      expect.stringMatching(/^orders_total\{.*kind="b".*\} => 10.5$/),
      expect.stringMatching(/^orders_total\{.*kind="c".*\} => 20.5$/),
    ])
  })

  it('asks for a range, series and labels', async () => {
    const end = nextSecond()
    const times = [`--start=${end - 60}`, `--end=${end}`]
    expect(await ask('range', ...times, '--step=15s', platform.url, 'sum(orders_total)')).toMatch(/^\{\} =>\n31\.5 @\[/)
    const series = (await ask('series', '--match=orders_total', platform.url)).trim().split('\n')
    expect(series.length).toBe(3)
    expect((await ask('labels', platform.url, 'kind')).trim().split('\n')).toEqual(['a', 'b', 'c'])
  })

  it('tells the words and the place of a fault', async () => {
    const failure = await ask('instant', platform.url, 'sum(orders_total').catch((error: Error) => error)
    expect(String((failure as { stderr?: string }).stderr)).toMatch(/parse error/)
  })
})

describe.skipIf('missing' in installed)('a Prometheus that reads by remote_read', () => {
  it.for([
    'orders_total',
    'sum by (kind) (orders_total) * 2',
    'count_over_time(orders_total[10m]) > bool 0',
    'orders_total{kind=~"b|c", job="shop"}',
    'topk(1, orders_total)',
    'wild',
    'wild[10m]',
    'changes(wild{Az=""}[5m])',
    'last_over_time(wild[1m])',
    'sizes',
    'histogram_quantile(0.7, rate(sizes[2m]))',
    'histogram_count(increase(sizes[5m])) + histogram_sum(sizes)',
    '{__name__=~"wild|sizes|orders_total"}',
  ])('answers %s as we do', async (query, { skip }) => {
    if (query.includes('sizes') && !isVersion3) skip('Prometheus 2 knows native histograms by a flag only')
    const time = `${nextSecond()}`
    const theirs = await valuesOf(prometheus.url, query, 'query', { time })
    expect(theirs.length).toBeGreaterThan(0)
    expect(rounded(theirs)).toEqual(rounded(await valuesOf(platform.url, query, 'query', { time })))
    if (query.endsWith(']')) return
    const range = { start: `${Number(time) - 120}`, end: time, step: '30' }
    expect(rounded(await valuesOf(prometheus.url, query, 'query_range', range))).toEqual(
      rounded(await valuesOf(platform.url, query, 'query_range', range)),
    )
  })

  it('has read streamed chunks, if it is one that asks for them', async ({ skip }) => {
    if (!isVersion3) skip('Prometheus 2 asks for samples only')
    const own = await (await fetch(`${prometheus.url}/metrics`)).text()
    const counted = own.split('\n').filter((line) => line.startsWith('prometheus_remote_read_client_queries_total{'))
    expect(counted).toEqual([expect.stringMatching(/code="200".*response_type="chunked".* [1-9]\d*$/)])
  })
})

/** Bounds of native histograms may differ in the last bit: Prometheus has them in a table. */
function rounded(found: Awaited<ReturnType<typeof valuesOf>>): unknown {
  return JSON.parse(JSON.stringify(found), (key, value) =>
    key !== 'metric' && typeof value === 'string' && /^-?\d+\.\d{15,}$/.test(value)
      ? Number(value).toPrecision(14)
      : value,
  )
}
