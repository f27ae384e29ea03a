import type { Batch, LogBatch, RowMask } from '../model/batch.ts'
import { type BatchBeside, Overloaded } from '../model/sink.ts'
import type { TenantId } from '../model/tenant.ts'
import type { DeltaToCumulative } from './delta-to-cumulative.ts'
import { joinTraces } from './joining/join-traces.ts'
import { judgeTimes } from './judge-times.ts'
import type { IngestLimitsOf } from './limits.ts'
import type { LineReader, LineSettingsOf } from './lines/line-reader.ts'
import { normalise } from './normalise.ts'
import type { RateDemand, RateLimiter } from './rate-limiter.ts'
import type { Tally } from './tally.ts'
import type { CompiledPipeline } from './user/compiled-pipeline.ts'
import { chosenRows, type ForeignRows, fanOut, faultyRows } from './user/fan-out.ts'
import { runPipelinesInTurns } from './user/run-pipelines.ts'

/** What batches are judged by. */
export interface JudgeParts {
  readonly limits: IngestLimitsOf
  readonly rates: RateLimiter
  readonly lines: LineReader
  readonly lineSettings: LineSettingsOf
  readonly deltas: DeltaToCumulative
  readonly userPipelines: (tenant: TenantId) => readonly CompiledPipeline[]
}

/** A batch that has been judged: what is stored, and how to undo what judging it has changed. */
export interface Judged {
  readonly batch: Batch
  readonly mask: RowMask
  /** Rows of the batch that are stored with it. */
  readonly kept: number
  readonly beside: readonly BatchBeside[]
  /** Rows that go to other tenants, in `beside`. */
  readonly foreign: readonly ForeignRows[]
  /** Rows that are rejected because something is wrong with them: what the sender is told of. */
  readonly faulty: RowMask
  /** Rows that are left out for a ChosenReason. */
  readonly chosen: number
  /** Counts what the pipelines observed; to be called once the rows are durable. */
  commit(nowMs: number): void
  undo(): void
}

/** Spends what the demand needs of its tenant's rates. Throws: Overloaded, and nothing is spent. */
export function admit(
  { limits, rates }: Pick<JudgeParts, 'limits' | 'rates'>,
  demand: RateDemand,
  nowMs: number,
): void {
  const { tenant, signal } = demand
  const waitMs = rates.admit(demand, limits(tenant, signal), nowMs)
  if (waitMs > 0) throw new Overloaded(`more ${signal} than this tenant may send per second; send again later`, waitMs)
}

/**
 * Completes a batch and judges its rows: stack traces put together, log lines read, times and names filled in, the
 * user's pipelines run, times outside the limits rejected, increases made totals. Rows that do not stay are in `tally`.
 * A promise where pipelines run: large batches take several turns. Throws (or rejects): Overloaded where rows go to a tenant that gets too many; nothing is changed then.
 */
export function judgeBatch(
  parts: JudgeParts,
  received: Batch,
  now: { tally: Tally; nowMs: number },
): Judged | Promise<Judged> {
  const { limits, deltas, userPipelines } = parts
  const { tally, nowMs } = now
  const bounds = limits(received.tenant, received.signal)
  const read = received.signal === 'logs' ? readLines(parts, received, now) : received
  const filled = normalise(read, nowMs)
  if (filled.signal === 'logs') {
    const pipelines = userPipelines(filled.tenant)
    if (pipelines.length > 0) return judgePiped(parts, filled, { ...now, pipelines })
  }
  const chosen = chosenRows(tally)
  judgeTimes(filled, bounds, now)
  const summed = filled.signal === 'metrics' ? deltas.apply(filled, nowMs, tally) : null
  const batch = summed?.batch ?? filled
  const kept = batch.rowCount - tally.count
  return {
    ...{ batch, mask: tally.mask, kept, beside: [], foreign: [] },
    ...{ faulty: faultyRows(tally, chosen), chosen: chosen.count },
    commit: () => {},
    undo: () => summed?.undo(),
  }
}

/** Stack traces that came line by line are put together, then all lines read. */
function readLines(parts: JudgeParts, received: LogBatch, now: { tally: Tally; nowMs: number }): LogBatch {
  const { tenant, receiver } = received
  const { isOn, joinsTraces } = parts.lineSettings(tenant, receiver)
  const batch = isOn && joinsTraces ? joined(received, now.tally) : received
  return parts.lines.read(batch, { nowMs: now.nowMs, limits: parts.limits(tenant, 'logs') })
}

/** Rows whose text went to another are left out. */
function joined(received: LogBatch, tally: Tally): LogBatch {
  const { batch, joined: rows } = joinTraces(received)
  if (rows === null) return batch
  for (let row = 0; row < rows.length; row++)
    if (rows[row] !== 0) tally.reject(row, 'joined_to_record', () => `logs[${row}]: part of the stack trace before it`)
  return batch
}

async function judgePiped(
  parts: JudgeParts,
  filled: LogBatch,
  now: { tally: Tally; nowMs: number; pipelines: readonly CompiledPipeline[] },
): Promise<Judged> {
  const { limits, rates } = parts
  const options = { pipelines: now.pipelines, nowMs: now.nowMs, skip: now.tally.mask }
  const { observations, ...run } = await runPipelinesInTurns(filled, options)
  const out = fanOut(run, { ...now, limits })
  const demands = out.foreign.map(({ tenant, rows }): RateDemand => ({ tenant, signal: 'logs', rows, bytes: 0 }))
  let admitted = 0
  const undo = () => {
    for (const demand of demands.slice(0, admitted)) rates.refund(demand)
  }
  try {
    for (; admitted < demands.length; admitted++) admit(parts, demands[admitted], now.nowMs)
  } catch (error) {
    undo()
    throw error
  }
  return { ...out, commit: (nowMs) => observations.commit(nowMs), undo }
}
