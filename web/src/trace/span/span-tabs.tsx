import { type KeyboardEvent, type ReactNode, useId } from 'react'
import type { LogRecord, TraceContext, TraceSpan } from '../../../../contract/index.ts'
import type { Asked } from '../../api/use-answer.ts'
import { formatCount } from '../../format/number.ts'
import { VerdictMark } from '../../parts/verdict.tsx'
import { useAddress, useChangeAddress } from '../../url/use-search.ts'
import { LogLine } from '../log-line.tsx'
import { SpanEvents } from './span-events.tsx'
import { type SpanTab, shownTab, spanTabs, type TabCounts, tabAfter } from './tab-choice.ts'
import type { Resource } from './waited-words.ts'

/** Log lines of one span that are drawn; Logs of the trace has the others. */
const mostLogs = 200

const words: Readonly<Record<SpanTab, string>> = {
  logs: 'Logs',
  attributes: 'Attributes',
  events: 'Events',
  resource: 'Resource',
  metrics: 'Metrics',
}

interface SpanTabsProps {
  readonly span: TraceSpan
  /** When the trace began, Unix milliseconds. */
  readonly startMs: number
  readonly context: Asked<TraceContext>
}

/** What belongs to a span, one part at a time. The address holds which, so the next span opens with the same. */
export function SpanTabs({ span, startMs, context }: SpanTabsProps) {
  const { tab: named } = useAddress()
  const change = useChangeAddress()
  const id = useId()
  const logs = context.data?.correlated_logs.filter(({ span_id }) => span_id === span.span_id)
  const metrics = context.data?.correlated_metrics.filter(({ service }) => service === span.service)
  const counts: TabCounts = {
    ...{ logs: logs?.length, metrics: metrics?.length, events: span.events.length },
    attributes: Object.keys(span.tags).length,
    resource: Object.keys(span.resource).length,
  }
  const shown = shownTab(named, counts)
  const waiting = context.error?.message ?? 'Looking for what else happened meanwhile.'
  return (
    <section className="col" style={{ gap: 8 }}>
      <TabList {...{ id, shown, counts }} onTab={(tab, how) => change({ tab }, how)} />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a part of text alone can be read by keyboard too */}
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`} tabIndex={0} className="tab-panel">
        {shown === 'logs' && <Logs {...{ logs, startMs, waiting }} />}
        {shown === 'attributes' && <Attributes values={span.tags} empty="The span has no attributes." />}
        {shown === 'events' && (
          <SpanEvents {...{ span, startMs }} attributes={(values) => <Attributes values={values} empty="" />} />
        )}
        {shown === 'resource' && <Attributes values={span.resource} empty="Its sender named no resource." />}
        {shown === 'metrics' && <Metrics {...{ service: span.service, metrics, waiting }} />}
      </div>
    </section>
  )
}

interface TabListProps {
  readonly id: string
  readonly shown: SpanTab
  readonly counts: TabCounts
  readonly onTab: (tab: SpanTab, how: 'push' | 'replace') => void
}

/** Arrows move and choose at once; only a click is an act of its own for the back button. */
function TabList({ id, shown, counts, onTab }: TabListProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const next = event.ctrlKey || event.metaKey || event.altKey ? null : tabAfter(shown, event.key)
    if (next === null) return
    event.preventDefault()
    document.getElementById(`${id}-${next}`)?.focus()
    onTab(next, 'replace')
  }
  return (
    <div className="tabs" role="tablist" aria-label="Of this span" onKeyDown={onKeyDown}>
      {spanTabs.map((tab) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`${id}-${tab}`}
          aria-selected={tab === shown}
          aria-controls={`${id}-panel`}
          tabIndex={tab === shown ? 0 : -1}
          onClick={() => onTab(tab, 'push')}
        >
          {words[tab]} <span className="count">{counts[tab] ?? '…'}</span>
        </button>
      ))}
    </div>
  )
}

interface LogsProps {
  readonly logs: readonly LogRecord[] | undefined
  readonly startMs: number
  readonly waiting: string
}

function Logs({ logs, startMs, waiting }: LogsProps): ReactNode {
  if (logs === undefined) return <p className="t2">{waiting}</p>
  if (logs.length === 0) return <p className="t2">No log record carries the id of this span.</p>
  return (
    <>
      {logs.slice(0, mostLogs).map((log) => (
        <LogLine key={`${log.timestamp} ${log.message}`} log={log} startMs={startMs} />
      ))}
      {logs.length > mostLogs && <p className="t2 sm">And {logs.length - mostLogs} more in Logs of the trace.</p>}
    </>
  )
}

interface MetricsProps {
  readonly service: string
  readonly metrics: readonly Resource[] | undefined
  readonly waiting: string
}

/** The resources of the span's service at that time, those at their limit marked. */
function Metrics({ service, metrics, waiting }: MetricsProps) {
  if (metrics === undefined) return <p className="t2">{waiting}</p>
  if (metrics.length === 0) return <p className="t2">No resource of {service} was measured at that time.</p>
  return metrics.map(({ metric, value, max_value, warning, reason, labels }) => (
    <div key={`${metric} ${JSON.stringify(labels)}`} className="row" style={{ padding: '3px 0' }} title={reason}>
      <VerdictMark judgement={warning ? 'bad' : 'usual'} />
      <span className="code ell">{metric}</span>
      <span className="right" />
      <span className={warning ? 'b err' : undefined}>
        {formatCount(value)}
        {max_value === null ? '' : ` of ${formatCount(max_value)}`}
      </span>
    </div>
  ))
}

function Attributes({ values, empty }: { values: Readonly<Record<string, string>>; empty: string }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return <p className="t2">{empty}</p>
  return (
    <dl className="kv">
      {entries.map(([key, value]) => (
        <Attribute key={key} name={key} value={value} />
      ))}
    </dl>
  )
}

function Attribute({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}
