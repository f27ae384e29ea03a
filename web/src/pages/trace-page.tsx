import { useMemo } from 'react'
import type { TraceAnswer } from '../../../contract/index.ts'
import { Panel, useLongerThan } from '../parts/panel.tsx'
import { panelStateOf } from '../parts/panel-state.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { usePageTitle } from '../shell/title.ts'
import { useRowHeight } from '../table/use-row-height.ts'
import { LogLine } from '../trace/span-panel.tsx'
import { SpanTable, spanGroups } from '../trace/span-table.tsx'
import { TraceBar } from '../trace/trace-bar.tsx'
import { TraceHead } from '../trace/trace-head.tsx'
import { allSpans, instantMs } from '../trace/trace-model.ts'
import { TraceWaterfall } from '../trace/trace-waterfall.tsx'
import { useTrace } from '../trace/use-trace.ts'
import { useAddress, useChangeAddress, useTime } from '../url/use-search.ts'

const parents = [{ word: 'Traces', to: 'traces' }]

/** One trace: who waited for whom, and what else happened meanwhile. */
export function TracePage() {
  const { id, asked } = useTrace()
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
  return <ShownTrace trace={trace} />
}

function ShownTrace({ trace }: { trace: TraceAnswer }) {
  const { view = 'waterfall' } = useAddress()
  const { zone } = useTime()
  const spans = useMemo(() => allSpans(trace), [trace])
  const groups = useMemo(() => spanGroups(spans), [spans])
  const change = useChangeAddress()
  const rowHeight = useRowHeight()
  const logs = trace.correlated_logs ?? []
  const select = (spanId: string) => change({ panel: [`span:${spanId}`] })
  return (
    <main className="page flush">
      <TraceHead trace={trace} spans={spans} zone={zone} />
      <TraceBar view={view} logs={logs.length} />
      {view === 'table' ? (
        <SpanTable groups={groups} rowHeight={rowHeight} onSelect={select} />
      ) : view === 'logs' ? (
        <div style={{ padding: '0 16px 16px' }}>
          {logs.length === 0 && <p className="t2">No log record carries the id of this trace.</p>}
          {logs.map((log) => (
            <LogLine
              key={`${log.timestamp} ${log.span_id} ${log.message}`}
              log={log}
              startMs={instantMs(trace.start_time)}
            />
          ))}
        </div>
      ) : (
        <TraceWaterfall trace={trace} spans={spans} />
      )}
    </main>
  )
}
