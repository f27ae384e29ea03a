import { type KeyboardEvent, type PointerEvent, useRef } from 'react'
import type { Column } from './column.ts'

const narrowest = 48
/** Pixels by which an arrow key changes a width. */
const keyStep = 16

interface TableHeadProps<Row> {
  readonly columns: readonly Column<Row>[]
  readonly template: string
  readonly sort: string | undefined
  readonly onSort: ((sort: string) => void) | undefined
  readonly onWidth: (id: string, width: number) => void
}

/** The head that stays: sort by click, widths by drag or arrow keys on the edge. */
export function TableHead<Row>({ columns, template, sort, onSort, onWidth }: TableHeadProps<Row>) {
  return (
    <div className="vt-head" role="rowgroup">
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus */}
      <div role="row" aria-rowindex={1} className="vt-row head" style={{ gridTemplateColumns: template }}>
        {columns.map((column) => (
          <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} onWidth={onWidth} />
        ))}
      </div>
    </div>
  )
}

interface HeadCellProps<Row> extends Pick<TableHeadProps<Row>, 'sort' | 'onSort' | 'onWidth'> {
  readonly column: Column<Row>
}

function HeadCell<Row>({ column, sort, onSort, onWidth }: HeadCellProps<Row>) {
  const { id, words, isNumber, canSort } = column
  const isDown = sort === `-${id}`
  const isSorted = isDown || sort === id
  const order = isSorted ? (isDown ? 'descending' : 'ascending') : undefined
  // The first click on a number shows the largest, on a name the first of the alphabet.
  const next = isSorted ? (isDown ? id : `-${id}`) : isNumber === true ? `-${id}` : id
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: its button has the focus
    <div role="columnheader" className={isNumber === true ? 'vt-cell n' : 'vt-cell'} aria-sort={order}>
      {canSort === true && onSort !== undefined ? (
        <button type="button" className="vt-sort" onClick={() => onSort(next)}>
          {words}
          {isSorted && <span aria-hidden="true">{isDown ? ' ↓' : ' ↑'}</span>}
        </button>
      ) : (
        words
      )}
      <Edge words={words} onWidth={(width) => onWidth(id, width)} />
    </div>
  )
}

function Edge({ words, onWidth }: { words: string; onWidth: (width: number) => void }) {
  const edge = useRef<HTMLSpanElement>(null)
  const cell = () => edge.current?.parentElement?.getBoundingClientRect()
  const set = (width: number) => onWidth(Math.max(narrowest, Math.round(width)))
  const drag = (event: PointerEvent) => {
    const box = cell()
    if (event.buttons === 1 && box !== undefined) set(event.clientX - box.left)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowLeft' ? -keyStep : event.key === 'ArrowRight' ? keyStep : 0
    const box = cell()
    if (step === 0 || box === undefined) return
    event.preventDefault()
    event.stopPropagation()
    set(box.width + step)
  }
  return (
    <span
      ref={edge}
      className="vt-edge"
      role="separator"
      tabIndex={-1}
      aria-orientation="vertical"
      aria-valuenow={50}
      aria-label={`Width of ${words}`}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={onKeyDown}
    />
  )
}
