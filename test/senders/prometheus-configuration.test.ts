import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient, seriesText } from '../end-to-end/api-client.ts'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { installPrometheus } from './foreign-programs.ts'
import { type PrometheusProcess, startPrometheus } from './prometheus-process.ts'

/*
 * A Prometheus and a Sightline with the same prometheus.yml scrape the same targets: series, labels and values must be
 * the same. Every value of the targets stands still, so that it does not matter when each of the two has scraped.
 */

const readyMs = 60_000
const installMs = 300_000

const installed = await installPrometheus()
if ('missing' in installed) console.warn(`SKIPPED Prometheus: ${installed.missing}`)

const folder = makeFolder('prometheus-configuration')
const targets: Server[] = []
let platform: Platform
let prometheus: PrometheusProcess

const expositions: readonly (readonly [contentType: string, text: string])[] = [
  [
    'text/plain; version=0.0.4',
    '# TYPE orders counter\norders_total{shop="a\\"b"} 17\norders_total{shop="c"} 4.5e3\n# TYPE secret gauge\nsecret 1\nlevel{instance="own",temp_x="1"} -0.1\nwait_bucket{le="0.5"} 1\nwait_bucket{le="+Inf"} 3\nwait_sum 1.5\nwait_count 3\n',
  ],
  [
    'application/openmetrics-text; version=1.0.0',
    '# TYPE jobs counter\njobs_total{kind="x"} 5\n# TYPE rpc summary\nrpc{quantile="0.5"} 0.25\nrpc_sum 2\nrpc_count 8\n# EOF\n',
  ],
]

async function openTarget([contentType, text]: readonly [string, string]): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', contentType)
    response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** Relabelling before and after the scrape, parameters of it, honoured labels: what both must understand alike. */
function configuration(): string {
  const [first, second] = targets.map(portOf)
  return `global:
  scrape_interval: 1s
  scrape_timeout: 900ms
scrape_configs:
  - job_name: shop
    honor_labels: true
    static_configs:
      - targets: ['127.0.0.1:${first}']
        labels: {zone: north, team_name: red}
    relabel_configs:
      - {source_labels: [zone, team_name], separator: '-', target_label: place}
      - {regex: team_(.*), action: labelmap, replacement: 'who_$1'}
      - {source_labels: [__address__], regex: '([^:]+):.*', target_label: machine, replacement: '$1'}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: secret, action: drop}
      - {regex: temp_.*, action: labeldrop}
      - {source_labels: [shop], regex: 'c', target_label: shop, replacement: 'C', action: replace}
  - job_name: workers
    metrics_path: /other
    params: {module: [fast]}
    static_configs: [{targets: ['127.0.0.1:${second}']}]
    metric_relabel_configs:
      - {source_labels: [kind], modulus: 4, target_label: shard, action: hashmod}
`
}

beforeAll(async () => {
  if ('missing' in installed) return
  for (const exposition of expositions) targets.push(await openTarget(exposition))
  const file = `${folder.path}/prometheus.yml`
  prometheus = await startPrometheus(installed.executable, { folder: folder.path, configuration: configuration() })
  platform = await startPlatform({ folder: `${folder.path}/data`, flags: [`--scrape.configFile=${file}`] })
}, installMs)
afterAll(async () => {
  await prometheus?.stop()
  await platform?.stop()
  for (const target of targets) target.close()
  folder.remove()
})

/** The series of the targets, and what both say of their scrapes. */
const question = '{__name__=~"orders.*|level|wait.*|jobs.*|rpc.*|secret|up|scrape_samples.*"}'

/** Their newest values, by `name{labels}`; without the series of Sightline's own telemetry. */
async function valuesOf(query: (text: string) => Promise<PrometheusAnswer>): Promise<Record<string, string>> {
  const { data } = await query(question)
  const ports = targets.map((target) => `:${portOf(target)}`)
  return Object.fromEntries(
    data.result
      .filter(({ metric: { instance = '' } }) => instance === 'own' || ports.some((port) => instance.endsWith(port)))
      .map(({ metric: { __name__: name = '', ...labels }, value }) => [seriesText(name, labels, []), value[1]]),
  )
}

interface PrometheusAnswer {
  readonly data: {
    readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[]
  }
}

describe.skipIf('missing' in installed)('a prometheus.yml that is given to Sightline', () => {
  it('makes the same series with the same values', async () => {
    const api = new ApiClient(platform.url)
    const theirs = async (query: string): Promise<PrometheusAnswer> =>
      (await (
        await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query })}`)
      ).json()) as PrometheusAnswer
    const ours = (query: string): Promise<PrometheusAnswer> =>
      api.get(`/api/v1/query?${new URLSearchParams({ query })}`)
    const isWhole = (values: Record<string, string>): boolean =>
      Object.keys(values).some((name) => name.startsWith('orders')) &&
      Object.keys(values).some((name) => name.startsWith('jobs'))
    const wanted = await until('Prometheus has scraped', readyMs, async () => {
      const values = await valuesOf(theirs)
      return isWhole(values) ? values : null
    })
    const found = await until('Sightline has scraped', readyMs, async () => {
      const values = await valuesOf(ours)
      return isWhole(values) ? values : null
    })
    expect(found).toEqual(wanted)
    expect(Object.keys(found).length).toBeGreaterThan(14)
    expect(Object.keys(found).filter((name) => name.startsWith('secret'))).toEqual([])
  })
})
