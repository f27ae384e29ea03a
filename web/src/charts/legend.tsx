import { formatUnit } from '../format/number.ts'
import { useView } from '../state/view-store.ts'
import { type ChartData, coloursOf, nearestIndex } from './series.ts'

/** Series that a legend of one line names; more need a table. */
export const mostInLegend = 6

interface LegendProps {
  readonly data: ChartData
  /** A click on a name: only this one, or all again. */
  readonly onOnly?: (name: string) => void
}

/** Names and values at the sightline, else the last; on one line. */
export function Legend({ data, onOnly }: LegendProps) {
  const crosshairMs = useView((view) => view.crosshairMs)
  const colours = coloursOf(data.series)
  return (
    <span className="row sm t2 legend">
      {data.series.slice(0, mostInLegend).map(({ name, isDashed, values }, index) => {
        const at = crosshairMs === null ? -1 : nearestIndex(data.times, crosshairMs)
        const value = at < 0 ? values.findLast((one) => one !== null) : values[at]
        const entry = (
          <>
            <i
              className={isDashed === true ? 'legend-line dashed' : 'legend-line'}
              style={{ borderColor: `var(${colours[index]})` }}
            />
            <span className="ell">{name}</span>
            <span className="m legend-value">{formatUnit(value, data.unit)}</span>
          </>
        )
        return onOnly === undefined ? (
          <span key={name} className="row legend-entry">
            {entry}
          </span>
        ) : (
          <button key={name} type="button" className="row legend-entry" title="Only this" onClick={() => onOnly(name)}>
            {entry}
          </button>
        )
      })}
    </span>
  )
}
