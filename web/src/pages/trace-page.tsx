import { useState } from 'react'
import type { TraceComparison, TraceContext, TraceOverview, TraceProfile } from '../../../contract/index.ts'
import type { Asked } from '../api/use-answer.ts'
import { Panel, useLongerThan } from '../parts/panel.tsx'
import { panelStateOf, usePanelState } from '../parts/panel-state.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useRowHeight } from '../table/use-row-height.ts'
import { FindingNote } from '../trace/finding-note.tsx'
import { FlameGraph } from '../trace/flame-graph.tsx'
import { LogLine } from '../trace/log-line.tsx'
import { Minimap } from '../trace/minimap.tsx'
import { ServiceGraph } from '../trace/service-graph.tsx'
import { DifferenceTable, SpanTable } from '../trace/span-table.tsx'
import { TraceBar, type TraceViewName, useIsPhone, useTraceView } from '../trace/trace-bar.tsx'
import { type Spent, TraceCost } from '../trace/trace-cost.tsx'
import { TraceHead } from '../trace/trace-head.tsx'
import { TraceJson } from '../trace/trace-json.tsx'
import { instantMs, windowOf, winOf } from '../trace/trace-model.ts'
import '../trace/span-panel.tsx'
import { TraceWaterfall, useOrder } from '../trace/trace-waterfall.tsx'
import { useCompared, useComparison, useToggleCompare } from '../trace/use-comparison.ts'
import { useFirstRows } from '../trace/use-rows.ts'
import { useOverview, useProfile, useTraceContext, useTraceId } from '../trace/use-trace.ts'
import { useAddress, useChangeAddress, useTime } from '../url/use-search.ts'

const parents = [{ word: 'Traces', to: 'traces' }]

/** One trace: who waited for whom, and what else happened meanwhile. */
export function TracePage() {
  const id = useTraceId()
  const asked = useOverview(id)
  const view = useTraceView()
  const order = useOrder(view === 'critical')
  const rows = useFirstRows({ id, order, isWanted: isOfRows(view) })
  const { zone } = useTime()
  const isPhone = useIsPhone()
  usePageTitle(id.length <= 16 ? id : isPhone ? id.slice(0, 8) : `${id.slice(0, 8)}…${id.slice(-6)}`, parents)
  const isSlow = useLongerThan(asked.isAsking, 2000)
  const state = panelStateOf(asked, { zone, isSlow })
  const trace = asked.data
  if (trace === undefined)
    return (
      <main className="page">
        <Panel title="Trace" state={state} />
        {asked.error?.status === 404 && (
          <p>
            It may be older than what is kept, or still on its way.{' '}
            <ScreenLink to="traces">Look among the newest</ScreenLink>
          </p>
        )}
      </main>
    )
  return <ShownTrace key={trace.trace_id} trace={trace} spent={[asked, rows]} />
}

function isOfRows(view: TraceViewName): boolean {
  return view === 'waterfall' || view === 'critical'
}

interface ShownTraceProps {
  readonly trace: TraceOverview
  /** What its overview and its first rows took. */
  readonly spent: readonly Spent[]
}

function ShownTrace({ trace, spent: [overview, rows] }: ShownTraceProps) {
  const { zone } = useTime()
  const { win } = useAddress()
  const change = useChangeAddress()
  const view = useTraceView()
  const context = useTraceContext(trace.trace_id)
  const healthy = useComparison('healthy')
  const compared = useCompared()
  const toggleCompare = useToggleCompare()
  const profile = useProfile(isOfProfile(view) ? trace.trace_id : '')
  const differences = useComparison(compared?.with ?? '', view === 'differences' && compared !== null)
  const [found, setFound] = useState(0)
  const durationMs = Math.max(trace.duration / 1000, 0.001)
  const select = (span: string) => change({ panel: [`span:${span}`] })
  const isWaterfall = isOfRows(view)
  return (
    <main className="page flush trace-page">
      <TraceHead trace={trace} zone={zone} comparison={healthy.data}>
        <span className="wide-only">
          <TraceCost
            asked={
              isWaterfall
                ? [overview, rows]
                : isOfProfile(view)
                  ? [overview, profile]
                  : view === 'logs'
                    ? [overview, context]
                    : view === 'differences'
                      ? [overview, differences]
                      : [overview]
            }
          />
        </span>
        <button
          type="button"
          className="btn small wide-only"
          aria-pressed={compared !== null}
          title="m"
          onClick={toggleCompare}
        >
          {compared === null ? 'Compare with healthy' : 'Close the comparison'}
        </button>
      </TraceHead>
      <div className="wide-only" style={{ padding: '0 16px 8px' }}>
        <Minimap
          lanes={trace.overview}
          durationMs={durationMs}
          shown={windowOf(win, durationMs)}
          onWindow={(next) => change({ win: next === null ? undefined : winOf(next, durationMs) })}
        />
      </div>
      <div className="trace-tools">
        <TraceBar view={view} spans={trace.span_count} logs={context.data?.correlated_logs.length} found={found} />
        {isWaterfall && <FindingNote findings={trace.findings} onShow={select} />}
      </div>
      {isWaterfall ? (
        <ShownRows trace={trace} context={context.data} isCritical={view === 'critical'} onFound={setFound} />
      ) : (
        <OtherView {...{ view, trace, context, profile, differences, select }} />
      )}
    </main>
  )
}

interface ShownRowsProps {
  readonly trace: TraceOverview
  readonly context: TraceContext | undefined
  readonly isCritical: boolean
  readonly onFound: (found: number) => void
}

function isOfProfile(view: TraceViewName): boolean {
  return view === 'flame' || view === 'table' || view === 'graph'
}

function ShownRows({ trace, context, isCritical, onFound }: ShownRowsProps) {
  const order = useOrder(isCritical)
  const healthy = useComparison('healthy')
  return (
    <TraceWaterfall {...{ trace, order, onFound }} logs={context?.correlated_logs ?? none} healthy={healthy.data} />
  )
}

const none: TraceContext['correlated_logs'] = []

interface OtherViewProps {
  readonly view: TraceViewName
  readonly trace: TraceOverview
  readonly context: Asked<TraceContext>
  readonly profile: Asked<TraceProfile>
  readonly differences: Asked<TraceComparison>
  readonly select: (span: string) => void
}

function OtherView({ view, trace, context, profile, differences, select }: OtherViewProps) {
  const rowHeight = useRowHeight()
  const state = usePanelState(profile)
  if (view === 'logs') return <TraceLogs trace={trace} asked={context} />
  if (view === 'json')
    return (
      <div className="trace-view">
        <TraceJson trace={trace} />
      </div>
    )
  if (view === 'differences')
    return <DifferenceTable rows={differences.data?.operations ?? []} {...{ rowHeight, onSelect: select }} />
  if (profile.data === undefined)
    return (
      <div className="trace-view">
        <Panel title="Where the time went" state={state} />
      </div>
    )
  if (view === 'table') return <SpanTable rows={profile.data.operations} {...{ rowHeight, onSelect: select }} />
  return (
    <div className="trace-view">
      {view === 'flame' ? (
        <FlameGraph profile={profile.data} onSelect={select} />
      ) : (
        <ServiceGraph trace={trace} profile={profile.data} />
      )}
    </div>
  )
}

function TraceLogs({ trace, asked }: { trace: TraceOverview; asked: Asked<TraceContext> }) {
  const state = usePanelState(asked)
  const context = asked.data
  if (context === undefined)
    return (
      <div className="trace-view">
        <Panel title="Logs" state={state} />
      </div>
    )
  const logs = context.correlated_logs
  return (
    <div className="trace-view">
      {logs.length === 0 && <p className="t2">No log record carries the id of this trace.</p>}
      {logs.map((log) => (
        <LogLine
          key={`${log.timestamp} ${log.span_id} ${log.message}`}
          log={log}
          startMs={instantMs(trace.start_time)}
        />
      ))}
      {context.message !== undefined && <p className="note">{context.message}</p>}
    </div>
  )
}
