import { lazy, Suspense } from 'react'
import type { TraceOverview, TraceSpan } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatDuration, formatPercent } from '../format/number.ts'
import { Verdict } from '../parts/verdict.tsx'
import { registerSidePanel } from '../side/panel-kinds.ts'
import { SpanTabs } from './span/span-tabs.tsx'
import { WhyItWaited } from './span/span-waited.tsx'
import { instantMs } from './trace-model.ts'
import { tracePath, useOverview, useTraceContext, useTraceId } from './use-trace.ts'

/** With its chart, which the first lines of a trace need not wait for. */
const ResourceCourse = lazy(() => import('./span/resource-course.tsx'))

registerSidePanel('span', { word: 'Span', body: SpanPanel })

/** One span beside the waterfall: what is to be said about it, its logs, attributes, events, resource and metrics. */
function SpanPanel({ id }: { id: string }) {
  const traceId = useTraceId()
  const overview = useOverview(traceId)
  const context = useTraceContext(traceId)
  const asked = useAnswer<TraceSpan>({ path: tracePath(traceId, `spans/${id}`), isWanted: traceId !== '' })
  const trace = overview.data
  const span = asked.data?.span_id === id ? asked.data : undefined
  if (trace === undefined || span === undefined)
    return <p className="side-body t2">{asked.error?.message ?? 'Loading the span.'}</p>
  const startMs = instantMs(trace.start_time)
  const resources = context.data?.correlated_metrics ?? []
  return (
    <>
      <div className="side-body">
        <SpanHead span={span} trace={trace} />
        <WhyItWaited {...{ span, trace, resources }} />
        <SpanTabs {...{ span, startMs, context }} />
        <Suspense fallback={null}>
          <ResourceCourse {...{ span, trace, resources }} />
        </Suspense>
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
