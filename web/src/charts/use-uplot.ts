import { type RefObject, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { marksPlugin } from './marks-plugin.ts'
import { type ChartData, stacked } from './series.ts'
import { uplotOptions } from './uplot-options.ts'
import { useTheme } from './use-theme.ts'

interface Drawn {
  readonly data: ChartData
  readonly zone: string
  readonly width: number
  readonly height: number
}

/** Keeps a uPlot chart in the element, drawn anew when the data, the size or the theme changes. */
export function useUplot(ref: RefObject<HTMLDivElement | null>, { data, zone, width, height }: Drawn) {
  const chart = useRef<uPlot | null>(null)
  const theme = useTheme()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the document and must redraw
  useEffect(() => {
    const element = ref.current
    if (element === null || width < 80) return
    const style = getComputedStyle(element)
    const css = (variable: string) => style.getPropertyValue(variable).trim()
    const values = data.isStacked === true ? stacked(data.series) : data.series.map((series) => series.values)
    const plot = new uPlot(
      uplotOptions({ data, zone, width, height, css, plugins: [marksPlugin(data, css)] }),
      [data.times, ...values] as uPlot.AlignedData,
      element,
    )
    chart.current = plot
    // Text on a canvas does not follow a font that comes later: draw again once it is there.
    void document.fonts.load('11px "Inter Variable"').then(() => chart.current === plot && plot.redraw(false, true))
    return () => {
      plot.destroy()
      chart.current = null
    }
  }, [ref, data, zone, width, height, theme])
  return chart
}
