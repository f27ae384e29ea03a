import { useMemo } from 'react'
import type { QueryAnswer, ServiceMapAnswer } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import { stepSeconds } from '../time/range.ts'
import { useAddress, useTime } from '../url/use-search.ts'
import { useComparison } from './compare-with.tsx'
import { comparedSpan } from './comparison.ts'
import { redQuestion, stepsOf, timeRangeOf } from './questions.ts'
import { serviceRows } from './service-rows.ts'
import { useChanges } from './use-changes.ts'
import { againstUsual, withVersions } from './usual-rows.ts'

/** Points of the sparks in the list. */
const sparkPoints = 40

/** Everything that the list of services shows: against what is usual as the server judges it, or another time. */
export function useServiceRows() {
  const { span, zone } = useTime()
  const { f } = useAddress()
  const filters = useMemo(() => scopeConditions(f), [f])
  const comparison = useComparison()
  const isUsual = comparison.kind === 'usual'
  const changes = useChanges()
  const step = stepSeconds(span, sparkPoints)
  const ask = { path: '/api/query' }
  const now = useAnswer<QueryAnswer>({ ...ask, body: redQuestion({ span, filters, groupBy: ['service'] }) })
  const before = useAnswer<QueryAnswer>({
    ...ask,
    body: redQuestion({ span: comparedSpan(span, comparison), filters, groupBy: ['service'] }),
    isWanted: !isUsual,
  })
  const steps = useAnswer<QueryAnswer>({
    ...ask,
    body: redQuestion({ span, filters, groupBy: ['service'], stepSeconds: step }),
  })
  const { start, end } = timeRangeOf(span)
  const map = useAnswer<ServiceMapAnswer>({
    path: `/api/service-map?time_range=${encodeURIComponent(`${start}/${end}`)}`,
  })
  const states = changes.asked.data?.services
  const rows = useMemo(() => {
    if (now.data === undefined || (isUsual && states === undefined)) return []
    const found = serviceRows({
      now: now.data,
      before: isUsual ? undefined : before.data,
      steps: steps.data,
      map: filters.length === 0 ? map.data : undefined,
      seconds: (span.toMs - span.fromMs) / 1000,
      stepSeconds: step,
      stepTimes: stepsOf(span, step),
      span,
      beforeWords: comparison.words,
    })
    return withVersions(isUsual ? againstUsual(found, states ?? [], zone) : found, states ?? [])
  }, [now.data, before.data, steps.data, map.data, states, span, step, comparison, isUsual, filters, zone])
  const asked =
    isUsual && changes.asked.data === undefined
      ? { ...now, data: undefined, error: changes.asked.error ?? now.error }
      : now
  return { asked, before, rows }
}
