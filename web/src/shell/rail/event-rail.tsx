import { type PointerEvent, useRef, useState } from 'react'
import { timeTicks } from '../../charts/ticks.ts'
import { useWidth } from '../../parts/use-width.ts'
import { pointAt, useView } from '../../state/view-store.ts'
import { formatClockMs } from '../../time/zone.ts'
import { useTime, useZoom } from '../../url/use-search.ts'
import { RailEvents } from './rail-events.tsx'

/** Pixels at both sides of the rail, as wide as the edge of the page. */
const edge = 16
/** Pixels of movement from which a press is a drag. */
const dragFrom = 4

/** The axis of the range under the top bar of every screen; drag zooms, the sightline passes through. */
export function EventRail() {
  const { span, zone } = useTime()
  const zoom = useZoom()
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const crosshairMs = useView((view) => view.crosshairMs)
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const inner = Math.max(width - 2 * edge, 1)
  const length = span.toMs - span.fromMs
  const xOf = (ms: number) => edge + ((ms - span.fromMs) / length) * inner
  const msOf = (x: number) => span.fromMs + (Math.min(Math.max(x - edge, 0), inner) / inner) * length
  const xAt = (event: PointerEvent) => event.clientX - (box.current?.getBoundingClientRect().left ?? 0)
  const finish = (event: PointerEvent) => {
    const to = xAt(event)
    if (drag !== null && Math.abs(to - drag.from) >= dragFrom)
      zoom({ fromMs: msOf(Math.min(drag.from, to)), toMs: msOf(Math.max(drag.from, to)) })
    setDrag(null)
  }
  return (
    <section
      ref={box}
      className="rail"
      aria-label="Time and events"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag({ from: xAt(event), to: xAt(event) })
      }}
      onPointerMove={(event) => {
        pointAt(msOf(xAt(event)))
        if (drag !== null) setDrag({ ...drag, to: xAt(event) })
      }}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(null)}
      onPointerLeave={() => pointAt(null)}
    >
      <svg
        width={width}
        height="28"
        role="img"
        aria-label={`Time from ${formatClockMs(span.fromMs, zone)} to ${formatClockMs(span.toMs, zone)}`}
      >
        {timeTicks(span, { zone, most: Math.max(2, Math.floor(inner / 110)) }).map(({ ms, label }) => (
          <g key={ms}>
            <line x1={xOf(ms)} x2={xOf(ms)} y1="20" y2="28" stroke="var(--line-2)" />
            {xOf(ms) < width - 50 && (
              <text x={xOf(ms) + 4} y="25" className="rail-label">
                {label}
              </text>
            )}
          </g>
        ))}
        {drag !== null && (
          <rect
            x={Math.min(drag.from, drag.to)}
            width={Math.abs(drag.to - drag.from)}
            y="0"
            height="28"
            fill="var(--sel)"
          />
        )}
        {crosshairMs !== null && crosshairMs >= span.fromMs && crosshairMs <= span.toMs && (
          <line x1={xOf(crosshairMs)} x2={xOf(crosshairMs)} y1="0" y2="28" stroke="var(--cross)" />
        )}
      </svg>
      {/* A press on a mark is no drag. */}
      <div onPointerDown={(event) => event.stopPropagation()}>
        <RailEvents xOf={xOf} width={width} />
      </div>
    </section>
  )
}
