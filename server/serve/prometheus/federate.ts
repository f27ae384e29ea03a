import type { FastifyInstance } from 'fastify'
import type { Matcher } from '../../query/promql/ast.ts'
import { exprText } from '../../query/promql/format-expr.ts'
import { compareLabels, compareText, type Labels } from '../../query/promql/labels.ts'
import { float } from '../../query/promql/value.ts'
import { floatText } from './answer-json.ts'
import { addRoute, type PrometheusApiParts } from './api-route.ts'
import { sendStream } from './send-answer.ts'

/**
 * `GET /federate?match[]=…`: the newest sample of each series within the lookback, with its own time, in the text
 * format 0.0.4. Native histograms have no text form and are left out. Source: Prometheus web/federate.go.
 */
export function registerFederate(app: FastifyInstance, parts: PrometheusApiParts): void {
  addRoute(app, { methods: ['GET'], url: '/federate', parts }, async (exchange) => {
    const lines = new Map<string, { labels: Labels; text: string }>()
    const timeMs = parts.clock.nowMs()
    for (const matchers of exchange.parameters.selectors(parts.metrics.language)) {
      const query = selectorText(matchers)
      const values = await parts.metrics.instant(exchange.scope, query, { timeMs })
      const times = await parts.metrics.instant(exchange.scope, `timestamp(${query})`, { timeMs })
      const secondsOf = new Map<string, number>()
      if (times.value.type === 'vector')
        for (const one of times.value.series) secondsOf.set(one.labels.key, one.floats[0])
      if (values.value.type !== 'vector') continue
      for (const one of values.value.series) {
        if (one.state[0] !== float) continue
        const seconds = secondsOf.get(one.labels.without(nameOnly).key) ?? timeMs / 1000
        const text = `${seriesText(one.labels)} ${floatText(one.floats[0])} ${Math.round(seconds * 1000)}\n`
        lines.set(one.labels.key, { labels: one.labels, text })
      }
    }
    const ordered = [...lines.values()].sort(
      (a, b) => compareText(a.labels.get('__name__'), b.labels.get('__name__')) || compareLabels(a.labels, b.labels),
    )
    return sendStream(exchange, 'text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8', exposition(ordered))
  })
}

const nameOnly = new Set(['__name__'])

function selectorText(matchers: readonly Matcher[]): string {
  return exprText({
    kind: 'selector',
    name: null,
    matchers,
    extension: 'none',
    offset: null,
    at: null,
    start: 0,
    end: 0,
  })
}

function* exposition(lines: readonly { labels: Labels; text: string }[]): Generator<string> {
  let family = ''
  for (const { labels, text } of lines) {
    const name = labels.get('__name__')
    if (name !== family) yield `# TYPE ${isPlain(name) ? name : JSON.stringify(name)} untyped\n`
    family = name
    yield text
  }
}

function seriesText(labels: Labels): string {
  const name = labels.get('__name__')
  const pairs = [...labels.pairs()]
    .filter(([label]) => label !== '__name__')
    .map(([label, value]) => `${isPlain(label) ? label : JSON.stringify(label)}="${escaped(value)}"`)
  if (!labels.get('instance')) pairs.push('instance=""')
  return isPlain(name) ? `${name}{${pairs.join(',')}}` : `{${[JSON.stringify(name), ...pairs].join(',')}}`
}

function isPlain(name: string): boolean {
  return /^[A-Za-z_:][A-Za-z0-9_:]*$/.test(name)
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
