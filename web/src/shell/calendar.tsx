import { useState } from 'react'
import { two, wallTimeAt } from '../time/zone.ts'
import { useTime } from '../url/use-search.ts'
import { Icon } from './icons.tsx'

const weekdays = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su']

interface Month {
  readonly year: number
  /** 0 to 11. */
  readonly month: number
}

/** A month of days; choosing one gives `2026-11-23`. */
export function Calendar({ onChoose }: { onChoose: (day: string) => void }) {
  const { span, zone } = useTime()
  const end = wallTimeAt(span.toMs, zone)
  const [shown, setShown] = useState<Month>({ year: end.year, month: end.month - 1 })
  const turn = (by: number) => {
    const first = new Date(Date.UTC(shown.year, shown.month + by, 1))
    setShown({ year: first.getUTCFullYear(), month: first.getUTCMonth() })
  }
  const title = new Date(Date.UTC(shown.year, shown.month, 1)).toLocaleDateString('en-GB', {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
  const current = `${end.year}-${two(end.month)}-${two(end.day)}`
  return (
    <div>
      <div className="row" style={{ marginBottom: 4 }}>
        <span className="m sm grow">{title}</span>
        <button type="button" className="btn small icon ghost" aria-label="Month before" onClick={() => turn(-1)}>
          <Icon name="left" />
        </button>
        <button type="button" className="btn small icon ghost" aria-label="Month after" onClick={() => turn(1)}>
          <Icon name="right" />
        </button>
      </div>
      <div className="calendar">
        {weekdays.map((day) => (
          <span key={day} className="sm t3">
            {day}
          </span>
        ))}
        {daysOf(shown).map(({ iso, day, isOther }) => (
          <button
            key={iso}
            type="button"
            className={isOther ? 'other' : undefined}
            aria-label={iso}
            aria-pressed={iso === current}
            onClick={() => onChoose(iso)}
          >
            {day}
          </button>
        ))}
      </div>
    </div>
  )
}

/** Whole weeks that hold the month, Monday first. */
function daysOf({ year, month }: Month): { iso: string; day: number; isOther: boolean }[] {
  const first = new Date(Date.UTC(year, month, 1))
  const before = (first.getUTCDay() + 6) % 7
  const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const cells = Math.ceil((before + length) / 7) * 7
  return Array.from({ length: cells }, (_, at) => {
    const day = new Date(Date.UTC(year, month, 1 - before + at))
    return { iso: day.toISOString().slice(0, 10), day: day.getUTCDate(), isOther: day.getUTCMonth() !== month }
  })
}
