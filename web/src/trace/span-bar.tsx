import type { LogRecord } from '../../../contract/index.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import { instantMs, type Window } from './trace-model.ts'
import type { TraceRow } from './use-rows.ts'

interface SpanBarProps {
  readonly row: TraceRow
  readonly isBad: boolean
  readonly logs: readonly LogRecord[]
  readonly shown: Window
  readonly hasCritical: boolean
  readonly traceStartMs: number
}

/** Most dots of log records on one bar. */
const mostDots = 20

/** The bar of one line with its critical parts, its log records and its duration. */
export function SpanBar({ row, isBad, logs, shown, hasCritical, traceStartMs }: SpanBarProps) {
  const length = shown.toMs - shown.fromMs
  const share = (ms: number) => ((ms - shown.fromMs) / length) * 100
  const durationMs = row.duration / 1000
  const left = share(row.start / 1000)
  const width = (durationMs / length) * 100
  if (left > 100 || left + width < 0) return null
  const place = width > 82 ? 'inside' : left + width > 82 ? 'before' : 'after'
  return (
    <>
      <div
        className={`wf-bar${isBad ? ' bad' : ''}${row.linked ? ' linked' : ''}`}
        style={placeOf(left, left + width)}
      />
      {hasCritical &&
        row.critical.map(([from, to]) =>
          to / 1000 < shown.fromMs || from / 1000 > shown.toMs ? null : (
            <i key={from} className="wf-critical" style={placeOf(share(from / 1000), share(to / 1000))} />
          ),
        )}
      {logs.slice(0, mostDots).map((log) => (
        <i
          key={`${log.timestamp} ${log.message}`}
          className="wf-log"
          title={`${log.level} ${log.message}`}
          style={{ left: `${share(instantMs(log.timestamp) - traceStartMs)}%` }}
        />
      ))}
      <span
        className={`wf-words ${place}`}
        style={
          place === 'after'
            ? { left: `${left + width}%` }
            : { right: `${100 - (place === 'before' ? left : Math.min(left + width, 100))}%` }
        }
      >
        {row.repeats === null
          ? formatDuration(durationMs)
          : `${formatDuration(durationMs)} × ${formatCount(row.repeats.count)}, p95 ${formatDuration(row.repeats.p95 / 1000)}`}
      </span>
    </>
  )
}

/** Left edge and width of what lies between two shares of the lane, in percent, cut to what is seen. */
function placeOf(from: number, to: number) {
  const left = Math.max(from, 0)
  return { left: `${left}%`, width: `max(2px, ${Math.min(to, 100) - left}%)` }
}
