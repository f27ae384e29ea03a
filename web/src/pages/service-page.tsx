import { useParams } from '@tanstack/react-router'
import { Seen } from '../api/seen.tsx'
import { Verdict } from '../parts/verdict.tsx'
import { claimWords } from '../services/change-words.ts'
import { CompareWith } from '../services/compare-with.tsx'
import { Activity } from '../services/one-service/activity.tsx'
import { Neighbours } from '../services/one-service/neighbours.tsx'
import { Resources } from '../services/one-service/resources.tsx'
import { Versions } from '../services/one-service/versions.tsx'
import { RedRow } from '../services/red-charts.tsx'
import { useServiceMetrics } from '../services/service-panel.tsx'
import { useChanges } from '../services/use-changes.ts'
import { writeConditions } from '../shell/scope-filter.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useTime } from '../url/use-search.ts'

const parents = [{ word: 'Services', to: 'services' }]

/** One service: the verdict, its three figures over time, what it serves, who calls it and what it calls, its versions. */
export function ServicePage() {
  const { id } = useParams({ strict: false }) as { id: string }
  usePageTitle(id, parents)
  const { zone } = useTime()
  const { asked, stateOf } = useChanges()
  const metrics = useServiceMetrics(id)
  const state = stateOf(id)
  const message = asked.data !== undefined && state === undefined ? metrics?.message : undefined
  return (
    <main className="page">
      <div className="row wrap">
        {state === undefined ? (
          <Verdict judgement="none" words={asked.data === undefined ? 'Looking …' : 'no requests in this range'} />
        ) : (
          <Verdict
            judgement={state.judgement}
            words={
              state.claim !== null
                ? claimWords(state.claim, zone)
                : state.usual === null
                  ? 'No usual known yet'
                  : `As ${state.usual.window}`
            }
          />
        )}
        {state?.versions[0] !== undefined && <span className="t2">version {state.versions[0].version}</span>}
        <span className="right" />
        <CompareWith service={id} />
        <ScreenLink to="traces" search={{ q: writeConditions({ service: id }), sort: '-duration' }} className="btn pri">
          Traces of {id}
        </ScreenLink>
      </div>
      {message !== undefined && <p className="note">{message}</p>}
      <RedRow service={id} judged={state} />
      <div className="service-grid">
        <div className="col" style={{ gap: 12, minWidth: 0 }}>
          <Seen>
            <Activity service={id} metrics={metrics} />
          </Seen>
          <Seen>
            <Neighbours service={id} />
          </Seen>
        </div>
        <div className="col" style={{ gap: 12, minWidth: 0 }}>
          <Seen>
            <Versions service={id} versions={state?.versions ?? []} />
          </Seen>
          <Resources data={metrics} />
        </div>
      </div>
    </main>
  )
}
