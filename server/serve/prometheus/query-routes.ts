import type { FastifyInstance } from 'fastify'
import { formatQuery } from '../../query/promql/format-expr.ts'
import { parseQuery } from '../../query/promql/parse/parser.ts'
import { maxSteps, type QueryAnswer } from '../../query/promql/query.ts'
import { queryDataJson, successJson } from './answer-json.ts'
import { ApiError, badData } from './api-error.ts'
import { addRoute, type Exchange, type PrometheusApiParts, sendData, truncated } from './api-route.ts'
import { allTime } from './parameters.ts'
import { sendStream } from './send-answer.ts'
import { syntaxTree } from './syntax-tree.ts'

const both = ['GET', 'POST'] as const

/** `query`, `query_range`, `query_exemplars`, `format_query`, `parse_query`. */
export function registerQueryRoutes(app: FastifyInstance, parts: PrometheusApiParts): void {
  addRoute(app, { methods: both, url: '/query', parts }, (exchange) => answerInstant(exchange, parts))
  addRoute(app, { methods: both, url: '/query_range', parts }, (exchange) => answerRange(exchange, parts))
  addRoute(app, { methods: both, url: '/query_exemplars', parts }, (exchange) => answerExemplars(exchange, parts))
  addRoute(app, { methods: both, url: '/format_query', parts }, async (exchange) =>
    sendData(exchange, formatQuery(parseQuery(exchange.parameters.text('query'), parts.metrics.language))),
  )
  addRoute(app, { methods: both, url: '/parse_query', parts }, async (exchange) =>
    sendData(exchange, syntaxTree(parseQuery(exchange.parameters.text('query'), parts.metrics.language))),
  )
}

async function answerInstant(exchange: Exchange, { metrics, clock }: PrometheusApiParts) {
  const { parameters, scope } = exchange
  const limit = parameters.limit()
  const timeMs = parameters.time('time', clock.nowMs())
  const options = { ...optionsOf(exchange), timeMs }
  return timed(exchange, { isRange: false, limit, timeoutMs: options.timeoutMs }, (signal) =>
    metrics.instant(scope, parameters.text('query'), { ...options, signal }),
  )
}

async function answerRange(exchange: Exchange, { metrics }: PrometheusApiParts) {
  const { parameters, scope } = exchange
  const limit = parameters.limit()
  for (const name of ['start', 'end'])
    if (parameters.text(name) === '') throw badData(name, 'cannot parse "" to a valid timestamp')
  const startMs = parameters.time('start', 0)
  const endMs = parameters.time('end', 0)
  if (endMs < startMs) throw badData('end', 'end timestamp must not be before start time')
  const stepMs = parameters.step('step')
  if ((endMs - startMs) / stepMs > maxSteps)
    throw new ApiError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    )
  const options = { ...optionsOf(exchange), startMs, endMs, stepMs }
  return timed(exchange, { isRange: true, limit, timeoutMs: options.timeoutMs }, (signal) =>
    metrics.range(scope, parameters.text('query'), { ...options, signal }),
  )
}

function optionsOf({ parameters }: Exchange): { lookbackMs?: number; timeoutMs: number | null } {
  const timeoutMs = parameters.duration('timeout')
  const lookbackMs = parameters.duration('lookback_delta')
  if (lookbackMs !== null && lookbackMs < 0) throw badData('lookback_delta', 'negative lookback delta')
  return { timeoutMs, ...(lookbackMs === null || lookbackMs === 0 ? {} : { lookbackMs }) }
}

async function timed(
  exchange: Exchange,
  shape: { isRange: boolean; limit: number; timeoutMs: number | null },
  ask: (signal: AbortSignal) => Promise<QueryAnswer>,
) {
  const { scope, parameters } = exchange
  const started = performance.now()
  const deadline = shape.timeoutMs === null ? null : AbortSignal.timeout(Math.max(1, shape.timeoutMs))
  const signal = deadline === null ? scope.signal : AbortSignal.any([scope.signal, deadline])
  let answer: QueryAnswer
  try {
    answer = await ask(signal)
  } catch (error) {
    if (deadline?.aborted === true) throw new ApiError('timeout', 'query timed out in expression evaluation')
    throw error
  }
  const warnings = answer.annotations.shown('warning')
  const count = 'series' in answer.value ? answer.value.series.length : 0
  if (shape.limit > 0 && count > shape.limit) warnings.push(truncated)
  const stats = parameters.text('stats') === '' ? null : statsJson(answer, performance.now() - started)
  const data = queryDataJson(answer, { ...shape, stats })
  return sendStream(
    exchange,
    'application/json',
    successJson(data, { warnings, infos: answer.annotations.shown('info') }),
  )
}

function statsJson({ cost }: QueryAnswer, elapsedMs: number): string {
  const seconds = elapsedMs / 1000
  return JSON.stringify({
    timings: {
      evalTotalTime: seconds,
      resultSortTime: 0,
      queryPreparationTime: 0,
      innerEvalTime: seconds,
      execQueueTime: 0,
      execTotalTime: seconds,
    },
    samples: { totalQueryableSamples: cost.totalSamples, peakSamples: cost.peakSamples },
  })
}

async function answerExemplars(exchange: Exchange, { metrics }: PrometheusApiParts) {
  const { parameters, scope } = exchange
  const startMs = parameters.time('start', allTime.startMs)
  const endMs = parameters.time('end', allTime.endMs)
  if (endMs < startMs) throw new ApiError('bad_data', 'end timestamp must not be before start timestamp')
  const found = await metrics.exemplars(scope, parseQuery(parameters.text('query'), metrics.language), {
    startMs,
    endMs,
  })
  return sendData(
    exchange,
    found.map(({ labels, exemplars }) => ({
      seriesLabels: Object.fromEntries(labels.pairs()),
      exemplars: exemplars.map((one) => ({
        labels: one.labels,
        value: String(one.value),
        timestamp: one.timeMs / 1000,
      })),
    })),
  )
}
