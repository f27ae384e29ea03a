import type { FastifyInstance } from 'fastify'
import type { MetadataRow } from '../../query/metrics/metrics-queries.ts'
import { labelsJson, successJson } from './answer-json.ts'
import { ApiError } from './api-error.ts'
import { addRoute, type Exchange, type PrometheusApiParts, sendData, truncated } from './api-route.ts'
import { unescapeLabelName } from './escaped-name.ts'
import { allTime } from './parameters.ts'
import { sendStream } from './send-answer.ts'

const both = ['GET', 'POST'] as const

/** Metric families that one answer of `metadata` holds at most. */
const maxMetadataRows = 200_000

/** `series`, `labels`, `label/<name>/values`, `metadata`. */
export function registerSeriesRoutes(app: FastifyInstance, parts: PrometheusApiParts): void {
  addRoute(app, { methods: both, url: '/series', parts }, (exchange) => answerSeries(exchange, parts))
  addRoute(app, { methods: both, url: '/labels', parts }, (exchange) => answerLabels(exchange, parts))
  addRoute(app, { methods: ['GET'], url: '/label/:name/values', parts }, (exchange) => answerValues(exchange, parts))
  // Datadog's agent posts to this path.
  const metadata = { methods: ['GET'], url: '/metadata', parts, isPostOfOthers: true } as const
  addRoute(app, metadata, (exchange) => answerMetadata(exchange, parts))
}

function rangeOf({ parameters }: Exchange) {
  const startMs = parameters.time('start', allTime.startMs)
  const endMs = parameters.time('end', allTime.endMs)
  if (endMs < startMs) throw new ApiError('bad_data', 'end timestamp must not be before start time')
  return { startMs, endMs }
}

async function answerSeries(exchange: Exchange, { metrics }: PrometheusApiParts) {
  const { parameters, scope } = exchange
  if (parameters.all('match[]').length === 0) throw new ApiError('bad_data', 'no match[] parameter provided')
  const limit = parameters.limit()
  const found = await metrics.series(scope, parameters.selectors(metrics.language), { ...rangeOf(exchange), limit })
  function* list(): Generator<string> {
    yield '['
    let isFirst = true
    for (const labels of found.items) {
      yield isFirst ? labelsJson(labels) : `,${labelsJson(labels)}`
      isFirst = false
    }
    yield ']'
  }
  return sendStream(exchange, 'application/json', successJson(list(), remarksOf(found)))
}

async function answerLabels(exchange: Exchange, { metrics }: PrometheusApiParts) {
  const { parameters, scope } = exchange
  const limit = parameters.limit()
  const found = await metrics.labelNames(scope, parameters.selectors(metrics.language), { ...rangeOf(exchange), limit })
  return sendData(exchange, found.items, remarksOf(found))
}

async function answerValues(exchange: Exchange, { metrics }: PrometheusApiParts) {
  const { parameters, scope, request } = exchange
  const name = unescapeLabelName((request.params as { name: string }).name)
  if (name === '' || !name.isWellFormed()) throw new ApiError('bad_data', `invalid label name: ${JSON.stringify(name)}`)
  const limit = parameters.limit()
  const found = await metrics.labelValues(scope, parameters.selectors(metrics.language), {
    ...rangeOf(exchange),
    limit,
    name,
  })
  return sendData(exchange, found.items, remarksOf(found))
}

function remarksOf({ isTruncated }: { isTruncated: boolean }) {
  return isTruncated ? { warnings: [truncated] } : {}
}

async function answerMetadata(exchange: Exchange, { metrics }: PrometheusApiParts) {
  const { parameters, scope } = exchange
  const limit = parameters.limit()
  const perMetric = parameters.limit('limit_per_metric')
  const name = parameters.text('metric')
  const rows = await metrics.metadata(scope, { name: name === '' ? null : name, limit: maxMetadataRows })
  const families = [...Map.groupBy(rows, (row) => row.name)]
  const shown = limit > 0 ? families.slice(0, limit) : families
  return sendData(
    exchange,
    Object.fromEntries(
      shown.map(([family, entries]) => [
        family,
        (perMetric > 0 ? entries.slice(0, perMetric) : entries).map(metadataJson),
      ]),
    ),
  )
}

function metadataJson({ type, unit, help }: MetadataRow) {
  return { type, help, unit }
}
