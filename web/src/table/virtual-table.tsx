import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { type KeyBinding, useKeys } from '../keys/key-map.ts'
import type { Column } from './column.ts'
import { ColumnChooser } from './column-chooser.tsx'
import { TableHead } from './table-head.tsx'
import { tableItems } from './table-items.ts'

export interface VirtualTableProps<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  /** Ids of the shown columns, in order; left out: all. */
  readonly shown?: readonly string[] | undefined
  readonly onShown?: (ids: readonly string[]) => void
  /** Column, descending with `-` before it. */
  readonly sort?: string | undefined
  readonly onSort?: (sort: string) => void
  readonly selected?: string | undefined
  readonly onSelect?: (row: Row) => void
  readonly onOpen?: (row: Row) => void
  /** Pixels of one row; the density's own where left out. */
  readonly rowHeight: number
  /** Pixels of the whole table at most; left out: as high as its place. */
  readonly maxHeight?: number
  /** Rows stand below the head of their group; those of one group must follow one another (`groupedRows`). */
  readonly groups?: {
    readonly of: (row: Row) => string
    readonly head: (name: string, rows: readonly Row[]) => ReactNode
  }
}

/** Rows drawn beyond both edges of what is seen. */
const overscan = 8

/** A table of any length: only what is seen is drawn; arrows or j and k move, Enter opens, the head stays. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, rows, columns, keyOf, rowHeight, groups } = props
  const box = useRef<HTMLDivElement>(null)
  const [widths, setWidths] = useState<Readonly<Record<string, number>>>({})
  const visible = shownColumns(columns, props.shown)
  const groupOf = groups?.of
  const items = useMemo(() => tableItems(rows, groupOf), [rows, groupOf])
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan,
    getItemKey: (at) => {
      const item = items[at]
      return item.kind === 'row' ? keyOf(item.row) : `group ${item.name}`
    },
  })
  const placeOf = (row: number) => items.findIndex((item) => item.kind === 'row' && item.at === row)
  const { at, onKeyDown } = useMoves(props, (row) => virtual.scrollToIndex(placeOf(row)))
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height must be measured anew
  useEffect(() => virtual.measure(), [rowHeight])
  const template = visible.map(({ id, width, grows }) => trackOf(widths[id], width, grows)).join(' ')
  const { onShown } = props
  return (
    <div className="vt-frame">
      <div
        ref={box}
        className="vt"
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={items.length + 1}
        aria-colcount={visible.length}
        aria-activedescendant={at >= 0 ? rowId(label, at) : undefined}
        style={props.maxHeight === undefined ? undefined : { maxHeight: props.maxHeight }}
        onKeyDown={onKeyDown}
      >
        <TableHead
          columns={visible}
          template={template}
          sort={props.sort}
          onSort={props.onSort}
          onWidth={(id, width) => setWidths((before) => ({ ...before, [id]: width }))}
        />
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative', minWidth: 'min-content' }}>
          {virtual.getVirtualItems().map(({ index, start, key }) => {
            const item = items[index]
            const place = { top: start, height: rowHeight }
            return item.kind === 'group' ? (
              <GroupRow key={key} index={index} columns={visible.length} place={place}>
                {groups?.head(item.name, item.rows)}
              </GroupRow>
            ) : (
              <TableRow
                key={key}
                {...{ table: props, visible, index, at: item.at }}
                place={{ ...place, gridTemplateColumns: template }}
              />
            )
          })}
        </div>
      </div>
      {onShown !== undefined && (
        <ColumnChooser columns={columns} shown={visible.map(({ id }) => id)} onShown={onShown} />
      )}
    </div>
  )
}

interface TableRowProps<Row> {
  readonly table: VirtualTableProps<Row>
  readonly visible: readonly Column<Row>[]
  /** Position among all that is drawn, and among the rows. */
  readonly index: number
  readonly at: number
  readonly place: CSSProperties
}

function TableRow<Row>({ table, visible, index, at, place }: TableRowProps<Row>) {
  const row = table.rows[at]
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus and names the active row
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles the keys
    <div
      id={rowId(table.label, at)}
      className="vt-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={table.keyOf(row) === table.selected}
      style={place}
      onClick={() => table.onSelect?.(row)}
      onDoubleClick={() => table.onOpen?.(row)}
    >
      {visible.map((column) => (
        // biome-ignore lint/a11y/useFocusableInteractive: see the row
        <div key={column.id} role="gridcell" className={column.isNumber === true ? 'vt-cell n' : 'vt-cell'}>
          {column.cell(row)}
        </div>
      ))}
    </div>
  )
}

interface GroupRowProps {
  readonly index: number
  readonly columns: number
  readonly place: CSSProperties
  readonly children: ReactNode
}

/** Heads the rows below it; never chosen. */
function GroupRow({ index, columns, place, children }: GroupRowProps) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: nothing in it can be chosen
    <div className="vt-row group" role="row" aria-rowindex={index + 2} style={place}>
      {/* biome-ignore lint/a11y/useFocusableInteractive: see the row */}
      <div role="rowheader" aria-colspan={columns} className="vt-cell">
        {children}
      </div>
    </div>
  )
}

/** Which row is chosen, and the keys that choose another. */
function useMoves<Row>(props: VirtualTableProps<Row>, show: (at: number) => void) {
  const { rows, keyOf, selected, onSelect, onOpen } = props
  const at = selected === undefined ? -1 : rows.findIndex((row) => keyOf(row) === selected)
  const moveTo = (wanted: number) => {
    const next = Math.min(Math.max(wanted, 0), rows.length - 1)
    if (rows.length === 0 || next === at) return
    show(next)
    onSelect?.(rows[next])
  }
  const key = (keys: string, words: string, run: () => void): KeyBinding => ({ keys, words, run, group: 'lists' })
  useKeys([
    key('j', 'Next row', () => moveTo(at + 1)),
    key('k', 'Row before', () => moveTo(at - 1)),
    key('o', 'Open as a page', () => at >= 0 && onOpen?.(rows[at])),
  ])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: at + 15,
      PageUp: at - 15,
    }
    if (event.key in moves) moveTo(moves[event.key])
    else if (event.key === 'Enter' && at >= 0) onOpen?.(rows[at])
    else return
    event.preventDefault()
  }
  return { at, onKeyDown }
}

function shownColumns<Row>(
  columns: readonly Column<Row>[],
  shown: readonly string[] | undefined,
): readonly Column<Row>[] {
  if (shown === undefined) return columns
  const found = shown.flatMap((id) => columns.filter((column) => column.id === id))
  return found.length === 0 ? columns : found
}

function trackOf(chosen: number | undefined, width: number, grows: boolean | undefined): string {
  if (chosen !== undefined) return `${chosen}px`
  return grows === true ? `minmax(${width}px, 1fr)` : `${width}px`
}

function rowId(label: string, at: number): string {
  return `row-${label.replaceAll(/\W+/g, '-')}-${at}`
}
