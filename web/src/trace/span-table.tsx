import type { TraceComparison, TraceProfile } from '../../../contract/index.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import type { Column } from '../table/column.ts'
import { VirtualTable } from '../table/virtual-table.tsx'

type Operation = TraceProfile['operations'][number]
type Compared = TraceComparison['operations'][number]

const number = { width: 110, isNumber: true } as const
const title = [
  {
    ...{ id: 'service', words: 'Service', width: 140 },
    cell: ({ service }: { service: string }) => <span className="m ell">{service}</span>,
  },
  {
    ...{ id: 'operation', words: 'Operation', width: 200, grows: true },
    cell: ({ operation }: { operation: string }) => <span className="code ell">{operation}</span>,
  },
] as const

const columns: readonly Column<Operation>[] = [
  ...title,
  { id: 'count', words: 'Spans', ...number, cell: ({ count }) => formatCount(count) },
  {
    ...{ id: 'self', words: 'Self time', ...number },
    cell: ({ self_time }) => <b className="b">{formatDuration(self_time / 1000)}</b>,
  },
  {
    ...{ id: 'critical', words: 'Waited for', ...number },
    cell: ({ critical_time }) => formatDuration(critical_time / 1000),
  },
  { id: 'longest', words: 'Longest', ...number, cell: ({ longest }) => formatDuration(longest / 1000) },
  {
    ...{ id: 'errors', words: 'Errors', ...number },
    cell: ({ errors }) => <span className={errors > 0 ? 'err' : 't3'}>{errors}</span>,
  },
]

interface TableProps<Row> {
  readonly rows: readonly Row[]
  readonly rowHeight: number
  readonly onSelect: (spanId: string) => void
}

/** Where the time went: spans of one service and operation together. */
export function SpanTable({ rows, rowHeight, onSelect }: TableProps<Operation>) {
  return (
    <VirtualTable
      label="Spans by operation, most self time first"
      rows={rows}
      columns={columns}
      keyOf={({ service, operation }) => `${service} ${operation}`}
      rowHeight={rowHeight}
      onSelect={({ longest_span }) => onSelect(longest_span)}
    />
  )
}

const compared: readonly Column<Compared>[] = [
  ...title,
  { id: 'count', words: 'Spans', ...number, cell: ({ count }) => formatCount(count) },
  { id: 'other', words: 'In the other', ...number, cell: ({ other_count }) => formatCount(other_count) },
  { id: 'self', words: 'Self time', ...number, cell: ({ self_time }) => formatDuration(self_time / 1000) },
  {
    ...{ id: 'otherself', words: 'In the other', ...number },
    cell: ({ other_self_time }) => formatDuration(other_self_time / 1000),
  },
  {
    ...{ id: 'difference', words: 'Difference', ...number },
    cell: ({ self_time, other_self_time }) => {
      const ms = (self_time - other_self_time) / 1000
      return (
        <b className={ms > 0 ? 'b' : 't2'}>
          {ms > 0 ? '+' : ''}
          {formatDuration(ms)}
        </b>
      )
    },
  },
]

/** What takes longer or shorter than in the other trace, the largest difference first. */
export function DifferenceTable({ rows, rowHeight, onSelect }: TableProps<Compared>) {
  return (
    <VirtualTable
      label="Operations by difference of self time"
      rows={rows}
      columns={compared}
      keyOf={({ service, operation }) => `${service} ${operation}`}
      rowHeight={rowHeight}
      onSelect={({ span_id }) => span_id !== '' && onSelect(span_id)}
    />
  )
}
