import { type PointerEvent, useEffect, useRef, useState } from 'react'
import type { TraceHeatmap } from '../../../contract/index.ts'
import { timeTicks } from '../charts/ticks.ts'
import { useTheme } from '../charts/use-theme.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import { useWidth } from '../parts/use-width.ts'
import type { Span } from '../time/range.ts'
import { type Box, drawnRows, rowOf, rowStart } from './selection.ts'

/** Which side of a drag counts: both, only the durations, or only the time. */
export type BoxMode = 'box' | 'slow' | 'after'

interface HeatmapProps {
  readonly map: TraceHeatmap
  readonly span: Span
  readonly zone: string
  readonly box: Box | null
  readonly mode: BoxMode
  readonly onBox: (box: Box) => void
  readonly children?: React.ReactNode
}

/** Pixels: the picture, the strip of errors above it, the gutter of durations left of it. */
const height = 240
const strip = 14
const gutter = 56
/** Pixels of movement from which a press is a drag. */
const dragFrom = 4

type Point = readonly [x: number, y: number]

/** How long requests took over time, errors above; a drag chooses a box, whose words come as children. */
export function Heatmap({ map, span, zone, box, mode, onBox, children }: HeatmapProps) {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = Math.max(useWidth(frame) - gutter, 0)
  const theme = useTheme()
  const [drag, setDrag] = useState<readonly [Point, Point] | null>(null)
  const rows = drawnRows(map)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the document and must redraw
  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, { map, span, width, rows })
  }, [map, span, width, theme, rows[0], rows[1]])
  const pointOf = (event: PointerEvent): Point => {
    const at = frame.current?.getBoundingClientRect()
    const clamp = (value: number, most: number) => Math.min(Math.max(value, 0), most)
    return [
      clamp(event.clientX - (at?.left ?? 0) - gutter, width),
      clamp(event.clientY - (at?.top ?? 0) - strip, height),
    ]
  }
  const boxOf = ([one, other]: readonly [Point, Point]) => boxBetween([one, other], { map, span, width, rows, mode })
  const finish = () => {
    if (drag !== null && isDrag(drag)) onBox(boxOf(drag))
    setDrag(null)
  }
  const shown = drag !== null && isDrag(drag) ? boxOf(drag) : box
  const place = shown === null ? null : placeOf(shown, { map, span, rows })
  return (
    <div
      ref={frame}
      className="heatmap"
      style={{ height: height + strip + 20 }}
      onPointerDown={(event) => {
        if (event.target instanceof Element && event.target.closest('.heat-note') !== null) return
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag([pointOf(event), pointOf(event)])
      }}
      onPointerMove={(event) => drag !== null && setDrag([drag[0], pointOf(event)])}
      onPointerUp={finish}
    >
      <HeatAxes {...{ map, span, zone, rows, width }} />
      <canvas
        ref={canvas}
        role="img"
        aria-label={spoken(map)}
        style={{ left: gutter, width, height: height + strip }}
      />
      {place !== null && width > 0 && (
        <>
          <div
            className="heat-box"
            style={{
              ...{ left: gutter + place.left * width, width: Math.max((place.right - place.left) * width, 2) },
              ...{ top: strip + place.top * height, height: Math.max((place.bottom - place.top) * height, 2) },
            }}
          />
          {drag === null && (
            <div className="heat-note" style={noteAt(place.left, place.right)}>
              {children}
            </div>
          )}
        </>
      )}
    </div>
  )
}

/** Left of the box where there is room, else at its left edge. */
function noteAt(left: number, right: number) {
  if (left > 0.3) return { right: `calc(${(1 - left) * 100}% - ${gutter * (1 - left) - 8}px)`, top: strip + 8 }
  return right < 0.7
    ? { left: `calc(${right * 100}% + ${gutter * (1 - right) + 8}px)`, top: strip + 8 }
    : { left: gutter + 8, top: strip + 8 }
}

function isDrag([[x1, y1], [x2, y2]]: readonly [Point, Point]): boolean {
  return Math.abs(x1 - x2) >= dragFrom || Math.abs(y1 - y2) >= dragFrom
}

interface Layout {
  readonly map: TraceHeatmap
  readonly span: Span
  readonly rows: readonly [number, number]
}

/** A box whole cells wide and high: what is counted is what is seen. */
function boxBetween(
  [one, other]: readonly [Point, Point],
  { map, span, width, rows, mode }: Layout & { width: number; mode: BoxMode },
): Box {
  const stepMs = map.step_seconds * 1000
  const msAt = (x: number) => span.fromMs + (x / Math.max(width, 1)) * (span.toMs - span.fromMs)
  const rowAt = (y: number) => rows[1] - (y / height) * (rows[1] - rows[0])
  const low = Math.floor(rowAt(Math.max(one[1], other[1])))
  const high = Math.max(Math.ceil(rowAt(Math.min(one[1], other[1]))), low + 1)
  const fromMs = Math.max(Math.floor(msAt(Math.min(one[0], other[0])) / stepMs) * stepMs, Math.floor(span.fromMs))
  const toMs = Math.max(Math.ceil(msAt(Math.max(one[0], other[0])) / stepMs) * stepMs, fromMs + stepMs)
  const least = low <= 0 ? 0 : rowStart(low, map.per_decade)
  if (mode === 'slow') return { fromMs: Math.floor(span.fromMs), toMs: Math.ceil(span.toMs), least, most: null }
  if (mode === 'after') return { fromMs, toMs: Math.ceil(span.toMs), least: 0, most: null }
  return { fromMs, toMs, least, most: rowStart(high, map.per_decade) }
}

function placeOf({ fromMs, toMs, least, most }: Box, { map, span, rows }: Layout) {
  const x = (ms: number) => Math.min(Math.max((ms - span.fromMs) / (span.toMs - span.fromMs), 0), 1)
  const y = (row: number) => Math.min(Math.max((rows[1] - row) / (rows[1] - rows[0]), 0), 1)
  const top = most === null ? 0 : y(rowOf(most, map.per_decade))
  return { left: x(fromMs), right: x(toMs), top, bottom: least === 0 ? 1 : y(rowOf(least, map.per_decade)) }
}

function HeatAxes({ map, span, zone, rows, width }: Layout & { zone: string; width: number }) {
  const decades = Array.from({ length: 12 }, (_, at) => at * map.per_decade).filter(
    (row) => row >= rows[0] && row <= rows[1],
  )
  const ticks = timeTicks(span, { zone, most: Math.max(2, Math.floor(width / 110)) })
  return (
    <div aria-hidden="true" className="sm t3">
      {decades.map((row) => {
        const top = strip + ((rows[1] - row) / (rows[1] - rows[0])) * height
        return (
          <div key={row} className="heat-line" style={{ top, left: gutter }}>
            <span>{decadeWords(rowStart(row, map.per_decade))}</span>
          </div>
        )
      })}
      {ticks.map(({ ms, label }) => (
        <span
          key={ms}
          className="heat-tick"
          style={{ left: gutter + ((ms - span.fromMs) / (span.toMs - span.fromMs)) * width, top: height + strip + 2 }}
        >
          {label}
        </span>
      ))}
    </div>
  )
}

/** A power of ten of microseconds: in seconds also above a minute, because the next line is ten times that. */
function decadeWords(us: number): string {
  return us >= 1e6 ? `${formatCount(us / 1e6)} s` : formatDuration(us / 1000)
}

/** Shares of the fullest cell from which the next strength begins; as the tokens say. */
const strengths = [0.05, 0.14, 0.28, 0.5, 0.78]

function draw(canvas: HTMLCanvasElement, { map, span, width, rows }: Layout & { width: number }): void {
  const ratio = devicePixelRatio
  canvas.width = width * ratio
  canvas.height = (height + strip) * ratio
  const ctx = canvas.getContext('2d')
  if (ctx === null) return
  ctx.scale(ratio, ratio)
  const style = getComputedStyle(canvas)
  const heat = Array.from({ length: 7 }, (_, at) => style.getPropertyValue(`--h${at}`))
  const most = Math.max(...map.cells.map(([, , count]) => count), 1)
  const lengthMs = span.toMs - span.fromMs
  const firstMs = Date.parse(map.first_column)
  const cellW = ((map.step_seconds * 1000) / lengthMs) * width
  const cellH = height / (rows[1] - rows[0])
  const errors = new Map<number, number>()
  for (const [column, row, count, failed] of map.cells) {
    const x = ((firstMs + column * map.step_seconds * 1000 - span.fromMs) / lengthMs) * width
    const y = strip + (rows[1] - row - 1) * cellH
    ctx.fillStyle = heat[strengths.filter((share) => count / most > share).length + 1]
    ctx.fillRect(x, y, Math.max(cellW - 0.5, 1), Math.max(cellH - 0.5, 1))
    if (failed > 0) errors.set(x, (errors.get(x) ?? 0) + failed)
  }
  const mostErrors = Math.max(...errors.values(), 1)
  ctx.fillStyle = style.getPropertyValue('--err-fill')
  for (const [x, count] of errors) {
    const high = Math.max((count / mostErrors) * (strip - 2), 1.5)
    ctx.fillRect(x, strip - 1 - high, Math.max(cellW - 0.5, 1), high)
  }
}

function spoken({ cells, total, errors, per_decade }: TraceHeatmap): string {
  const byRow = new Map<number, number>()
  for (const [, row, count] of cells) byRow.set(row, (byRow.get(row) ?? 0) + count)
  const [fullest] = [...byRow].sort(([, one], [, other]) => other - one)
  if (fullest === undefined) return 'No requests in this range'
  const words = (row: number) => formatDuration(rowStart(row, per_decade) / 1000)
  return `${formatCount(total)} requests, ${formatCount(errors)} with an error; most took ${words(fullest[0])} to ${words(fullest[0] + 1)}`
}
