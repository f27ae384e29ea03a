import type { ServerResponse } from 'node:http'
import { trace } from '@opentelemetry/api'
import { Counter, collectDefaultMetrics, Gauge, Histogram, type OpenMetricsContentType, Registry } from 'prom-client'

/** Where metrics are registered; OpenMetrics, because it carries exemplars. */
export type MeasureRegistry = Registry<OpenMetricsContentType>

/** The Prometheus metrics of one process: those of Node and of its HTTP routes, and what a service adds. */
export interface Measures {
  /** Where a service registers its own metrics. */
  readonly registry: MeasureRegistry
  /** Counts a request in; the returned function counts it out with its status. */
  beginRequest(method: string, route: string): (status: number) => void
  /** Answers a scrape. */
  expose(response: ServerResponse): Promise<void>
}

/** Upper bounds of the duration buckets, seconds: from a cached answer to the longest time limit. */
const durationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createMeasures(): Measures {
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    ...{ name: 'http_requests_total', help: 'Requests answered', registers: [registry] },
    labelNames: ['method', 'route', 'status'],
  })
  const errors = new Counter({
    ...{ name: 'http_errors_total', help: 'Requests answered with a status of 500 or more', registers: [registry] },
    labelNames: ['method', 'route'],
  })
  const inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests being answered',
    registers: [registry],
  })
  const durations = new Histogram({
    ...{ name: 'http_request_duration_seconds', help: 'Time to answer a request', registers: [registry] },
    ...{ labelNames: ['method', 'route'], buckets: durationBounds, enableExemplars: true },
  })
  return {
    registry,
    beginRequest(method, route) {
      const startedMs = performance.now()
      inFlight.inc()
      errors.inc({ method, route }, 0)
      return (status) => {
        inFlight.dec()
        requests.inc({ method, route, status })
        if (status >= 500) errors.inc({ method, route })
        durations.observe({
          ...{ labels: { method, route }, value: (performance.now() - startedMs) / 1000 },
          exemplarLabels: currentTrace(),
        })
      }
    },
    async expose(response) {
      response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics())
    },
  }
}

function currentTrace(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext()
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId }
}
