import type { ColumnStore } from '../../../server/store/engine/column-store.ts'
import { inBlocks, keyValues, type Origin, originColumns, originJoins } from './attributes.ts'

interface Row extends Origin {
  readonly trace: string
  readonly span: string
  readonly parent: string
  readonly name: string
  readonly kind: number
  readonly start: string
  readonly end: string
  readonly attrs: Readonly<Record<string, string>>
  readonly attr_types: string
}

/** The stored spans as the `resourceSpans` of a request; all are of one resource and scope. */
export async function readTraces(store: ColumnStore): Promise<unknown> {
  const { rows } = await store.rows<Row>({
    sql: `SELECT lower(hex(spans.trace_id)) AS trace, lower(hex(spans.span_id)) AS span,
        lower(hex(spans.parent_id)) AS parent, spans.name AS name, spans.kind AS kind,
        toString(toUnixTimestamp64Nano(spans.ts)) AS start,
        toString(toUnixTimestamp64Nano(spans.ts) + spans.duration) AS end, spans.attrs AS attrs,
        spans.attr_types AS attr_types, ${originColumns}
      FROM spans ${originJoins('spans')} ORDER BY spans.ts`,
  })
  const items = rows.map((row) => ({
    traceId: row.trace,
    spanId: row.span,
    parentSpanId: /^0*$/.test(row.parent) ? '' : row.parent,
    name: row.name,
    kind: row.kind,
    startTimeUnixNano: row.start,
    endTimeUnixNano: row.end,
    attributes: keyValues(row.attrs, row.attr_types),
  }))
  return rows.length === 0 ? [] : inBlocks(rows[0], { block: 'scopeSpans', list: 'spans', items })
}
