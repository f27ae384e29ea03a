import type { Scope } from '../../model/scope.ts'
import { all, count, type Fragment, float, sql } from './fragment.ts'
import type { TenantReader } from './tenant-rows.ts'

/** Rows of a tenfold duration. */
export const rowsPerDecade = 8

/** Spans of one step of time and one row of durations. */
export interface HeatCell {
  /** Steps since the epoch. */
  readonly step: number
  /** floor(log10(microseconds) × rowsPerDecade); 0 for durations below a microsecond. */
  readonly row: number
  readonly count: number
  readonly errors: number
}

/** Cells of one answer; steps and rows are bounded, so it is never reached in practice. */
const maxCells = 50_000

/** How long spans took over time. One pass over the spans that pass the conditions. */
export async function heatmapCells(
  reader: TenantReader,
  scope: Scope,
  question: { rows: Fragment; conditions: readonly Fragment[]; stepSeconds: number },
): Promise<readonly HeatCell[]> {
  const { rows } = await reader.rows<{ step: number; row: number; n: string; errors: string }>(
    scope,
    sql`SELECT toUInt32(intDiv(toUnixTimestamp(ts), ${count(question.stepSeconds)})) AS step,
        toUInt16(greatest(0, floor(log10(greatest(duration, 1000) / 1000) * ${float(rowsPerDecade)} + 1e-9))) AS row,
        count() AS n, countIf(status = 2) AS errors
      FROM ${question.rows} WHERE ${all(question.conditions)}
      GROUP BY step, row ORDER BY step, row LIMIT ${count(maxCells)}`,
  )
  return rows.map(({ step, row, n, errors }) => ({ step, row, count: Number(n), errors: Number(errors) }))
}
