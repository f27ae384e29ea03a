import { formatRows } from '../format/number.ts'
import { Panel, type PanelState } from '../parts/panel.tsx'
import { formatClock } from '../time/zone.ts'
import { type LedgerRow, titleOf } from './ledger.ts'

interface RejectionsProps {
  readonly rows: readonly LedgerRow[]
  readonly zone: string
  /** Of the ledger: `ready` once there is one; until then nothing is said of rejections. */
  readonly known: PanelState
}

/** What was not taken, why, and the last of each in words. */
export function Rejections({ rows, zone, known }: RejectionsProps) {
  const reasons = rows.flatMap((row) => row.rejections.map((rejection) => ({ row, ...rejection })))
  const count = reasons.reduce((sum, reason) => sum + reason.count, 0)
  const state =
    known.kind === 'error' || known.kind === 'loading' || known.kind === 'slow'
      ? known
      : reasons.length === 0
        ? ({ kind: 'empty', words: 'Nothing was rejected since the start.' } as const)
        : ({ kind: 'ready' } as const)
  return (
    <Panel
      title="Rejected, and why"
      {...(count === 0 ? {} : { sub: `${formatRows(count)} rows` })}
      state={state}
      isFlush
    >
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Reason</th>
              <th scope="col" className="n">
                Rows
              </th>
              <th scope="col">Source</th>
              <th scope="col">The last one</th>
            </tr>
          </thead>
          <tbody>
            {reasons.map(({ row, reason, count: rejected, sample, last_at }) => (
              <tr key={`${row.tenant} ${row.receiver} ${row.signal} ${row.sender} ${row.key} ${reason}`}>
                <td className="m">{reason}</td>
                <td className="n warn b">{formatRows(rejected)}</td>
                <td>{[row.sender ?? row.key, titleOf(row), row.signal].filter(Boolean).join(', ')}</td>
                <td className="code" style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
                  <span className="t3">{formatClock(Date.parse(last_at), zone, true)}</span> {sample}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
