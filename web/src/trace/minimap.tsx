import { type PointerEvent, useEffect, useRef, useState } from 'react'
import type { TraceOverview } from '../../../contract/index.ts'
import { useTheme } from '../charts/use-theme.ts'
import { useWidth } from '../parts/use-width.ts'
import { movedBy, type Window } from './trace-model.ts'

const height = 42
/** Pixels of movement from which a press is a drag. */
const dragFrom = 4
/** Pixels on both sides of an edge of the window in which the edge is taken. */
const edgePx = 6

interface MinimapProps {
  readonly lanes: TraceOverview['overview']
  readonly durationMs: number
  readonly shown: Window
  /** Null: the whole trace. */
  readonly onWindow: (shown: Window | null) => void
}

interface Drag {
  readonly what: 'new' | 'from' | 'to' | 'move'
  readonly atX: number
  readonly x: number
}

/**
 * The whole trace at a glance. A drag chooses what the waterfall shows; the edges of what is chosen are moved one by
 * one, its middle moves it; a double click shows all.
 */
export function Minimap({ lanes, durationMs, shown, onWindow }: MinimapProps) {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useWidth(box)
  const theme = useTheme()
  const [drag, setDrag] = useState<Drag | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme is read from the document and must redraw
  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, { lanes, width })
  }, [lanes, width, theme])
  const xOf = (event: PointerEvent) => {
    const left = box.current?.getBoundingClientRect().left ?? 0
    return Math.min(Math.max(event.clientX - left, 0), width)
  }
  const seen = drag === null ? shown : draggedWindow(drag, { shown, width, durationMs })
  const finish = () => {
    if (drag !== null && Math.abs(drag.x - drag.atX) >= dragFrom) onWindow(seen)
    setDrag(null)
  }
  const left = (seen.fromMs / durationMs) * width
  const right = (seen.toMs / durationMs) * width
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a picture to drag on; the axis and the keys of the rows say the same
    <div
      ref={box}
      className="minimap"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        const x = xOf(event)
        setDrag({ what: grabbed(x, { left, right, width }), atX: x, x })
      }}
      onPointerMove={(event) => drag !== null && setDrag({ ...drag, x: xOf(event) })}
      onPointerUp={finish}
      onDoubleClick={() => onWindow(null)}
    >
      <canvas ref={canvas} role="img" aria-label="Overview of the whole trace; drag to choose a part" />
      <div
        className={right - left >= width - 2 ? 'minimap-window whole' : 'minimap-window'}
        style={{ left, width: Math.max(right - left, 2) }}
      >
        <i />
        <i />
      </div>
    </div>
  )
}

function grabbed(x: number, { left, right, width }: { left: number; right: number; width: number }): Drag['what'] {
  if (Math.abs(x - left) <= edgePx) return 'from'
  if (Math.abs(x - right) <= edgePx) return 'to'
  const isWhole = right - left >= width - 2
  return !isWhole && x > left && x < right ? 'move' : 'new'
}

function draggedWindow(
  { what, atX, x }: Drag,
  { shown, width, durationMs }: { shown: Window; width: number; durationMs: number },
): Window {
  const ms = (px: number) => (px / Math.max(width, 1)) * durationMs
  if (what === 'move') return movedBy(shown, ms(x - atX), durationMs)
  const fixed = what === 'from' ? shown.toMs : what === 'to' ? shown.fromMs : ms(atX)
  return { fromMs: Math.min(fixed, ms(x)), toMs: Math.max(fixed, ms(x)) }
}

/** Thousandths of the duration, as the server counts. */
const steps = 1000

function draw(canvas: HTMLCanvasElement, { lanes, width }: { lanes: TraceOverview['overview']; width: number }): void {
  const ratio = devicePixelRatio
  canvas.width = width * ratio
  canvas.height = height * ratio
  const ctx = canvas.getContext('2d')
  if (ctx === null) return
  const style = getComputedStyle(canvas)
  const plain = style.getPropertyValue('--span')
  const bad = style.getPropertyValue('--err-fill')
  const step = Math.min(4, (height - 4) / Math.max(lanes.length, 1))
  for (const [at, bars] of lanes.entries())
    for (const [from, to, isBad] of bars) {
      ctx.fillStyle = isBad === 1 ? bad : plain
      const x = (from / steps) * canvas.width
      ctx.fillRect(
        x,
        (2 + at * step) * ratio,
        Math.max(((to - from) / steps) * canvas.width, ratio),
        Math.max(step * 0.6, 0.5) * ratio,
      )
    }
}
