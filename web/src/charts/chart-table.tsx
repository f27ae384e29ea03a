import { formatUnit } from '../format/number.ts'
import { formatStamp } from '../time/zone.ts'
import { chartCsv } from './csv.ts'
import { type ChartData, fillingWords } from './series.ts'

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
                <td>
                  {formatStamp(ms, zone)}
                  {fillingWords(data, at)}
                </td>
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
      <button type="button" className="lnk sm" onClick={() => void navigator.clipboard.writeText(chartCsv(data))}>
        Copy as CSV
      </button>
    </div>
  )
}
