import type { ColumnStore } from '../engine/column-store.ts'

/** What a job has to know of the world around it. */
export interface DeriveContext {
  readonly store: ColumnStore
  /** Unix ms: every row encoded before it is in the store. Nothing beyond it is counted. */
  readonly settledThroughMs: number
  /** Unix ms of the clock: the version of the rows that are written. */
  readonly nowMs: number
  /** Days that rollups are kept. */
  readonly rollupRetentionDays: number
  /** Days that edges and metrics of spans are kept. */
  readonly spanRetentionDays: number
  /** Aborted when the program stops: a statement that has begun ends early and is repeated at the next start. */
  readonly signal: AbortSignal
}

/** Settings of all statements that derive: one thread and bounded memory, so that ingest and people come first. */
export const deriveSettings = {
  max_threads: 1,
  max_memory_usage: 600_000_000,
  max_bytes_before_external_group_by: 200_000_000,
} as const

/** Unix ms up to which a job has counted; null where it never ran. */
export async function readProgress(context: Pick<DeriveContext, 'store'>, job: string): Promise<number | null> {
  const { rows } = await context.store.rows<{ at: string }>({
    sql: 'SELECT toUnixTimestamp64Milli(upto) AS at FROM derive_progress FINAL WHERE job = {job:String}',
    params: { job },
  })
  return rows.length === 0 ? null : Number(rows[0].at)
}

/** To be called after the rows are stored: a crash in between repeats the count, which changes nothing. */
export async function writeProgress(context: DeriveContext, job: string, uptoMs: number): Promise<void> {
  await context.store.command({
    sql: `INSERT INTO derive_progress (job, upto, made)
      SELECT {job:String}, fromUnixTimestamp64Milli({upto:Int64}, 'UTC'), fromUnixTimestamp64Milli({made:Int64}, 'UTC')`,
    params: { job, upto: uptoMs, made: context.nowMs },
  })
}

/** A period that was counted before all of its rows had arrived. */
export interface LatePeriod {
  readonly tenant: number
  /** UInt64 in decimal; `0` for spans. */
  readonly metric: string
  /** Unix seconds. */
  readonly t: number
}

/** Marks of one signal that arrived before `settledThroughMs` and are not done. */
export async function readLateMarks(context: DeriveContext, signal: 'metrics' | 'traces'): Promise<LatePeriod[]> {
  const { rows } = await context.store.rows<LatePeriod>({
    sql: `SELECT tenant, metric, toUnixTimestamp(t) AS t FROM late_marks FINAL
      WHERE signal = {signal:String} AND done = 0 AND arrived < fromUnixTimestamp64Milli({upto:Int64}, 'UTC')
      GROUP BY tenant, metric, t ORDER BY t, metric LIMIT {most:UInt32}`,
    params: { signal, upto: context.settledThroughMs, most: maxMarks },
  })
  return rows.map(({ tenant, metric, t }) => ({ tenant, metric, t }))
}

/** Late periods that one run takes on; the others are taken on in the next. */
const maxMarks = 20_000

/** Closes the marks of periods that have been counted again. */
export async function closeLateMarks(
  context: DeriveContext,
  signal: 'metrics' | 'traces',
  periods: readonly LatePeriod[],
): Promise<void> {
  if (periods.length === 0) return
  await context.store.command({
    sql: `INSERT INTO late_marks (tenant, signal, metric, t, arrived, done)
      SELECT tenant, signal, metric, t, arrived, 1 FROM late_marks FINAL
      WHERE signal = {signal:String} AND done = 0 AND arrived < fromUnixTimestamp64Milli({upto:Int64}, 'UTC')
        AND t <= toDateTime({last:UInt32}, 'UTC')
        AND (toUnixTimestamp(t), metric) IN (SELECT arrayJoin(arrayZip({times:Array(UInt32)}, {metrics:Array(UInt64)})))`,
    params: {
      signal,
      upto: context.settledThroughMs,
      last: periods.reduce((latest, { t }) => Math.max(latest, t), 0),
      times: periods.map(({ t }) => t),
      metrics: periods.map(({ metric }) => BigInt(metric)),
    },
  })
}
