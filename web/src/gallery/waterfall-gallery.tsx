import { useMemo, useState } from 'react'
import type { SpanNode, TraceAnswer } from '../../../contract/index.ts'
import { instantMs, traceRows } from '../trace/trace-model.ts'
import { useSpanHeight } from '../trace/use-span-height.ts'
import { Waterfall } from '../trace/waterfall.tsx'

const startMs = Date.UTC(2026, 10, 23, 13, 6, 56, 912)

interface Draft {
  readonly id: string
  readonly service: string
  readonly operation: string
  /** Milliseconds from the start of the trace, and length. */
  readonly at: number
  readonly ms: number
  readonly change?: Partial<SpanNode>
  readonly children?: SpanNode[]
}

function span({ id, service, operation, at, ms, change = {}, children = [] }: Draft): SpanNode {
  return {
    ...{ span_id: id, parent_span_id: '', operation, service, start_time: new Date(startMs + at).toISOString() },
    ...{ duration: ms * 1000, kind: 'internal', status: 'unset', status_message: '', tags: {}, resource: {} },
    ...{ self_time: 0, critical_time: 0, usual_duration: null, marks: [], events: [], links: [], children },
    ...change,
  }
}

const critical = { critical_time: 1 }
const updates = Array.from({ length: 12 }, (_, at) =>
  span({ id: `u${at}`, service: 'inventory', operation: 'UPDATE stock', at: 60 + at * 4, ms: 4 }),
)
const trace: TraceAnswer = {
  ...{ trace_id: '4f1c9a2b', start_time: new Date(startMs).toISOString(), duration: 2_310_000, span_count: 18 },
  ...{ services: ['gateway', 'checkout', 'inventory', 'payment', 'order-worker'], complete: true },
  spans: [
    span({
      ...{ id: 'g', service: 'gateway', operation: 'POST /api/checkout', at: 0, ms: 2310, change: critical },
      children: [
        span({ id: 'i', service: 'inventory', operation: 'POST /reserve', at: 56, ms: 58, children: updates }),
        span({
          ...{
            id: 'p',
            service: 'payment',
            operation: 'POST /v1/charges',
            at: 120,
            ms: 2070,
            change: { marks: ['slow'] },
          },
          children: [
            span({
              id: 'a',
              service: 'payment',
              operation: 'pool.acquire',
              at: 124,
              ms: 1420,
              change: { ...critical, marks: ['culprit'] },
            }),
          ],
        }),
        span({
          ...{ id: 'o', service: 'order-worker', operation: 'process orders.placed', at: 2200, ms: 86 },
          change: { kind: 'consumer', links: [{ trace_id: 'x', span_id: 'y', attributes: {} }] },
        }),
      ],
    }),
  ],
}

/** Span rows: usual, critical, slow, culprit, linked, folded. */
export function WaterfallGallery() {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [selected, setSelected] = useState<string>()
  const rowHeight = useSpanHeight()
  const rows = useMemo(() => traceRows(trace, { isFolding: true, hasErrorsOnly: false, closed }), [closed])
  const toggle = (id: string) => {
    const next = new Set(closed)
    if (!next.delete(id)) next.add(id)
    setClosed(next)
  }
  return (
    <section aria-label="Waterfall">
      <h2 style={{ marginBottom: 8 }}>Waterfall</h2>
      <div className="panel" style={{ height: 260 }}>
        <Waterfall
          {...{ rows, rowHeight, selected, closed }}
          services={trace.services}
          shown={{ fromMs: 0, toMs: 2310 }}
          found={new Set()}
          hasCritical
          logs={new Map()}
          traceStartMs={instantMs(trace.start_time)}
          words="18 spans"
          onSelect={setSelected}
          onToggle={toggle}
        />
      </div>
    </section>
  )
}
