import { formatRows } from '../format/number.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { ageWords, type LedgerRow, ledgerTotal, receiverWords } from './ledger.ts'

/** One line per receiver and signal, and the sum. */
export function LedgerTable({ rows, nowMs }: { rows: readonly LedgerRow[]; nowMs: number }) {
  const total = ledgerTotal(rows)
  const newest = total.newestMs === 0 ? null : new Date(total.newestMs).toISOString()
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col" className="wide-only">
              Signal
            </th>
            <th scope="col" className="n">
              Received
            </th>
            <th scope="col" className="n wide-only">
              Stored
            </th>
            <th scope="col" className="n wide-only">
              Waiting
            </th>
            <th scope="col" className="n">
              Rejected
            </th>
            <th scope="col" className="n wide-only">
              Newest
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.tenant} ${row.receiver} ${row.signal}`}>
              <td>
                <span className="row">
                  <VerdictMark judgement={row.rejected > 0 || !row.holds ? 'watch' : 'usual'} />
                  <span className="m">{receiverWords(row.receiver)}</span>
                  <span className="t2 phone-only">{row.signal}</span>
                  {row.tenant !== 'default' && <span className="t3 sm wide-only">{row.tenant}</span>}
                </span>
              </td>
              <td className="t2 wide-only">{row.signal}</td>
              <Figures row={row} age={ageWords(row.last_received_at, nowMs)} />
            </tr>
          ))}
          <tr className="b">
            <td>All</td>
            <td className="wide-only" />
            <Figures row={total} age={ageWords(newest, nowMs)} />
          </tr>
        </tbody>
      </table>
    </div>
  )
}

interface FiguresProps {
  readonly row: Pick<LedgerRow, 'received' | 'stored' | 'waiting' | 'rejected'>
  readonly age: string
}

function Figures({ row, age }: FiguresProps) {
  return (
    <>
      <td className="n">{formatRows(row.received)}</td>
      <td className="n wide-only">{formatRows(row.stored)}</td>
      <td className="n t2 wide-only">{formatRows(row.waiting)}</td>
      <td className={row.rejected > 0 ? 'n warn b' : 'n t2'}>{formatRows(row.rejected)}</td>
      <td className="n t2 wide-only">{age}</td>
    </>
  )
}
