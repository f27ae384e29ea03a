import { useState } from 'react'
import type { TraceContext, TraceOverview } from '../../../contract/index.ts'
import { Panel, useLongerThan } from '../parts/panel.tsx'
import { panelStateOf, usePanelState } from '../parts/panel-state.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useRowHeight } from '../table/use-row-height.ts'
import { FindingNote } from '../trace/finding-note.tsx'
import { FlameGraph } from '../trace/flame-graph.tsx'
import { Minimap } from '../trace/minimap.tsx'
import { ServiceGraph } from '../trace/service-graph.tsx'
import { LogLine } from '../trace/span-panel.tsx'
import { DifferenceTable, SpanTable } from '../trace/span-table.tsx'
import { TraceBar, type TraceViewName, useTraceView } from '../trace/trace-bar.tsx'
import { TraceHead } from '../trace/trace-head.tsx'
import { TraceJson } from '../trace/trace-json.tsx'
import { instantMs, windowOf, winOf } from '../trace/trace-model.ts'
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
  useFirstRows({ id, order, isWanted: asked.data === undefined && isOfRows(view) })
  const { zone } = useTime()
  usePageTitle(id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-6)}` : id, parents)
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
  return <ShownTrace key={trace.trace_id} trace={trace} />
}

function isOfRows(view: TraceViewName): boolean {
  return view === 'waterfall' || view === 'critical'
}

function ShownTrace({ trace }: { trace: TraceOverview }) {
  const { zone } = useTime()
  const { win } = useAddress()
  const change = useChangeAddress()
  const view = useTraceView()
  const context = useTraceContext(trace.trace_id)
  const healthy = useComparison('healthy')
  const compared = useCompared()
  const toggleCompare = useToggleCompare()
  const [found, setFound] = useState(0)
  const durationMs = Math.max(trace.duration / 1000, 0.001)
  const select = (span: string) => change({ panel: [`span:${span}`] })
  const isWaterfall = isOfRows(view)
  return (
    <main className="page flush trace-page">
      <TraceHead trace={trace} zone={zone} comparison={healthy.data}>
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
        <OtherView {...{ view, trace, context: context.data, select }} />
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

function ShownRows({ trace, context, isCritical, onFound }: ShownRowsProps) {
  const order = useOrder(isCritical)
  const healthy = useComparison('healthy')
  return (
    <TraceWaterfall {...{ trace, order, onFound }} logs={context?.correlated_logs ?? none} healthy={healthy.data} />
  )
}

const none: TraceContext['correlated_logs'] = []

interface OtherViewProps {
  readonly view: string
  readonly trace: TraceOverview
  readonly context: TraceContext | undefined
  readonly select: (span: string) => void
}

function OtherView({ view, trace, context, select }: OtherViewProps) {
  const rowHeight = useRowHeight()
  const compared = useCompared()
  const isOfProfile = view === 'flame' || view === 'table' || view === 'graph'
  const profile = useProfile(isOfProfile ? trace.trace_id : '')
  const comparison = useComparison(compared?.with ?? '', view === 'differences' && compared !== null)
  const state = usePanelState(profile)
  if (view === 'logs') return <TraceLogs trace={trace} context={context} />
  if (view === 'json')
    return (
      <div className="trace-view">
        <TraceJson trace={trace} />
      </div>
    )
  if (view === 'differences')
    return <DifferenceTable rows={comparison.data?.operations ?? []} {...{ rowHeight, onSelect: select }} />
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

function TraceLogs({ trace, context }: { trace: TraceOverview; context: TraceContext | undefined }) {
  if (context === undefined) return <Panel title="Logs" state={{ kind: 'loading' }} />
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
