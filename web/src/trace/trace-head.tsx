import type { TraceComparison, TraceOverview } from '../../../contract/index.ts'
import { formatAgainstUsual, formatCount, formatDuration } from '../format/number.ts'
import { Verdict } from '../parts/verdict.tsx'
import { formatClockMs } from '../time/zone.ts'

interface TraceHeadProps {
  readonly trace: TraceOverview
  readonly zone: string
  /** Beside a healthy trace, once that is known. */
  readonly comparison?: TraceComparison | undefined
  readonly children?: React.ReactNode
}

/** What is to be said about the trace, and its totals; acts on it as children. */
export function TraceHead({ trace, zone, comparison, children }: TraceHeadProps) {
  return (
    <div className="trace-head">
      <div className="trace-facts">
        <h2 style={{ fontSize: 16, lineHeight: '24px' }}>{trace.root?.operation ?? 'Trace without spans'}</h2>
        <TraceVerdict trace={trace} comparison={comparison} />
        <Fact words="took" value={formatDuration(trace.duration / 1000)} />
        <Fact words="started" value={formatClockMs(Date.parse(trace.start_time), zone)} />
        <Fact words="spans" value={formatCount(trace.span_count)} />
        <Fact words="services" value={formatCount(trace.services.length)} />
        <Fact words="errors" value={formatCount(trace.error_count)} isBad={trace.error_count > 0} />
        <span className="right" />
        {children}
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
/** Multiple of the healthy median from which the trace is called slower than healthy. */
const slowAgainstHealthy = 1.5

function TraceVerdict({ trace, comparison }: Pick<TraceHeadProps, 'trace' | 'comparison'>) {
  const healthy = comparison?.healthy ?? null
  if (healthy !== null && healthy.times >= slowAgainstHealthy)
    return (
      <Verdict judgement="bad" words={`${formatCount(Number(healthy.times.toPrecision(2)))} × slower than healthy`} />
    )
  const usual = trace.root?.usual_duration ?? null
  const duration = trace.root?.duration ?? 0
  if (usual !== null && duration > usual * slowTimes) {
    const times = formatAgainstUsual(duration, usual).replace('× ', '')
    return <Verdict judgement="bad" words={`${times} × the usual p95 of ${formatDuration(usual / 1000)}`} />
  }
  const errors = trace.error_count
  if (errors > 0)
    return <Verdict judgement="bad" words={errors === 1 ? '1 span failed' : `${formatCount(errors)} spans failed`} />
  if (healthy !== null)
    return <Verdict judgement="usual" words={`healthy: the median is ${formatDuration(healthy.median / 1000)}`} />
  if (usual === null) return <Verdict judgement="none" words="too few like it to say what is usual" />
  return <Verdict judgement="usual" words={`within its usual p95 of ${formatDuration(usual / 1000)}`} />
}
