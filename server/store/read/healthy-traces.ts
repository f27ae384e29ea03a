import type { Scope } from '../../model/scope.ts'
import { bytesOf } from './field.ts'
import { count, type NsRange, sql, text, within } from './fragment.ts'
import { rowsOf, type TenantReader } from './tenant-rows.ts'

/** Traces of one root without any error. */
export interface HealthyTraces {
  readonly traces: number
  readonly medianNs: number
  /** The one whose root took the median; 32 hex digits. */
  readonly nearest: string
}

interface Question {
  readonly service: string
  readonly name: string
  readonly window: NsRange
  /** A trace that does not count. */
  readonly except: string
}

/** Roots that are looked at, the newest. */
const maxRoots = 20_000

/** Healthy traces with this root in a window; null where there are none. Reads the roots and the index. */
export async function healthyTraces(
  reader: TenantReader,
  scope: Scope,
  { service, name, window, except }: Question,
): Promise<HealthyTraces | null> {
  const roots = sql`(SELECT trace_id, greatest(duration, 0) AS took FROM ${rowsOf('spans')}
    WHERE ${within(window)} AND service = ${text(service)} AND name = ${text(name)} AND parent_id = toFixedString('', 8)
      AND status != 2 AND trace_id != ${bytesOf(except, 16)}
    ORDER BY ts DESC LIMIT ${count(maxRoots)})`
  const { rows } = await reader.rows<{ traces: string; median: readonly [took: string, trace: string] }>(
    scope,
    sql`SELECT length(sorted) AS traces, sorted[intDiv(traces + 1, 2)] AS median
      FROM (SELECT arraySort(groupArray((took, lower(hex(trace_id))))) AS sorted FROM ${roots}
        WHERE trace_id NOT IN (SELECT trace_id FROM ${rowsOf('trace_index')}
          WHERE trace_id IN (SELECT trace_id FROM ${roots}) AND errors > 0))`,
  )
  const [{ traces, median }] = rows
  return Number(traces) === 0 ? null : { traces: Number(traces), medianNs: Number(median[0]), nearest: median[1] }
}
