import type { ServiceMetrics } from '../../query/red/service-metrics.ts'
import { formatSecond } from '../../query/time/instant.ts'
import { durationText, numberText, percentText, shortText } from './figures.ts'

const warning = ' ⚠️'
const nameLength = 100
/** Endpoints and resources of one answer. */
const maxLines = 10

/** How a service does, for a terminal. */
export function metricsText(metrics: ServiceMetrics): string {
  const { range } = metrics
  const lines = [
    `${shortText(metrics.service, nameLength)} from ${formatSecond(range.startNs)} to ${formatSecond(range.endNs)}`,
  ]
  if (metrics.message !== undefined) lines.push(metrics.message)
  lines.push(...requestLines(metrics))
  for (const one of metrics.resources.slice(0, maxLines)) {
    const of = one.service === metrics.service ? '' : `, of ${shortText(one.service, nameLength)}`
    const limit = one.maxValue === null ? '' : `/${numberText(one.maxValue)}`
    const mark = one.isWarning ? warning : ''
    lines.push(` - ${one.title}: ${numberText(one.value)}${limit}${mark} (most, ${one.metric}${of})`)
  }
  lines.push(...endpointLines(metrics))
  return `${lines.join('\n')}\n`
}

function requestLines(metrics: ServiceMetrics): string[] {
  const { requests, usual, warnings } = metrics
  if (requests === null) return []
  const usually = usual === null ? '' : `usually ${durationText(usual.p95Ns / 1000)}, ${usual.window}; `
  const others = `P50 = ${durationText(requests.p50Us)}, P99 = ${durationText(requests.p99Us)}`
  const errorRate = requests.errorCount / requests.requestCount
  const usualErrors = usual === null ? '' : `usually ${percentText(usual.errorRate)}; `
  return [
    ` - Request latency: P95 = ${durationText(requests.p95Us)}${warnings.includes('latency') ? warning : ''} (${usually}${others})`,
    ` - Error rate: ${percentText(errorRate)}${warnings.includes('error_rate') ? warning : ''} (${usualErrors}${requests.errorCount} of ${requests.requestCount})`,
    ` - Request rate: ${numberText(metrics.requestRate)}/s`,
  ]
}

function endpointLines(metrics: ServiceMetrics): string[] {
  const shown = metrics.endpoints.slice(0, maxLines)
  if (shown.length < 2) return []
  return [
    'Endpoints:',
    ...shown.map((one) => {
      const errors = percentText(one.errorCount / one.requestCount)
      return ` - ${shortText(one.endpoint, nameLength)}: P95 = ${durationText(one.p95Us)}, ${errors} errors, ${one.requestCount} requests`
    }),
  ]
}
