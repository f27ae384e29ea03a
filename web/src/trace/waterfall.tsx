import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, type MouseEvent, memo, useEffect, useMemo, useRef } from 'react'
import type { LogRecord } from '../../../contract/index.ts'
import { colourSlots } from '../charts/series.ts'
import { valueTicks } from '../charts/ticks.ts'
import { formatDuration } from '../format/number.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { Icon } from '../shell/icons.tsx'
import { SpanBar } from './span-bar.tsx'
import type { Window } from './trace-model.ts'
import type { TraceRow } from './use-rows.ts'

interface WaterfallProps {
  readonly label?: string
  readonly total: number
  /** Undefined while the row is on its way. */
  readonly rowAt: (index: number) => TraceRow | undefined
  readonly services: readonly string[]
  readonly shown: Window
  readonly rowHeight: number
  readonly selected: string | undefined
  /** Row of the selected span, or of what hides it; -1 where there is none. */
  readonly at: number
  readonly closed: ReadonlySet<string>
  readonly hasCritical: boolean
  readonly logs: ReadonlyMap<string, readonly LogRecord[]>
  readonly traceStartMs: number
  readonly words: string
  readonly onDrawn?: (first: number, last: number) => void
  readonly onSelect: (id: string) => void
  readonly onToggle: (id: string) => void
}

/** Rows drawn beyond both edges of what is seen. */
const overscan = 10
/** Lines are drawn in this many places in turn: a line that scrolls in takes the elements of one that scrolled out. */
const places = 128

/** One line per span on a common axis of time; only the lines that are seen are drawn. */
export function Waterfall(props: WaterfallProps) {
  const { total, rowAt, rowHeight, selected, shown, services, at, closed, label = 'Spans of the trace' } = props
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan,
  })
  useDrawnRows(virtual.range, props.onDrawn)
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height must be measured anew
  useEffect(() => virtual.measure(), [rowHeight])
  const first = useRef(true)
  useEffect(() => {
    if (at < 0 || at >= total) return
    virtual.scrollToIndex(at, { align: first.current ? 'center' : 'auto' })
    first.current = false
  }, [at, total, virtual])
  const colours = useMemo(() => {
    const slots = colourSlots(services)
    return new Map(services.map((service, index) => [service, `var(--s${slots[index]})`]))
  }, [services])
  return (
    <div className="wf">
      <WaterfallHead shown={shown} words={props.words} />
      <div
        ref={box}
        className="wf-rows"
        role="treegrid"
        aria-label={label}
        aria-rowcount={total}
        tabIndex={0}
        aria-activedescendant={at >= 0 && rowAt(at) !== undefined ? `span-${rowAt(at)?.span_id}` : undefined}
        onKeyDown={(event) => moveByKey(event, props)}
        onClick={(event) => actOnRow(event, props)}
      >
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rowAt(index)
            return row === undefined ? (
              <WaitingRow key={index % places} top={start} height={rowHeight} />
            ) : (
              <WaterfallRow
                key={index % places}
                {...{ row, index, rowHeight, shown }}
                top={start}
                colour={colours.get(row.service) ?? 'var(--s10)'}
                isSelected={row.span_id === selected || (index === at && selected !== undefined)}
                isOpen={!closed.has(row.span_id)}
                hasCritical={props.hasCritical}
                logs={props.logs.get(row.span_id) ?? none}
                traceStartMs={props.traceStartMs}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

const none: readonly LogRecord[] = []

function useDrawnRows(
  range: { startIndex: number; endIndex: number } | null,
  onDrawn: ((first: number, last: number) => void) | undefined,
): void {
  const first = range?.startIndex ?? 0
  const last = range?.endIndex ?? 0
  useEffect(() => onDrawn?.(first, last), [first, last, onDrawn])
}

function moveByKey(event: KeyboardEvent, { total, rowAt, at, closed, onSelect, onToggle }: WaterfallProps): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const row = rowAt(at)
  if (step !== 0) {
    const next = rowAt(Math.min(Math.max(at + step, 0), total - 1))
    if (next !== undefined) onSelect(next.span_id)
  } else if (row !== undefined && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
    const isRight = event.key === 'ArrowRight'
    if (row.repeats !== null && isRight) onToggle(`=${row.span_id}`)
    else if (row.below > 0 && closed.has(row.span_id) === isRight) onToggle(row.span_id)
  } else return
  event.preventDefault()
}

/** One listener for all rows: rows that come and go while scrolling bring none of their own. */
function actOnRow({ target }: MouseEvent, { rowAt, onSelect, onToggle }: WaterfallProps): void {
  if (!(target instanceof Element)) return
  const index = Number(target.closest('[role="row"]')?.getAttribute('data-row') ?? -1)
  const row = rowAt(index)
  if (row === undefined) return
  if (target.closest('.wf-chevron') === null || (row.repeats === null && row.below === 0)) onSelect(row.span_id)
  else onToggle(row.repeats === null ? row.span_id : `=${row.span_id}`)
}

function WaterfallHead({ shown, words }: { shown: Window; words: string }) {
  const length = shown.toMs - shown.fromMs
  const ticks = valueTicks(0, length).filter((tick) => tick < length * 0.85)
  return (
    <div className="wf-head sm t3">
      <div className="wf-name">
        <span className="grow">Service and operation</span>
        <span className="wide-only">{words}</span>
      </div>
      <div className="wf-axis" aria-hidden="true">
        {ticks.map((tick) => (
          <span key={tick} style={{ left: `${(tick / length) * 100}%` }}>
            {formatDuration(shown.fromMs + tick)}
          </span>
        ))}
        <span style={{ right: 0 }}>{formatDuration(shown.toMs)}</span>
      </div>
    </div>
  )
}

function WaitingRow({ top, height }: { top: number; height: number }) {
  return <div className="wf-row waiting" aria-hidden="true" style={{ top, height }} />
}

interface RowProps {
  readonly row: TraceRow
  readonly index: number
  readonly top: number
  readonly rowHeight: number
  readonly colour: string
  readonly isSelected: boolean
  readonly isOpen: boolean
  readonly shown: Window
  readonly hasCritical: boolean
  readonly logs: readonly LogRecord[]
  readonly traceStartMs: number
}

/** Drawn again only when something of it changes, not with every step of scrolling. */
const WaterfallRow = memo(function WaterfallRow(props: RowProps) {
  const { row, index, top, rowHeight, colour, isSelected, isOpen, logs } = props
  const { depth, below, repeats } = row
  const isBad = row.status === 'error' || row.marks.includes('culprit')
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the treegrid holds the focus and names the active row
    <div
      id={`span-${row.span_id}`}
      data-row={index}
      className={row.found ? 'wf-row found' : 'wf-row'}
      role="row"
      aria-level={depth + 1}
      aria-rowindex={index + 1}
      aria-selected={isSelected}
      {...(below > 0 ? { 'aria-expanded': isOpen } : {})}
      style={{ top, height: rowHeight }}
    >
      {/* biome-ignore lint/a11y/useFocusableInteractive: see the row */}
      <div role="gridcell" className="wf-name" style={{ paddingLeft: 12 + Math.min(depth, 24) * 12 }}>
        <Chevron {...{ repeats, below, isOpen }} />
        <i className="wf-stripe" style={{ background: colour }} />
        <span className="m">{row.service}</span>
        <span className="code ell t2">{row.operation}</span>
        <span className="right" />
        {row.linked && <span className="t3 sm wide-only">linked</span>}
        {isBad && <VerdictMark judgement="bad" />}
        {!isBad && row.marks.includes('slow') && <VerdictMark judgement="watch" />}
        {logs.length > 0 && (
          <span className="t3 sm wide-only" style={{ whiteSpace: 'nowrap' }}>
            {logs.length} {logs.length === 1 ? 'log' : 'logs'}
          </span>
        )}
      </div>
      {/* biome-ignore lint/a11y/useFocusableInteractive: see the row */}
      <div role="gridcell" className="wf-lane">
        <SpanBar
          {...{ row, isBad, logs }}
          shown={props.shown}
          hasCritical={props.hasCritical}
          traceStartMs={props.traceStartMs}
        />
      </div>
    </div>
  )
})

function Chevron({ repeats, below, isOpen }: Pick<TraceRow, 'repeats' | 'below'> & { isOpen: boolean }) {
  if (repeats === null && below === 0) return <span className="wf-chevron" />
  const words = repeats !== null ? 'Show each' : isOpen ? 'Fold' : 'Unfold'
  return (
    <button
      type="button"
      className={isOpen && repeats === null ? 'wf-chevron' : 'wf-chevron closed'}
      tabIndex={-1}
      aria-label={words}
    >
      <Icon name="down" size={12} />
    </button>
  )
}
