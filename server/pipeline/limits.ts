import type { Signal } from '../model/signal.ts'
import type { TenantId } from '../model/tenant.ts'

/** What one tenant may send of one signal. */
export interface IngestLimits {
  /** Rows older than this are rejected as `too_old`, ms before now. The tenant's retention: older rows would expire at once. */
  readonly maxAgeMs: number
  /** Rows further in the future are rejected as `too_new`, ms after now: the sender's clock is wrong. */
  readonly maxAheadMs: number
  /** Rows per second over the long run; a request beyond it is refused whole (Overloaded). 0: no limit. */
  readonly rowsPerSecond: number
  /** Received bytes (before decompression) per second; as above. */
  readonly bytesPerSecond: number
}

/** Asked on every request, so that a changed setting holds at once. Must be cheap. */
export type IngestLimitsOf = (tenant: TenantId, signal: Signal) => IngestLimits

const dayMs = 86_400_000

export const defaultIngestLimits: IngestLimits = {
  maxAgeMs: 30 * dayMs,
  maxAheadMs: 600_000,
  rowsPerSecond: 0,
  bytesPerSecond: 0,
}
