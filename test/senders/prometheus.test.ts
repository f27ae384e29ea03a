import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient, seriesText } from '../end-to-end/api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { installPrometheus } from './foreign-programs.ts'
import { type PrometheusProcess, startPrometheus } from './prometheus-process.ts'

const readyMs = 60_000
const installMs = 300_000
/** Samples of each series that are compared at least. */
const leastScrapes = 4

const installed = await installPrometheus()
if ('missing' in installed) console.warn(`SKIPPED Prometheus: ${installed.missing}`)

const folder = makeFolder('prometheus')
let target: Server
let platform: Platform
let prometheus: PrometheusProcess
beforeAll(async () => {
  if ('missing' in installed) return
  target = await openTarget()
  platform = await startPlatform({ folder: `${folder.path}/data` })
  prometheus = await startPrometheus(installed.executable, { folder: folder.path, configuration: configuration() })
}, installMs)
afterAll(async () => {
  await prometheus?.stop()
  await platform?.stop()
  target?.close()
  folder.remove()
})

/** A target whose counter grows with each scrape, with values at the ends of what a double holds. */
async function openTarget(): Promise<Server> {
  let scrapes = 0
  const server = createServer((_request, response) => {
    scrapes += 1
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(
      [
        '# TYPE scrapes_total counter',
        `scrapes_total{path="/a\\"b\\\\c"} ${scrapes}`,
        '# TYPE level gauge',
        `level{kind="sawtooth"} ${(scrapes % 3) - 1.5}`,
        `level{kind="large"} 1.7976931348623157e308`,
        `level{kind="small"} 5e-324`,
        `level{kind="minus"} -0.1`,
        `level{kind="wörter ✗"} ${scrapes * 1e-7}`,
        '# TYPE wait_seconds histogram',
        `wait_seconds_bucket{le="0.1"} ${scrapes}`,
        `wait_seconds_bucket{le="+Inf"} ${2 * scrapes}`,
        `wait_seconds_sum ${scrapes * 0.3}`,
        `wait_seconds_count ${2 * scrapes}`,
        '',
      ].join('\n'),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** Scrapes the target and the platform's own /metrics each second, and writes all of it to the platform. */
const configuration = () => `global: {scrape_interval: 1s, external_labels: {site: north}}
scrape_configs:
  - {job_name: target, static_configs: [{targets: ['127.0.0.1:${portOf(target)}']}]}
  - {job_name: platform, static_configs: [{targets: ['${new URL(platform.url).host}']}]}
remote_write:
  - {url: '${platform.url}/api/v1/write', queue_config: {batch_send_deadline: 500ms}}
`

interface RawSeries {
  readonly metric: Readonly<Record<string, string>>
  readonly values: readonly (readonly [seconds: number, value: string])[]
}

/** What Prometheus itself has stored of the target up to a moment, by series, without the label it adds on the way out. */
async function storedByPrometheus(untilMs: number): Promise<Map<string, readonly (readonly [number, number])[]>> {
  const question = new URLSearchParams({ query: '{job="target"}[1h]', time: `${untilMs / 1000}` })
  const answer = (await (await fetch(`${prometheus.url}/api/v1/query?${question}`)).json()) as {
    data: { result: RawSeries[] }
  }
  return new Map(
    answer.data.result.map(({ metric: { __name__: name = '', ...labels }, values }) => [
      seriesText(name, labels, []),
      values.map(([seconds, value]) => [Math.round(seconds * 1000), Number(value)] as const),
    ]),
  )
}

describe.skipIf('missing' in installed)('Prometheus, writing by remote_write', () => {
  it('has the same series and samples here as in its own store', async () => {
    const api = new ApiClient(platform.url)
    const filters = [{ field: 'service_name', operator: 'eq', value: 'target' }]
    const counter = { metrics: ['scrapes_total'], filters }
    // The newest sample is here, so that all before it are.
    const newest = await until('some scrapes', readyMs, async () => {
      const { metrics = [] } = await api.query({ signal: 'metrics', ...counter })
      return metrics.length === 1 && (metrics[0].value ?? 0) >= leastScrapes ? metrics[0] : null
    })
    const endMs = Date.parse(newest.timestamp)
    const theirs = await storedByPrometheus(endMs)
    const range = { start: endMs - 3_600_000, end: endMs + 1 }
    const { metrics: ours = [] } = await until('the whole scrape', readyMs, async () => {
      const found = await api.query({ signal: 'metrics', filters, time_range: range })
      return found.metrics?.length === theirs.size ? found : null
    })
    expect(ours.every(({ labels }) => labels.site === 'north')).toBe(true)
    for (const { metric, labels, value, timestamp } of ours) {
      const name = seriesText(metric, labels, ['site'])
      expect([Date.parse(timestamp), value], name).toEqual(theirs.get(name)?.at(-1))
    }
    const { results } = await api.query({
      ...{ signal: 'metrics', filters, time_range: range, group_by: ['metric', 'kind', 'path', 'le'] },
      aggregations: ['count', 'min', 'max'].map((name) => ({ field: 'value', function: name })),
    })
    expect(results.length).toBe(theirs.size)
    const figuresOf = (values: readonly number[]) => ({
      value_count: values.length,
      value_min: Math.min(...values),
      value_max: Math.max(...values),
    })
    const order = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b))
    expect(results.map(({ values }) => values as object).sort(order)).toEqual(
      [...theirs.values()].map((samples) => figuresOf(samples.map(([, value]) => value))).sort(order),
    )
  })

  it("reads the platform's own /metrics", async () => {
    const question = new URLSearchParams({ query: 'sightline_received_rows_total{job="platform"}' })
    const names = await until('the platform is scraped', readyMs, async () => {
      const answer = (await (await fetch(`${prometheus.url}/api/v1/query?${question}`)).json()) as {
        data: { result: RawSeries[] }
      }
      const receivers = answer.data.result.map(({ metric }) => metric.receiver)
      return receivers.includes('prometheus_remote_write') ? receivers : null
    })
    expect(names).toContain('prometheus_remote_write')
    const { data } = (await (await fetch(`${prometheus.url}/api/v1/targets?state=active`)).json()) as {
      data: { activeTargets: { health: string; lastError: string }[] }
    }
    expect(data.activeTargets.map(({ health, lastError }) => [health, lastError])).toEqual([
      ['up', ''],
      ['up', ''],
    ])
  })

  it('is stored whole: what was received is stored, nothing is rejected', async () => {
    await prometheus.stop()
    const api = new ApiClient(platform.url)
    const entry = await until('all is stored', readyMs, async () => {
      const { entries, holds } = await api.health()
      expect(holds).toBe(true)
      const found = entries.find(({ receiver }) => receiver === 'prometheus_remote_write')
      return found?.waiting === 0 ? found : null
    })
    expect(entry).toMatchObject({ rejected: 0, rejections: [] })
    expect(entry.stored).toBe(entry.received)
  })
})
