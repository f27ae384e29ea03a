import type { ReactNode } from 'react'
import type { TraceSpan } from '../../../../contract/index.ts'
import { instantMs } from '../trace-model.ts'

type SpanEvent = TraceSpan['events'][number]

/** Events that are drawn; the JSON of the trace has the others. */
const mostEvents = 100

interface SpanEventsProps {
  readonly span: TraceSpan
  /** When the trace began, Unix milliseconds. */
  readonly startMs: number
  readonly attributes: (values: Readonly<Record<string, string>>) => ReactNode
}

/** What happened during the span, with all that was said of it; of exceptions the stack trace as it was sent. */
export function SpanEvents({ span, startMs, attributes }: SpanEventsProps) {
  if (span.events.length === 0) return <p className="t2">The span has no events.</p>
  const hidden = span.events.length - mostEvents
  return (
    <>
      {span.events.slice(0, mostEvents).map((event, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: events have no id, and two may be equal in all else
        <Happened key={at} {...{ event, startMs, attributes }} />
      ))}
      {hidden > 0 && <p className="t3 sm">And {hidden} more.</p>}
    </>
  )
}

function Happened({ event, startMs, attributes }: { event: SpanEvent } & Omit<SpanEventsProps, 'span'>) {
  const {
    'exception.type': type,
    'exception.message': message,
    'exception.stacktrace': stack,
    ...others
  } = event.attributes
  const said = [type, message].filter(Boolean).join(': ')
  return (
    <div>
      <div className="log-line code">
        <span className="t3">+{((instantMs(event.time) - startMs) / 1000).toFixed(3)}</span>
        <span style={{ overflowWrap: 'anywhere' }}>
          {event.name} {said !== '' && <b className="err">{said}</b>}
        </span>
      </div>
      {stack !== undefined && stack !== '' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keys
        <pre className="snippet code" tabIndex={0}>
          {stack}
        </pre>
      )}
      {Object.keys(others).length > 0 && attributes(others)}
    </div>
  )
}
