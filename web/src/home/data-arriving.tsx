import type { IngestHealth } from '../../../contract/index.ts'
import type { Asked } from '../api/use-answer.ts'
import { ageWords, type LedgerRow, latelyRows, ledgerTotal } from '../data/ledger.ts'
import { formatRows } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { ScreenLink } from '../shell/screen-link.tsx'

const signals = [
  ['metrics', 'Metrics'],
  ['logs', 'Logs'],
  ['traces', 'Spans'],
] as const

interface DataArrivingProps {
  readonly asked: Asked<IngestHealth>
  readonly rows: readonly LedgerRow[]
  readonly sub: string
}

/** What arrives by signal, and what became of it. */
export function DataArriving({ asked, rows, sub }: DataArrivingProps) {
  const state = usePanelState(asked, () =>
    rows.length === 0 ? { kind: 'empty', words: 'Nothing has been received here since the server started.' } : null,
  )
  return (
    <Panel
      title="Data arriving"
      sub={sub}
      state={state}
      cost={asked.cost}
      isFlush
      aside={
        <ScreenLink to="data" className="lnk sm">
          Ledger
        </ScreenLink>
      }
    >
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Signal</th>
              <th scope="col" className="n">
                received
              </th>
              <th scope="col" className="n">
                stored
              </th>
              <th scope="col" className="n">
                waiting
              </th>
              <th scope="col" className="n">
                rejected
              </th>
              <th scope="col" className="n">
                newest
              </th>
            </tr>
          </thead>
          <tbody>
            {signals.map(([signal, words]) => (
              <Row
                key={signal}
                words={words}
                rows={rows.filter((row) => row.signal === signal)}
                nowMs={asked.answeredMs}
              />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function Row({ words, rows, nowMs }: { words: string; rows: readonly LedgerRow[]; nowMs: number }) {
  const { received, stored, waiting, rejected, newestMs } = ledgerTotal(latelyRows(rows))
  return (
    <tr>
      <td className="m">{words}</td>
      <td className="n">{formatRows(received)}</td>
      <td className="n">{formatRows(stored)}</td>
      <td className="n t2">{formatRows(waiting)}</td>
      <td className={rejected > 0 ? 'n warn b' : 'n t2'}>{formatRows(rejected)}</td>
      <td className="n t2">{ageWords(newestMs === 0 ? null : new Date(newestMs).toISOString(), nowMs)}</td>
    </tr>
  )
}
