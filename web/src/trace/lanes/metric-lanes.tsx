import { useMemo } from 'react'
import type { MetricCatalog, MetricCatalogRequest, TraceOverview, TraceSpan } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { formatUnit } from '../../format/number.ts'
import type { WireSeries } from '../../metrics/result-series.ts'
import { useRanges } from '../../metrics/use-promql.ts'
import { unitMs } from '../../time/range.ts'
import type { Window } from '../trace-model.ts'
import { tracePath } from '../use-trace.ts'
import { instanceName, ownInstance, type SpanMetric, spanMetrics } from './span-metrics.ts'

interface MetricLanesProps {
  readonly trace: TraceOverview
  readonly selected: string | undefined
  readonly shown: Window
  readonly traceStartMs: number
}

/** Points of one lane. */
const points = 60

/** Metrics of what the selected span ran on, else of the service that the trace waited for most, on the axis of the trace. */
export function MetricLanes({ trace, selected, shown, traceStartMs }: MetricLanesProps) {
  const span = useAnswer<TraceSpan>({
    path: tracePath(trace.trace_id, `spans/${selected ?? ''}`),
    isWanted: selected !== undefined,
  })
  const service = (selected === undefined ? undefined : span.data?.service) ?? waitedFor(trace)
  const found = useAnswer<MetricCatalog>({
    path: '/api/metrics/catalog',
    body: catalogQuestion(service, traceStartMs),
    isWanted: service !== '',
  })
  const metrics = useMemo(() => spanMetrics(found.data?.metrics ?? [], service), [found.data, service])
  const stepMs = Math.max((shown.toMs - shown.fromMs) / points, 1)
  const grid = { startMs: traceStartMs + shown.fromMs, stepMs, count: points + 1 }
  const answers = useRanges(
    metrics.map(({ query }, at) => ({ letter: String(at), text: query })),
    grid,
  )
  if (metrics.length === 0)
    return (
      <div className="trace-lane">
        <span className="wf-name">
          <b className="m">Metrics</b> <span className="t3 sm ell">{service}</span>
        </span>
        <span className="wf-lane t3 sm lane-words">
          {found.data === undefined ? '' : 'No CPU, memory, pool or runtime metric of this service is stored.'}
        </span>
      </div>
    )
  const resource = selected === undefined ? undefined : span.data?.resource
  return metrics.map((metric, at) => (
    <MetricLane key={metric.name} {...{ metric, service, resource }} series={answers[at]?.result?.series} />
  ))
}

const none: readonly WireSeries[] = []

function catalogQuestion(service: string, startMs: number): MetricCatalogRequest {
  const iso = (ms: number) => new Date(ms).toISOString()
  const hour = Math.floor(startMs / unitMs.h) * unitMs.h
  return { time_range: { start: iso(hour), end: iso(hour + 2 * unitMs.h) }, labels: { service } }
}

function waitedFor({ services }: TraceOverview): string {
  return services.toSorted((one, other) => other.critical_time - one.critical_time)[0]?.name ?? ''
}

interface MetricLaneProps {
  readonly metric: SpanMetric
  readonly service: string
  /** Attributes of what the selected span ran on. */
  readonly resource: TraceSpan['resource'] | undefined
  /** One per instance; undefined: not answered yet. */
  readonly series: readonly WireSeries[] | undefined
}

/** Lines of one lane; instances beyond are counted. */
const mostLines = 20

/** One metric: a line per instance; that of the selected span stands out, and its value is the one that is told. */
function MetricLane({ metric, service, resource, series: answered }: MetricLaneProps) {
  const series = answered ?? none
  const own = series.length === 1 ? 0 : ownInstance(series, resource)
  const courses = series.map(({ values }) => (values ?? []).map(([, value]) => Number(value)).filter(Number.isFinite))
  const shown = courses.filter((values, at) => values.length > 0 && (at < mostLines || at === own))
  const most = Math.max(0, ...shown.flat())
  const words = answered === undefined ? '' : laneWords(courses, own, metric.unit)
  const instance = own < 0 || series.length === 1 ? '' : instanceName(series[own])
  return (
    <div className="trace-lane">
      <span className="wf-name" title={metric.query}>
        <b className="m">{metric.title}</b>{' '}
        <span className="t3 sm ell" title={instance}>
          {instance === '' ? service : instance}
        </span>
        <span className="right" />
        <span className="sm t2 lane-value">{words}</span>
      </span>
      <div className="wf-lane">
        {shown.length > 0 && (
          <svg
            className="lane-line"
            viewBox="0 0 100 24"
            preserveAspectRatio="none"
            role="img"
            aria-label={`${metric.title} of ${instance === '' ? service : instance}: ${words}`}
          >
            {courses.map((values, at) =>
              shown.includes(values) ? (
                <path
                  key={instanceName(series[at])}
                  className={own >= 0 && at !== own ? 'beside' : undefined}
                  d={linePath(values, most)}
                  vectorEffect="non-scaling-stroke"
                />
              ) : null,
            )}
          </svg>
        )}
      </div>
    </div>
  )
}

/** The newest value: of the span's own instance, else from the least to the most of all instances. */
function laneWords(courses: readonly (readonly number[])[], own: number, unit: SpanMetric['unit']): string {
  const beside = courses.length > 1 ? `, 1 of ${courses.length} instances` : ''
  if (own >= 0 && courses[own].length > 0) return `${formatUnit(courses[own].at(-1), unit)}${beside}`
  const newest = courses.flatMap((values) => values.slice(-1))
  if (newest.length === 0) return 'nothing stored at this time'
  const [least, most] = [Math.min(...newest), Math.max(...newest)].map((value) => formatUnit(value, unit))
  if (newest.length === 1) return most
  return `${least === most ? most : `${least} to ${most}`}, ${newest.length} instances`
}

function linePath(values: readonly number[], most: number): string {
  const step = 100 / Math.max(values.length - 1, 1)
  return values
    .map((value, at) => `${at === 0 ? 'M' : 'L'}${at * step} ${22 - (most === 0 ? 0 : value / most) * 18}`)
    .join('')
}
