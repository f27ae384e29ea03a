import { type ReactNode, useMemo } from 'react'
import type { FilterRequest, QueryAnswer } from '../../../../contract/index.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { Panel } from '../../parts/panel.tsx'
import { costOfAll, usePanelState } from '../../parts/panel-state.ts'
import { scopeConditions, writeConditions } from '../../shell/scope-filter.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { useAddress, useTime } from '../../url/use-search.ts'
import { useComparison } from '../compare-with.tsx'
import { comparedSpan } from '../comparison.ts'
import { type CallKind, callQuestion, callRows } from './call-rows.ts'
import { JudgedTable } from './judged-table.tsx'

interface CallsProps {
  readonly service: string
  readonly kind: CallKind
  readonly aside: ReactNode
}

/** What the service asks of databases or of other services, by the share of what it waits longer for. */
export function Calls({ service, kind, aside }: CallsProps) {
  const { span } = useTime()
  const { f } = useAddress()
  const comparison = useComparison(service)
  const filters = useMemo<FilterRequest[]>(
    () => [{ field: 'service', operator: 'eq', value: service }, ...scopeConditions(f)],
    [service, f],
  )
  const now = useAnswer<QueryAnswer>({ path: '/api/query', body: callQuestion(kind, { span, filters }) })
  const other = comparedSpan(span, comparison)
  const before = useAnswer<QueryAnswer>({ path: '/api/query', body: callQuestion(kind, { span: other, filters }) })
  const state = usePanelState(now, ({ results }) => (results.length === 0 ? { kind: 'empty', words: kind.none } : null))
  const seconds = (span.toMs - span.fromMs) / 1000
  const rows = callRows(kind, { now: now.data, before: before.data, seconds })
  // Without a usual of their own they are measured against the time before.
  const words = comparison.kind === 'usual' ? 'the time before' : comparison.words
  return (
    <Panel
      title={kind.title}
      sub={rows.some(({ share }) => share > 0) ? 'by share of the change' : 'busiest first'}
      state={state}
      cost={costOfAll([now, before])}
      aside={aside}
      isFlush
    >
      <JudgedTable
        head={kind.head}
        was={['was', words]}
        rows={rows}
        keyOf={({ group }) => JSON.stringify(group)}
        nameOf={({ called, about, group }) => (
          <span className="row wrap">
            <ScreenLink
              to="traces"
              search={{ q: writeConditions({ service, ...group }), sort: '-duration' }}
              className="code name-link"
            >
              {called}
            </ScreenLink>
            {about !== called && <span className="t3 sm">{about}</span>}
          </span>
        )}
      />
    </Panel>
  )
}
