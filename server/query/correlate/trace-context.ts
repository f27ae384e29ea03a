import type { Scope } from '../../model/scope.ts'
import { conditionOf } from '../../store/read/field.ts'
import { type NsRange, sql, within } from '../../store/read/fragment.ts'
import { logField } from '../../store/read/log-fields.ts'
import { type LogRow, listLogs } from '../../store/read/logs.ts'
import { rowsOf } from '../../store/read/tenant-rows.ts'
import type { QueryContext } from '../query-context.ts'
import { type FoundResources, findResources, type ResourceFinding } from './resources.ts'

const minuteNs = 60_000_000_000n
/** Log records of a trace are looked for this long before and after its spans. */
const logsAroundNs = 10n * minuteNs
/** Metrics are looked at this long before and after: a few scrapes at the usual intervals. */
const metricsAroundNs = 2n * minuteNs
/** Log records of one answer, the earliest. */
export const maxTraceLogs = 500
const maxMetrics = 20
/** A resource that is no warning is shown from this share of its limit on. */
const shownFrom = 0.5

/** Log records that carry the trace's id, in order of time; one more than `maxTraceLogs` where there are more. */
export function logsOfTrace(
  context: QueryContext,
  scope: Scope,
  trace: { traceId: string; range: NsRange },
): Promise<readonly LogRow[]> {
  const traceId = logField({ kind: 'column', column: 'trace_id' })
  return listLogs(context.reader, scope, {
    rows: sql`${rowsOf('logs')}`,
    conditions: [
      within(around(trace.range, logsAroundNs)),
      conditionOf(traceId, { operator: 'eq', text: trace.traceId }),
    ],
    order: 'oldest',
    limit: maxTraceLogs + 1,
  })
}

/** Resources of the services in a trace around its time: near their limit, or at least half used. */
export async function metricsOfTrace(
  context: QueryContext,
  scope: Scope,
  trace: { services: readonly string[]; range: NsRange },
): Promise<FoundResources> {
  const range = around(trace.range, metricsAroundNs)
  const found = await findResources(context, scope, { services: trace.services, range })
  const isShown = (one: ResourceFinding) =>
    one.isWarning || (one.maxValue !== null && one.value >= one.maxValue * shownFrom)
  return { ...found, findings: found.findings.filter(isShown).slice(0, maxMetrics) }
}

function around(range: NsRange, ns: bigint): NsRange {
  return { startNs: range.startNs > ns ? range.startNs - ns : 0n, endNs: range.endNs + ns }
}
