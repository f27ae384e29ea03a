import { useMemo } from 'react'
import type { MetricCatalog, MetricCatalogRequest, TraceOverview, TraceSpan } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { formatUnit } from '../../format/number.ts'
import type { WireSeries } from '../../metrics/result-series.ts'
import { useRanges } from '../../metrics/use-promql.ts'
import { unitMs } from '../../time/range.ts'
import type { Window } from '../trace-model.ts'
import { tracePath } from '../use-trace.ts'
import { type SpanMetric, spanMetrics } from './span-metrics.ts'

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
  return metrics.map((metric, at) => (
    <MetricLane key={metric.name} {...{ metric, service }} series={answers[at]?.result?.series[0]} />
  ))
}

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
  readonly series: WireSeries | undefined
}

function MetricLane({ metric, service, series }: MetricLaneProps) {
  const values = (series?.values ?? []).map(([, value]) => Number(value)).filter(Number.isFinite)
  const most = Math.max(...values, 0)
  const words = values.length === 0 ? 'nothing stored at this time' : formatUnit(values.at(-1), metric.unit)
  const step = 100 / Math.max(values.length - 1, 1)
  const path = values.map(
    (value, at) => `${at === 0 ? 'M' : 'L'}${at * step} ${22 - (most === 0 ? 0 : value / most) * 18}`,
  )
  return (
    <div className="trace-lane">
      <span className="wf-name" title={metric.query}>
        <b className="m">{metric.title}</b> <span className="t3 sm ell">{service}</span>
        <span className="right" />
        <span className="sm t2">{words}</span>
      </span>
      <div className="wf-lane">
        {values.length > 0 && (
          <svg
            className="lane-line"
            viewBox="0 0 100 24"
            preserveAspectRatio="none"
            role="img"
            aria-label={`${metric.title} of ${service}: ${words}`}
          >
            <path d={path.join('')} vectorEffect="non-scaling-stroke" />
          </svg>
        )}
      </div>
    </div>
  )
}
