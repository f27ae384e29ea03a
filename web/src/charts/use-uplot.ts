import { type RefObject, useEffect, useMemo, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { drawSoon } from './draw-soon.ts'
import { fillingPlugin } from './filling-step.ts'
import { marksPlugin } from './marks-plugin.ts'
import { type ChartData, stacked } from './series.ts'
import { type Picture, pictureOf, structureOf, uplotOptions } from './uplot-options.ts'
import { useTheme } from './use-theme.ts'

interface Drawn {
  readonly data: ChartData
  readonly zone: string
  readonly width: number
  readonly height: number
}

/** Pixels below which there is nothing to draw in. */
const narrowest = 80

/**
 * Keeps a uPlot chart in the element. New data and sizes are drawn into the chart that is there; only other lines or
 * another theme make a new one, which costs many times as much.
 */
export function useUplot(ref: RefObject<HTMLDivElement | null>, { data, zone, width, height }: Drawn) {
  const chart = useRef<uPlot | null>(null)
  const theme = useTheme()
  const isDrawn = width >= narrowest
  const structure = useMemo(() => structureOf(data), [data])
  const picture = useMemo(() => pictureOf(data, { zone, width }), [data, zone, width])
  const shown = useRef<Picture>(picture)
  const newest = useRef({ data, picture, width, height })
  newest.current = { data, picture, width, height }
  const drawnAs = useRef('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the document and must redraw
  useEffect(() => {
    const element = ref.current
    if (element === null || !isDrawn) {
      chart.current?.destroy()
      chart.current = null
      return
    }
    // The old chart stays until the new one is drawn.
    return drawSoon(() => {
      chart.current?.destroy()
      shown.current = newest.current.picture
      drawnAs.current = structure
      chart.current = newChart(element, { ...newest.current, picture: () => shown.current })
    })
  }, [ref, structure, isDrawn, theme])
  useEffect(() => {
    const plot = chart.current
    if (plot === null || shown.current === picture || drawnAs.current !== structure) return
    shown.current = picture
    if (plot.width !== width || plot.height !== height) plot.setSize({ width, height })
    plot.setData(alignedOf(data))
  }, [data, structure, picture, width, height])
  useEffect(
    () => () => {
      chart.current?.destroy()
      chart.current = null
    },
    [],
  )
  return chart
}

interface NewChart extends Pick<Drawn, 'data' | 'width' | 'height'> {
  readonly picture: () => Picture
}

function newChart(element: HTMLElement, { data, picture, width, height }: NewChart): uPlot {
  const style = getComputedStyle(element)
  const css = (variable: string) => style.getPropertyValue(variable).trim()
  const plugins = [fillingPlugin(() => picture().data), marksPlugin(() => picture().data, css)]
  const plot = new uPlot(uplotOptions({ picture, width, height, css, plugins }), alignedOf(data), element)
  // Text on a canvas does not follow a font that comes later: draw again once it is there. A chart that is gone by
  // then draws into an element that no one sees.
  if (!document.fonts.check(axisFont)) void document.fonts.load(axisFont).then(() => plot.redraw(false, true))
  return plot
}

const axisFont = '11px "Inter Variable"'

function alignedOf(data: ChartData): uPlot.AlignedData {
  const values = data.isStacked === true ? stacked(data.series) : data.series.map((series) => series.values)
  return [data.times, ...values] as uPlot.AlignedData
}
