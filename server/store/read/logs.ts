import type { Scope } from '../../model/scope.ts'
import { all, count, type Fragment, sql } from './fragment.ts'
import type { AttributeTexts } from './span-row.ts'
import type { TenantReader } from './tenant-rows.ts'

/** Levels in order; a log record without a known severity is UNSET. */
export type LogLevel = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL' | 'UNSET'

/** One stored log record. Ids in lower-case hex, '' where there is none. */
export interface LogRow {
  readonly timeNs: bigint
  readonly level: LogLevel
  readonly service: string
  readonly body: string
  readonly traceId: string
  readonly spanId: string
  readonly attributes: AttributeTexts
}

interface LogWire {
  readonly time_ns: string
  readonly level: LogLevel
  readonly service: string
  readonly body: string
  readonly trace: string
  readonly span: string
  readonly attrs: AttributeTexts
}

export interface LogQuestion {
  readonly rows: Fragment
  readonly conditions: readonly Fragment[]
  readonly order: 'newest' | 'oldest'
  readonly limit: number
}

/** Level by OTLP severity number; by the first letters of the severity text where there is no number. */
export const levelOfRow = sql`if(severity > 0,
  ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][least(intDiv(severity - 1, 4), 5) + 1],
  multiIf(severity_text = '', 'UNSET',
    match(severity_text, '(?i)^(emerg|alert|crit|fatal|panic)'), 'FATAL',
    match(severity_text, '(?i)^err'), 'ERROR',
    match(severity_text, '(?i)^warn'), 'WARN',
    match(severity_text, '(?i)^(info|notice)'), 'INFO',
    match(severity_text, '(?i)^(debug|verbose)'), 'DEBUG',
    match(severity_text, '(?i)^trace'), 'TRACE', 'UNSET'))`

/** Log records that pass the conditions. */
export async function listLogs(reader: TenantReader, scope: Scope, question: LogQuestion): Promise<readonly LogRow[]> {
  const order = question.order === 'newest' ? sql`ts DESC` : sql`ts`
  const { rows } = await reader.rows<LogWire>(
    scope,
    sql`SELECT toUnixTimestamp64Nano(ts) AS time_ns, ${levelOfRow} AS level, service, body,
        if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS trace,
        if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS span, attrs
      FROM ${question.rows} WHERE ${all(question.conditions)}
      ORDER BY ${order} LIMIT ${count(question.limit)}`,
  )
  return rows.map((row) => ({
    timeNs: BigInt(row.time_ns),
    level: row.level,
    service: row.service,
    body: row.body,
    traceId: row.trace,
    spanId: row.span,
    attributes: row.attrs,
  }))
}
