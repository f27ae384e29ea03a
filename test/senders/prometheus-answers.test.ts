import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { vectorQueries } from '../../server/query/promql/random-queries-suite.ts'
import { makeFolder, type Platform, startPlatform, until } from '../end-to-end/platform.ts'
import { type SentSeries, sendRemoteWrite } from '../end-to-end/remote-write-request.ts'
import { installPrometheus } from './foreign-programs.ts'
import { type PrometheusProcess, startPrometheus } from './prometheus-process.ts'

/*
 * The same samples in Sightline and in a real Prometheus, the same random questions to both, the same answers: values,
 * labels, errors, warnings and infos to the letter. Left out is what Prometheus itself leaves open: which series limitk
 * takes, topk and bottomk of equal values, and the last digits of sums, which count_values writes into labels.
 */

const installMs = 300_000
const readyMs = 60_000
const questions = 400

/** The language as this version has it; others differ in words. */
const comparedVersion = /^3\.(1[6-9]|[2-9]\d)\./

const installed = await installPrometheus()
if ('missing' in installed) console.warn(`SKIPPED answers beside Prometheus: ${installed.missing}`)

const folder = makeFolder('prometheus-answers')
const endMs = Math.floor(Date.now() / 60_000) * 60_000 - 60_000
const startMs = endMs - 20 * 60_000
let platform: Platform
let prometheus: PrometheusProcess | undefined
let version = ''

beforeAll(async () => {
  if ('missing' in installed) return
  platform = await startPlatform({ folder: `${folder.path}/data` })
  prometheus = await startPrometheus(installed.executable, {
    folder: folder.path,
    configuration: '{}\n',
    flags: ['--web.enable-remote-write-receiver', '--enable-feature=promql-experimental-functions'],
  })
  version = ((await answerOf(prometheus.url, 'status/buildinfo', {})) as { data: { version: string } }).data.version
  if (!comparedVersion.test(version)) console.warn(`SKIPPED answers beside Prometheus: this one is ${version}`)
  const series = givenSeries()
  for (const url of [platform.url, prometheus.url]) expect((await sendRemoteWrite(url, series)).ok).toBe(true)
  await until('the samples are found', readyMs, async () => {
    const counted = await answerOf(platform.url, 'query', {
      query: 'count({__name__=~"m.+"})',
      time: `${endMs / 1000}`,
    })
    return JSON.stringify(counted).includes(`"${series.length}"`) ? true : null
  })
}, installMs)
afterAll(async () => {
  await prometheus?.stop()
  await platform?.stop()
  folder.remove()
})

/** Counters with resets, gauges with gaps and staleness markers, at uneven times. */
function givenSeries(): SentSeries[] {
  const names = ['m0', 'm1', 'm2']
  const wobble = (i: number, seed: number) => Math.sin(i * 12.9898 + seed * 78.233)
  return names.flatMap((name, kind) =>
    ['a', 'b', 'c'].flatMap((job, j) =>
      ['1', '2', '34'].map((pod, p): SentSeries => {
        const seed = kind * 9 + j * 3 + p
        const samples: [number, number][] = []
        for (let i = 0, timeMs = startMs; timeMs <= endMs; i += 1) {
          const value = kind === 0 ? (i % 23) * (seed + 1) : Math.round(wobble(i, seed) * 1e4) / 100
          if (kind !== 2 || i % 11 < 8) samples.push([timeMs, value])
          timeMs += 15_000 + Math.round(wobble(i, seed + 1) * 2000)
        }
        return { labels: { __name__: name, job, pod }, samples }
      }),
    ),
  )
}

async function answerOf(url: string, path: string, parameters: Record<string, string>): Promise<unknown> {
  return (await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)).json()
}

interface Answer {
  readonly status: string
  readonly data?: { readonly result: readonly { readonly metric?: object }[] }
}

/** Series by their labels, remarks in order of words; numbers to 12 digits, as sums are added in another order. */
function comparable(answer: unknown): unknown {
  const { data, ...rest } = answer as Answer & { warnings?: string[]; infos?: string[] }
  const remarks = { warnings: [...(rest.warnings ?? [])].sort(), infos: [...(rest.infos ?? [])].sort() }
  const series = (data?.result ?? []).map((one) => JSON.stringify(rounded(one))).sort()
  return { ...rest, ...remarks, series }
}

function rounded(value: unknown): unknown {
  if (typeof value === 'string' && value !== '' && Number.isFinite(Number(value))) {
    const number = Number(value)
    // What should cancel out leaves other crumbs in another order.
    return Math.abs(number) < 1e-9 ? '0' : number.toPrecision(9)
  }
  if (Array.isArray(value)) return value.map(rounded)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, one]) => [name, name === 'metric' ? one : rounded(one)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

describe.skipIf('missing' in installed)('answers beside a Prometheus', () => {
  it(`of ${questions} random questions`, { timeout: installMs }, async ({ skip }) => {
    if (!comparedVersion.test(version)) skip()
    const texts = fc.sample(vectorQueries, { seed: 316, numRuns: 2 * questions })
    const asked = texts.filter((text) => !/limitk|topk|bottomk|count_values/.test(text)).slice(0, questions)
    let withRows = 0
    for (const [i, query] of asked.entries()) {
      const at = endMs / 1000 - (i % 7) * 60 - 0.25 * (i % 3)
      const [path, parameters] =
        i % 2 === 0
          ? ['query', { query, time: `${at}` }]
          : ['query_range', { query, start: `${at - 400}`, end: `${at}`, step: ['15', '33', '0.7', '60'][i % 4] }]
      const [ours, theirs] = await Promise.all(
        [platform.url, (prometheus as PrometheusProcess).url].map((url) => answerOf(url, path, parameters)),
      )
      expect(comparable(ours), JSON.stringify(parameters)).toEqual(comparable(theirs))
      if (((theirs as Answer).data?.result.length ?? 0) > 0) withRows += 1
    }
    expect(withRows).toBeGreaterThan(questions / 3)
  })
})
