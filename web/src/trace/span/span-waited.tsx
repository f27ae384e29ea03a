import type { TraceOverview, TraceSpan } from '../../../../contract/index.ts'
import { useDeploys } from '../../services/use-changes.ts'
import { writeConditions } from '../../shell/scope-filter.ts'
import { ScreenLink } from '../../shell/screen-link.tsx'
import { type Resource, waitedWords } from './waited-words.ts'

export interface SpanWaitedProps {
  readonly span: TraceSpan
  readonly trace: TraceOverview
  readonly resources: readonly Resource[]
}

/** Why the trace waited for a span, as far as its resources, the deploys and its usual tell. */
export function WhyItWaited({ span, trace, resources }: SpanWaitedProps) {
  const deploys = useDeploys(span.service)
  const sentences = waitedWords({ span, traceDuration: trace.duration, resources, deploys })
  if (sentences.length === 0) return null
  return (
    <section className="col" style={{ gap: 8 }}>
      <h3>Why it waited</h3>
      <p className="sm">{sentences.join(' ')}</p>
      <span className="row wrap">
        <ScreenLink to={`services/${encodeURIComponent(span.service)}`} className="btn small">
          Service {span.service}
        </ScreenLink>
        <ScreenLink
          to="traces"
          search={{ q: writeConditions({ service: span.service }), sort: '-duration' }}
          className="btn small"
        >
          Slowest traces of {span.service}
        </ScreenLink>
      </span>
    </section>
  )
}
