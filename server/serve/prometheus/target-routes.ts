import type { FastifyInstance } from 'fastify'
import type { ScrapeTargetState } from '../../model/origin/scrape-target.ts'
import { valueTest } from '../../query/metrics/matching.ts'
import { formatDuration } from '../../query/promql/parse/duration.ts'
import { parseSelector } from '../../query/promql/parse/parser.ts'
import { badData } from './api-error.ts'
import { addRoute, type Exchange, type PrometheusApiParts, sendData } from './api-route.ts'
import { allTime } from './parameters.ts'

/** Rows of metadata that one answer is made from. */
const maxMetadataRows = 100_000

/** `targets`, `targets/metadata`, `scrape_pools`. */
export function registerTargetRoutes(app: FastifyInstance, parts: PrometheusApiParts): void {
  const get = (url: string, data: (exchange: Exchange) => unknown) =>
    addRoute(app, { methods: ['GET'], url, parts }, async (exchange) => sendData(exchange, await data(exchange)))
  get('/targets', (exchange) => targetsOf(exchange, parts))
  get('/targets/metadata', (exchange) => targetMetadata(exchange, parts))
  get('/scrape_pools', ({ scope }) => ({
    scrapePools: [...new Set(parts.targets(scope.tenant).map(({ pool }) => pool))].sort(),
  }))
}

function targetsOf({ parameters, scope }: Exchange, parts: PrometheusApiParts) {
  const state = parameters.text('state').toLowerCase()
  const wantedPool = parameters.text('scrapePool')
  const targets = parts.targets(scope.tenant).filter(({ pool }) => wantedPool === '' || pool === wantedPool)
  const dropped = targets.filter(({ health }) => health === 'dropped')
  const showsActive = state === '' || state === 'any' || state === 'active'
  const showsDropped = state === '' || state === 'any' || state === 'dropped'
  const droppedCounts: Record<string, number> = {}
  for (const { pool } of targets) droppedCounts[pool] = dropped.filter((one) => one.pool === pool).length
  return {
    activeTargets: showsActive ? targets.filter(({ health }) => health !== 'dropped').map(activeJson) : [],
    droppedTargets: showsDropped
      ? dropped.map(({ discoveredLabels, pool }) => ({
          discoveredLabels: Object.fromEntries(discoveredLabels),
          scrapePool: pool,
        }))
      : [],
    droppedTargetCounts: droppedCounts,
  }
}

function activeJson(target: ScrapeTargetState) {
  return {
    discoveredLabels: Object.fromEntries(target.discoveredLabels),
    labels: Object.fromEntries(target.labels),
    scrapePool: target.pool,
    scrapeUrl: target.url,
    globalUrl: target.url,
    lastError: target.lastError,
    lastScrape: target.lastScrapeMs === 0 ? '0001-01-01T00:00:00Z' : new Date(target.lastScrapeMs).toISOString(),
    lastScrapeDuration: target.lastScrapeDurationMs / 1000,
    health: target.health,
    scrapeInterval: formatDuration(target.intervalMs),
    scrapeTimeout: formatDuration(target.timeoutMs),
  }
}

/** Metadata is kept by family, not by target: each target gets that of the families it has series of. */
async function targetMetadata({ parameters, scope }: Exchange, parts: PrometheusApiParts) {
  const limit = parameters.limit()
  const tests = targetTests(parameters.text('match_target'))
  const metric = parameters.text('metric')
  const rows = await parts.metrics.metadata(scope, { name: metric === '' ? null : metric, limit: maxMetadataRows })
  const found: unknown[] = []
  for (const target of parts.targets(scope.tenant)) {
    if (target.health === 'dropped') continue
    const labels = new Map(target.labels)
    if (!tests.every(({ name, test }) => test(labels.get(name) ?? ''))) continue
    const own = ['job', 'instance'].map((name) => ({ name, operator: '=' as const, value: labels.get(name) ?? '' }))
    const names = await parts.metrics.labelValues(scope, [own], { ...allTime, name: '__name__', limit: 0 })
    const stored = new Set(names.items)
    for (const { name, type, help, unit } of rows) {
      if (!['', '_total', '_bucket', '_count', '_sum', '_info'].some((ending) => stored.has(name + ending))) continue
      const what = metric === '' ? { metric: name } : {}
      found.push({ target: Object.fromEntries(labels), ...what, type, help, unit })
      if (limit > 0 && found.length >= limit) return found
    }
  }
  return found
}

function targetTests(selector: string) {
  if (selector === '') return []
  try {
    return parseSelector(selector).matchers.map((matcher) => ({ name: matcher.name, test: valueTest(matcher) }))
  } catch (error) {
    throw badData('match_target', (error as Error).message)
  }
}
