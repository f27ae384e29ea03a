import type { AttributeType } from '../../../server/model/columns.ts'
import type { ColumnStore } from '../../../server/store/engine/column-store.ts'
import { anyValue, inBlocks, keyValues, type Origin, originColumns, originJoins } from './attributes.ts'

interface Row extends Origin {
  readonly time: string
  readonly observed_time: string
  readonly severity: number
  readonly severity_text: string
  readonly trace: string
  readonly span: string
  readonly body: string
  readonly body_type: AttributeType
  readonly event_name: string
  readonly attrs: Readonly<Record<string, string>>
  readonly attr_types: string
}

/** The stored log records as the `resourceLogs` of a request; all are of one resource and scope. */
export async function readLogs(store: ColumnStore): Promise<unknown> {
  const { rows } = await store.rows<Row>({
    sql: `SELECT toString(toUnixTimestamp64Nano(logs.ts)) AS time,
        toString(toUnixTimestamp64Nano(logs.observed)) AS observed_time, logs.severity AS severity,
        logs.severity_text AS severity_text, lower(hex(logs.trace_id)) AS trace, lower(hex(logs.span_id)) AS span,
        logs.body AS body, logs.body_type AS body_type, logs.event_name AS event_name, logs.attrs AS attrs,
        logs.attr_types AS attr_types, ${originColumns}
      FROM logs ${originJoins('logs')} ORDER BY logs.ts`,
  })
  const items = rows.map((row) => ({
    timeUnixNano: row.time,
    observedTimeUnixNano: row.observed_time,
    severityNumber: row.severity,
    severityText: row.severity_text,
    traceId: /^0*$/.test(row.trace) ? '' : row.trace,
    spanId: /^0*$/.test(row.span) ? '' : row.span,
    eventName: row.event_name,
    body: anyValue(row.body_type, row.body),
    attributes: keyValues(row.attrs, row.attr_types),
  }))
  return rows.length === 0 ? [] : inBlocks(rows[0], { block: 'scopeLogs', list: 'logRecords', items })
}
