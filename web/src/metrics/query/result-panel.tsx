import { useMemo } from 'react'
import type { MetricFamily } from '../../../../contract/index.ts'
import type { Cost } from '../../api/client.ts'
import { chartCsv } from '../../charts/csv.ts'
import { Legend, mostInLegend } from '../../charts/legend.tsx'
import type { ChartData, Exemplar } from '../../charts/series.ts'
import { TimeSeries } from '../../charts/time-series.tsx'
import { Panel, type PanelState, useLongerThan } from '../../parts/panel.tsx'
import { costOfAll, useNarrower } from '../../parts/panel-state.ts'
import { Icon } from '../../shell/icons.tsx'
import { useAddress, useChangeAddress, useTime } from '../../url/use-search.ts'
import type { Expression } from '../expressions.ts'
import { chartState, coloursByName, mostDrawn } from '../query-chart.tsx'
import { type Grid, type ResultSeries, resultSeries, timesOf } from '../result-series.ts'
import { type DisplayUnit, unitChoices } from '../units.ts'
import { serviceOfLabels, useChartActs } from '../use-chart-acts.ts'
import { type AskedRange, useExemplars } from '../use-promql.ts'
import { downloadText } from './download.ts'
import { SeriesTable } from './series-table.tsx'
import { useDisplayUnit } from './use-display-unit.ts'

interface ResultPanelProps {
  /** The lines that are drawn, as sent, and what they gave. */
  readonly lines: readonly Expression[]
  readonly texts: readonly string[]
  readonly asked: readonly AskedRange[]
  readonly grid: Grid
  readonly families: readonly MetricFamily[]
}

/** What the queries gave: as a chart with its legend, or as a table; both as CSV. */
export function ResultPanel({ lines, texts, asked, grid, families }: ResultPanelProps) {
  const { view } = useAddress()
  const unit = useDisplayUnit(texts, families)
  const series = useResultSeries({ lines, asked, grid, scale: unit.scale })
  const isSlow = useLongerThan(
    asked.some((one) => one.isAsking),
    2000,
  )
  const narrow = useNarrower()
  const isEmpty = texts.every((text) => text.trim() === '')
  const state: PanelState = isEmpty
    ? { kind: 'empty', words: 'Nothing is asked yet.', reason: 'Write a query above and run it with Ctrl and Enter.' }
    : chartState(asked, { hasSeries: series.length > 0, isSlow, narrow })
  const csv = () => {
    const plain = resultSeries(linesOf(lines, asked, 1), grid)
    downloadText('metrics.csv', 'text/csv', chartCsv({ times: timesOf(grid), series: plain }))
  }
  const exemplars = useExemplars({
    ...{ text: texts[0] ?? '', grid, scale: unit.scale, isOnAxis: !/\bhistogram_quantiles?\b/.test(texts[0] ?? '') },
    ...{ span: useTime().span, isWanted: texts.length === 1 && series.length > 0 && view !== 'table' },
  })
  return (
    <Result
      state={state}
      series={series}
      unit={unit}
      grid={grid}
      exemplars={exemplars}
      cost={costOfAll(asked.map(({ result }) => ({ cost: result?.cost })))}
      onCsv={series.length === 0 ? undefined : csv}
    />
  )
}

interface ResultProps {
  readonly state: PanelState
  readonly series: readonly ResultSeries[]
  readonly unit: DisplayUnit
  readonly grid: Grid
  readonly exemplars: readonly Exemplar[]
  readonly cost: Cost | undefined
  readonly onCsv: (() => void) | undefined
}

function Result({ state, series, unit, grid, exemplars, cost, onCsv }: ResultProps) {
  const { view, sel, fold, sort = '-mean' } = useAddress()
  const change = useChangeAddress()
  const { zone, span } = useTime()
  const isTable = view === 'table'
  const hidden = useMemo(() => fold ?? [], [fold])
  const drawn = useMemo(() => drawnSeries(series, sel, hidden), [series, sel, hidden])
  const data = useMemo(
    (): ChartData => ({
      ...{ times: timesOf(grid), span, unit: unit.unit, exemplars },
      series: drawn.map(({ name, values }) => ({ name, values })),
    }),
    [drawn, grid, span, unit.unit, exemplars],
  )
  const colours = useMemo(() => coloursByName(data), [data])
  const acts = useChartActs({
    serviceOf: (name) => serviceOfLabels(series.find((one) => one.name === name)?.labels ?? {}),
  })
  const onOnly = (name: string) => change({ sel: sel === name ? undefined : name })
  const onHide = (name: string) =>
    change({ fold: hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name] })
  const hasLegend = series.length <= mostInLegend && !isTable
  const table = (
    <SeriesTable
      {...{ series, colours, hidden, sort, onOnly, onHide, unit: unit.unit, selected: sel }}
      hasLabels={isTable}
      onSort={(next) => change({ sort: next })}
      maxHeight={isTable ? 560 : 232}
    />
  )
  const words = drawn.length < series.length && !isTable ? `${drawn.length} of ${series.length} series drawn` : ''
  return (
    <Panel
      title="Result"
      sub={`${words}${words === '' ? '' : ', '}one point every ${grid.stepMs / 1000} s`}
      state={state}
      cost={cost}
      aside={
        <ResultActs isTable={isTable} legend={hasLegend && <Legend data={data} onOnly={onOnly} />} onCsv={onCsv} />
      }
    >
      {isTable ? (
        table
      ) : (
        <>
          <TimeSeries title="Result" data={data} zone={zone} height={300} {...acts} />
          {!hasLegend && <div className="series-below">{table}</div>}
        </>
      )}
    </Panel>
  )
}

interface ResultActsProps {
  readonly isTable: boolean
  readonly legend: React.ReactNode
  readonly onCsv: (() => void) | undefined
}

function ResultActs({ isTable, legend, onCsv }: ResultActsProps) {
  const { unit } = useAddress()
  const change = useChangeAddress()
  return (
    <>
      {legend}
      <select
        className="inp small"
        aria-label="Unit"
        value={unit !== undefined && unit in unitChoices ? unit : ''}
        onChange={(event) => change({ unit: event.target.value })}
      >
        <option value="">Unit of the metric</option>
        {Object.entries(unitChoices).map(([key, { words }]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
      <div className="seg small">
        <button type="button" aria-pressed={!isTable} onClick={() => change({ view: undefined })}>
          Chart
        </button>
        <button type="button" aria-pressed={isTable} onClick={() => change({ view: 'table' })}>
          Table
        </button>
      </div>
      <button type="button" className="btn small" onClick={onCsv} disabled={onCsv === undefined}>
        <Icon name="download" size={14} /> CSV
      </button>
    </>
  )
}

interface SeriesQuestion {
  readonly lines: readonly Expression[]
  readonly asked: readonly AskedRange[]
  readonly grid: Grid
  readonly scale: number
}

function useResultSeries({ lines, asked, grid, scale }: SeriesQuestion): readonly ResultSeries[] {
  const results = asked.map(({ result }) => result)
  // biome-ignore lint/correctness/useExhaustiveDependencies: results are compared one by one
  return useMemo(() => resultSeries(linesOf(lines, asked, scale), grid), [grid, scale, lines.length, ...results])
}

function linesOf(lines: readonly Expression[], asked: readonly AskedRange[], scale: number) {
  return asked.flatMap(({ letter, result }) => {
    const line = lines.find((one) => one.letter === letter)
    if (result === undefined || line === undefined) return []
    return [{ letter, words: shortened(line.text), series: result.series, scale }]
  })
}

/** Letters of a text that names a series. */
const mostLetters = 60

function shortened(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim()
  return flat.length > mostLetters ? `${flat.slice(0, mostLetters - 1)}…` : flat
}

/** The one that was chosen, else those that are not hidden, the largest. */
function drawnSeries(series: readonly ResultSeries[], only: string | undefined, hidden: readonly string[]) {
  const chosen = only === undefined ? [] : series.filter(({ name }) => name === only)
  if (chosen.length > 0) return chosen
  return series
    .filter(({ name }) => !hidden.includes(name))
    .toSorted((one, other) => (other.mean ?? 0) - (one.mean ?? 0))
    .slice(0, mostDrawn)
}
