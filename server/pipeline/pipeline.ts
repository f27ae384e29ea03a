import type { Batch, ChosenReason, Rejection } from '../model/batch.ts'
import type { Ledger, LedgerKey } from '../model/ledger.ts'
import type { BatchSink, EncodedSink, Outcome } from '../model/sink.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Clock } from '../runtime/clock.ts'
import { type DeltaBounds, defaultDeltaBounds } from './delta-state.ts'
import { createDeltaToCumulative } from './delta-to-cumulative.ts'
import { admit, type Judged, type JudgeParts, judgeBatch } from './judge-batch.ts'
import type { IngestLimitsOf } from './limits.ts'
import { createLineReader, defaultLineSettings, type LineSettingsOf } from './lines/line-reader.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { SourceNames } from './source-names.ts'
import { createTally, type Tally } from './tally.ts'
import type { CompiledPipeline } from './user/compiled-pipeline.ts'

/** What a pipeline is made of. */
export interface PipelineParts {
  readonly sink: EncodedSink
  readonly ledger: Ledger
  readonly clock: Clock
  readonly limits: IngestLimitsOf
  readonly deltaBounds?: DeltaBounds
  /** What is found in the text of log records; by default on for every tenant and receiver. */
  readonly lineSettings?: LineSettingsOf
  /** The pipelines of users that a tenant's log records run through; by default none. Must be cheap. */
  readonly userPipelines?: (tenant: TenantId) => readonly CompiledPipeline[]
}

/**
 * The way of every batch from the receivers to the journal: counted as received, measured against the tenant's
 * rates, its log lines read, filled in, sent through the user's pipelines, judged row by row, made cumulative, and
 * handed on with the mask of the rows to leave out.
 *
 * Accounting: rows count as received from the first moment on, and as rejected once the sink has taken the rest.
 * Where the sink (or a rate limit) refuses, the whole request is taken back out of the ledger and no state is
 * changed by it: the sender will repeat it. Rows that a user's pipeline leaves out count as rejected under reasons of
 * their own, and as accepted towards the sender. Rows that it sends to another tenant are received there too.
 * Throws: Overloaded (rate limit), and whatever the sink throws.
 */
export function createPipeline(parts: PipelineParts): BatchSink {
  const { sink, ledger, clock, limits, lineSettings = () => defaultLineSettings } = parts
  const names = new SourceNames()
  const judge: JudgeParts = {
    limits,
    rates: createRateLimiter(),
    lines: createLineReader(lineSettings),
    lineSettings,
    deltas: createDeltaToCumulative(parts.deltaBounds ?? defaultDeltaBounds),
    userPipelines: parts.userPipelines ?? (() => []),
  }
  return {
    async append(given) {
      const nowMs = clock.nowMs()
      const { tenant, signal, receiver, receivedBytes: bytes } = given
      const rows = given.rowCount + countOf(given.decodeRejections)
      const demand = { tenant, signal, rows, bytes }
      admit(judge, demand, nowMs)
      // The journal keeps no more names than the ledger does.
      const source = names.of(tenant, given.source)
      const received = source === given.source ? given : { ...given, source }
      const key = { tenant, signal, receiver, source }
      ledger.received(key, rows, bytes)
      const tally = createTally(received.rowCount)
      let judged: Judged | null = null
      try {
        const judging = judgeBatch(judge, received, { tally, nowMs })
        // Only where pipelines run: all others go on in this turn.
        judged = judging instanceof Promise ? await judging : judging
        for (const foreign of judged.foreign) ledger.received(abroad(foreign.tenant, receiver), foreign.rows, 0)
        await store(sink, judged)
      } catch (error) {
        judged?.undo()
        for (const foreign of judged?.foreign ?? []) ledger.returned(abroad(foreign.tenant, receiver), foreign.rows, 0)
        judge.rates.refund(demand)
        ledger.returned(key, rows, bytes)
        throw error
      }
      const rejections = merge([...received.decodeRejections, ...tally.rejections()])
      for (const rejection of rejections) ledger.rejected(key, rejection)
      for (const foreign of judged.foreign)
        for (const rejection of foreign.rejections) ledger.rejected(abroad(foreign.tenant, receiver), rejection)
      judged.commit(nowMs)
      return outcomeOf(judged, tally, rejections)
    },
  }
}

/** Account of the rows that came to a tenant by another one's pipeline. Who sent them is that tenant's affair. */
function abroad(tenant: TenantId, receiver: string): LedgerKey {
  return { tenant, signal: 'logs', receiver }
}

/** Nothing is appended where nothing is left. */
async function store(sink: EncodedSink, { batch, mask, kept, beside }: Judged): Promise<void> {
  if (kept > 0 || hasMoreThanRows(batch)) await sink.append(batch, mask, beside)
  else if (beside.length > 0) await sink.append(beside[0].batch, beside[0].reject, beside.slice(1))
}

function countOf(rejections: readonly Rejection[]): number {
  return rejections.reduce((sum, { count }) => sum + count, 0)
}

/** Metadata and exemplars are worth storing without a row beside them. */
function hasMoreThanRows(batch: Batch): boolean {
  return batch.signal === 'metrics' && (batch.metadata.length > 0 || batch.exemplars.length > 0)
}

/** One entry per reason; the decoder's words come first. */
function merge(rejections: readonly Rejection[]): readonly Rejection[] {
  const byReason = new Map<string, Rejection>()
  for (const rejection of rejections) {
    const known = byReason.get(rejection.reason)
    const count = rejection.count + (known?.count ?? 0)
    if (count > 0) byReason.set(rejection.reason, { ...(known ?? rejection), count })
  }
  return [...byReason.values()]
}

const chosenReasons: ReadonlySet<string> = new Set<ChosenReason>([
  'dropped_by_pipeline',
  'sampled',
  'routed_to_tenant',
  'joined_to_record',
])

/**
 * What the sender is told. Rows that were left out for a ChosenReason are accepted; of rows that went to another
 * tenant, those that are rejected there are not.
 */
function outcomeOf(judged: Judged, tally: Tally, rejections: readonly Rejection[]): Outcome {
  const { batch, faulty, chosen, foreign } = judged
  const there = foreign.flatMap((one) => one.rejections)
  const told = chosen === 0 ? rejections : rejections.filter(({ reason }) => !chosenReasons.has(reason))
  const outcome = {
    acceptedRows: batch.rowCount - (tally.count - chosen) - countOf(there),
    rejections: there.length === 0 ? told : merge([...told, ...there]),
  }
  if (batch.signal !== 'metrics') return { ...outcome, rejectedRows: faulty }
  let acceptedHistograms = batch.histograms.length
  for (let i = 0; i < batch.histograms.length; i++) if (tally.isRejected(batch.sampleCount + i)) acceptedHistograms -= 1
  return { ...outcome, acceptedHistograms }
}
