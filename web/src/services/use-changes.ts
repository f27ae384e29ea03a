import { useMemo } from 'react'
import type { ChangesAnswer, ServiceStateAnswer } from '../../../contract/index.ts'
import { type Asked, useAnswer } from '../api/use-answer.ts'
import type { Deploy } from '../charts/series.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import { useAddress, useTime } from '../url/use-search.ts'
import { timeRangeOf } from './questions.ts'

export interface ChangesView {
  readonly asked: Asked<ChangesAnswer>
  readonly stateOf: (service: string) => ServiceStateAnswer | undefined
}

/** What changed in the range, for whoever shows it: the rail, charts and screens of a page ask once together. */
export function useChanges(): ChangesView {
  const { span } = useTime()
  const { f } = useAddress()
  const filters = useMemo(() => scopeConditions(f), [f])
  const asked = useAnswer<ChangesAnswer>({ path: '/api/changes', body: { time_range: timeRangeOf(span), filters } })
  const states = useMemo(
    () => new Map((asked.data?.services ?? []).map((state) => [state.service, state])),
    [asked.data],
  )
  return { asked, stateOf: (service) => states.get(service) }
}

/** Deploys of one service in the range, as charts draw them. */
export function useDeploys(service: string): readonly Deploy[] {
  const { data } = useChanges().asked
  return useMemo(
    () =>
      deploysIn(data)
        .filter((change) => change.service === service)
        .map(({ at, version }) => ({ ms: Date.parse(at), words: `${service} ${version}` })),
    [data, service],
  )
}

/** All deploys of the answer, oldest first. */
export function deploysIn(changes: ChangesAnswer | undefined): ChangesAnswer['stories'][number]['head'][] {
  return (changes?.stories ?? [])
    .flatMap((story) => story.changes)
    .filter(({ kind }) => kind === 'deploy')
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
}
