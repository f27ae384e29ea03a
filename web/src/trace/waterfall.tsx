import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef } from 'react'
import type { LogRecord } from '../../../contract/index.ts'
import { colourSlots } from '../charts/series.ts'
import { valueTicks } from '../charts/ticks.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import { VerdictMark } from '../parts/verdict.tsx'
import { Icon } from '../shell/icons.tsx'
import { criticalParts, instantMs, p95Ms, type TraceRow } from './trace-model.ts'

export interface Window {
  /** Milliseconds from the start of the trace. */
  readonly fromMs: number
  readonly toMs: number
}

interface WaterfallProps {
  readonly rows: readonly TraceRow[]
  readonly services: readonly string[]
  readonly shown: Window
  readonly rowHeight: number
  readonly selected: string | undefined
  readonly closed: ReadonlySet<string>
  readonly found: ReadonlySet<string>
  readonly hasCritical: boolean
  readonly logs: ReadonlyMap<string, readonly LogRecord[]>
  readonly traceStartMs: number
  readonly words: string
  readonly onSelect: (id: string) => void
  readonly onToggle: (id: string) => void
}

/** One line per span on a common axis of time; only the lines that are seen are drawn. */
export function Waterfall(props: WaterfallProps) {
  const { rows, rowHeight, selected, shown, services } = props
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height must be measured anew
  useEffect(() => virtual.measure(), [rowHeight])
  const at = rows.findIndex(({ span }) => span.span_id === selected)
  const first = useRef(true)
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: first.current ? 'center' : 'auto' })
    first.current = false
  }, [at, virtual])
  const slots = colourSlots(services)
  const colours = new Map(services.map((service, index) => [service, `var(--s${slots[index]})`]))
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const row = rows[at]
    if (step !== 0) {
      const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)]
      if (next !== undefined) props.onSelect(next.span.span_id)
    } else if (row !== undefined && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      const isClosed = props.closed.has(row.span.span_id)
      if (row.hasChildren && isClosed === (event.key === 'ArrowRight')) props.onToggle(row.span.span_id)
    } else return
    event.preventDefault()
  }
  return (
    <div className="wf">
      <WaterfallHead shown={shown} words={props.words} />
      <div
        ref={box}
        className="wf-rows"
        role="treegrid"
        aria-label="Spans of the trace"
        aria-rowcount={rows.length}
        tabIndex={0}
        aria-activedescendant={at >= 0 ? `span-${rows[at].span.span_id}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map(({ index, start }) => (
            <WaterfallRow
              key={rows[index].span.span_id}
              row={rows[index]}
              index={index}
              top={start}
              colour={colours.get(rows[index].span.service) ?? 'var(--s10)'}
              {...props}
            />
          ))}
        </div>
      </div>
    </div>
  )
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

interface RowProps extends WaterfallProps {
  readonly row: TraceRow
  readonly index: number
  readonly top: number
  readonly colour: string
}

function WaterfallRow({
  row,
  index,
  top,
  colour,
  rowHeight,
  selected,
  closed,
  found,
  logs,
  onSelect,
  onToggle,
  ...rest
}: RowProps) {
  const { span, depth, hasChildren, siblings } = row
  const isOpen = !closed.has(span.span_id)
  const ownLogs = logs.get(span.span_id) ?? []
  const isBad = isCulprit(row)
  const canToggle = hasChildren || siblings.length > 0
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the treegrid holds the focus and names the active row
    // biome-ignore lint/a11y/useKeyWithClickEvents: the treegrid handles the keys
    <div
      id={`span-${span.span_id}`}
      className={found.has(span.span_id) ? 'wf-row found' : 'wf-row'}
      role="row"
      aria-level={depth + 1}
      aria-rowindex={index + 1}
      aria-selected={span.span_id === selected}
      {...(hasChildren ? { 'aria-expanded': isOpen } : {})}
      style={{ top, height: rowHeight }}
      onClick={() => onSelect(span.span_id)}
    >
      {/* biome-ignore lint/a11y/useFocusableInteractive: see the row */}
      <div role="gridcell" className="wf-name" style={{ paddingLeft: 12 + Math.min(depth, 24) * 12 }}>
        {canToggle ? (
          <button
            type="button"
            className={isOpen && siblings.length === 0 ? 'wf-chevron' : 'wf-chevron closed'}
            tabIndex={-1}
            aria-label={siblings.length > 0 ? 'Show each' : isOpen ? 'Fold' : 'Unfold'}
            onClick={(event) => {
              event.stopPropagation()
              onToggle(siblings.length > 0 ? `=${span.span_id}` : span.span_id)
            }}
          >
            <Icon name="down" size={12} />
          </button>
        ) : (
          <span className="wf-chevron" />
        )}
        <i className="wf-stripe" style={{ background: colour }} />
        <span className="m">{span.service}</span>
        <span className="code ell t2">{span.operation}</span>
        <span className="right" />
        {isBad && <VerdictMark judgement="bad" />}
        {!isBad && span.marks.includes('slow') && <VerdictMark judgement="watch" />}
        {ownLogs.length > 0 && (
          <span className="t3 sm wide-only" style={{ whiteSpace: 'nowrap' }}>
            {ownLogs.length} {ownLogs.length === 1 ? 'log' : 'logs'}
          </span>
        )}
      </div>
      {/* biome-ignore lint/a11y/useFocusableInteractive: see the row */}
      <div role="gridcell" className="wf-lane">
        <Bar row={row} isBad={isBad} ownLogs={ownLogs} {...rest} />
      </div>
    </div>
  )
}

/** The span is marked as the culprit, or failed: only these are red. */
function isCulprit({ span }: TraceRow): boolean {
  return span.marks.includes('culprit') || span.status === 'error'
}

/** Left edge and width of what lies between two shares of the lane, in percent, cut to what is seen. */
function placeOf(from: number, to: number) {
  const left = Math.max(from, 0)
  return { left: `${left}%`, width: `max(2px, ${Math.min(to, 100) - left}%)` }
}

interface BarProps extends Pick<WaterfallProps, 'shown' | 'hasCritical' | 'traceStartMs'> {
  readonly row: TraceRow
  readonly isBad: boolean
  readonly ownLogs: readonly LogRecord[]
}

function Bar({ row, isBad, ownLogs, shown, hasCritical, traceStartMs }: BarProps) {
  const { span, startMs, durationMs, siblings } = row
  const length = shown.toMs - shown.fromMs
  const share = (ms: number) => ((ms - shown.fromMs) / length) * 100
  const left = share(startMs)
  const width = (durationMs / length) * 100
  if (left > 100 || left + width < 0) return null
  const isLinked = span.links.length > 0 && span.kind === 'consumer'
  const words =
    siblings.length > 0
      ? `${formatDuration(durationMs)} × ${formatCount(siblings.length)}, p95 ${formatDuration(p95Ms(siblings))}`
      : formatDuration(durationMs)
  const place = width > 82 ? 'inside' : left + width > 82 ? 'before' : 'after'
  return (
    <>
      <div
        className={`wf-bar${isBad ? ' bad' : ''}${isLinked ? ' linked' : ''}`}
        style={{
          left: `${Math.max(left, 0)}%`,
          width: `max(2px, ${Math.min(left + width, 100) - Math.max(left, 0)}%)`,
        }}
      />
      {hasCritical &&
        criticalParts(row).map(([from, to]) => (
          <i key={from} className="wf-critical" style={placeOf(share(from), share(to))} />
        ))}
      {ownLogs.slice(0, 20).map((log) => (
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
        {words}
      </span>
    </>
  )
}
