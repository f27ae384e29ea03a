import { lateSpanMs } from '../load/encode/encode-context.ts'
import {
  closeLateMarks,
  type DeriveContext,
  deriveSettings,
  readLateMarks,
  readProgress,
  writeProgress,
} from './progress.ts'
import { statement } from './statement.ts'

const minuteMs = 60_000
/** Spans and minutes that one statement counts (a minute is never cut): bounds its memory, about 200 B per span. */
const spansPerStatement = 1_500_000
const minutesPerStatement = 60

/** One count of all minutes. */
interface Pass {
  readonly job: string
  /** How long after a minute's end it is counted, ms. */
  readonly lagMs: number
  /**
   * Whole steps of so many minutes. Spans are ordered by steps of five: counting a single minute reads five, and
   * callers and answers around it, and costs 3.3 µs per span instead of 1.9. What is younger is read from the spans.
   */
  readonly stepMinutes: number
  /** How many minutes behind its caller a called span may begin. */
  readonly reachMinutes: number
}

/**
 * Each minute is counted twice: soon, with what is near, so that people see it; and for good, when no span that is on
 * time can change it any more. The second count replaces the first.
 */
const soon: Pass = { job: 'spans_soon', lagMs: 10_000, stepMinutes: 5, reachMinutes: 1 }
const reachMinutes = 5
const final: Pass = {
  job: 'spans_final',
  lagMs: lateSpanMs + (reachMinutes + 1) * minuteMs,
  stepMinutes: 5,
  reachMinutes,
}

/**
 * Counts service edges, span metrics and minutes of services of the minutes that are due, and once more those that late spans have touched.
 * The number of minutes counted.
 *
 * Equal to a recount over the stored rows: the writer marks the minutes of spans that arrive `lateSpanMs` after the
 * minute's end or later, and the final count comes when all others are stored.
 */
export async function countSpans(context: DeriveContext): Promise<number> {
  let counted = 0
  for (const pass of [soon, final]) counted += await countPass(context, pass)
  const late = await readLateMarks(context, 'traces')
  if (late.length === 0) return counted
  for (const range of await affectedRanges(context, [...new Set(late.map(({ t }) => t))])) {
    await countRange(context, range, reachMinutes)
    counted += (range.to - range.from) / 60
  }
  await closeLateMarks(context, 'traces', late)
  return counted
}

async function countPass(context: DeriveContext, pass: Pass): Promise<number> {
  const stepMs = pass.stepMinutes * minuteMs
  const end = Math.floor((context.settledThroughMs - pass.lagMs) / stepMs) * stepMs
  const before = (await readProgress(context, pass.job)) ?? (await firstMinuteMs(context))
  if (before === null || before >= end) return 0
  for (const range of await cutMinutes(context, { from: before / 1000, to: end / 1000 })) {
    context.signal.throwIfAborted()
    await countRange(context, range, pass.reachMinutes)
    await writeProgress(context, pass.job, range.to * 1000)
  }
  return (end - before) / minuteMs
}

/** Cuts a range so that each piece holds a bounded number of spans; stretches without any are left out but the last. */
async function cutMinutes(context: DeriveContext, range: MinuteRange): Promise<MinuteRange[]> {
  const { rows } = await context.store.rows<{ at: number; n: string }>(
    {
      sql: `SELECT toUnixTimestamp(toStartOfMinute(ts)) AS at, count() AS n FROM spans
        WHERE ts >= toDateTime64({from:UInt32}, 9, 'UTC') AND ts < toDateTime64({to:UInt32}, 9, 'UTC')
        GROUP BY at ORDER BY at`,
      params: { from: range.from, to: range.to },
    },
    { signal: context.signal, settings: deriveSettings },
  )
  const pieces: { from: number; to: number; spans: number }[] = []
  for (const { at, n } of rows) {
    const last = pieces.at(-1)
    const isNear = last !== undefined && at + 60 - last.from <= minutesPerStatement * 60
    if (last !== undefined && isNear && last.spans + Number(n) <= spansPerStatement) {
      last.to = at + 60
      last.spans += Number(n)
    } else {
      pieces.push({ from: at, to: at + 60, spans: Number(n) })
    }
  }
  if (pieces.at(-1)?.to !== range.to) pieces.push({ from: range.to - 60, to: range.to, spans: 0 })
  return pieces
}

/** Whole minutes, Unix seconds; the end is not included. */
interface MinuteRange {
  readonly from: number
  readonly to: number
}

async function countRange(context: DeriveContext, range: MinuteRange, reach: number): Promise<void> {
  const { nowMs, signal, spanRetentionDays, store } = context
  const params = { ...range, reach, made: nowMs, retention: spanRetentionDays }
  for (const name of ['span-metrics', 'service-minutes', 'service-edges'])
    await store.command({ sql: statement(name), params }, { signal, settings: deriveSettings })
}

async function affectedRanges(context: DeriveContext, minutes: readonly number[]): Promise<MinuteRange[]> {
  const touched = new Set<number>()
  // Days apart, the spans around one minute would drag all in between along.
  for (const near of runsOf(
    [...minutes].sort((a, b) => a - b),
    3600,
  )) {
    const params = { minutes: near, from: near[0], to: near[near.length - 1] + 60 }
    const { rows } = await context.store.rows<{ at: number }>(
      { sql: statement('affected-minutes'), params },
      { signal: context.signal, settings: deriveSettings },
    )
    for (const { at } of rows) touched.add(at)
  }
  const ranges: MinuteRange[] = []
  const runs = runsOf(
    [...touched].sort((a, b) => a - b),
    60,
  )
  for (const run of runs) ranges.push(...(await cutMinutes(context, { from: run[0], to: run[run.length - 1] + 60 })))
  return ranges
}

/** Cuts ascending times where the next is more than `gap` seconds away. */
function runsOf(times: readonly number[], gap: number): number[][] {
  const runs: number[][] = []
  for (const time of times) {
    const run = runs.at(-1)
    if (run === undefined || time - run[run.length - 1] > gap) runs.push([time])
    else run.push(time)
  }
  return runs
}

/** The minute of the oldest span; null where there is none. */
async function firstMinuteMs(context: DeriveContext): Promise<number | null> {
  const { rows } = await context.store.rows<{ first: number }>({
    sql: 'SELECT toUnixTimestamp(toStartOfMinute(min(ts))) AS first FROM spans HAVING count() > 0',
  })
  return rows.length === 0 ? null : rows[0].first * 1000
}
