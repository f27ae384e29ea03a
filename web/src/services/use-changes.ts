import { useMemo } from 'react'
import type { ChangesAnswer, ServiceStateAnswer } from '../../../contract/index.ts'
import { type Asked, useAnswer } from '../api/use-answer.ts'
import type { Deploy } from '../charts/series.ts'
import { scopeConditions } from '../shell/scope-filter.ts'
import { isRelative, type Span } from '../time/range.ts'
import { useAddress, useTime } from '../url/use-search.ts'
import { timeRangeOf } from './questions.ts'

/** Milliseconds to which a range that ends now is rounded: a live view moves more often than what changed is asked. */
const roundMs = 15_000

export interface ChangesView {
  readonly asked: Asked<ChangesAnswer>
  readonly stateOf: (service: string) => ServiceStateAnswer | undefined
}

/** What changed in the range, for whoever shows it: the rail, charts and screens of a page ask once together. */
export function useChanges(): ChangesView {
  const { span, range } = useTime()
  const { f } = useAddress()
  const filters = useMemo(() => scopeConditions(f), [f])
  const rounded = isRelative(range) ? roundedSpan(span) : span
  const body = { time_range: timeRangeOf(rounded), filters }
  const asked = useAnswer<ChangesAnswer>({ path: '/api/changes', body })
  const states = useMemo(
    () => new Map((asked.data?.services ?? []).map((state) => [state.service, state])),
    [asked.data],
  )
  return { asked, stateOf: (service) => states.get(service) }
}

/** The span as of the last round moment, of the same length. */
function roundedSpan({ fromMs, toMs }: Span): Span {
  const by = toMs % roundMs
  return { fromMs: fromMs - by, toMs: toMs - by }
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
