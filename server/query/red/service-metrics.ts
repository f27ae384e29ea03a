import type { Scope } from '../../model/scope.ts'
import { type RequestFigures, requestsOfService } from '../../store/read/services/red.ts'
import { serviceEdges } from '../../store/read/services/service-edges.ts'
import { findResources, type ResourceFinding } from '../correlate/resources.ts'
import { rangeWords, serviceWords } from '../known-services.ts'
import type { QueryContext } from '../query-context.ts'
import { calledBy } from '../service-map/service-map.ts'
import { rangeSeconds, resolveRangeText, type TimeRange } from '../time/time-range.ts'
import { isSlow } from '../traces/marks.ts'
import { type UsualFigures, usualOfEndpoints, usualOfService } from '../usual.ts'

/** Requests, errors, durations and resources of one service. */
export interface ServiceMetrics {
  readonly service: string
  readonly range: TimeRange
  readonly requests: RequestFigures | null
  /** Per second. */
  readonly requestRate: number
  readonly endpoints: readonly (RequestFigures & { readonly endpoint: string; readonly usual: UsualFigures | null })[]
  readonly usual: UsualFigures | null
  readonly warnings: readonly ('latency' | 'error_rate')[]
  /** Of the service itself; of those that it calls only what is near its limit. */
  readonly resources: readonly ResourceFinding[]
  readonly message?: string
}

const endpointLimit = 20
/** An error rate stands out beyond this multiple of the usual one and by this share at least … */
const errorFactor = 2
const errorExtra = 0.001
/** … and where nothing usual is known, from this share on. */
const errorAlone = 0.005
/** Services down the line whose resources are looked at. */
const maxCalled = 30

const callsNs = 300_000_000_000n

/** The last five minutes of a range, in which calls are looked at: who calls whom changes seldom. */
export function lately(range: TimeRange): TimeRange {
  return range.endNs - range.startNs > callsNs ? { startNs: range.endNs - callsNs, endNs: range.endNs } : range
}

/** How a service does. Throws: BadQuestion, and what ColumnStore throws. */
export async function serviceMetrics(
  context: QueryContext,
  scope: Scope,
  question: { service: string; timeRange?: string | undefined },
): Promise<ServiceMetrics> {
  const { service } = question
  const now = { nowMs: context.clock.nowMs(), path: 'query.timerange' }
  const range = resolveRangeText(question.timeRange ?? '1h', now)
  const [found, usual, usualEach, edges] = await Promise.all([
    requestsOfService(context.reader, scope, { service, range, endpointLimit }),
    usualOfService(context, scope, { service, range }),
    usualOfEndpoints(context, scope, { service, range }),
    serviceEdges(context.reader, scope, lately(range)),
  ])
  const called = calledBy(edges.edges, service).slice(0, maxCalled)
  const all = await findResources(context, scope, { services: [service, ...called], range })
  const resources = all.findings.filter((one) => one.service === service || one.isWarning)
  const { total } = found
  const endpoints = found.endpoints.map((one) => ({ ...one, usual: usualEach.get(one.endpoint) ?? null }))
  const answer = {
    ...{ service, range, requests: total, endpoints, usual, resources },
    requestRate: (total?.requestCount ?? 0) / rangeSeconds(range),
    warnings: warningsOf(total, usual),
  }
  const partial = all.message === undefined ? {} : { message: all.message }
  if (total !== null) return { ...answer, ...partial }
  const hint = await serviceWords(context, scope, { service, range })
  return { ...answer, message: `No requests to service ${service} are stored ${rangeWords(range)}. ${hint}`.trimEnd() }
}

/** What stands out; the rules stand in docs/marks.md. */
export function warningsOf(
  requests: RequestFigures | null,
  usual: Pick<UsualFigures, 'p95Ns' | 'errorRate'> | null,
): readonly ('latency' | 'error_rate')[] {
  if (requests === null) return []
  const errorRate = requests.errorCount / requests.requestCount
  const isFailing =
    usual === null
      ? errorRate >= errorAlone
      : errorRate > usual.errorRate * errorFactor && errorRate - usual.errorRate >= errorExtra
  return [
    ...(isSlow(requests.p95Us * 1000, usual?.p95Ns ?? null) ? (['latency'] as const) : []),
    ...(isFailing ? (['error_rate'] as const) : []),
  ]
}
