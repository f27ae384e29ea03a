import { useMemo, useState } from 'react'
import { formatCount, formatDuration } from '../format/number.ts'
import type { Column } from '../table/column.ts'
import { useRowHeight } from '../table/use-row-height.ts'
import { VirtualTable } from '../table/virtual-table.tsx'
import { type GalleryRow, tableRows } from './seeded.ts'

const columns: readonly Column<GalleryRow>[] = [
  {
    id: 'service',
    words: 'Service',
    width: 160,
    grows: true,
    canSort: true,
    cell: ({ service }) => <span className="m">{service}</span>,
  },
  { id: 'rate', words: 'Requests/s', width: 120, isNumber: true, canSort: true, cell: ({ rate }) => formatCount(rate) },
  { id: 'p95', words: 'p95', width: 120, isNumber: true, canSort: true, cell: ({ p95 }) => formatDuration(p95) },
]

/** Ten thousand rows, of which only the seen ones are drawn. */
export function TableGallery() {
  const [sort, setSort] = useState('-p95')
  const [shown, setShown] = useState<readonly string[]>(['service', 'rate', 'p95'])
  const [selected, setSelected] = useState<string>()
  const rowHeight = useRowHeight()
  const rows = useMemo(() => {
    const key = sort.replace(/^-/, '') as keyof GalleryRow
    const order = (one: GalleryRow, other: GalleryRow) => (one[key] < other[key] ? -1 : 1)
    return tableRows.toSorted((one, other) => (sort.startsWith('-') ? -order(one, other) : order(one, other)))
  }, [sort])
  return (
    <section aria-label="Table">
      <h2 style={{ marginBottom: 8 }}>Virtual table, 10,000 rows</h2>
      <div className="panel">
        <VirtualTable
          label="Seeded services"
          rows={rows}
          columns={columns}
          keyOf={({ id }) => id}
          {...{ sort, shown, selected, rowHeight }}
          onSort={setSort}
          onShown={setShown}
          onSelect={({ id }) => setSelected(id)}
          maxHeight={320}
        />
      </div>
    </section>
  )
}
