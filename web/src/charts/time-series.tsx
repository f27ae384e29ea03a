import { type KeyboardEvent, type PointerEvent, useMemo, useRef, useState } from 'react'
import type uPlot from 'uplot'
import { useWidth } from '../parts/use-width.ts'
import { pointAt, useView } from '../state/view-store.ts'
import type { Span } from '../time/range.ts'
import { ChartTable } from './chart-table.tsx'
import { shownExemplars } from './marks-plugin.ts'
import { type ChartData, nearestIndex, type Series } from './series.ts'
import { spokenSentence } from './spoken.ts'
import { Tooltip } from './tooltip.tsx'
import { gutterWidth, rightPadding } from './uplot-options.ts'
import { useUplot } from './use-uplot.ts'

export interface TimeSeriesProps {
  readonly title: string
  readonly data: ChartData
  readonly zone: string
  readonly height?: number
  readonly isTable?: boolean
  /** Drag over a span of time. */
  readonly onZoom?: (span: Span) => void
  /** Double click: back one zoom step. */
  readonly onZoomBack?: () => void
  /** Click on a point without a drag: the rows behind it. */
  readonly onPoint?: (point: { readonly ms: number; readonly series: Series }) => void
  readonly onExemplar?: (traceId: string) => void
}

/** Pixels of movement from which a press is a drag. */
const dragFrom = 4
/** Milliseconds in which a second click makes a double click. */
const doubleClickMs = 250

/** Every course over time: lines, areas, marks, the shared sightline, drag to zoom, keys, and a table as its twin. */
export function TimeSeries({ title, data, zone, height = 120, isTable = false, ...acts }: TimeSeriesProps) {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const chart = useUplot(canvas, { data, zone, width: isTable ? 0 : width, height })
  const spoken = useMemo(() => spokenSentence(title, data, zone), [title, data, zone])
  const [hovered, setHovered] = useState<{ x: number; y: number } | null>(null)
  const crosshairMs = useView((view) => view.crosshairMs)
  const pointer = usePointer({ box, chart, data, setHovered, ...acts })
  const at = crosshairMs === null ? -1 : nearestIndex(data.times, crosshairMs)
  const { fromMs, toMs } = data.span
  const inner = width - gutterWidth - rightPadding
  const lineX = crosshairMs === null ? null : gutterWidth + ((crosshairMs - fromMs) / (toMs - fromMs)) * inner
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0 || data.times.length === 0) return
    event.preventDefault()
    const from = at < 0 ? (step > 0 ? -1 : data.times.length) : at
    pointAt(data.times[Math.min(Math.max(from + step, 0), data.times.length - 1)])
  }
  if (isTable) return <ChartTable title={title} data={data} zone={zone} />
  return (
    <div ref={box} className="chart" style={{ height }} {...pointer.handlers}>
      <div
        ref={canvas}
        role="img"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read the points of the picture
        tabIndex={0}
        aria-label={spoken}
        onKeyDown={onKeyDown}
        onBlur={() => pointAt(null)}
      />
      {lineX !== null && lineX >= gutterWidth && lineX <= width - rightPadding + 1 && (
        <div className="sightline" style={{ left: lineX }} />
      )}
      {pointer.drag !== null && (
        <div
          className="drag"
          style={{ left: Math.min(...pointer.drag), width: Math.abs(pointer.drag[1] - pointer.drag[0]) }}
        />
      )}
      {hovered !== null && pointer.drag === null && at >= 0 && (
        <Tooltip
          data={data}
          at={at}
          zone={zone}
          place={{ ...hovered, width }}
          hint={acts.onPoint && 'Click: traces here'}
        />
      )}
      <span className="seen-by-readers" aria-live="polite">
        {hovered === null && at >= 0 && document.activeElement === canvas.current ? (
          <ReadPoint data={data} at={at} zone={zone} />
        ) : null}
      </span>
    </div>
  )
}

function ReadPoint(props: { data: ChartData; at: number; zone: string }) {
  return <Tooltip {...props} place={null} />
}

interface PointerParts extends Pick<TimeSeriesProps, 'data' | 'onZoom' | 'onZoomBack' | 'onPoint' | 'onExemplar'> {
  readonly box: React.RefObject<HTMLDivElement | null>
  readonly chart: React.RefObject<uPlot | null>
  readonly setHovered: (at: { x: number; y: number } | null) => void
}

/** Moving points, dragging zooms, a click asks for the rows behind the nearest line. */
function usePointer({ box, chart, data, setHovered, onZoom, onZoomBack, onPoint, onExemplar }: PointerParts) {
  const [drag, setDrag] = useState<[number, number] | null>(null)
  const pressed = useRef<number | null>(null)
  const clicking = useRef<ReturnType<typeof setTimeout>>(undefined)
  const { fromMs, toMs } = data.span
  const place = (event: PointerEvent) => {
    const edges = box.current?.getBoundingClientRect()
    return { x: event.clientX - (edges?.left ?? 0), y: event.clientY - (edges?.top ?? 0), width: edges?.width ?? 1 }
  }
  const msOf = (x: number, width: number) =>
    fromMs + (Math.min(Math.max((x - gutterWidth) / (width - gutterWidth - rightPadding), 0), 1) || 0) * (toMs - fromMs)
  const click = ({ x, y, width }: { x: number; y: number; width: number }) => {
    const plot = chart.current
    if (plot === null) return
    const exemplar = shownExemplars(plot, data).find(
      ({ ms, value }) => Math.hypot(plot.valToPos(ms, 'x') + gutterWidth - x, plot.valToPos(value, 'y') + 8 - y) < 8,
    )
    if (exemplar !== undefined && onExemplar !== undefined) return onExemplar(exemplar.traceId)
    const ms = msOf(x, width)
    const at = nearestIndex(data.times, ms)
    const distance = ({ values }: Series) => Math.abs(plot.valToPos(values[at] ?? Number.NaN, 'y') + 8 - y)
    const series = data.series
      .filter(({ values }) => typeof values[at] === 'number')
      .sort((one, other) => distance(one) - distance(other))[0]
    if (series !== undefined) onPoint?.({ ms, series })
  }
  const handlers = {
    onPointerDown(event: PointerEvent) {
      if (event.button === 0) pressed.current = place(event).x
    },
    onPointerMove(event: PointerEvent) {
      const { x, y, width } = place(event)
      pointAt(msOf(x, width))
      setHovered({ x, y })
      if (pressed.current !== null && onZoom !== undefined && Math.abs(x - pressed.current) >= dragFrom) {
        if (drag === null) event.currentTarget.setPointerCapture(event.pointerId)
        setDrag([pressed.current, x])
      }
    },
    onPointerUp(event: PointerEvent) {
      const at = place(event)
      if (drag !== null) {
        const [first, second] = [Math.min(...drag), Math.max(...drag)]
        onZoom?.({ fromMs: msOf(first, at.width), toMs: msOf(second, at.width) })
      } else if (pressed.current !== null) {
        clearTimeout(clicking.current)
        clicking.current = setTimeout(() => click(at), doubleClickMs)
      }
      pressed.current = null
      setDrag(null)
    },
    onPointerLeave() {
      if (pressed.current !== null && drag !== null) return
      pressed.current = null
      setHovered(null)
      pointAt(null)
    },
    onDoubleClick() {
      clearTimeout(clicking.current)
      onZoomBack?.()
    },
  }
  return { handlers, drag }
}
