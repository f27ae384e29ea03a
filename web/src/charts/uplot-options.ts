import type uPlot from 'uplot'
import { formatUnit } from '../format/number.ts'
import { wholePaths } from './filling-step.ts'
import { type ChartData, coloursOf } from './series.ts'
import { type Tick, timeTicks, valueTicks } from './ticks.ts'

/** Pixels of the value axis: fixed, so that charts in a column share the time axis exactly. */
export const gutterWidth = 52
const axisHeight = 24
const topPadding = 8
/** Pixels right of the last moment, so that its label is not cut. */
export const rightPadding = 16

/** What a chart shows at the moment: it is read at each drawing, so that new data need no new chart. */
export interface Picture {
  readonly data: ChartData
  readonly ticks: readonly number[]
  readonly times: readonly Tick[]
}

export function pictureOf(data: ChartData, { zone, width }: { zone: string; width: number }): Picture {
  const [lowest, highest] = extent(data)
  const most = Math.max(2, Math.floor((width - gutterWidth) / 72))
  return { data, ticks: valueTicks(lowest, highest), times: timeTicks(data.span, { zone, most }) }
}

/** What of the data makes another chart: everything else is a new picture in the same one. */
export function structureOf({ series, isStacked }: ChartData): string {
  const lines = coloursOf(series).map((colour, at) => [colour, series[at].isDashed, series[at].isFilled])
  return JSON.stringify([isStacked, lines])
}

interface Options {
  readonly picture: () => Picture
  readonly width: number
  readonly height: number
  readonly css: (variable: string) => string
  readonly plugins: uPlot.Plugin[]
}

/** How uPlot has to draw the picture, in the colours of the theme. */
export function uplotOptions({ picture, width, height, css, plugins }: Options): uPlot.Options {
  const font = `11px ${css('--font-ui')}`
  return {
    width,
    height,
    plugins,
    legend: { show: false },
    padding: [topPadding, rightPadding, 0, 0],
    cursor: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { time: false, range: () => [picture().data.span.fromMs, picture().data.span.toMs] },
      y: { range: () => [picture().ticks[0], picture().ticks.at(-1)!] },
    },
    axes: [
      {
        ...{ stroke: css('--axis'), font, size: axisHeight, gap: 8 },
        grid: { show: false },
        ticks: { show: false },
        splits: () => picture().times.map(({ ms }) => ms),
        values: () => picture().times.map(({ label }) => label),
      },
      {
        ...{ stroke: css('--axis'), font, size: gutterWidth, gap: 6 },
        grid: { stroke: css('--grid'), width: 1 },
        ticks: { show: false },
        splits: () => [...picture().ticks],
        values: () => picture().ticks.map((value) => formatUnit(value, picture().data.unit)),
      },
    ],
    series: [{}, ...lines(picture, css)],
  }
}

function lines(picture: () => Picture, css: (variable: string) => string): uPlot.Series[] {
  const { series, isStacked } = picture().data
  const paths = wholePaths(() => picture().data)
  return coloursOf(series).map((variable, at) => {
    const colour = css(variable)
    const { isDashed, isFilled } = series[at]
    return {
      ...{ stroke: colour, width: 1.5, paths, points: { show: false } },
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
