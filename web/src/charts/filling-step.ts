import type uPlot from 'uplot'
import { linePaths } from './line-paths.ts'
import type { ChartData } from './series.ts'

/** How strong the part of a line is that leads into a step which is still filling. */
const fillingStrength = 0.5

type Shown = () => ChartData

/** Draws what is known for good of a line; the plugin below draws the rest. `shown` is the data at the moment. */
export function wholePaths(shown: Shown): uPlot.Series.PathBuilder {
  return (plot, at, from, to) => {
    const filling = firstFilling(shown(), at)
    return linePaths(plot, at, from, filling < 0 ? to : Math.min(to, filling - 1))
  }
}

/** Draws the steps that are still filling, from the last point before them. */
export function fillingPlugin(shown: Shown): uPlot.Plugin {
  return { hooks: { drawSeries: [(plot, at) => drawFilling(plot, at, shown())] } }
}

function drawFilling(plot: uPlot, at: number, data: ChartData): void {
  const filling = at === 0 ? -1 : firstFilling(data, at)
  if (filling < 0 || plot.data[at][filling] == null) return
  const { ctx, bbox } = plot
  const { width = 1, dash = [] } = plot.series[at]
  const ratio = devicePixelRatio
  const paths = linePaths(plot, at, Math.max(filling - 1, 0), data.times.length - 1)
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  ctx.globalAlpha *= fillingStrength
  // uPlot moves lines of an odd width onto whole pixels.
  const offset = ((width * ratio) % 2) / 2
  ctx.translate(offset, offset)
  if (paths.fill !== null) {
    ctx.fillStyle = colourOf(plot, at, 'fill')
    ctx.fill(paths.fill)
  }
  ctx.strokeStyle = colourOf(plot, at, 'stroke')
  ctx.lineWidth = width * ratio
  ctx.setLineDash(dash.map((length) => length * ratio))
  ctx.stroke(paths.stroke)
  ctx.restore()
}

/** Position of the first step that is still filling; -1 where there is none, and for a line of another time. */
function firstFilling({ fillingMs, times, series }: ChartData, at: number): number {
  if (fillingMs === undefined || series[at - 1]?.isDashed === true) return -1
  const first = times.findLastIndex((ms) => ms < fillingMs) + 1
  return first < times.length ? first : -1
}

/** uPlot wraps colours into functions. */
function colourOf(plot: uPlot, at: number, what: 'stroke' | 'fill'): string {
  const colour = plot.series[at][what] as unknown
  return String(typeof colour === 'function' ? (colour as (plot: uPlot, at: number) => unknown)(plot, at) : colour)
}
