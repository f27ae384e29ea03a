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
      if (limits.rowsPerSecond === Number.POSITIVE_INFINITY && limits.bytesPerSecond === Number.POSITIVE_INFINITY)
        return 0
      const key = keyOf(demand)
      let allowance = allowances.get(key)
      if (allowance === undefined) {
        allowance = {
          rows: limits.rowsPerSecond * burstSeconds,
          bytes: limits.bytesPerSecond * burstSeconds,
          refilledMs: nowMs,
        }
        allowances.set(key, allowance)
      }
      refill(allowance, limits, nowMs)
      const waitMs = Math.max(
        waitFor(allowance.rows, limits.rowsPerSecond),
        waitFor(allowance.bytes, limits.bytesPerSecond),
      )
      if (waitMs > 0) return waitMs
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

function refill(allowance: Allowance, limits: IngestLimits, nowMs: number): void {
  const seconds = Math.max(0, nowMs - allowance.refilledMs) / 1000
  allowance.refilledMs = nowMs
  allowance.rows = refilled(allowance.rows, limits.rowsPerSecond, seconds)
  allowance.bytes = refilled(allowance.bytes, limits.bytesPerSecond, seconds)
}

/** Infinity - Infinity is no number: an unlimited side stays Infinity whatever was spent of it. */
function refilled(left: number, perSecond: number, seconds: number): number {
  if (perSecond === Number.POSITIVE_INFINITY) return perSecond
  const known = Number.isFinite(left) ? left : perSecond * burstSeconds
  return Math.min(perSecond * burstSeconds, known + perSecond * seconds)
}

/** Longest wait that a sender is told, ms: a rate of 0 would else be "never". */
const longestWaitMs = 60_000

function waitFor(left: number, perSecond: number): number {
  if (left > 0) return 0
  return Math.min(longestWaitMs, Math.ceil(((1 - left) / perSecond) * 1000))
}
