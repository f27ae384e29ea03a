import type { TraceComparison } from '../../../../contract/index.ts'
import { formatCount, formatDuration } from '../../format/number.ts'
import type { Window } from '../trace-model.ts'
import { useToggleCompare } from '../use-comparison.ts'

/** A healthy trace of the same operation as one bar on the axis of this one; a click lays it beside. */
export function HealthyLane({ comparison, shown }: { comparison: TraceComparison | undefined; shown: Window }) {
  const toggle = useToggleCompare()
  if (comparison === undefined) return <div className="trace-lane" aria-busy="true" />
  const { healthy, other, message } = comparison
  const share = (ms: number) => ((ms - shown.fromMs) / (shown.toMs - shown.fromMs)) * 100
  const until = other === null ? 0 : Math.min(share(other.duration / 1000), 100)
  const from = Math.max(share(0), 0)
  return (
    <div className="trace-lane">
      <span className="wf-name">
        <b className="m">Healthy trace</b> <span className="t3 sm ell">same operation</span>
        <span className="right" />
        {other !== null && (
          <button type="button" className="lnk sm" onClick={toggle}>
            Compare
          </button>
        )}
      </span>
      <div className="wf-lane">
        {other !== null && until > from && (
          <div className="wf-bar healthy" style={{ left: `${from}%`, width: `${until - from}%` }} />
        )}
        <span className="wf-words after" style={{ left: `${Math.min(Math.max(until, 0), 60)}%` }}>
          {healthy === null || other === null
            ? (message ?? 'none is known')
            : `${formatDuration(other.duration / 1000)}, nearest to the median of ${formatCount(healthy.traces)} healthy in ${healthy.window}`}
        </span>
      </div>
    </div>
  )
}
