import type { FastifyInstance } from 'fastify'
import { addRoute, type Exchange, type PrometheusApiParts, sendData } from './api-route.ts'
import { allTime } from './parameters.ts'

/** The Prometheus whose API and language this follows: clients choose features by it. */
const followedVersion = '3.16.0'

/** Entries of each list of `status/tsdb` unless the request says otherwise. */
const defaultTsdbLimit = 10

/** `status/…`, and `rules`, `alerts`, `alertmanagers`, `notifications`, which are empty until alerting is there. */
export function registerStatusRoutes(app: FastifyInstance, parts: PrometheusApiParts): void {
  const startedMs = parts.clock.nowMs()
  const get = (url: string, data: (exchange: Exchange) => unknown) =>
    addRoute(app, { methods: ['GET'], url, parts }, async (exchange) => sendData(exchange, await data(exchange)))
  get('/status/buildinfo', () => ({
    version: followedVersion,
    revision: '',
    branch: '',
    buildUser: `sightline ${parts.version}`,
    buildDate: '',
    goVersion: '',
  }))
  get('/status/config', () => ({ yaml: '' }))
  get('/status/flags', () => flagsOf(parts))
  get('/status/runtimeinfo', () => ({
    startTime: new Date(startedMs).toISOString(),
    CWD: '',
    hostname: '',
    serverTime: new Date(parts.clock.nowMs()).toISOString(),
    reloadConfigSuccess: true,
    lastConfigTime: new Date(startedMs).toISOString(),
    corruptionCount: 0,
    goroutineCount: 0,
    GOMAXPROCS: 0,
    GOMEMLIMIT: 0,
    GOGC: '',
    GODEBUG: '',
    storageRetention: '',
  }))
  get('/status/tsdb', (exchange) => tsdbOf(exchange, parts))
  get('/status/walreplay', () => ({ min: 0, max: 0, current: 0, state: 'done' }))
  get('/rules', () => ({ groups: [] }))
  get('/alerts', () => ({ alerts: [] }))
  get('/alertmanagers', () => ({ activeAlertmanagers: [], droppedAlertmanagers: [] }))
  get('/notifications', () => [])
}

function flagsOf({ metrics }: PrometheusApiParts): Record<string, string> {
  const { lookbackMs, maxSamples } = metrics.settings
  return { 'query.lookback-delta': `${lookbackMs / 1000}s`, 'query.max-samples': String(maxSamples) }
}

async function tsdbOf({ parameters, scope }: Exchange, { metrics }: PrometheusApiParts) {
  const limit = parameters.limit() || defaultTsdbLimit
  const { index, numbers } = await metrics.everything(scope, allTime)
  const byName = new Map<string, number>()
  const byPair = new Map<string, number>()
  const valuesOf = new Map<string, Set<string>>()
  const bytesOf = new Map<string, number>()
  for (const number of numbers)
    for (const [name, value] of index.labels[number].pairs()) {
      if (name === '__name__') byName.set(value, (byName.get(value) ?? 0) + 1)
      byPair.set(`${name}=${value}`, (byPair.get(`${name}=${value}`) ?? 0) + 1)
      const values = valuesOf.get(name) ?? new Set<string>()
      valuesOf.set(name, values.add(value))
      bytesOf.set(name, (bytesOf.get(name) ?? 0) + value.length)
    }
  const top = (counts: Iterable<readonly [string, number]>) =>
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .slice(0, limit)
      .map(([name, value]) => ({ name, value }))
  return {
    headStats: { numSeries: numbers.length, numLabelPairs: byPair.size, chunkCount: 0, minTime: 0, maxTime: 0 },
    seriesCountByMetricName: top(byName),
    labelValueCountByLabelName: top([...valuesOf].map(([name, values]) => [name, values.size] as const)),
    memoryInBytesByLabelName: top(bytesOf),
    seriesCountByLabelValuePair: top(byPair),
  }
}
