import { useNavigate, useRouter } from '@tanstack/react-router'
import { useMemo } from 'react'
import type { QueryAnswer } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import type { ChartData } from '../charts/series.ts'
import { TimeSeries } from '../charts/time-series.tsx'
import { Panel, useLongerThan } from '../parts/panel.tsx'
import { panelStateOf } from '../parts/panel-state.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import { rangeOf, stepSeconds } from '../time/range.ts'
import { carried, useAddress, useTenant, useTime, useZoom } from '../url/use-search.ts'
import { byStep, redQuestion, stepsOf } from './questions.ts'

/** Points of one line. */
const points = 120

/** Rate, errors and durations of one service over the range. */
export function RedCharts({ service }: { service: string }) {
  const { span, zone } = useTime()
  const { f } = useAddress()
  const step = stepSeconds(span, points)
  const filters = useMemo(
    () => [{ field: 'service', operator: 'eq' as const, value: service }, ...scopeConditions(f)],
    [service, f],
  )
  const asked = useAnswer<QueryAnswer>({
    path: '/api/query',
    body: redQuestion({ span, filters, groupBy: [], stepSeconds: step }),
  })
  const isSlow = useLongerThan(asked.isAsking, 2000)
  const state = panelStateOf(asked, { zone, isSlow })
  const charts = useMemo(
    () => (asked.data === undefined ? [] : chartsOf(asked.data, span, step)),
    [asked.data, span, step],
  )
  const acts = useChartActs(service)
  if (charts.length === 0) return <Panel title="Rate" state={state} />
  return (
    <>
      {charts.map(({ title, data }) => (
        <Panel key={title} title={title} state={state}>
          <TimeSeries title={`${title} of ${service}`} data={data} zone={zone} height={104} {...acts} />
        </Panel>
      ))}
    </>
  )
}

function useChartActs(service: string) {
  const zoom = useZoom()
  const router = useRouter()
  const navigate = useNavigate()
  const tenant = useTenant()
  const address = useAddress()
  return {
    onZoom: zoom,
    onZoomBack: () => router.history.back(),
    // The minute around the point: its traces, slowest first.
    onPoint: ({ ms }: { ms: number }) =>
      void navigate({
        to: `/${tenant}/traces`,
        search: {
          ...carried(address),
          ...rangeOf({ fromMs: ms - 30_000, toMs: ms + 30_000 }),
          ...{ q: `service:${service}`, sort: '-duration' },
        } as never,
      }),
  }
}

function chartsOf(answer: QueryAnswer, span: ChartData['span'], step: number): { title: string; data: ChartData }[] {
  const times = stepsOf(span, step)
  const red = byStep(answer.results, times, { stepSeconds: step, span })
  const frame = { times, span }
  return [
    {
      title: 'Rate',
      data: {
        ...frame,
        unit: 'rate',
        series: [{ name: 'requests', values: red.map((one) => one?.rate ?? 0), colour: 's1' }],
      },
    },
    {
      title: 'Errors',
      data: {
        ...frame,
        unit: 'percent',
        series: [{ name: 'failed', values: red.map((one) => one?.errors ?? null), colour: 'err-fill', isFilled: true }],
      },
    },
    {
      title: 'Duration',
      data: {
        ...frame,
        unit: 'ms',
        series: (['p50', 'p95', 'p99'] as const).map((name) => ({
          ...{ name, colour: name.replace('p', 'q') },
          values: red.map((one) => one?.[name] ?? null),
        })),
      },
    },
  ]
}
