import { useMemo, useState } from 'react'
import type { TraceRow } from '../trace/use-rows.ts'
import { useSpanHeight } from '../trace/use-span-height.ts'
import { Waterfall } from '../trace/waterfall.tsx'

interface Draft {
  readonly id: string
  readonly service: string
  readonly operation: string
  readonly depth: number
  /** Milliseconds from the start of the trace, and length. */
  readonly at: number
  readonly ms: number
  readonly change?: Partial<TraceRow>
}

function row({ id, service, operation, depth, at, ms, change = {} }: Draft): TraceRow {
  return {
    ...{ span_id: id, service, operation, depth, start: at * 1000, duration: ms * 1000, self_time: 0, critical: [] },
    ...{ status: 'unset', marks: [], below: 0, linked: false, found: false, repeats: null, ...change },
  }
}

const rows: readonly TraceRow[] = [
  row({
    ...{ id: 'g', service: 'gateway', operation: 'POST /api/checkout', depth: 0, at: 0, ms: 2310 },
    change: {
      below: 16,
      critical: [
        [0, 120_000],
        [2_190_000, 2_310_000],
      ],
    },
  }),
  row({
    ...{ id: 'i', service: 'inventory', operation: 'POST /reserve', depth: 1, at: 56, ms: 58, change: { below: 12 } },
  }),
  row({
    ...{ id: 'u', service: 'inventory', operation: 'UPDATE stock', depth: 2, at: 60, ms: 48 },
    change: { repeats: { count: 12, p95: 4000 } },
  }),
  row({
    ...{ id: 'p', service: 'payment', operation: 'POST /v1/charges', depth: 1, at: 120, ms: 2070 },
    change: { marks: ['slow'], below: 1 },
  }),
  row({
    ...{ id: 'a', service: 'payment', operation: 'pool.acquire', depth: 2, at: 124, ms: 1420 },
    change: { marks: ['culprit'], critical: [[124_000, 1_544_000]], found: true },
  }),
  row({
    ...{ id: 'o', service: 'order-worker', operation: 'process orders.placed', depth: 1, at: 2200, ms: 86 },
    change: { linked: true },
  }),
]
const services = ['gateway', 'inventory', 'payment', 'order-worker']
const shown = { fromMs: 0, toMs: 2310 }

/** Span rows: usual, critical, slow, culprit, found, linked, folded, and one that is on its way. */
export function WaterfallGallery() {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set())
  const [selected, setSelected] = useState<string>()
  const rowHeight = useSpanHeight()
  const listed = useMemo(() => rows.filter(({ span_id }) => !closed.has('i') || span_id !== 'u'), [closed])
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
          {...{ rowHeight, selected, closed, services, shown }}
          total={listed.length + 1}
          rowAt={(index) => listed[index]}
          at={listed.findIndex(({ span_id }) => span_id === selected)}
          hasCritical
          logs={new Map()}
          traceStartMs={0}
          words="18 spans"
          onSelect={setSelected}
          onToggle={toggle}
        />
      </div>
    </section>
  )
}
