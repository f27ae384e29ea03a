import { formatUnit } from '../format/number.ts'
import { formatStamp } from '../time/zone.ts'
import type { ChartData } from './series.ts'

interface ChartTableProps {
  readonly title: string
  readonly data: ChartData
  readonly zone: string
}

/** The same data as rows, and as text to copy. */
export function ChartTable({ title, data, zone }: ChartTableProps) {
  return (
    <div className="col" style={{ gap: 4 }}>
      <div style={{ maxHeight: 220, overflow: 'auto' }}>
        <table className="table">
          <caption className="seen-by-readers">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {data.series.map(({ name }) => (
                <th key={name} scope="col" className="n">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.times.map((ms, at) => (
              <tr key={ms}>
                <td>{formatStamp(ms, zone)}</td>
                {data.series.map(({ name, values }) => (
                  <td key={name} className="n">
                    {formatUnit(values[at], data.unit)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <button type="button" className="lnk sm" onClick={() => void navigator.clipboard.writeText(asCsv(data))}>
        Copy as CSV
      </button>
    </div>
  )
}

/** Comma-separated values: ISO time, then one column a series; gaps are empty. Source: RFC 4180. */
function asCsv({ times, series }: ChartData): string {
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const head = ['time', ...series.map(({ name }) => quoted(name))].join(',')
  const rows = times.map((ms, at) =>
    [new Date(ms).toISOString(), ...series.map(({ values }) => values[at] ?? '')].join(','),
  )
  return [head, ...rows, ''].join('\r\n')
}
