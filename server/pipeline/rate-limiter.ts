import type { Signal } from '../model/signal.ts'
import type { TenantId } from '../model/tenant.ts'
import type { IngestLimits } from './limits.ts'

/** Allowance that may pile up while a sender is quiet, seconds of its rate. */
const burstSeconds = 2

/** One request as the rate limit sees it. */
export interface RateDemand {
  readonly tenant: TenantId
  readonly signal: Signal
  readonly rows: number
  readonly bytes: number
}

interface Allowance {
  rows: number
  bytes: number
  refilledMs: number
}

/**
 * Token buckets for rows and bytes, per tenant and signal.
 *
 * A request is taken whole while any allowance is left, and may push the allowance below zero: a request larger
 * than a whole burst is so still let in, and the ones after it wait until the debt is paid. Over the long run the
 * rate is exact. A refused request costs nothing.
 */
export interface RateLimiter {
  /** 0: admitted, and the allowance spent. Else the milliseconds after which the sender should try again. */
  admit(demand: RateDemand, limits: IngestLimits, nowMs: number): number
  /** Gives back what an admitted request spent, where it could not be stored. */
  refund(demand: RateDemand): void
}

export function createRateLimiter(): RateLimiter {
  const allowances = new Map<string, Allowance>()
  return {
    admit(demand, limits, nowMs) {
      if (limits.rowsPerSecond === 0 && limits.bytesPerSecond === 0) return 0
      const key = keyOf(demand)
      const allowance = allowances.get(key) ?? { rows: 0, bytes: 0, refilledMs: Number.NEGATIVE_INFINITY }
      allowances.set(key, allowance)
      const seconds = Math.max(0, nowMs - allowance.refilledMs) / 1000
      allowance.refilledMs = nowMs
      allowance.rows = refilled(allowance.rows, limits.rowsPerSecond, seconds)
      allowance.bytes = refilled(allowance.bytes, limits.bytesPerSecond, seconds)
      const rowsWaitMs = waitFor(allowance.rows, limits.rowsPerSecond)
      const bytesWaitMs = waitFor(allowance.bytes, limits.bytesPerSecond)
      if (rowsWaitMs > 0 || bytesWaitMs > 0) return Math.max(rowsWaitMs, bytesWaitMs)
      allowance.rows -= demand.rows
      allowance.bytes -= demand.bytes
      return 0
    },
    refund(demand) {
      const allowance = allowances.get(keyOf(demand))
      if (allowance === undefined) return
      allowance.rows += demand.rows
      allowance.bytes += demand.bytes
    },
  }
}

function keyOf({ tenant, signal }: RateDemand): string {
  return `${tenant} ${signal}`
}

/** An unlimited side is always full, so that a limit set later starts without debt. */
function refilled(left: number, perSecond: number, seconds: number): number {
  if (perSecond === 0) return Number.POSITIVE_INFINITY
  return Math.min(perSecond * burstSeconds, left + perSecond * seconds)
}

function waitFor(left: number, perSecond: number): number {
  return perSecond === 0 || left > 0 ? 0 : Math.ceil(((1 - left) / perSecond) * 1000)
}
