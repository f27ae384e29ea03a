import type uPlot from 'uplot'
import type { ChartData } from './series.ts'

/** Exemplars of one chart at most; of those in one pixel column the slowest is kept. */
const mostExemplars = 40
/** Half the width of a diamond, CSS pixels. */
const diamond = 4

/** Draws thresholds, deploys, firing alerts and exemplars over the lines; `shown` is the data at the moment. */
export function marksPlugin(shown: () => ChartData, css: (variable: string) => string): uPlot.Plugin {
  return {
    hooks: {
      draw: [
        (chart) => {
          const { ctx } = chart
          const data = shown()
          ctx.save()
          drawThresholds(chart, data, css)
          drawDeploys(chart, data, css)
          drawFiring(chart, data, css)
          drawExemplars(chart, data, css)
          ctx.restore()
        },
      ],
    },
  }
}

type Draw = (chart: uPlot, data: ChartData, css: (variable: string) => string) => void

const drawThresholds: Draw = ({ ctx, bbox, valToPos }, { thresholds = [] }, css) => {
  const ratio = devicePixelRatio
  for (const { value, words } of thresholds) {
    const y = valToPos(value, 'y', true)
    ctx.strokeStyle = css('--err-fill')
    ctx.lineWidth = ratio
    ctx.setLineDash([4 * ratio, 3 * ratio])
    stroke(ctx, [bbox.left, y, bbox.left + bbox.width, y])
    ctx.setLineDash([])
    ctx.fillStyle = css('--err')
    ctx.font = `${11 * ratio}px ${css('--font-ui')}`
    ctx.textAlign = 'right'
    // At the upper edge there is no room above the line.
    const isAtTop = y - bbox.top < 14 * ratio
    ctx.fillText(words, bbox.left + bbox.width, isAtTop ? y + 13 * ratio : y - 4 * ratio)
  }
}

const drawDeploys: Draw = ({ ctx, bbox, valToPos }, { deploys = [], span }, css) => {
  const ratio = devicePixelRatio
  const bottom = bbox.top + bbox.height
  for (const { ms } of deploys) {
    if (ms < span.fromMs || ms > span.toMs) continue
    const x = valToPos(ms, 'x', true)
    ctx.strokeStyle = css('--text-3')
    ctx.lineWidth = ratio
    ctx.setLineDash([ratio, 2 * ratio])
    stroke(ctx, [x, bbox.top, x, bottom])
    ctx.setLineDash([])
    ctx.fillStyle = css('--text-2')
    ctx.beginPath()
    ctx.moveTo(x - 4 * ratio, bottom)
    ctx.lineTo(x + 4 * ratio, bottom)
    ctx.lineTo(x, bottom - 7 * ratio)
    ctx.fill()
  }
}

const drawFiring: Draw = ({ ctx, bbox, valToPos }, { firing = [], span }, css) => {
  ctx.fillStyle = css('--err-fill')
  for (const { fromMs, toMs } of firing) {
    const left = valToPos(Math.max(fromMs, span.fromMs), 'x', true)
    const right = valToPos(Math.min(toMs, span.toMs), 'x', true)
    if (right > left) ctx.fillRect(left, bbox.top, right - left, 2 * devicePixelRatio)
  }
}

const drawExemplars: Draw = (chart, data, css) => {
  const { ctx } = chart
  const size = diamond * devicePixelRatio
  // The lines before may have been dashed.
  ctx.setLineDash([])
  for (const { ms, value, hasError } of shownExemplars(chart, data)) {
    const x = chart.valToPos(ms, 'x', true)
    const y = chart.valToPos(value, 'y', true)
    ctx.beginPath()
    ctx.moveTo(x, y - size)
    ctx.lineTo(x + size, y)
    ctx.lineTo(x, y + size)
    ctx.lineTo(x - size, y)
    ctx.closePath()
    ctx.fillStyle = css('--surface')
    ctx.fill()
    ctx.strokeStyle = css(hasError ? '--err-fill' : '--text-2')
    ctx.lineWidth = 1.4 * devicePixelRatio
    ctx.stroke()
  }
}

/** The exemplars that are drawn: per pixel column the slowest, of all the slowest forty. */
export function shownExemplars(chart: uPlot, { exemplars = [], span }: ChartData): NonNullable<ChartData['exemplars']> {
  const columns = new Map<number, NonNullable<ChartData['exemplars']>[number]>()
  for (const exemplar of exemplars) {
    if (exemplar.ms < span.fromMs || exemplar.ms > span.toMs) continue
    const column = Math.round(chart.valToPos(exemplar.ms, 'x'))
    const known = columns.get(column)
    if (known === undefined || known.value < exemplar.value) columns.set(column, exemplar)
  }
  return [...columns.values()].sort((one, other) => other.value - one.value).slice(0, mostExemplars)
}

function stroke(ctx: CanvasRenderingContext2D, [x1, y1, x2, y2]: readonly [number, number, number, number]): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}
