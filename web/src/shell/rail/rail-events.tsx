import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import { useChanges } from '../../services/use-changes.ts'
import { useTime } from '../../url/use-search.ts'
import { ScreenLink } from '../screen-link.tsx'
import { isRoomFor, leastLabelPx, type RailBand, type RailMark, railEvents } from './rail-marks.ts'

interface RailEventsProps {
  /** Pixels from the left edge of the rail. */
  readonly xOf: (ms: number) => number
  readonly width: number
}

/** Deploys, comings and goings, and what was not as usual: marks that lead to their service. One stop for Tab. */
export function RailEvents({ xOf, width }: RailEventsProps) {
  const { asked } = useChanges()
  const { span, zone } = useTime()
  const { data } = asked
  const events = useMemo(
    () => (data === undefined ? { marks: [], bands: [] } : railEvents(data, { zone, nowMs: span.toMs })),
    [data, zone, span],
  )
  const keys = useArrows()
  if (events.marks.length + events.bands.length === 0) return null
  const isIn = (ms: number) => ms >= span.fromMs && ms <= span.toMs
  const marks = events.marks.filter(({ ms }) => isIn(ms))
  const bands = events.bands.filter(({ fromMs, toMs }) => toMs >= span.fromMs && fromMs <= span.toMs)
  const shown = marks.map((mark) => ({ mark, x: xOf(mark.ms), label: mark.label }))
  const placed = bands.map((band) => ({
    band,
    left: xOf(Math.max(band.fromMs, span.fromMs)),
    right: xOf(Math.min(band.toMs, span.toMs)),
  }))
  const stops = [...shown.map(({ x }) => x), ...placed.map(({ left }) => left)].sort((one, other) => one - other)
  const room = (x: number) => (stops.find((stop) => stop > x) ?? width) - x
  return (
    <div
      ref={keys.box}
      className="rail-events"
      role="toolbar"
      aria-label="Events in the range"
      onKeyDown={keys.onKeyDown}
    >
      {placed.map(({ band, left, right }, at) => (
        <Band
          key={`${band.service} ${band.fromMs}`}
          band={band}
          place={[left, right]}
          room={Math.min(room(left), right - left)}
          tabIndex={keys.tabIndex(at)}
        />
      ))}
      {shown.map(({ mark, x, label }, at) => (
        <Mark
          key={`${mark.kind} ${label} ${mark.ms}`}
          mark={mark}
          x={x}
          hasLabel={isRoomFor(label, room(x))}
          tabIndex={keys.tabIndex(bands.length + at)}
        />
      ))}
    </div>
  )
}

interface BandProps {
  readonly band: RailBand
  readonly place: readonly [left: number, right: number]
  /** Pixels until the next thing on the rail. */
  readonly room: number
  readonly tabIndex: number
}

function Band({ band, place, room, tabIndex }: BandProps) {
  const [left, right] = place
  return (
    <ScreenLink
      to={`services/${encodeURIComponent(band.service)}`}
      className={`rail-band ${band.judgement}`}
      style={{ left, width: Math.max(right - left, 3) }}
      title={band.words}
      tabIndex={tabIndex}
      label={`${band.label}: ${band.words}`}
    >
      {room >= leastLabelPx && (
        <span className="ell" style={{ maxWidth: room - 12 }}>
          {band.label}
        </span>
      )}
    </ScreenLink>
  )
}

const shapes = {
  deploy: <path d="M2 3h8L6 10z" fill="currentColor" />,
  new: <path d="M6 1.5 10.5 6 6 10.5 1.5 6z" fill="none" stroke="currentColor" strokeWidth="1.4" />,
  gone: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.4" strokeDasharray="2.2 1.6" />,
} as const

function Mark({ mark, x, hasLabel, tabIndex }: { mark: RailMark; x: number; hasLabel: boolean; tabIndex: number }) {
  return (
    <ScreenLink
      to={`services/${encodeURIComponent(mark.service)}`}
      className="rail-mark"
      style={{ left: x - 8 }}
      title={mark.words}
      tabIndex={tabIndex}
      label={`${mark.label}: ${mark.words}`}
    >
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {shapes[mark.kind]}
      </svg>
      {hasLabel && <span>{mark.label}</span>}
    </ScreenLink>
  )
}

/** Tab reaches one of them, arrows the others. */
function useArrows() {
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState(0)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const links = [...(box.current?.querySelectorAll('a') ?? [])].sort(
      (one, other) => one.offsetLeft - other.offsetLeft,
    )
    const next = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step]
    if (step === 0 || next === undefined) return
    event.preventDefault()
    setAt([...(box.current?.querySelectorAll('a') ?? [])].indexOf(next))
    next.focus()
  }
  return { box, onKeyDown, tabIndex: (index: number) => (index === at ? 0 : -1) }
}
