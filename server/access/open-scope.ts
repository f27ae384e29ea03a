import type { Principal, QueryLimits, Scope } from '../model/scope.ts'
import type { TenantId } from '../model/tenant.ts'
import type { Clock } from '../runtime/clock.ts'

/** The scope's bounds, already allowed. */
export interface ScopeBounds {
  readonly principal: Principal
  readonly tenant: TenantId
  readonly timeoutMs: number
  readonly limits: QueryLimits
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal | undefined
  readonly clock: Clock
}

/** A scope that ends with `using`: its timer is let go. */
export type OpenScope = Scope & Disposable

/** Makes a scope of bounds that have been judged; only access.ts calls it. */
export function makeScope(bounds: ScopeBounds): OpenScope {
  const { principal, tenant, timeoutMs, limits, signal, clock } = bounds
  const deadline = new AbortController()
  const cancel = clock.after(timeoutMs, () =>
    deadline.abort(new DOMException(`the query ran longer than ${timeoutMs} ms`, 'TimeoutError')),
  )
  signal?.addEventListener('abort', cancel, { once: true })
  if (signal?.aborted) cancel()
  const scope = {
    tenant,
    principal,
    limits,
    deadlineMs: clock.nowMs() + timeoutMs,
    signal: signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
    [Symbol.dispose]() {
      cancel()
      signal?.removeEventListener('abort', cancel)
    },
  }
  return Object.freeze(scope) as unknown as OpenScope
}
