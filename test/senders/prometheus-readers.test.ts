import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
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
beforeAll(async () => {
  if ('missing' in installed) return
  platform = await startPlatform({ folder: `${folder.path}/data` })
  const text = ['a', 'b', 'c'].map((kind, i) => `orders_total{kind="${kind}"} ${10 * i + 0.5}\n`).join('')
  const pushed = await fetch(`${platform.url}/metrics/job/shop`, { method: 'POST', body: text })
  expect(pushed.status).toBe(200)
  await until('the samples are found', readyMs, async () =>
    (await valuesOf(platform.url, 'orders_total')).length === 3 ? true : null,
  )
  prometheus = await startPrometheus(installed.executable, {
    folder: folder.path,
    configuration: `remote_read: [{url: '${platform.url}/api/v1/read', read_recent: true}]\n`,
  })
}, installMs)
afterAll(async () => {
  await prometheus?.stop()
  await platform?.stop()
  folder.remove()
})

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
  it.each([
    'orders_total',
    'sum by (kind) (orders_total) * 2',
    'count_over_time(orders_total[10m]) > bool 0',
    'orders_total{kind=~"b|c", job="shop"}',
    'topk(1, orders_total)',
  ])('answers %s as we do', async (query) => {
    const time = `${nextSecond()}`
    const theirs = await valuesOf(prometheus.url, query, 'query', { time })
    expect(theirs.length).toBeGreaterThan(0)
    expect(theirs).toEqual(await valuesOf(platform.url, query, 'query', { time }))
    const range = { start: `${Number(time) - 120}`, end: time, step: '30' }
    expect(await valuesOf(prometheus.url, query, 'query_range', range)).toEqual(
      await valuesOf(platform.url, query, 'query_range', range),
    )
  })
})
