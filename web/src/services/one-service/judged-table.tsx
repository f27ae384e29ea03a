import type { ReactNode } from 'react'
import { formatCount, formatDuration, formatPercent } from '../../format/number.ts'
import { VerdictMark } from '../../parts/verdict.tsx'
import type { Judged } from './endpoint-rows.ts'

/** Lines of the table; the service's traces hold the others. */
const mostShown = 20

interface JudgedTableProps<T extends Judged> {
  readonly head: string
  /** Head of the column of the other time, and the time in words. */
  readonly was: readonly [word: string, time: string]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly nameOf: (row: T) => ReactNode
}

/** Rate, errors and durations by line, each against the other time where one is known. */
export function JudgedTable<T extends Judged>({ head, was, rows, keyOf, nameOf }: JudgedTableProps<T>) {
  // Without anything to compare with two columns of nothing are left out.
  const hasBefore = rows.some(({ wasP95 }) => wasP95 !== null)
  const [word, time] = was
  return (
    <>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{head}</th>
              {['req/s', 'errors', 'p50', 'p95'].map((name) => (
                <th key={name} scope="col" className={name === 'p50' ? 'n wide-only' : 'n'}>
                  {name}
                </th>
              ))}
              {hasBefore && (
                <>
                  <th scope="col" className="n" title={`p95 of ${time}`}>
                    {word}
                  </th>
                  <th scope="col">share</th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, mostShown).map((row) => (
              <Row key={keyOf(row)} row={row} name={nameOf(row)} hasBefore={hasBefore} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > mostShown && (
        <p className="t3 sm" style={{ padding: '8px 12px' }}>
          And {rows.length - mostShown} more.
        </p>
      )}
    </>
  )
}

function Row({ row, name, hasBefore }: { row: Judged; name: ReactNode; hasBefore: boolean }) {
  const { judgement, now, wasP95, share } = row
  return (
    <tr>
      <td>
        <span className="row">
          <VerdictMark judgement={judgement} />
          {name}
        </span>
      </td>
      <td className="n">{formatCount(now.rate)}</td>
      <td className={now.errors >= 0.05 ? 'n err' : now.errors >= 0.01 ? 'n warn' : 'n'}>
        {formatPercent(now.errors)}
      </td>
      <td className="n t2 wide-only">{formatDuration(now.p50)}</td>
      <td className={judgement === 'bad' ? 'n b err' : 'n b'}>{formatDuration(now.p95)}</td>
      {hasBefore && (
        <>
          <td className="n t2">{formatDuration(wasP95)}</td>
          <td>
            <span className="row">
              <span className={share >= 0.1 ? 'bar bad' : 'bar'} style={{ width: 56 }}>
                <i style={{ width: `${share * 100}%` }} />
              </span>
              {Math.round(share * 100)} %
            </span>
          </td>
        </>
      )}
    </tr>
  )
}
