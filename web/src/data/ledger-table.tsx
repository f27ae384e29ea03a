import type { IngestHealth } from '../../../contract/index.ts'
import { formatRows } from '../format/number.ts'
import { Sparkline } from '../parts/sparkline.tsx'
import { Verdict, VerdictMark } from '../parts/verdict.tsx'
import { ageWords, type Grouping, type LedgerRow, ledgerTotal, titleOf } from './ledger.ts'

type Place = IngestHealth['receivers'][number]

interface LedgerTableProps {
  readonly rows: readonly LedgerRow[]
  readonly by: Grouping
  /** All ways in that are open. */
  readonly places: readonly Place[]
  /** Those of them by which nothing came; listed by receiver only. */
  readonly silent: readonly Place[]
  /** received = stored + waiting + rejected in every line. */
  readonly holds: boolean
  readonly nowMs: number
}

/** One line per receiver and signal, and sender or key where they are asked for; the sum; what is open and silent. */
export function LedgerTable({ rows, by, places, silent, holds, nowMs }: LedgerTableProps) {
  const total = ledgerTotal(rows)
  const newest = total.newestMs === 0 ? null : new Date(total.newestMs).toISOString()
  const placeOf = new Map(places.map((place) => [place.receiver, place]))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that is too wide is scrolled by keys
    <div className="scroll-x" tabIndex={0}>
      <table className="table ledger">
        <Head by={by} />
        <tbody>
          {rows.map((row) => (
            <Line key={`${row.tenant} ${row.receiver} ${row.signal} ${row.sender} ${row.key}`} {...{ row, by, nowMs }}>
              <Listens place={placeOf.get(row.receiver)} />
            </Line>
          ))}
          {by === 'receiver' && silent.map((place) => <SilentLine key={place.receiver} place={place} />)}
          <tr className="b">
            <td>
              <span className="row">
                All
                {holds ? (
                  <Verdict judgement="usual" words="Adds up" />
                ) : (
                  <Verdict judgement="bad" words="Does not add up" />
                )}
              </span>
            </td>
            <td className="wide-only" />
            <td className="wide-only" />
            <Figures row={total} age={ageWords(newest, nowMs)} />
          </tr>
        </tbody>
      </table>
    </div>
  )
}

const heads = { receiver: 'Listens at', sender: 'Over', key: 'Over' } as const
const firstHeads = { receiver: 'Source', sender: 'Sender', key: 'Key' } as const

function Head({ by }: { by: Grouping }) {
  return (
    <thead>
      <tr>
        <th scope="col">{firstHeads[by]}</th>
        <th scope="col" className="wide-only">
          {heads[by]}
        </th>
        <th scope="col" className="wide-only">
          <span className="seen-by-readers">Received in the last five minutes</span>
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
  )
}

interface LineProps {
  readonly row: LedgerRow
  readonly by: Grouping
  readonly nowMs: number
  readonly children: React.ReactNode
}

function Line({ row, by, nowMs, children }: LineProps) {
  const name = by === 'receiver' ? titleOf(row) : by === 'sender' ? row.sender : row.key
  return (
    <tr>
      <td>
        <span className="row">
          <VerdictMark judgement={row.rejected > 0 || !row.holds ? 'watch' : 'usual'} />
          {name === '' ? (
            <span className="t2">{by === 'sender' ? 'not named' : 'without a key'}</span>
          ) : (
            <span className={by === 'receiver' ? 'm' : 'm source-name'}>{name}</span>
          )}
          <span className="t2">{row.signal}</span>
          {by !== 'sender' && row.senders > 0 && (
            <span className="t3 sm wide-only">
              {row.senders} {row.senders === 1 ? 'sender' : 'senders'}
            </span>
          )}
          {row.tenant !== 'default' && <span className="t3 sm wide-only">{row.tenant}</span>}
        </span>
      </td>
      {by === 'receiver' ? children : <td className="t2 wide-only">{titleOf(row)}</td>}
      <td className="wide-only">
        <Sparkline values={row.lately.received_course} width={48} tone={row.lately.rejected > 0 ? 'watch' : 'plain'} />
      </td>
      <Figures row={row} age={ageWords(row.last_received_at, nowMs)} />
    </tr>
  )
}

function Listens({ place }: { place: Place | undefined }) {
  const [first, ...others] = place?.listens_at ?? []
  return (
    <td
      className="code wide-only listens-at"
      {...(others.length === 0 ? {} : { title: [first, ...others].join('\n') })}
    >
      {place === undefined ? '–' : (first ?? 'pulls')}
    </td>
  )
}

function SilentLine({ place }: { place: Place }) {
  return (
    <tr className="t3 wide-only">
      <td>
        <span className="row">
          <VerdictMark judgement="none" />
          <span>{place.title}</span>
          <span className="sm">none yet</span>
        </span>
      </td>
      <Listens place={place} />
      <td className="wide-only" />
      <Figures row={{ received: 0, stored: 0, waiting: 0, rejected: 0 }} age="–" />
    </tr>
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
