import Popover from '@mui/material/Popover'
import { useRouter } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useKeys } from '../keys/key-map.ts'
import { absoluteRange, moveSpan, nameRange, widenSpan } from '../time/range.ts'
import { formatOffset } from '../time/zone.ts'
import { useTime, useZoom } from '../url/use-search.ts'
import { Icon } from './icons.tsx'
import { TimePopover } from './time-popover.tsx'

/** The range of the whole app: relative and absolute are both always visible. */
export function TimeControl() {
  const { range, span, zone, nowMs } = useTime()
  const zoom = useZoom()
  const router = useRouter()
  const button = useRef<HTMLButtonElement>(null)
  const [isOpen, setOpen] = useState(false)
  const move = (direction: -1 | 1) => zoom(moveSpan(span, direction))
  const widen = () => zoom(widenSpan(span, nowMs))
  useKeys([
    { keys: 't', words: 'Time', group: 'everywhere', run: () => setOpen(true) },
    { keys: '[', words: 'Earlier', group: 'everywhere', run: () => move(-1) },
    { keys: ']', words: 'Later', group: 'everywhere', run: () => move(1) },
    { keys: 'z', words: 'Wider range', group: 'charts', run: widen },
    { keys: 'shift+z', words: 'Back to the range before', group: 'charts', run: () => router.history.back() },
  ])
  const name = nameRange(range, span, zone)
  const absolute = absoluteRange(span, zone, nowMs)
  return (
    <fieldset className="seg time-control" style={{ margin: 0, padding: 0 }}>
      <legend className="seen-by-readers">Time range</legend>
      <button
        type="button"
        className="icon-part wide-only"
        title="Earlier ([)"
        aria-label="Earlier"
        onClick={() => move(-1)}
      >
        <Icon name="left" />
      </button>
      <button
        ref={button}
        type="button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(true)}
        style={{ color: 'var(--text)' }}
      >
        <Icon name="clock" />
        <span className="m time-name">{name}</span>
        <span className="t3 time-absolute">
          {name === absolute ? '' : `${absolute} · `}
          {formatOffset(span.toMs, zone)}
        </span>
        <Icon name="down" />
      </button>
      <button
        type="button"
        className="icon-part wide-only"
        title="Later (])"
        aria-label="Later"
        onClick={() => move(1)}
      >
        <Icon name="right" />
      </button>
      <button type="button" className="icon-part wide-only" title="Wider (z)" aria-label="Wider range" onClick={widen}>
        <Icon name="wider" />
      </button>
      <Popover
        open={isOpen}
        anchorEl={button.current}
        onClose={() => setOpen(false)}
        anchorOrigin={{ vertical: 'bottom', horizontal: 'center' }}
        transformOrigin={{ vertical: -6, horizontal: 'center' }}
        slotProps={{ paper: { role: 'dialog', 'aria-modal': true, 'aria-label': 'Choose the time range' } }}
      >
        <TimePopover onDone={() => setOpen(false)} />
      </Popover>
    </fieldset>
  )
}
