import { useMemo } from 'react'
import type { QueryAnswer, ServiceMetrics } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { formatCount, formatDuration, formatPercent } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { costOfAll, usePanelState } from '../../parts/panel-state.ts'
import { VerdictMark } from '../../parts/verdict.tsx'
import { scopeConditions } from '../../shell/scope-filter.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { useAddress, useTime } from '../../url/use-search.ts'
import { useComparison } from '../compare-with.tsx'
import { comparedSpan } from '../comparison.ts'
import { redQuestion } from '../questions.ts'
import { type EndpointRow, endpointRows, measuresOf, usualMeasures } from './endpoint-rows.ts'

/** Endpoints of the table; the service's traces hold the others. */
const mostShown = 20

/** What the service serves, by the share of what its users wait longer. */
export function Endpoints({ service, metrics }: { service: string; metrics: ServiceMetrics | undefined }) {
  const { span } = useTime()
  const { f } = useAddress()
  const comparison = useComparison(service)
  const filters = useMemo(
    () => [
      { field: 'service', operator: 'eq' as const, value: service },
      { field: 'latency', operator: 'exists' as const },
      ...scopeConditions(f),
    ],
    [service, f],
  )
  const other = comparedSpan(span, comparison)
  const isUsual = comparison.kind === 'usual'
  const question = { filters, groupBy: ['endpoint'] }
  const now = useAnswer<QueryAnswer>({ path: '/api/query', body: redQuestion({ span, ...question }) })
  const before = useAnswer<QueryAnswer>({
    path: '/api/query',
    body: redQuestion({ span: other, ...question }),
    isWanted: !isUsual,
  })
  const state = usePanelState(now, ({ results }) =>
    results.length === 0 ? { kind: 'empty', words: 'It served no request in this range.' } : null,
  )
  const seconds = (span.toMs - span.fromMs) / 1000
  const rows = endpointRows(now.data, isUsual ? usualMeasures(metrics) : measuresOf(before.data, seconds), seconds)
  // Without anything to compare with two columns of nothing are left out.
  const hasBefore = rows.some(({ wasP95 }) => wasP95 !== null)
  const { words } = comparison
  return (
    <Panel
      title="Endpoints"
      sub={rows.some(({ share }) => share > 0) ? 'by share of the change' : 'busiest first'}
      state={state}
      cost={costOfAll([now, before])}
      isFlush
    >
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              {['req/s', 'errors', 'p50', 'p95'].map((word) => (
                <th key={word} scope="col" className="n">
                  {word}
                </th>
              ))}
              {hasBefore && (
                <>
                  <th scope="col" className="n" title={`p95 of ${words}`}>
                    {isUsual ? 'usual' : 'was'}
                  </th>
                  <th scope="col">share</th>
                </>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, mostShown).map((row) => (
              <Row key={row.endpoint} service={service} row={row} hasBefore={hasBefore} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > mostShown && (
        <p className="t3 sm" style={{ padding: '8px 12px' }}>
          And {rows.length - mostShown} more.
        </p>
      )}
    </Panel>
  )
}

function Row({ service, row, hasBefore }: { service: string; row: EndpointRow; hasBefore: boolean }) {
  const { endpoint, judgement, now, wasP95, share } = row
  return (
    <tr>
      <td>
        <span className="row">
          <VerdictMark judgement={judgement} />
          <ScreenLink
            to="traces"
            search={{ q: `service:${service} endpoint:${endpoint}`, sort: '-duration' }}
            className="code name-link"
          >
            {endpoint}
          </ScreenLink>
        </span>
      </td>
      <td className="n">{formatCount(now.rate)}</td>
      <td className={now.errors >= 0.05 ? 'n err' : now.errors >= 0.01 ? 'n warn' : 'n'}>
        {formatPercent(now.errors)}
      </td>
      <td className="n t2">{formatDuration(now.p50)}</td>
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
