import { lazy, Suspense } from 'react'
import type { LogRecord, TraceContext, TraceOverview, TraceSpan } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatCount, formatDuration, formatPercent } from '../format/number.ts'
import { Verdict, VerdictMark } from '../parts/verdict.tsx'
import { registerSidePanel } from '../side/panel-kinds.ts'
import { WhyItWaited } from './span/span-waited.tsx'
import { instantMs } from './trace-model.ts'
import { tracePath, useOverview, useTraceContext, useTraceId } from './use-trace.ts'

/** With its chart, which the first lines of a trace need not wait for. */
const ResourceCourse = lazy(() => import('./span/resource-course.tsx'))

registerSidePanel('span', { word: 'Span', body: SpanPanel })

/** One span beside the waterfall: what is to be said about it, its logs, attributes, events and resources. */
function SpanPanel({ id }: { id: string }) {
  const traceId = useTraceId()
  const overview = useOverview(traceId)
  const context = useTraceContext(traceId)
  const asked = useAnswer<TraceSpan>({ path: tracePath(traceId, `spans/${id}`), isWanted: traceId !== '' })
  const trace = overview.data
  const span = asked.data?.span_id === id ? asked.data : undefined
  if (trace === undefined || span === undefined)
    return <p className="side-body t2">{asked.error?.message ?? 'Loading the span.'}</p>
  const logs = (context.data?.correlated_logs ?? []).filter(({ span_id }) => span_id === id)
  const startMs = instantMs(trace.start_time)
  const resources = context.data?.correlated_metrics ?? []
  return (
    <>
      <div className="side-body">
        <SpanHead span={span} trace={trace} />
        <WhyItWaited {...{ span, trace, resources }} />
        <Logs logs={logs} startMs={startMs} />
        <Suspense fallback={null}>
          <ResourceCourse {...{ span, trace, resources }} />
        </Suspense>
        <Resources span={span} metrics={resources} />
        <Events span={span} startMs={startMs} />
        <Attributes title="Attributes" values={span.tags} />
        <Attributes title="Resource" values={span.resource} />
      </div>
      <div className="side-foot">
        <span>
          <span className="kbd">n</span> next on critical path
        </span>
        <span>
          <span className="kbd">e</span> next error
        </span>
        <span>
          <span className="kbd">l</span> logs
        </span>
      </div>
    </>
  )
}

function SpanHead({ span, trace }: { span: TraceSpan; trace: TraceOverview }) {
  const ms = span.duration / 1000
  const share = span.critical_time / Math.max(trace.duration, 1)
  const isBad = span.marks.includes('culprit') || span.status === 'error'
  const usual = span.usual_duration
  return (
    <div className="col" style={{ gap: 8 }}>
      <div className="row">
        <b className="m">{span.service}</b>
        <span className="code ell">{span.operation}</span>
        <span className="right" />
        <b className={isBad ? 'b err' : 'b'} style={{ fontSize: 16 }}>
          {formatDuration(ms)}
        </b>
      </div>
      <div className="row wrap">
        {share >= 0.005 && (
          <Verdict
            judgement={isBad ? 'bad' : 'usual'}
            words={`the trace waited ${formatPercent(Math.round(share * 100) / 100)} of its time for it`}
          />
        )}
        {span.status === 'error' && (
          <Verdict judgement="bad" words={span.status_message === '' ? 'failed' : span.status_message} />
        )}
      </div>
      <dl className="kv">
        <dt>self time</dt>
        <dd>{formatDuration(span.self_time / 1000)}</dd>
        <dt>usual p95</dt>
        <dd>{usual === null ? 'too few to say' : formatDuration(usual / 1000)}</dd>
        <dt>kind</dt>
        <dd>{span.kind}</dd>
        <dt>span id</dt>
        <dd>{span.span_id}</dd>
      </dl>
    </div>
  )
}

const levelColours: Readonly<Record<string, string>> = {
  FATAL: 'fatal',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
}

/** Log lines with their level, from the start of the trace. */
function Logs({ logs, startMs }: { logs: readonly LogRecord[]; startMs: number }) {
  if (logs.length === 0) return null
  return (
    <section>
      <h3>Logs {logs.length}</h3>
      {logs.slice(0, 200).map((log) => (
        <LogLine key={`${log.timestamp} ${log.span_id} ${log.message}`} log={log} startMs={startMs} />
      ))}
    </section>
  )
}

export function LogLine({ log, startMs }: { log: LogRecord; startMs: number }) {
  return (
    <div className="log-line code">
      <i className="lvl" style={{ background: `var(--lvl-${levelColours[log.level] ?? 'debug'})` }} />
      <span className="t3">+{((instantMs(log.timestamp) - startMs) / 1000).toFixed(3)}</span>
      <span className="seen-by-readers">{log.level}</span>
      <span style={{ overflowWrap: 'anywhere' }}>{log.message}</span>
    </div>
  )
}

function Resources({ span, metrics }: { span: TraceSpan; metrics: TraceContext['correlated_metrics'] }) {
  const own = metrics.filter(({ service }) => service === span.service)
  if (own.length === 0) return null
  return (
    <section>
      <h3>Resources of {span.service}</h3>
      {own.map(({ metric, value, max_value, warning, reason, labels }) => (
        <div key={`${metric} ${JSON.stringify(labels)}`} className="row" style={{ padding: '3px 0' }} title={reason}>
          <VerdictMark judgement={warning ? 'bad' : 'usual'} />
          <span className="code ell">{metric}</span>
          <span className="right" />
          <span className={warning ? 'b err' : undefined}>
            {formatCount(value)}
            {max_value === null ? '' : ` of ${formatCount(max_value)}`}
          </span>
        </div>
      ))}
    </section>
  )
}

function Events({ span, startMs }: { span: TraceSpan; startMs: number }) {
  if (span.events.length === 0) return null
  return (
    <section>
      <h3>Events {span.events.length}</h3>
      {span.events.map(({ time, name, attributes }) => (
        <div key={`${time} ${name}`} className="log-line code">
          <span className="t3">+{((instantMs(time) - startMs) / 1000).toFixed(3)}</span>
          <span style={{ overflowWrap: 'anywhere' }}>
            {name} {attributes['exception.message'] ?? ''}
          </span>
        </div>
      ))}
    </section>
  )
}

function Attributes({ title, values }: { title: string; values: Readonly<Record<string, string>> }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return null
  return (
    <section>
      <h3 style={{ marginBottom: 4 }}>{title}</h3>
      <dl className="kv">
        {entries.map(([key, value]) => (
          <Attribute key={key} name={key} value={value} />
        ))}
      </dl>
    </section>
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
