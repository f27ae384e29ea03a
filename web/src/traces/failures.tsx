import type { FilterRequest, QueryAnswer, QueryRequest } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatCount } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { timeRangeOf } from '../services/questions.ts'
import type { Span } from '../time/range.ts'

/** Failures that are listed. */
const mostRows = 50

/** Spans that failed, by service, operation and what they said. */
export function Failures({ span, filters }: { span: Span; filters: readonly FilterRequest[] }) {
  const body: QueryRequest = {
    ...{ signal: 'traces', time_range: timeRangeOf(span), metrics: undefined, interval: undefined },
    filters: [...filters, { field: 'status', operator: 'eq', value: 'error' }],
    aggregations: [{ function: 'count' }],
    group_by: ['service_name', 'operation', 'status_message'],
    limit: mostRows,
  }
  const asked = useAnswer<QueryAnswer>({ path: '/api/query', body })
  const state = usePanelState(asked, ({ results }) =>
    results.length > 0 ? null : { kind: 'empty', words: 'Nothing failed here.' },
  )
  return (
    <Panel title="Errors" sub="failed spans by what they said" state={state} cost={asked.cost} isFlush>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Span</th>
            <th scope="col">Said</th>
            <th scope="col" className="n">
              Spans
            </th>
          </tr>
        </thead>
        <tbody>
          {(asked.data?.results ?? []).map(({ group, count }) => (
            <tr key={JSON.stringify(group)}>
              <td>
                <span className="m">{group.service_name}</span> <span className="code t2">{group.operation}</span>
              </td>
              <td className="ell cut">{group.status_message === '' ? 'nothing' : group.status_message}</td>
              <td className="n">{formatCount(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
