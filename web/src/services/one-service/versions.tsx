import { useMemo } from 'react'
import type { QueryAnswer, ServiceStateAnswer } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { formatAgainstUsual, formatDuration, formatPercent } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { usePanelState } from '../../parts/panel-state.ts'
import { scopeConditions } from '../../shell/scope-filter.ts'
import { formatClock } from '../../time/zone.ts'
import { useAddress, useTime } from '../../url/use-search.ts'
import { type Red, redOf, redQuestion } from '../questions.ts'

interface VersionsProps {
  readonly service: string
  readonly versions: ServiceStateAnswer['versions']
}

/** The newest version against the one before it, over the requests that each served in the range. */
export function Versions({ service, versions }: VersionsProps) {
  const { span, zone } = useTime()
  const { f } = useAddress()
  const filters = useMemo(
    () => [{ field: 'service', operator: 'eq' as const, value: service }, ...scopeConditions(f)],
    [service, f],
  )
  const asked = useAnswer<QueryAnswer>({
    path: '/api/query',
    body: redQuestion({ span, filters, groupBy: ['service.version'] }),
  })
  const seconds = (span.toMs - span.fromMs) / 1000
  const served = new Map((asked.data?.results ?? []).map((row) => [row.group['service.version'], redOf(row, seconds)]))
  const inRange = versions.filter(({ version }) => (served.get(version)?.requests ?? 0) > 0)
  const [newest, last] = inRange
  const state = usePanelState(asked, () => {
    if (newest === undefined)
      return { kind: 'empty', words: 'No version is known.', reason: 'It sends no service.version with its spans.' }
    return last === undefined ? { kind: 'empty', words: `One version served all requests: ${newest.version}.` } : null
  })
  const sub =
    newest === undefined || last === undefined ? {} : { sub: `since ${formatClock(Date.parse(newest.since), zone)}` }
  return (
    <Panel title="This version against the last" {...sub} state={state} cost={asked.cost} isFlush>
      {newest !== undefined && last !== undefined && (
        <Comparison
          names={[last.version, newest.version]}
          figures={[served.get(last.version)!, served.get(newest.version)!]}
        />
      )}
      {inRange.length > 2 && (
        <p className="t3 sm" style={{ padding: '8px 12px' }}>
          {inRange.length - 2} more {inRange.length === 3 ? 'version' : 'versions'} took traffic.
        </p>
      )}
    </Panel>
  )
}

interface ComparisonProps {
  readonly names: readonly [last: string, newest: string]
  readonly figures: readonly [last: Red, newest: Red]
}

function Comparison({ names, figures }: ComparisonProps) {
  const [last, newest] = figures
  const all = last.requests + newest.requests
  const lines = [
    ['Requests, share', last.requests / all, newest.requests / all, formatPercent, false],
    ['p50', last.p50, newest.p50, formatDuration, true],
    ['p95', last.p95, newest.p95, formatDuration, true],
    ['p99', last.p99, newest.p99, formatDuration, true],
    ['Errors', last.errors, newest.errors, formatPercent, true],
  ] as const
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col" className="n">
            {names[0]}
          </th>
          <th scope="col" className="n">
            {names[1]}
          </th>
          <th scope="col" className="n">
            change
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map(([words, was, is, format, canBeWorse]) => {
          const isWorse =
            canBeWorse && was !== null && is !== null && is > was * 1.5 && formatAgainstUsual(is, was) !== '≈'
          return (
            <tr key={words}>
              <td>{words}</td>
              <td className="n t2">{format(was)}</td>
              <td className="n m">{format(is)}</td>
              <td className={isWorse ? 'n err' : 'n t2'}>{canBeWorse ? formatAgainstUsual(is, was) : ''}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
