import type { TenantId } from './tenant.ts'

declare const scopeBrand: unique symbol

/** Who asks: a user, a token, a session, the local person, or a part of Sightline itself. */
export interface Principal {
  readonly kind: 'local' | 'user' | 'token' | 'system'
  /** Stable name for audit records, e.g. `local`, `token:ci`, `system:alert`. */
  readonly name: string
}

/** Bounds of one query; the engine enforces them. */
export interface QueryLimits {
  /** Memory one query may take in the store, bytes. Beyond it the query fails with QueryLimitExceeded. */
  readonly maxMemoryBytes: number
  /** Rows one query may read in the store. */
  readonly maxRowsToRead: number
  /** Rows one answer may hold. */
  readonly maxResultRows: number
}

/**
 * The right to read one tenant's rows until a deadline. Every call into store and query takes one.
 *
 * It cannot be built outside `access` (held by a check in tools/check-scope.ts): the tenant in a query
 * is therefore always one that the principal was allowed to name.
 */
export interface Scope {
  readonly [scopeBrand]: true
  readonly tenant: TenantId
  readonly principal: Principal
  /** Aborted when the client goes away or the deadline passes; ends the query in the engine too. */
  readonly signal: AbortSignal
  /** Unix milliseconds after which the answer is of no use. */
  readonly deadlineMs: number
  readonly limits: QueryLimits
}
