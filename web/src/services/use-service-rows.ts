import { useMemo } from 'react'
import type { QueryAnswer, ServiceMapAnswer } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import { stepSeconds } from '../time/range.ts'
import { useAddress, useTime } from '../url/use-search.ts'
import { comparedSpan, comparisonOf, comparisons } from './comparison.ts'
import { redQuestion, stepsOf, timeRangeOf } from './questions.ts'
import { serviceRows } from './service-rows.ts'

/** Points of the sparks in the list. */
const sparkPoints = 40

/** Everything that the list of services shows, from four questions. */
export function useServiceRows() {
  const { span } = useTime()
  const { f, cmp } = useAddress()
  const filters = useMemo(() => scopeConditions(f), [f])
  const comparison = comparisonOf(cmp)
  const step = stepSeconds(span, sparkPoints)
  const ask = { path: '/api/query' }
  const now = useAnswer<QueryAnswer>({ ...ask, body: redQuestion({ span, filters, groupBy: ['service'] }) })
  const before = useAnswer<QueryAnswer>({
    ...ask,
    body: redQuestion({ span: comparedSpan(span, comparison), filters, groupBy: ['service'] }),
  })
  const steps = useAnswer<QueryAnswer>({
    ...ask,
    body: redQuestion({ span, filters, groupBy: ['service'], stepSeconds: step }),
  })
  const { start, end } = timeRangeOf(span)
  const map = useAnswer<ServiceMapAnswer>({
    path: `/api/service-map?time_range=${encodeURIComponent(`${start}/${end}`)}`,
  })
  const rows = useMemo(
    () =>
      now.data === undefined
        ? []
        : serviceRows({
            now: now.data,
            before: before.data,
            steps: steps.data,
            map: filters.length === 0 ? map.data : undefined,
            seconds: (span.toMs - span.fromMs) / 1000,
            stepSeconds: step,
            stepTimes: stepsOf(span, step),
            span,
            beforeWords: comparisons[comparison][1],
          }),
    [now.data, before.data, steps.data, map.data, span, step, comparison, filters],
  )
  return { asked: now, rows, comparison }
}
