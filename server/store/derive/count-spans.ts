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
/** Minutes that one statement counts: bounds its memory after a long pause. */
const minutesPerStatement = 5
/** How far a called span may begin behind its caller, and that much before it by clocks that differ. */
const reachMs = 6 * minuteMs

/**
 * Each minute is counted three times, each count replacing the one before: soon, so that people see it; once more
 * when most of what belongs together has arrived; and for good when no span that is on time can change it any more.
 */
const passes: readonly { readonly job: string; readonly lagMs: number }[] = [
  { job: 'spans_first', lagMs: 10_000 },
  { job: 'spans_second', lagMs: 3 * minuteMs },
  { job: 'spans_final', lagMs: lateSpanMs + reachMs },
]

/**
 * Counts service edges and span metrics of the minutes that are due, and once more those that late spans have touched.
 * The number of minutes counted.
 *
 * Equal to a recount over the stored rows: the writer marks the minutes of spans that arrive `lateSpanMs` after the
 * minute's end or later, and the final count comes when all others are stored.
 */
export async function countSpans(context: DeriveContext): Promise<number> {
  let counted = 0
  for (const { job, lagMs } of passes) counted += await countPass(context, job, lagMs)
  const late = await readLateMarks(context, 'traces')
  if (late.length === 0) return counted
  for (const range of await affectedRanges(context, [...new Set(late.map(({ t }) => t))])) {
    await countRange(context, range)
    counted += (range.to - range.from) / 60
  }
  await closeLateMarks(context, 'traces', late)
  return counted
}

async function countPass(context: DeriveContext, job: string, lagMs: number): Promise<number> {
  const end = Math.floor((context.settledThroughMs - lagMs) / minuteMs) * minuteMs
  const before = (await readProgress(context, job)) ?? (await firstMinuteMs(context))
  if (before === null || before >= end) return 0
  let counted = 0
  for (let from = before; from < end; from += minutesPerStatement * minuteMs) {
    context.signal.throwIfAborted()
    const to = Math.min(end, from + minutesPerStatement * minuteMs)
    await countRange(context, { from: from / 1000, to: to / 1000 })
    await writeProgress(context, job, to)
    counted += (to - from) / minuteMs
  }
  return counted
}

/** Whole minutes, Unix seconds; the end is not included. */
interface MinuteRange {
  readonly from: number
  readonly to: number
}

async function countRange(context: DeriveContext, range: MinuteRange): Promise<void> {
  const { nowMs, signal, spanRetentionDays, store } = context
  const params = { ...range, made: nowMs, retention: spanRetentionDays }
  for (const name of ['span-metrics', 'service-edges'])
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
  return runsOf(
    [...touched].sort((a, b) => a - b),
    60,
  ).flatMap((run) => {
    const ranges: MinuteRange[] = []
    for (let i = 0; i < run.length; i += minutesPerStatement)
      ranges.push({ from: run[i], to: run[Math.min(run.length, i + minutesPerStatement) - 1] + 60 })
    return ranges
  })
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
