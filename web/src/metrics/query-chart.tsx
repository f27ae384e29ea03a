import { type ReactNode, useMemo } from 'react'
import type { MetricFamily } from '../../../contract/index.ts'
import { Legend, mostInLegend } from '../charts/legend.tsx'
import { type ChartData, coloursOf } from '../charts/series.ts'
import { TimeSeries } from '../charts/time-series.tsx'
import { Panel, type PanelAction, type PanelState, useLongerThan } from '../parts/panel.tsx'
import { costOfAll, slowState, useNarrower } from '../parts/panel-state.ts'
import { stepSeconds } from '../time/range.ts'
import { useTime } from '../url/use-search.ts'
import { expand } from './expressions.ts'
import type { FamilyQuery } from './family-queries.ts'
import { gridOf, type ResultSeries, resultSeries, timesOf } from './result-series.ts'
import { type DisplayUnit, unitOfQuery } from './units.ts'
import { serviceOfLabels, useChartActs } from './use-chart-acts.ts'
import { type AskedRange, useExemplars, useRanges } from './use-promql.ts'
import { variablesOf } from './variables.ts'

/** Series that one chart draws; beyond it those with the largest mean. */
export const mostDrawn = 10

interface QueryChartProps {
  readonly title: string
  /** In place of the title's text. */
  readonly link?: ReactNode
  readonly family: MetricFamily
  readonly queries: readonly FamilyQuery[]
  readonly points: number
  readonly height: number
  readonly isWanted?: boolean
  readonly hasExemplars?: boolean
  readonly foot?: ReactNode
  readonly aside?: ReactNode
  /** What stands below the chart, from all series and the colours of those that are drawn. */
  readonly below?: (series: readonly ResultSeries[], colours: ReadonlyMap<string, string>) => ReactNode
}

/** A panel that draws queries made from a family, in the family's unit. */
export function QueryChart(props: QueryChartProps) {
  const { title, link, queries, family, height, aside, below, foot, isWanted = true } = props
  const { zone } = useTime()
  const { asked, data, series } = useQueryChart(props)
  const isAsking = asked.some((one) => one.isAsking)
  const isSlow = useLongerThan(isAsking, 2000)
  const acts = useChartActs({
    serviceOf: (name) => serviceOfLabels(series.find((one) => one.name === name)?.labels ?? {}),
  })
  const narrow = useNarrower()
  const state = isWanted
    ? chartState(asked, { hasSeries: series.length > 0, isSlow, narrow })
    : ({ kind: 'loading' } as const)
  const left = series.length - data.series.length
  const missing = queries.flatMap(({ isDashed, words }, at) =>
    isDashed === true && asked[at].result?.series.length === 0 ? [words] : [],
  )
  return (
    <Panel
      title={title}
      label={`${family.name}: ${title}`}
      {...(link === undefined ? {} : { heading: link })}
      state={state}
      cost={costOfAll(asked.map(({ result }) => ({ cost: result?.cost })))}
      foot={foot}
      aside={
        <>
          {data.series.length > 1 && data.series.length <= mostInLegend && <Legend data={data} />}
          {missing.length > 0 && <span className="t3 sm">nothing {missing.join(', ')}</span>}
          {left > 0 && (
            <span className="t3 sm">
              {data.series.length} of {series.length} series
            </span>
          )}
          {aside}
        </>
      }
    >
      <TimeSeries title={`${family.name}, ${queries[0].words}`} data={data} zone={zone} height={height} {...acts} />
      {below?.(series, coloursByName(data))}
    </Panel>
  )
}

function useQueryChart({ queries, family, points, isWanted = true, hasExemplars = false }: QueryChartProps) {
  const { span } = useTime()
  const step = stepSeconds(span, points)
  const grid = useMemo(() => gridOf(span, step), [span, step])
  const questions = queries.map(({ text }, at) => ({ letter: String(at), text: written(text, step, span) }))
  const asked = useRanges(questions, grid, isWanted)
  const unit = chartUnit(family, queries)
  const results = asked.map(({ result }) => result)
  // biome-ignore lint/correctness/useExhaustiveDependencies: results are compared one by one
  const series = useMemo(
    () =>
      resultSeries(
        results.flatMap((result, at) =>
          result === undefined
            ? []
            : [{ letter: String(at), words: queries[at].words, series: result.series, scale: unit.scale }],
        ),
        grid,
      ),
    [grid, unit.scale, queries, ...results],
  )
  const exemplars = useExemplars({
    ...{ text: questions[0].text, span, grid, scale: unit.scale },
    ...{
      isOnAxis: !queries[0].text.startsWith('histogram_quantile'),
      isWanted: isWanted && hasExemplars && series.length > 0,
    },
  })
  const data = useMemo((): ChartData => {
    const drawn = series.slice(0, mostDrawn)
    return {
      ...{ times: timesOf(grid), span, unit: unit.unit, exemplars },
      series: drawn.map(({ name, values, letter }) => {
        const { colour, isDashed = false } = queries[Number(letter)] ?? {}
        return { name, values, isDashed, ...(colour === undefined ? {} : { colour }) }
      }),
    }
  }, [series, grid, span, unit.unit, exemplars, queries])
  return { asked, data, series }
}

/** The unit of what a family's queries give. */
export function chartUnit(family: MetricFamily, queries: readonly FamilyQuery[]): DisplayUnit {
  return unitOfQuery(queries[0].text, { unitOf: () => family.unit, isWord: () => false })
}

/** The colour variable of each drawn series by its name. */
export function coloursByName({ series }: Pick<ChartData, 'series'>): ReadonlyMap<string, string> {
  const colours = coloursOf(series)
  return new Map(series.map(({ name }, at) => [name, colours[at]]))
}

function written(text: string, step: number, span: { fromMs: number; toMs: number }): string {
  return expand({ letter: 'A', kind: 'query', text, isHidden: false }, [], variablesOf(span, step)).text
}

/** The state of a chart that several queries fill. */
export function chartState(
  asked: readonly AskedRange[],
  { hasSeries, isSlow, narrow }: { hasSeries: boolean; isSlow: boolean; narrow: readonly PanelAction[] },
): PanelState {
  const again = { words: 'Ask again', run: () => void asked.map((one) => one.again()) }
  const failed = asked.find(({ error }) => error !== undefined)
  if (failed?.error?.code === 'bad_request' && !hasSeries)
    return { kind: 'error', words: `${failed.letter} cannot be answered as it stands; its line says why.` }
  if (failed?.error !== undefined && !hasSeries) return { kind: 'error', words: failed.error.message, actions: [again] }
  const stop = () => void asked.map((one) => one.stop())
  if (!hasSeries && asked.some((one) => one.result === undefined && one.isAsking))
    return isSlow ? slowState(stop, narrow) : { kind: 'loading' }
  if (!hasSeries && asked.some((one) => one.isStopped))
    return { kind: 'empty', words: 'Stopped before an answer came.', actions: [again, ...narrow] }
  if (!hasSeries && asked.some((one) => one.result === undefined)) return { kind: 'loading' }
  if (!hasSeries) return { kind: 'empty', words: 'No samples in this range.' }
  if (isSlow && asked.some((one) => one.isAsking)) return { kind: 'refreshing', since: 'the answer before', stop }
  const remarks = asked.flatMap(({ result }) => result?.remarks ?? [])
  if (failed?.error !== undefined) return { kind: 'partial', words: 'one query failed', reason: failed.error.message }
  if (remarks.length > 0) return { kind: 'partial', words: 'with a remark', reason: remarks.join(' ') }
  return { kind: 'ready' }
}
