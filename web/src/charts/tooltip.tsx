import { formatUnit } from '../format/number.ts'
import { formatClock } from '../time/zone.ts'
import { type ChartData, coloursOf, fillingWords } from './series.ts'

interface TooltipProps {
  readonly data: ChartData
  /** Position in `data.times`. */
  readonly at: number
  readonly zone: string
  /** Where the pointer is; null: only the words, for readers. */
  readonly place: { readonly x: number; readonly y: number; readonly width: number } | null
  readonly hint?: string | undefined
}

/** Values at the sightline, largest first. */
export function Tooltip({ data, at, zone, place, hint }: TooltipProps) {
  const colours = coloursOf(data.series)
  const rows = data.series
    .map(({ name, values }, index) => ({ name, value: values[at] ?? null, colour: colours[index] }))
    .sort((one, other) => (other.value ?? -1) - (one.value ?? -1))
  const clock = formatClock(data.times[at], zone, true) + fillingWords(data, at)
  const said = rows.map(({ name, value }) => `${name} ${formatUnit(value, data.unit)}`)
  if (place === null) return <>{`${clock}: ${said.join(', ')}`}</>
  const isLeft = place.x > place.width / 2
  const side = isLeft ? { right: place.width - place.x + 8 } : { left: place.x + 8 }
  return (
    <div className="tooltip" style={{ ...side, top: Math.max(0, place.y - 8) }} aria-hidden="true">
      <div className="t3">{clock}</div>
      {rows.slice(0, 10).map(({ name, value, colour }) => (
        <div key={name} className="row">
          <i className="swatch" style={{ background: `var(${colour})` }} />
          <span className="grow">{name}</span>
          <span className="m">{formatUnit(value, data.unit)}</span>
        </div>
      ))}
      {hint !== undefined && <div style={{ color: 'var(--accent)' }}>{hint}</div>}
    </div>
  )
}
