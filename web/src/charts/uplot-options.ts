import type uPlot from 'uplot'
import { formatUnit } from '../format/number.ts'
import { type ChartData, coloursOf } from './series.ts'
import { timeTicks, valueTicks } from './ticks.ts'

/** Pixels of the value axis: fixed, so that charts in a column share the time axis exactly. */
export const gutterWidth = 52
const axisHeight = 24
const topPadding = 8
/** Pixels right of the last moment, so that its label is not cut. */
export const rightPadding = 16

interface Options {
  readonly data: ChartData
  readonly zone: string
  readonly width: number
  readonly height: number
  readonly css: (variable: string) => string
  readonly plugins: uPlot.Plugin[]
}

/** How uPlot has to draw the data, in the colours of the theme. */
export function uplotOptions({ data, zone, width, height, css, plugins }: Options): uPlot.Options {
  const font = `11px ${css('--font-ui')}`
  const { span } = data
  const [lowest, highest] = extent(data)
  const ticks = valueTicks(lowest, highest)
  const times = timeTicks(span, { zone, most: Math.max(2, Math.floor((width - gutterWidth) / 72)) })
  return {
    width,
    height,
    plugins,
    legend: { show: false },
    padding: [topPadding, rightPadding, 0, 0],
    cursor: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: () => [span.fromMs, span.toMs] },
      y: { range: () => [ticks[0], ticks[ticks.length - 1]] },
    },
    axes: [
      {
        ...{ stroke: css('--axis'), font, size: axisHeight, gap: 8 },
        grid: { show: false },
        ticks: { show: false },
        splits: () => times.map(({ ms }) => ms),
        values: () => times.map(({ label }) => label),
      },
      {
        ...{ stroke: css('--axis'), font, size: gutterWidth, gap: 6 },
        grid: { stroke: css('--grid'), width: 1 },
        ticks: { show: false },
        splits: () => ticks,
        values: () => ticks.map((value) => formatUnit(value, data.unit)),
      },
    ],
    series: [{}, ...lines(data, css)],
  }
}

function lines({ series, isStacked }: ChartData, css: (variable: string) => string): uPlot.Series[] {
  return coloursOf(series).map((variable, at) => {
    const colour = css(variable)
    const { isDashed, isFilled } = series[at]
    return {
      ...{ stroke: colour, width: 1.5, spanGaps: false, points: { show: false } },
      ...(isDashed === true || at >= 6 ? { dash: [4, 3] } : {}),
      ...(isFilled === true || isStacked === true ? { fill: `${colour}26` } : {}),
    }
  })
}

function extent({
  series,
  thresholds = [],
  exemplars = [],
  isStacked,
  isFromLeast,
  times,
}: ChartData): [number, number] {
  let lowest = Number.POSITIVE_INFINITY
  let highest = Number.NEGATIVE_INFINITY
  for (let at = 0; at < times.length; at += 1) {
    let sum = 0
    for (const { values } of series) {
      const value = values[at]
      if (value === null || value === undefined) continue
      sum += value
      lowest = Math.min(lowest, value)
      highest = Math.max(highest, isStacked === true ? sum : value)
    }
  }
  for (const { value } of thresholds) highest = Math.max(highest, value)
  for (const { value } of exemplars) highest = Math.max(highest, value)
  if (!Number.isFinite(highest)) return [0, 1]
  return [isFromLeast === true ? lowest : Math.min(0, lowest), highest]
}
