import { useMemo } from 'react'
import type { QueryAnswer, QueryRequest } from '../../../contract/index.ts'
import { type Asked, useAnswer } from '../api/use-answer.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import type { Grouping } from '../table/table-items.ts'
import { useAddress, useTime } from '../url/use-search.ts'
import { timeRangeOf } from './questions.ts'
import { byVerdict, fieldGrouping, verdictGrouping } from './service-groups.ts'
import type { ServiceRow } from './service-rows.ts'

/** Pairs of service and value of one answer. */
const mostPairs = 2000

interface ServiceGroups {
  /** Left out: not grouped, or the answer is still on its way. */
  readonly grouping: Grouping<ServiceRow> | undefined
  readonly asked: Asked<QueryAnswer>
}

/** What the list of services is grouped by, as the address says (`group`); attributes are asked for only then. */
export function useServiceGroups(): ServiceGroups {
  const { span } = useTime()
  const { f, group } = useAddress()
  const field = group === undefined || group === byVerdict ? undefined : group
  const filters = useMemo(() => scopeConditions(f), [f])
  const body: QueryRequest = {
    ...{ signal: 'traces', time_range: timeRangeOf(span), filters, limit: mostPairs },
    ...{ aggregations: [{ function: 'count' }], group_by: ['service', field ?? 'service.namespace'] },
  }
  const asked = useAnswer<QueryAnswer>({ path: '/api/query', body, isWanted: field !== undefined })
  const results = asked.data?.results
  const grouping = useMemo(() => {
    if (group === byVerdict) return verdictGrouping
    if (field === undefined || results === undefined) return undefined
    // The answer before stays until that for another attribute is there.
    const isOfField = results.every((row) => field in row.group)
    return isOfField ? fieldGrouping(results, field) : undefined
  }, [group, field, results])
  return { grouping, asked }
}
