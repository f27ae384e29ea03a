import type { MetricBatch } from '../../model/batch.ts'
import { JournalFull, Overloaded } from '../../model/sink.ts'
import type { ReceiverContext } from '../receiver.ts'

/** Until when a sink that refuses is asked again. */
export interface Patience {
  /** Unix ms. */
  readonly retryUntilMs: number
  /** Aborted: not once more. */
  readonly signal: AbortSignal
}

/**
 * Appends a batch that has no sender who could repeat it: asks again while there is time, then counts its rows as
 * rejected. The answer: why it was not stored, '' where it was. Never throws.
 */
export async function appendUntil(
  batch: MetricBatch,
  { sink, ledger, clock, logger }: ReceiverContext,
  { retryUntilMs, signal }: Patience,
): Promise<string> {
  for (;;)
    try {
      await sink.append(batch)
      return ''
    } catch (error) {
      const isKnown = error instanceof JournalFull || error instanceof Overloaded
      if (!isKnown) logger.error({ err: error, receiver: batch.receiver }, 'a scrape could not be stored')
      const waitMs = isKnown ? error.retryAfterMs : Number.POSITIVE_INFINITY
      if (!signal.aborted && clock.nowMs() + waitMs < retryUntilMs) {
        await pause(waitMs, clock, signal)
        continue
      }
      const words = isKnown ? error.message : 'internal error; the log of the server has the details'
      const { tenant, signal: kind, receiver, receivedBytes, rowCount, source } = batch
      const key = { tenant, signal: kind, receiver, source }
      ledger.received(key, rowCount, receivedBytes)
      ledger.rejected(key, { reason: 'rate_limit', count: rowCount, sample: `a scrape was not stored: ${words}` })
      return `not stored: ${words}`
    }
}

function pause(ms: number, clock: ReceiverContext['clock'], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve)
    signal.addEventListener('abort', () => {
      cancel()
      resolve()
    })
  })
}
