import { type RefObject, useEffect, useMemo, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the document and must redraw
  useEffect(() => {
    const element = ref.current
    if (element === null || !isDrawn) return
    const style = getComputedStyle(element)
    const css = (variable: string) => style.getPropertyValue(variable).trim()
    const plugins = [marksPlugin(() => shown.current.data, css)]
    shown.current = picture
    const options = uplotOptions({ picture: () => shown.current, width, height, css, plugins })
    const plot = new uPlot(options, alignedOf(data), element)
    chart.current = plot
    // Text on a canvas does not follow a font that comes later: draw again once it is there.
    if (!document.fonts.check(axisFont))
      void document.fonts.load(axisFont).then(() => chart.current === plot && plot.redraw(false, true))
    return () => {
      plot.destroy()
      chart.current = null
    }
  }, [ref, structure, isDrawn, theme])
  useEffect(() => {
    const plot = chart.current
    if (plot === null || shown.current === picture) return
    shown.current = picture
    if (plot.width !== width || plot.height !== height) plot.setSize({ width, height })
    plot.setData(alignedOf(data))
  }, [data, picture, width, height])
  return chart
}

const axisFont = '11px "Inter Variable"'

function alignedOf(data: ChartData): uPlot.AlignedData {
  const values = data.isStacked === true ? stacked(data.series) : data.series.map((series) => series.values)
  return [data.times, ...values] as uPlot.AlignedData
}
