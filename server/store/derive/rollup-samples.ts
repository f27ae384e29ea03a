import { lateSampleMs } from '../load/encode/encode-context.ts'
import { type MetricSlice, metricSizes, sliceMetrics, sliceParams } from './metric-slices.ts'
import {
  closeLateMarks,
  type DeriveContext,
  deriveSettings,
  readLateMarks,
  readProgress,
  writeProgress,
} from './progress.ts'
import { statement } from './statement.ts'

/** Samples, or rollup buckets, that one statement counts: bounds its memory to a few hundred MB. */
const sliceSamples = 1_000_000
const hourMs = 3_600_000
const dayMs = 86_400_000
/** A late recount names so many metrics in one statement. */
const metricsPerStatement = 500

/** An hour or a day to be counted; `metrics` empty: all of them. */
interface Period {
  readonly t0: number
  readonly metrics: readonly string[]
}

/**
 * Counts the five-minute rollups of all hours that have ended `lateSampleMs` ago and are not counted yet, and once
 * more those of metrics that got late samples; the same for the one-hour rollups of whole days. The number of periods.
 *
 * Equal to a recount over the stored rows: late samples are marked by the writer exactly when they arrive
 * `lateSampleMs` after the end of their hour or later, and an hour is counted when everything before that is stored.
 */
export async function rollupSamples(context: DeriveContext): Promise<number> {
  const hours = await countNew(context, { job: 'rollup_5m', periodMs: hourMs, count: countHour })
  const late = await readLateMarks(context, 'metrics')
  await countMarked(context, late, { periodMs: hourMs, count: countHour })
  const days = await countNew(context, { job: 'rollup_1h', periodMs: dayMs, count: countDay })
  const countedDays = (await readProgress(context, 'rollup_1h')) ?? 0
  const lateDays = late.filter(({ t }) => Math.floor((t * 1000) / dayMs) * dayMs + dayMs <= countedDays)
  await countMarked(context, lateDays, { periodMs: dayMs, count: countDay })
  await closeLateMarks(context, 'metrics', late)
  return hours + days
}

interface Counting {
  readonly periodMs: number
  count(context: DeriveContext, period: Period): Promise<void>
}

async function countNew(context: DeriveContext, job: Counting & { job: string }): Promise<number> {
  const { periodMs } = job
  const before = (await readProgress(context, job.job)) ?? (await firstHourMs(context))
  if (before === null) return 0
  let counted = 0
  let from = Math.floor(before / periodMs) * periodMs
  for (; from + periodMs + lateSampleMs <= context.settledThroughMs; from += periodMs) {
    context.signal.throwIfAborted()
    await job.count(context, { t0: from / 1000, metrics: [] })
    await writeProgress(context, job.job, from + periodMs)
    counted += 1
  }
  return counted
}

/** Counts again what late samples have touched. Hours that no job has reached yet are counted too: no harm. */
async function countMarked(
  context: DeriveContext,
  late: readonly { metric: string; t: number }[],
  counting: Counting,
): Promise<void> {
  const periods = new Map<number, Set<string>>()
  for (const { metric, t } of late) {
    const t0 = (Math.floor((t * 1000) / counting.periodMs) * counting.periodMs) / 1000
    const metrics = periods.get(t0) ?? new Set()
    periods.set(t0, metrics.add(metric))
  }
  for (const [t0, metrics] of periods) {
    const all = [...metrics]
    for (let from = 0; from < all.length; from += metricsPerStatement)
      await counting.count(context, { t0, metrics: all.slice(from, from + metricsPerStatement) })
  }
}

/** The hour of the oldest samples; null where there are none. */
async function firstHourMs(context: DeriveContext): Promise<number | null> {
  const { rows } = await context.store.rows<{ first: number }>({
    sql: `SELECT min(hour) AS first FROM (
      SELECT toUnixTimestamp(min(toStartOfHour(ts))) AS hour FROM samples_hot HAVING count() > 0
      UNION ALL SELECT toUnixTimestamp(min(toStartOfHour(ts))) FROM samples_compacting HAVING count() > 0
      UNION ALL SELECT toUnixTimestamp(min(t0)) FROM samples HAVING count() > 0) HAVING count() > 0`,
  })
  return rows.length === 0 ? null : rows[0].first * 1000
}

async function countHour(context: DeriveContext, { t0, metrics }: Period): Promise<void> {
  const chosen = '(empty({metrics:Array(UInt64)}) OR has({metrics:Array(UInt64)}, metric))'
  const wide = (table: string) =>
    `SELECT metric, length(series) AS held FROM ${table} WHERE toStartOfHour(ts) = toDateTime({t0:UInt32}, 'UTC') AND ${chosen}`
  const sizes = await metricSizes(
    context,
    `${wide('samples_hot')} UNION ALL ${wide('samples_compacting')} UNION ALL
      SELECT metric, length(ts) AS held FROM samples WHERE t0 = toDateTime({t0:UInt32}, 'UTC') AND ${chosen}`,
    { t0, metrics: metrics.map(BigInt) },
  )
  await countSlices(context, 'rollup-5m', { t0, metrics, slices: sliceMetrics(sizes, sliceSamples) })
}

async function countDay(context: DeriveContext, { t0, metrics }: Period): Promise<void> {
  const sizes = await metricSizes(
    context,
    `SELECT metric, length(bucket) AS held FROM rollup_5m
      WHERE t0 >= toDateTime({t0:UInt32}, 'UTC') AND t0 < toDateTime({t0:UInt32}, 'UTC') + toIntervalDay(1)
        AND (empty({metrics:Array(UInt64)}) OR has({metrics:Array(UInt64)}, metric))`,
    { t0, metrics: metrics.map(BigInt) },
  )
  await countSlices(context, 'rollup-1h', { t0, metrics, slices: sliceMetrics(sizes, sliceSamples) })
}

async function countSlices(
  context: DeriveContext,
  name: string,
  period: Period & { slices: readonly MetricSlice[] },
): Promise<void> {
  const { nowMs, rollupRetentionDays, signal, store } = context
  const { t0, metrics, slices } = period
  for (const slice of slices)
    await store.command(
      {
        sql: statement(name),
        params: {
          t0,
          metrics: metrics.map(BigInt),
          made: nowMs,
          retention: rollupRetentionDays,
          ...sliceParams(slice),
        },
      },
      // Arrays of many samples per row: small blocks keep the intermediate columns small.
      { signal, settings: { ...deriveSettings, max_block_size: 4096 } },
    )
}
