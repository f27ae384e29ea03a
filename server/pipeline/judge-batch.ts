import type { Batch, LogBatch, RowMask } from '../model/batch.ts'
import { type BatchBeside, Overloaded } from '../model/sink.ts'
import type { TenantId } from '../model/tenant.ts'
import type { DeltaToCumulative } from './delta-to-cumulative.ts'
import { judgeTimes } from './judge-times.ts'
import type { IngestLimitsOf } from './limits.ts'
import type { LineReader } from './lines/line-reader.ts'
import { normalise } from './normalise.ts'
import type { RateDemand, RateLimiter } from './rate-limiter.ts'
import type { Tally } from './tally.ts'
import type { CompiledPipeline } from './user/compiled-pipeline.ts'
import { type FanOut, type ForeignRows, fanOut } from './user/fan-out.ts'
import { runPipelines } from './user/run-pipelines.ts'

/** What batches are judged by. */
export interface JudgeParts {
  readonly limits: IngestLimitsOf
  readonly rates: RateLimiter
  readonly lines: LineReader
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
  /** Of log records that went through a user's pipelines; else null. */
  readonly out: FanOut | null
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
 * Completes a batch and judges its rows: log lines read, times and names filled in, the user's pipelines run, times
 * outside the limits rejected, increases made totals. Rows that do not stay are in `tally`.
 * Throws: Overloaded where rows go to a tenant that gets too many; nothing is changed then.
 */
export function judgeBatch(parts: JudgeParts, received: Batch, now: { tally: Tally; nowMs: number }): Judged {
  const { limits, lines, deltas, userPipelines } = parts
  const { tally, nowMs } = now
  const bounds = limits(received.tenant, received.signal)
  const read = received.signal === 'logs' ? lines.read(received, { nowMs, limits: bounds }) : received
  const filled = normalise(read, nowMs)
  if (filled.signal === 'logs') {
    const pipelines = userPipelines(filled.tenant)
    if (pipelines.length > 0) return judgePiped(parts, filled, { ...now, pipelines })
  }
  judgeTimes(filled, bounds, now)
  const summed = filled.signal === 'metrics' ? deltas.apply(filled, nowMs, tally) : null
  const batch = summed?.batch ?? filled
  const kept = batch.rowCount - tally.count
  return {
    ...{ batch, mask: tally.mask, kept, beside: [], foreign: [], out: null },
    commit: () => {},
    undo: () => summed?.undo(),
  }
}

function judgePiped(
  parts: JudgeParts,
  filled: LogBatch,
  now: { tally: Tally; nowMs: number; pipelines: readonly CompiledPipeline[] },
): Judged {
  const { limits, rates } = parts
  const { observations, ...run } = runPipelines(filled, now.pipelines, now.nowMs)
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
  return { ...out, out, commit: (nowMs) => observations.commit(nowMs), undo }
}
