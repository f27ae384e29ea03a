import { useState } from 'react'
import type { TraceAnswer, TraceOverview } from '../../../contract/index.ts'
import { useAnswer } from '../api/use-answer.ts'
import { formatCount } from '../format/number.ts'
import { downloadText } from '../metrics/query/download.ts'
import { Panel } from '../parts/panel.tsx'
import { usePanelState } from '../parts/panel-state.ts'

/** Spans up to which the text is read without being asked for, and characters that are shown of it. */
const mostSpans = 2000
const mostCharacters = 200_000

/** The trace as `GET /api/traces/{id}` gives it. */
export function TraceJson({ trace }: { trace: TraceOverview }) {
  const [isWanted, setWanted] = useState(trace.span_count <= mostSpans)
  const asked = useAnswer<TraceAnswer>({ path: `/api/traces/${trace.trace_id}`, isWanted })
  const state = usePanelState(asked)
  const text = asked.data === undefined ? '' : JSON.stringify(asked.data, null, 2)
  if (!isWanted)
    return (
      <Panel
        title="JSON"
        state={{
          kind: 'costly',
          words: `The answer holds ${formatCount(Math.min(trace.span_count, 20_000))} spans, many megabytes.`,
          actions: [{ words: 'Read it', run: () => setWanted(true) }],
        }}
      />
    )
  return (
    <Panel
      title="JSON"
      sub={
        text.length > mostCharacters
          ? `the first ${formatCount(mostCharacters)} of ${formatCount(text.length)} characters`
          : `GET /api/traces/${trace.trace_id}`
      }
      state={state}
      cost={asked.cost}
      aside={
        <button
          type="button"
          className="btn small"
          onClick={() => downloadText(`trace-${trace.trace_id}.json`, 'application/json', text)}
        >
          Download
        </button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text that scrolls must be reached by keys */}
      <section className="trace-json" tabIndex={0} aria-label="The trace as JSON">
        <pre className="code">{text.slice(0, mostCharacters)}</pre>
      </section>
    </Panel>
  )
}
