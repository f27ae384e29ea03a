import type { SpanNode } from '../../../contract/index.ts'
import { formatCount, formatDuration } from '../format/number.ts'
import type { Column } from '../table/column.ts'
import { VirtualTable } from '../table/virtual-table.tsx'

/** Spans of one service and operation together. */
export interface SpanGroup {
  readonly key: string
  readonly service: string
  readonly operation: string
  readonly count: number
  readonly selfMs: number
  readonly criticalMs: number
  readonly longestMs: number
  readonly errors: number
  readonly firstId: string
}

/** Where the time went: groups by service and operation. */
export function spanGroups(spans: readonly SpanNode[]): SpanGroup[] {
  const groups = new Map<string, { -readonly [K in keyof SpanGroup]: SpanGroup[K] }>()
  for (const span of spans) {
    const key = `${span.service} ${span.operation}`
    const group = groups.get(key) ?? {
      ...{ key, service: span.service, operation: span.operation, firstId: span.span_id },
      ...{ count: 0, selfMs: 0, criticalMs: 0, longestMs: 0, errors: 0 },
    }
    group.count += 1
    group.selfMs += span.self_time / 1000
    group.criticalMs += span.critical_time / 1000
    group.longestMs = Math.max(group.longestMs, span.duration / 1000)
    group.errors += span.status === 'error' ? 1 : 0
    groups.set(key, group)
  }
  return [...groups.values()].sort((one, other) => other.selfMs - one.selfMs)
}

const number = { width: 110, isNumber: true } as const

const columns: readonly Column<SpanGroup>[] = [
  { id: 'service', words: 'Service', width: 140, cell: ({ service }) => <span className="m ell">{service}</span> },
  {
    id: 'operation',
    words: 'Operation',
    width: 200,
    grows: true,
    cell: ({ operation }) => <span className="code ell">{operation}</span>,
  },
  { id: 'count', words: 'Spans', ...number, cell: ({ count }) => formatCount(count) },
  { id: 'self', words: 'Self time', ...number, cell: ({ selfMs }) => <b className="b">{formatDuration(selfMs)}</b> },
  { id: 'critical', words: 'Waited for', ...number, cell: ({ criticalMs }) => formatDuration(criticalMs) },
  { id: 'longest', words: 'Longest', ...number, cell: ({ longestMs }) => formatDuration(longestMs) },
  {
    id: 'errors',
    words: 'Errors',
    ...number,
    cell: ({ errors }) => <span className={errors > 0 ? 'err' : 't3'}>{errors}</span>,
  },
]

interface SpanTableProps {
  readonly groups: readonly SpanGroup[]
  readonly rowHeight: number
  readonly onSelect: (spanId: string) => void
}

export function SpanTable({ groups, rowHeight, onSelect }: SpanTableProps) {
  return (
    <VirtualTable
      label="Spans by operation, most self time first"
      rows={groups}
      columns={columns}
      keyOf={({ key }) => key}
      rowHeight={rowHeight}
      onSelect={({ firstId }) => onSelect(firstId)}
    />
  )
}
