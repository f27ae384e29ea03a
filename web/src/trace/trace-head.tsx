import type { SpanNode, TraceAnswer } from '../../../contract/index.ts'
import { formatAgainstUsual, formatCount, formatDuration } from '../format/number.ts'
import { Verdict } from '../parts/verdict.tsx'
import { formatClockMs } from '../time/zone.ts'
import { useTenant } from '../url/use-search.ts'

interface TraceHeadProps {
  readonly trace: TraceAnswer
  readonly spans: readonly SpanNode[]
  readonly zone: string
}

/** What is to be said about the trace, and its totals. */
export function TraceHead({ trace, spans, zone }: TraceHeadProps) {
  const root = trace.spans[0]
  const errors = spans.filter(({ status }) => status === 'error').length
  const tenant = useTenant()
  return (
    <div className="trace-head">
      <div className="trace-facts">
        <h2 style={{ fontSize: 16, lineHeight: '24px' }}>{root?.operation ?? 'Trace without spans'}</h2>
        <TraceVerdict trace={trace} errors={errors} />
        <Fact words="took" value={formatDuration(trace.duration / 1000)} />
        <Fact words="started" value={formatClockMs(Date.parse(trace.start_time), zone)} />
        <Fact words="spans" value={formatCount(trace.span_count)} />
        <Fact words="services" value={formatCount(trace.services.length)} />
        <Fact words="errors" value={formatCount(errors)} isBad={errors > 0} />
        <span className="right" />
        {tenant === 'default' && (
          <a className="btn small wide-only" href={`/api/traces/${trace.trace_id}`} target="_blank" rel="noreferrer">
            Open JSON
          </a>
        )}
      </div>
      {trace.message !== undefined && <p className="note">{trace.message}</p>}
    </div>
  )
}

function Fact({ words, value, isBad = false }: { words: string; value: string; isBad?: boolean }) {
  return (
    <span>
      <span className="t2">{words}</span> <span className={isBad ? 'm err' : 'm'}>{value}</span>
    </span>
  )
}

/** Share of the usual 95th percentile from which the trace is called slow. */
const slowTimes = 1.25

function TraceVerdict({ trace, errors }: { trace: TraceAnswer; errors: number }) {
  const root = trace.spans[0]
  const usual = root?.usual_duration ?? null
  if (usual !== null && root.duration > usual * slowTimes) {
    const times = formatAgainstUsual(root.duration, usual).replace('× ', '')
    return <Verdict judgement="bad" words={`${times} × the usual p95 of ${formatDuration(usual / 1000)}`} />
  }
  if (errors > 0)
    return <Verdict judgement="bad" words={errors === 1 ? '1 span failed' : `${formatCount(errors)} spans failed`} />
  if (usual === null) return <Verdict judgement="none" words="too few like it to say what is usual" />
  return <Verdict judgement="usual" words={`within its usual p95 of ${formatDuration(usual / 1000)}`} />
}
