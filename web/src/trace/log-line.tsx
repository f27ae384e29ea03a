import type { LogRecord } from '../../../contract/index.ts'
import { instantMs } from './trace-model.ts'

const levelColours: Readonly<Record<string, string>> = {
  FATAL: 'fatal',
  ERROR: 'error',
  WARN: 'warn',
  INFO: 'info',
}

/** A log record with its level, from the start of the trace. */
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
