import type { Scope } from '../../../model/scope.ts'
import { sql } from '../fragment.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'
import { hashList, timeMs } from './numbers.ts'

/** One exemplar; `series` is the series' hash as decimal text. */
export interface ExemplarRow {
  readonly series: string
  readonly timeMs: number
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

interface ExemplarWire {
  readonly series: string
  readonly ms: string
  readonly v: number | string
  readonly labels: Readonly<Record<string, string>>
}

/** Exemplars of some series in [startMs, endMs], by series and time; at most `limit`. */
export async function readExemplars(
  reader: TenantReader,
  scope: Scope,
  question: {
    metrics: readonly bigint[]
    series: readonly bigint[]
    startMs: number
    endMs: number
    limit: number
  },
): Promise<readonly ExemplarRow[]> {
  const { metrics, series, startMs, endMs, limit } = question
  if (series.length === 0) return []
  const { rows } = await reader.rows<ExemplarWire>(
    scope,
    sql`SELECT toString(series) AS series, toUnixTimestamp64Milli(ts) AS ms, v, labels FROM ${rowsOf('exemplars')}
      WHERE metric IN ${hashList(metrics)} AND series IN ${hashList(series)}
        AND ts >= ${timeMs(startMs)} AND ts <= ${timeMs(endMs)}
      ORDER BY series, ts LIMIT 1 BY series, ts, v, labels LIMIT ${{ kind: 'parameter', type: 'UInt32', value: limit }}`,
  )
  return rows.map((row) => ({ series: row.series, timeMs: Number(row.ms), value: Number(row.v), labels: row.labels }))
}
