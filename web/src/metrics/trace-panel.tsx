import type { TraceOverview, TraceProfile } from '../../../contract/index.ts'
import type { Asked } from '../api/use-answer.ts'
import { formatDuration, formatPercent } from '../format/number.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { ScreenLink } from '../shell/screen-link.tsx'
import { registerSidePanel } from '../side/panel-kinds.ts'
import { TraceHead } from '../trace/trace-head.tsx'
import { useOverview, useProfile } from '../trace/use-trace.ts'
import { useTime } from '../url/use-search.ts'

registerSidePanel('trace', { word: 'Trace', body: TracePanel })

/** Operations that are listed: those that the trace waited for longest. */
const mostOperations = 8

/** One trace beside a chart: what is to be said about it and where its time went. */
function TracePanel({ id }: { id: string }) {
  const { zone } = useTime()
  const asked = useOverview(id)
  const profile = useProfile(id)
  const state = usePanelState(asked)
  const trace = asked.data
  if (trace === undefined)
    return (
      <div className="side-body">
        <Panel title="Trace" state={state} />
        {asked.error?.status === 404 && (
          <p className="t2">It is older than what is kept, or was not sampled: exemplars outlive traces.</p>
        )}
      </div>
    )
  return (
    <div className="side-body trace-side">
      <TraceHead trace={trace} zone={zone} />
      <Waits trace={trace} profile={profile} />
      <ScreenLink to={`traces/${id}`} className="btn pri">
        Open the trace
      </ScreenLink>
    </div>
  )
}

function Waits({ trace, profile }: { trace: TraceOverview; profile: Asked<TraceProfile> }) {
  const state = usePanelState(profile)
  const operations = profile.data?.operations ?? []
  const longest = operations.toSorted((one, other) => other.critical_time - one.critical_time).slice(0, mostOperations)
  return (
    <Panel title="Where the time went" sub="what the trace waited for" state={state} cost={profile.cost} isFlush>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col" className="n">
              waited for
            </th>
            <th scope="col" className="n">
              share
            </th>
          </tr>
        </thead>
        <tbody>
          {longest.map(({ service, operation, critical_time, errors }) => (
            <tr key={`${service} ${operation}`}>
              <td>
                <span className="row">
                  <VerdictMark judgement={errors > 0 ? 'bad' : 'usual'} />
                  <span className="m">{service}</span>
                  <span className="code t2 ell cut">{operation}</span>
                </span>
              </td>
              <td className="n b">{formatDuration(critical_time / 1000)}</td>
              <td className="n t2">{formatPercent(critical_time / Math.max(trace.duration, 1))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
