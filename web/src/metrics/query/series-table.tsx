import { useMemo } from 'react'
import { formatUnit } from '../../format/number.ts'
import type { Column } from '../../table/column.ts'
import { useRowHeight } from '../../table/use-row-height.ts'
import { VirtualTable } from '../../table/virtual-table.tsx'
import type { ResultSeries } from '../result-series.ts'
import type { DisplayUnit } from '../units.ts'

interface SeriesTableProps {
  readonly series: readonly ResultSeries[]
  readonly unit: DisplayUnit['unit']
  /** Colour variable of each drawn series by name. */
  readonly colours: ReadonlyMap<string, string>
  readonly hidden: readonly string[]
  /** One column a label; else the name alone. */
  readonly hasLabels: boolean
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly selected: string | undefined
  readonly onOnly: (name: string) => void
  readonly onHide: (name: string) => void
  readonly maxHeight: number
}

/** Labels that have a column of their own at most; the others stand in the name. */
const mostLabels = 8

/** Every series of the answer with its figures over the range; a click draws only it, its swatch hides it. */
export function SeriesTable(props: SeriesTableProps) {
  const { series, sort, onSort, selected, onOnly, maxHeight } = props
  const rowHeight = useRowHeight()
  const columns = useColumns(props)
  const rows = useMemo(() => sortSeries(series, sort), [series, sort])
  return (
    <VirtualTable
      label="Series"
      rows={rows}
      columns={columns}
      keyOf={({ name }) => name}
      sort={sort}
      onSort={onSort}
      selected={selected}
      onSelect={({ name }) => onOnly(name)}
      rowHeight={rowHeight}
      maxHeight={maxHeight}
    />
  )
}

function useColumns({ series, unit, colours, hidden, hasLabels, onHide }: SeriesTableProps): Column<ResultSeries>[] {
  return useMemo(() => {
    const figure = (id: 'last' | 'least' | 'most' | 'mean', words: string): Column<ResultSeries> => ({
      ...{ id, words, width: 96, isNumber: true, canSort: true },
      cell: (row) => <span className={id === 'last' ? 'm' : 't2'}>{formatUnit(row[id], unit)}</span>,
    })
    const labels = hasLabels ? labelsOf(series).slice(0, mostLabels) : []
    return [
      {
        ...{ id: 'name', words: hasLabels ? 'Line' : 'Series', width: hasLabels ? 88 : 240, canSort: true },
        ...(hasLabels && labels.length > 0 ? {} : { grows: true }),
        cell: ({ name, letter }) => (
          <>
            <button
              type="button"
              className="swatch-button"
              aria-pressed={!hidden.includes(name)}
              aria-label={`${hidden.includes(name) ? 'Show' : 'Hide'} ${name}`}
              title={hidden.includes(name) ? 'Show' : 'Hide'}
              onClick={(event) => {
                event.stopPropagation()
                onHide(name)
              }}
            >
              <i
                className={colours.has(name) ? 'swatch' : 'swatch empty'}
                style={colours.has(name) ? { background: `var(${colours.get(name)})` } : undefined}
              />
            </button>
            <span className="code ell">{hasLabels && labels.length > 0 ? letter : name}</span>
          </>
        ),
      },
      ...labels.map(
        (label): Column<ResultSeries> => ({
          ...{ id: `label:${label}`, words: label, width: 140, grows: true, canSort: true },
          cell: (row) => <span className="code ell">{row.labels[label] ?? ''}</span>,
        }),
      ),
      figure('last', 'last'),
      figure('least', 'least'),
      figure('most', 'most'),
      figure('mean', 'mean'),
    ]
  }, [series, unit, colours, hidden, hasLabels, onHide])
}

/** Labels of the series, those that differ first. */
function labelsOf(series: readonly ResultSeries[]): string[] {
  const values = new Map<string, Set<string>>()
  for (const { labels } of series)
    for (const [name, value] of Object.entries(labels)) values.set(name, (values.get(name) ?? new Set()).add(value))
  return [...values].sort(([, one], [, other]) => other.size - one.size).map(([name]) => name)
}

function sortSeries(series: readonly ResultSeries[], sort: string): readonly ResultSeries[] {
  const isDown = sort.startsWith('-')
  const key = sort.replace(/^-/, '')
  const keyOf = (row: ResultSeries): string | number => {
    if (key.startsWith('label:')) return row.labels[key.slice(6)] ?? ''
    if (key === 'last' || key === 'least' || key === 'most' || key === 'mean')
      return row[key] ?? Number.NEGATIVE_INFINITY
    return row.name
  }
  return series.toSorted((one, other) => {
    const [first, second] = [keyOf(one), keyOf(other)]
    const order = first < second ? -1 : first > second ? 1 : 0
    return isDown ? -order : order
  })
}
