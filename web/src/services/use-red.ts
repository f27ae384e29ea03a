import { useMemo } from 'react'
import type { QueryAnswer, ServiceStateAnswer } from '../../../contract/index.ts'
import type { Cost } from '../api/client.ts'
import { useAnswer } from '../api/use-answer.ts'
import { type ChartData, type Deploy, fillingFrom, type Series } from '../charts/series.ts'
import type { PanelState } from '../parts/panel.tsx'
import { costOfAll, usePanelState } from '../parts/panel-state.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import { type Span, stepSeconds } from '../time/range.ts'
import { useAddress, useTime } from '../url/use-search.ts'
import { useComparison } from './compare-with.tsx'
import { comparedSpan } from './comparison.ts'
import { byStep, type Red, redOf, redQuestion, stepsOf } from './questions.ts'
import { useDeploys } from './use-changes.ts'

/** Points of one line. */
const points = 120

/** One of the three charts, with its figure over the whole range and that of the other time; null where unknown. */
export interface RedChart {
  readonly title: 'Rate' | 'Errors' | 'Duration'
  readonly data: ChartData
  readonly now: number | null
  readonly before: number | null
}

/** The charts of one service; with `judged`, its state against the usual, also what they are compared with. */
export function useRed(
  service: string,
  judged?: ServiceStateAnswer,
): { charts: readonly RedChart[]; state: PanelState; cost: Cost | undefined } {
  const { span, nowMs } = useTime()
  const { f } = useAddress()
  const comparison = useComparison(service)
  const step = stepSeconds(span, points)
  const other = useMemo(() => comparedSpan(span, comparison), [span, comparison])
  const filters = useMemo(
    () => [{ field: 'service', operator: 'eq' as const, value: service }, ...scopeConditions(f)],
    [service, f],
  )
  const ask = { path: '/api/query' }
  const asked = useAnswer<QueryAnswer>({
    ...ask,
    body: redQuestion({ span, filters, groupBy: [], stepSeconds: step }),
  })
  const isCompared = judged !== undefined && comparison.kind !== 'usual'
  const before = useAnswer<QueryAnswer>({
    ...ask,
    body: redQuestion({ span: other, filters, groupBy: [], stepSeconds: step }),
    isWanted: isCompared,
  })
  const beforeAll = useAnswer<QueryAnswer>({
    ...ask,
    body: redQuestion({ span: other, filters, groupBy: [] }),
    isWanted: isCompared,
  })
  const deploys = useDeploys(service)
  const charts = useMemo(
    () =>
      asked.data === undefined
        ? []
        : chartsOf({
            ...{ steps: asked.data.results, span, nowMs, step, deploys, judged, words: comparison.words },
            compared: isCompared ? { steps: before.data?.results ?? [], span: other, all: beforeAll.data } : null,
          }),
    [asked.data, before.data, beforeAll.data, span, nowMs, other, step, deploys, judged, comparison, isCompared],
  )
  const cost = costOfAll([asked, before, beforeAll])
  return { charts, state: usePanelState(asked), cost }
}

/** Nothing in a step is no request; in the newest one it is that none has arrived yet. */
function rates(red: readonly (Red | null)[]): (number | null)[] {
  return red.map((one, at) => one?.rate ?? (at === red.length - 1 ? null : 0))
}

interface Parts {
  readonly steps: QueryAnswer['results']
  readonly span: Span
  readonly nowMs: number
  readonly step: number
  readonly deploys: readonly Deploy[]
  readonly judged: ServiceStateAnswer | undefined
  /** How the other time is called. */
  readonly words: string
  readonly compared: { steps: QueryAnswer['results']; span: Span; all: QueryAnswer | undefined } | null
}

function chartsOf({ steps, span, nowMs, step, deploys, judged, words, compared }: Parts): RedChart[] {
  const times = stepsOf(span, step)
  const red = byStep(steps, times, { stepSeconds: step, span })
  const other =
    compared === null
      ? null
      : byStep(compared.steps, stepsOf(compared.span, step), { stepSeconds: step, span: compared.span })
  const before = compared === null ? usualRed(judged) : allRed(compared)
  const now = judged?.now ?? null
  const fillingMs = fillingFrom(times, step * 1000, nowMs)
  const frame = { times, span, deploys, ...(fillingMs === undefined ? {} : { fillingMs }) }
  const dashed = (of: (one: Red) => number | null): Series[] => {
    if (judged === undefined) return []
    const values =
      other === null
        ? times.map(() => (before === null ? null : of(before)))
        : times.map((_, at) => (other[at] == null ? null : of(other[at])))
    return values.every((value) => value === null) ? [] : [{ name: words, colour: 's10', isDashed: true, values }]
  }
  return [
    {
      ...{ title: 'Rate', now: now?.request_rate ?? null, before: before?.rate ?? null },
      data: {
        ...frame,
        unit: 'rate',
        series: [{ name: 'requests', values: rates(red), colour: 's1' }, ...dashed(({ rate }) => rate)],
      },
    },
    {
      ...{ title: 'Errors', now: now?.error_rate ?? null, before: before?.errors ?? null },
      data: {
        ...frame,
        unit: 'percent',
        series: [
          { name: 'failed', values: red.map((one) => one?.errors ?? null), colour: 'err-fill', isFilled: true },
          ...dashed(({ errors }) => errors),
        ],
      },
    },
    {
      ...{ title: 'Duration', now: now === null ? null : now.latency.p95 / 1000, before: before?.p95 ?? null },
      data: {
        ...frame,
        unit: 'ms',
        series: [
          ...(['p50', 'p95', 'p99'] as const).map((name) => ({
            ...{ name, colour: name.replace('p', 'q') },
            values: red.map((one) => one?.[name] ?? null),
          })),
          ...dashed(({ p95 }) => p95),
        ],
      },
    },
  ]
}

function usualRed(judged: ServiceStateAnswer | undefined): Red | null {
  if (judged?.usual == null) return null
  const { p95, error_rate, request_rate } = judged.usual
  return { requests: 0, rate: request_rate, errors: error_rate, p50: null, p95: p95 / 1000, p99: null }
}

function allRed({ all, span }: NonNullable<Parts['compared']>): Red | null {
  const [row] = all?.results ?? []
  return row === undefined ? null : redOf(row, (span.toMs - span.fromMs) / 1000)
}
