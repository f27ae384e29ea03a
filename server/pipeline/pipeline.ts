import type { Batch, Rejection } from '../model/batch.ts'
import type { Ledger } from '../model/ledger.ts'
import { type BatchSink, type EncodedSink, type Outcome, Overloaded } from '../model/sink.ts'
import type { Clock } from '../runtime/clock.ts'
import { type DeltaBounds, defaultDeltaBounds } from './delta-state.ts'
import { createDeltaToCumulative } from './delta-to-cumulative.ts'
import { judgeTimes } from './judge-times.ts'
import type { IngestLimitsOf } from './limits.ts'
import { createLineReader, type LineSettingsOf } from './lines/line-reader.ts'
import { normalise } from './normalise.ts'
import { createRateLimiter } from './rate-limiter.ts'
import { createTally, type Tally } from './tally.ts'

/** What a pipeline is made of. */
export interface PipelineParts {
  readonly sink: EncodedSink
  readonly ledger: Ledger
  readonly clock: Clock
  readonly limits: IngestLimitsOf
  readonly deltaBounds?: DeltaBounds
  /** What is found in the text of log records; by default on for every tenant and receiver. */
  readonly lineSettings?: LineSettingsOf
}

/**
 * The way of every batch from the receivers to the journal: counted as received, measured against the tenant's
 * rates, its log lines read, filled in, judged row by row, made cumulative, and handed on with the mask of the rows to leave out.
 *
 * Accounting: rows count as received from the first moment on, and as rejected once the sink has taken the rest.
 * Where the sink (or a rate limit) refuses, the whole request is taken back out of the ledger and no state is
 * changed by it: the sender will repeat it.
 * Throws: Overloaded (rate limit), and whatever the sink throws.
 */
export function createPipeline(parts: PipelineParts): BatchSink {
  const { sink, ledger, clock, limits, deltaBounds } = parts
  const rates = createRateLimiter()
  const lines = createLineReader(parts.lineSettings)
  const deltas = createDeltaToCumulative(deltaBounds ?? defaultDeltaBounds)

  return {
    async append(received) {
      const nowMs = clock.nowMs()
      const { tenant, signal, receiver, receivedBytes: bytes } = received
      const key = { tenant, signal, receiver }
      const rows = received.rowCount + countOf(received.decodeRejections)
      const bounds = limits(tenant, signal)
      const demand = { tenant, signal, rows, bytes }
      const waitMs = rates.admit(demand, bounds, nowMs)
      if (waitMs > 0)
        throw new Overloaded(`more ${signal} than this tenant may send per second; send again later`, waitMs)

      ledger.received(key, rows, bytes)
      const tally = createTally(received.rowCount)
      const read = received.signal === 'logs' ? lines.read(received, { nowMs, limits: bounds }) : received
      const filled = normalise(read, nowMs)
      judgeTimes(filled, bounds, { nowMs, tally })
      const summed = filled.signal === 'metrics' ? deltas.apply(filled, nowMs, tally) : null
      const batch = summed?.batch ?? filled
      try {
        if (hasSomethingToStore(batch, tally)) await sink.append(batch, tally.mask)
      } catch (error) {
        summed?.undo()
        rates.refund(demand)
        ledger.returned(key, rows, bytes)
        throw error
      }
      const rejections = merge([...received.decodeRejections, ...tally.rejections()])
      for (const rejection of rejections) ledger.rejected(key, rejection)
      return outcomeOf(batch, tally, rejections)
    },
  }
}

function countOf(rejections: readonly Rejection[]): number {
  return rejections.reduce((sum, { count }) => sum + count, 0)
}

/** Metadata and exemplars are worth storing without a row beside them. */
function hasSomethingToStore(batch: Batch, tally: Tally): boolean {
  if (batch.rowCount > tally.count) return true
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

function outcomeOf(batch: Batch, tally: Tally, rejections: readonly Rejection[]): Outcome {
  const acceptedRows = batch.rowCount - tally.count
  if (batch.signal !== 'metrics') return { acceptedRows, rejectedRows: tally.mask, rejections }
  let acceptedHistograms = batch.histograms.length
  for (let i = 0; i < batch.histograms.length; i++) if (tally.isRejected(batch.sampleCount + i)) acceptedHistograms -= 1
  return { acceptedRows, acceptedHistograms, rejections }
}
