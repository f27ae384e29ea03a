import type { MetricLabels } from '../../../../contract/index.ts'
import { formatCount, formatPercent, formatUnit } from '../../format/number.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import type { ResultSeries } from '../result-series.ts'
import type { DisplayUnit } from '../units.ts'

interface LabelValuesProps {
  readonly label: MetricLabels['labels'][number]
  readonly drawn: readonly ResultSeries[]
  readonly colours: ReadonlyMap<string, string>
  /** Series of the metric. */
  readonly all: number
  readonly unit: DisplayUnit
  /** Lines of the query page for one value. */
  readonly queryOf: (value: string) => string[]
}

/** Values of a label: how each does, and how many series it has. A value leads to its queries. */
export function LabelValues({ label, drawn, colours, all, unit, queryOf }: LabelValuesProps) {
  const byValue = new Map(drawn.map((one) => [one.labels[label.name] ?? '', one]))
  const rows = label.values.toSorted(
    (one, other) => meanOf(byValue.get(other.value)) - meanOf(byValue.get(one.value)) || other.series - one.series,
  )
  const left = label.value_count - rows.length
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <div className="values" role="region" tabIndex={0} aria-label={`Values of ${label.name}`}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Value</th>
            {['last', 'mean', 'series', 'share of series'].map((words) => (
              <th key={words} scope="col" className="n">
                {words}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ value, series }) => {
            const one = byValue.get(value)
            const colour = one === undefined ? undefined : colours.get(one.name)
            return (
              <tr key={value}>
                <td>
                  <span className="row">
                    <i
                      className={colour === undefined ? 'swatch empty' : 'swatch'}
                      style={colour === undefined ? undefined : { background: `var(${colour})` }}
                    />
                    <ScreenLink to="metrics" search={{ e: queryOf(value) }} className="lnk code">
                      {value}
                    </ScreenLink>
                  </span>
                </td>
                <td className="n m">{formatUnit(one?.last, unit.unit)}</td>
                <td className="n t2">{formatUnit(one?.mean, unit.unit)}</td>
                <td className="n">{formatCount(series)}</td>
                <td className="n t2">{formatPercent(Math.round((series / Math.max(all, 1)) * 1000) / 1000)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      {left > 0 && (
        <p className="t2 sm" style={{ padding: '8px 12px' }}>
          {formatCount(left)} more values with fewer series.
        </p>
      )}
    </div>
  )
}

function meanOf(series: ResultSeries | undefined): number {
  return series?.mean ?? Number.NEGATIVE_INFINITY
}
