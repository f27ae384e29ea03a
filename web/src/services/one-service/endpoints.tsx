import { type ReactNode, useMemo } from 'react'
import type { QueryAnswer, ServiceMetrics } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { Panel } from '../../parts/panel.tsx'
import { costOfAll, usePanelState } from '../../parts/panel-state.ts'
import { scopeConditions, writeConditions } from '../../shell/scope-filter.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { useAddress, useTime } from '../../url/use-search.ts'
import { useComparison } from '../compare-with.tsx'
import { comparedSpan } from '../comparison.ts'
import { redQuestion } from '../questions.ts'
import { endpointRows, measuresOf, usualMeasures } from './endpoint-rows.ts'
import { JudgedTable } from './judged-table.tsx'

interface EndpointsProps {
  readonly service: string
  readonly metrics: ServiceMetrics | undefined
  readonly aside?: ReactNode
}

/** What the service serves, by the share of what its users wait longer. */
export function Endpoints({ service, metrics, aside }: EndpointsProps) {
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
  return (
    <Panel
      title="Endpoints"
      sub={rows.some(({ share }) => share > 0) ? 'by share of the change' : 'busiest first'}
      state={state}
      cost={costOfAll([now, before])}
      aside={aside}
      isFlush
    >
      <JudgedTable
        head="Endpoint"
        was={[isUsual ? 'usual' : 'was', comparison.words]}
        rows={rows}
        keyOf={({ endpoint }) => endpoint}
        nameOf={({ endpoint }) => (
          <ScreenLink
            to="traces"
            search={{ q: writeConditions({ service, endpoint }), sort: '-duration' }}
            className="code name-link"
          >
            {endpoint}
          </ScreenLink>
        )}
      />
    </Panel>
  )
}
