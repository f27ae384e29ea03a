import type { LogRecord } from '../../../../contract/index.ts'
import { instantMs, type Window } from '../trace-model.ts'

interface LogLaneProps {
  readonly logs: readonly LogRecord[]
  readonly shown: Window
  readonly traceStartMs: number
  readonly onSelect: (spanId: string) => void
}

/** The log records of the trace on the axis of its spans. */
export function LogLane({ logs, shown, traceStartMs, onSelect }: LogLaneProps) {
  if (logs.length === 0) return null
  const length = shown.toMs - shown.fromMs
  return (
    <div className="trace-lane">
      <span className="wf-name">
        <b className="m">Logs</b> <span className="t3 sm">{logs.length}, all services</span>
      </span>
      <div className="wf-lane">
        {logs.map((log) => {
          const share = (instantMs(log.timestamp) - traceStartMs - shown.fromMs) / length
          if (share < 0 || share > 1) return null
          return (
            <button
              key={`${log.timestamp} ${log.span_id} ${log.message}`}
              type="button"
              className="lane-mark"
              tabIndex={-1}
              title={`${log.level} ${log.message}`}
              aria-label={`${log.level} ${log.message}`}
              style={{ left: `${share * 100}%`, background: `var(--lvl-${log.level.toLowerCase()}, var(--lvl-debug))` }}
              onClick={() => onSelect(log.span_id)}
            />
          )
        })}
      </div>
    </div>
  )
}
