import type { Scope } from '../../../model/scope.ts'
import { all, count, type Fragment, sql } from '../fragment.ts'
import type { TenantReader } from '../tenant-rows.ts'

/** Characters of a message that are given back; exceptions are told apart by their type alone. */
const messageLength = 500

/** Exceptions of one type in one service. */
export interface ExceptionKind {
  readonly service: string
  /** `exception.type`; '' where spans did not say it. */
  readonly type: string
  readonly count: number
  readonly firstNs: bigint
  readonly lastNs: bigint
  /** How many ended their span (`exception.escaped`). */
  readonly escaped: number
  /** The newest of them. */
  readonly newest: {
    readonly message: string
    readonly traceId: string
    readonly spanId: string
    readonly operation: string
  }
}

/**
 * Exceptions that spans recorded as events, by service and type, those that came most often first. One pass over the spans
 * that pass the conditions; only those with such an event are taken apart.
 * Source: OpenTelemetry semantic conventions 1.43, "Exceptions on spans".
 */
export async function spanExceptions(
  reader: TenantReader,
  scope: Scope,
  question: { rows: Fragment; conditions: readonly Fragment[]; limit: number },
): Promise<readonly ExceptionKind[]> {
  const { rows } = await reader.rows<{
    service: string
    type: string
    n: string
    escaped: string
    first_ns: string
    last_ns: string
    newest: readonly [message: string, trace: string, span: string, operation: string]
  }>(
    scope,
    sql`SELECT service, fields['exception.type'] AS type, count() AS n,
        countIf(lower(fields['exception.escaped']) = 'true') AS escaped,
        toUnixTimestamp64Nano(min(at)) AS first_ns, toUnixTimestamp64Nano(max(at)) AS last_ns,
        argMax((leftUTF8(fields['exception.message'], ${count(messageLength)}), lower(hex(trace_id)),
          lower(hex(span_id)), toString(name)), at) AS newest
      FROM (SELECT service, name, trace_id, span_id, \`events.name\` AS names, \`events.attrs\` AS fieldses, \`events.ts\` AS times
        FROM ${question.rows} WHERE ${all(question.conditions)} AND has(\`events.name\`, 'exception'))
      ARRAY JOIN names AS event, fieldses AS fields, times AS at
      WHERE event = 'exception'
      GROUP BY service, type ORDER BY n DESC, service, type LIMIT ${count(question.limit)}`,
  )
  return rows.map(({ service, type, n, escaped, first_ns: first, last_ns: last, newest }) => ({
    ...{ service, type, count: Number(n), escaped: Number(escaped), firstNs: BigInt(first), lastNs: BigInt(last) },
    newest: { message: newest[0], traceId: newest[1], spanId: newest[2], operation: newest[3] },
  }))
}
