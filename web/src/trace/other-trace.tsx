import { useMemo, useState } from 'react'
import { formatCount, formatDuration } from '../format/number.ts'
import { ScreenLink } from '../shell/screen-link.tsx'
import { instantMs, type Window } from './trace-model.ts'
import { useComparison, useToggleCompare } from './use-comparison.ts'
import { type RowOrder, useDrawnPages, useRows } from './use-rows.ts'
import { useSpanHeight } from './use-span-height.ts'
import { Waterfall } from './waterfall.tsx'

interface OtherTraceProps {
  readonly compared: { readonly with: string; readonly isHealthy: boolean }
  readonly shown: Window
  /** Services of this trace, so that those of the other have their colours. */
  readonly services: readonly string[]
}

/** The trace that this one is compared with, below it on the same axis. */
export function OtherTrace({ compared, shown, services }: OtherTraceProps) {
  const asked = useComparison(compared.with)
  const toggle = useToggleCompare()
  const rowHeight = useSpanHeight()
  const [folded, setFolded] = useState<readonly string[]>([])
  const [selected, setSelected] = useState<string>()
  const { pages, onDrawn } = useDrawnPages()
  const order = useMemo(
    (): RowOrder => ({ closed: [...folded], repeats: 'fold', only: 'all', services: [], words: '' }),
    [folded],
  )
  const other = asked.data?.other ?? null
  const rows = useRows({ id: other?.trace_id ?? '', order, pages })
  const words = asked.error?.message ?? asked.data?.message ?? (asked.data === undefined ? 'Looking for it.' : '')
  return (
    <section className="other-trace" aria-label={compared.isHealthy ? 'Healthy trace' : 'Other trace'}>
      <div className="row other-head">
        <b className="m">{compared.isHealthy ? 'Healthy trace' : 'Other trace'}</b>
        {other === null ? (
          <span className="t2">{words}</span>
        ) : (
          <>
            <ScreenLink to={`traces/${other.trace_id}`} className="lnk code">
              {other.trace_id.slice(0, 8)}
            </ScreenLink>
            <span className="t2 ell">
              {formatDuration(other.duration / 1000)}, {formatCount(other.span_count)} spans,{' '}
              {formatCount(other.error_count)} errors
              {asked.data?.healthy == null
                ? ''
                : `; nearest to the median of ${formatCount(asked.data.healthy.traces)} in ${asked.data.healthy.window}`}
            </span>
          </>
        )}
        <span className="right" />
        <button type="button" className="btn small" onClick={toggle}>
          Close
        </button>
      </div>
      {other !== null && (
        <Waterfall
          {...{ shown, rowHeight, selected, services, onDrawn }}
          {...{ total: rows.total, rowAt: rows.rowAt }}
          label="Spans of the other trace"
          at={selected === undefined ? -1 : rows.placeOf(selected)}
          closed={new Set(folded)}
          hasCritical
          logs={new Map()}
          traceStartMs={instantMs(other.start_time)}
          words={`${formatCount(other.span_count)} spans`}
          onSelect={setSelected}
          onToggle={(id) => setFolded(folded.includes(id) ? folded.filter((one) => one !== id) : [...folded, id])}
        />
      )}
    </section>
  )
}
