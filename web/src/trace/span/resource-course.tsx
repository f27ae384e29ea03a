import { useMemo } from 'react'
import type { ChartData } from '../../charts/series.ts'
import { TimeSeries } from '../../charts/time-series.tsx'
import { gridOf, resultSeries, timesOf } from '../../metrics/result-series.ts'
import { useRanges } from '../../metrics/use-promql.ts'
import { CostNote } from '../../parts/panel.tsx'
import { useDeploys } from '../../services/use-changes.ts'
import { type Span, stepSeconds, unitMs } from '../../time/range.ts'
import { useTime } from '../../url/use-search.ts'
import { instantMs } from '../trace-model.ts'
import type { SpanWaitedProps } from './span-waited.tsx'
import { selectorOf, toldResource } from './waited-words.ts'

/** Points of the course. */
const points = 120
/** Milliseconds on both sides of a trace that lies outside the range of the page. */
const aroundMs = 15 * unitMs.m

/** The course of the resource that tells most, with its limit, the deploys of the range, and this trace in it. */
export default function ResourceCourse({ span, trace, resources }: SpanWaitedProps) {
  const { span: range, zone } = useTime()
  const deploys = useDeploys(span.service)
  const told = toldResource(resources, span.service)
  const atMs = instantMs(span.start_time)
  const [fromMs, toMs] =
    atMs >= range.fromMs && atMs <= range.toMs ? [range.fromMs, range.toMs] : [atMs - aroundMs, atMs + aroundMs]
  const shown = useMemo((): Span => ({ fromMs, toMs }), [fromMs, toMs])
  const grid = useMemo(() => gridOf(shown, stepSeconds(shown, points)), [shown])
  const text = told === undefined ? '' : selectorOf(told)
  const [asked] = useRanges([{ letter: 'A', text }], grid, told !== undefined)
  const result = asked.result
  const data = useMemo((): ChartData | null => {
    if (told === undefined || result === undefined || result.series.length === 0) return null
    const series = resultSeries([{ letter: 'A', words: told.metric, series: result.series, scale: 1 }], grid)
    return {
      ...{ span: shown, times: timesOf(grid), unit: 'count', deploys },
      series: series.map(({ name, values }) => ({ name, values, colour: 's1' })),
      ...(told.max_value === null ? {} : { thresholds: [{ value: told.max_value, words: 'limit' }] }),
      exemplars: [{ ms: atMs, value: told.value, traceId: trace.trace_id, hasError: span.status === 'error' }],
    }
  }, [told, result, grid, shown, deploys, atMs, trace.trace_id, span.status])
  if (told === undefined || data === null) return null
  const hasDeploy = deploys.some(({ ms }) => ms >= fromMs && ms <= toMs)
  return (
    <section className="col" style={{ gap: 4 }}>
      <h3>{hasDeploy ? 'Before and since the deploy' : `Resources of ${span.service} around this trace`}</h3>
      <TimeSeries title={`${told.metric} of ${span.service}`} data={data} zone={zone} height={112} />
      <p className="row t3 sm">
        <span className="ell" title={told.reason}>
          {told.metric}; the diamond is this trace
        </span>
        <span className="right" />
        {result !== undefined && <CostNote cost={result.cost} />}
      </p>
    </section>
  )
}
