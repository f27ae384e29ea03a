import { type ReactNode, useMemo } from 'react'
import type { TraceExceptions, TraceExceptionsRequest } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { formatRows } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { usePanelState } from '../../parts/panel-state.ts'
import { scopeConditions } from '../../shell/scope-filter.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { formatClock } from '../../time/zone.ts'
import { useAddress, useTime } from '../../url/use-search.ts'
import { timeRangeOf } from '../questions.ts'

type Exception = TraceExceptions['exceptions'][number]

/** Exceptions that spans of the service recorded, by type, with the newest of each. */
export function Exceptions({ service, aside }: { service: string; aside: ReactNode }) {
  const { span, zone } = useTime()
  const { f } = useAddress()
  const body = useMemo<TraceExceptionsRequest>(
    () => ({
      time_range: timeRangeOf(span),
      filters: [{ field: 'service', operator: 'eq', value: service }, ...scopeConditions(f)],
    }),
    [service, f, span],
  )
  const asked = useAnswer<TraceExceptions>({ path: '/api/traces/exceptions', body })
  const state = usePanelState(asked, ({ exceptions }) =>
    exceptions.length === 0
      ? {
          kind: 'empty',
          words: 'None of its spans recorded an exception in this range.',
          reason: 'They come as events named exception, which most SDKs add by themselves.',
        }
      : null,
  )
  const { exceptions = [], truncated = false } = asked.data ?? {}
  return (
    <Panel title="Exceptions" sub="most frequent first" state={state} cost={asked.cost} aside={aside} isFlush>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Exception</th>
              <th scope="col" className="n">
                Count
              </th>
              <th scope="col" className="n wide-only">
                First
              </th>
              <th scope="col" className="n">
                Last
              </th>
            </tr>
          </thead>
          <tbody>
            {exceptions.map((exception) => (
              <Row key={exception.type} exception={exception} zone={zone} />
            ))}
          </tbody>
        </table>
      </div>
      {truncated && (
        <p className="t3 sm" style={{ padding: '8px 12px' }}>
          And more types.
        </p>
      )}
    </Panel>
  )
}

function Row({ exception, zone }: { exception: Exception; zone: string }) {
  const { type, count, escaped, first_seen: first, last_seen: last, newest } = exception
  return (
    <tr>
      <td style={{ whiteSpace: 'normal', overflowWrap: 'anywhere' }}>
        <ScreenLink
          to={`traces/${newest.trace_id}`}
          search={{ panel: [`span:${newest.span_id}`], tab: 'events' }}
          className="code name-link"
        >
          {type || 'without a type'}
        </ScreenLink>{' '}
        <span className="t3 sm">
          in {newest.operation}
          {escaped > 0 && `, ${formatRows(escaped)} ended their span`}
        </span>
        {newest.message !== '' && <div className="t2 sm">{newest.message}</div>}
      </td>
      <td className="n b">{formatRows(count)}</td>
      <td className="n t2 wide-only">{formatClock(Date.parse(first), zone, true)}</td>
      <td className="n t2">{formatClock(Date.parse(last), zone, true)}</td>
    </tr>
  )
}
