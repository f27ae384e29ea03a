import { type PointerEvent, useEffect, useRef, useState } from 'react'
import { useTheme } from '../charts/use-theme.ts'
import { useWidth } from '../parts/use-width.ts'
import type { TraceRow } from './trace-model.ts'
import type { Window } from './waterfall.tsx'

const height = 42
/** Pixels of movement from which a press is a drag. */
const dragFrom = 4

interface MinimapProps {
  readonly rows: readonly TraceRow[]
  readonly durationMs: number
  readonly shown: Window
  /** Null: the whole trace. */
  readonly onWindow: (shown: Window | null) => void
}

/** The whole trace at a glance; drag chooses what the waterfall shows, a double click shows all. */
export function Minimap({ rows, durationMs, shown, onWindow }: MinimapProps) {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useWidth(box)
  const theme = useTheme()
  const [drag, setDrag] = useState<[number, number] | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the document and must redraw
  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, { rows, durationMs, width })
  }, [rows, durationMs, width, theme])
  const xOf = (event: PointerEvent) => {
    const left = box.current?.getBoundingClientRect().left ?? 0
    return Math.min(Math.max(event.clientX - left, 0), width)
  }
  const finish = () => {
    if (drag !== null && Math.abs(drag[1] - drag[0]) >= dragFrom)
      onWindow({ fromMs: (Math.min(...drag) / width) * durationMs, toMs: (Math.max(...drag) / width) * durationMs })
    setDrag(null)
  }
  const [left, right] =
    drag === null
      ? [(shown.fromMs / durationMs) * width, (shown.toMs / durationMs) * width]
      : [Math.min(...drag), Math.max(...drag)]
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a picture to drag on; the axis and the keys of the rows say the same
    <div
      ref={box}
      className="minimap"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag([xOf(event), xOf(event)])
      }}
      onPointerMove={(event) => drag !== null && setDrag([drag[0], xOf(event)])}
      onPointerUp={finish}
      onDoubleClick={() => onWindow(null)}
    >
      <canvas ref={canvas} role="img" aria-label={`Overview of ${rows.length} lines; drag to choose a part`} />
      <div className="minimap-window" style={{ left, width: Math.max(right - left, 2) }} />
    </div>
  )
}

interface Drawing {
  readonly rows: readonly TraceRow[]
  readonly durationMs: number
  readonly width: number
}

function draw(canvas: HTMLCanvasElement, { rows, durationMs, width }: Drawing): void {
  const ratio = devicePixelRatio
  canvas.width = width * ratio
  canvas.height = height * ratio
  const ctx = canvas.getContext('2d')
  if (ctx === null) return
  const style = getComputedStyle(canvas)
  const plain = style.getPropertyValue('--span')
  const bad = style.getPropertyValue('--err-fill')
  const step = Math.min(4, (height - 4) / Math.max(rows.length, 1))
  rows.forEach(({ span, startMs, durationMs: length }, at) => {
    ctx.fillStyle = span.status === 'error' || span.marks.includes('culprit') ? bad : plain
    const y = (2 + at * step) * ratio
    ctx.fillRect(
      (startMs / durationMs) * canvas.width,
      y,
      Math.max((length / durationMs) * canvas.width, ratio),
      Math.max(step * 0.6, 0.5) * ratio,
    )
  })
}
