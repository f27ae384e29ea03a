/**
 * A statement failed in the column store. Without a subclass it is a defect of the statement or of the store and
 * will fail again: do not retry.
 */
export class StoreError extends Error {
  /** ClickHouse's error number (`system.errors`), where the engine gave one. */
  readonly code: number | undefined
  /** True where the same statement may succeed a moment later. */
  readonly retryable: boolean = false

  constructor(message: string, options?: { code?: number; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = options?.code
  }
}

/** The statement asked for more memory, rows or bytes than its limits allow. Narrow the query or raise the limit. */
export class QueryLimitExceeded extends StoreError {}

/** The deadline passed before the answer was complete; the statement no longer runs in the engine. */
export class QueryDeadline extends StoreError {}

/** The asker went away (its signal aborted, or the statement was killed); the statement no longer runs. */
export class QueryCancelled extends StoreError {}

/**
 * The store cannot answer now: the engine restarts, the connection broke, too much waits before this statement, or
 * the server as a whole is short of memory, disk or merges. Retryable. An insert may have been stored all the same:
 * repeat it under the same token.
 */
export class StoreUnavailable extends StoreError {
  override readonly retryable = true
}

const limitCodes = new Set([
  158, // TOO_MANY_ROWS
  241, // MEMORY_LIMIT_EXCEEDED
  307, // TOO_MANY_BYTES
  396, // TOO_MANY_ROWS_OR_BYTES
])

const deadlineCodes = new Set([
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
])

const cancelledCodes = new Set([
  394, // QUERY_WAS_CANCELLED
  734, // QUERY_WAS_CANCELLED_BY_CLIENT
])

const unavailableCodes = new Set([
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED: the server shuts down
  242, // TABLE_IS_READ_ONLY: a replica lost its Keeper
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS: merges lag behind inserts
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  319, // UNKNOWN_STATUS_OF_INSERT
  574, // DISTRIBUTED_TOO_MANY_PENDING_BYTES
  999, // KEEPER_EXCEPTION
])

/** The error of the right class for what ClickHouse said. `message` is ClickHouse's own text. */
export function storeErrorOf(failure: { code: number; message: string; cause?: unknown }): StoreError {
  const { code, message } = failure
  // The limit of the whole server, or of all reads together: not this statement's.
  if (code === 241 && /^(\(total\)|User) memory limit/.test(message)) return new StoreUnavailable(message, failure)
  if (limitCodes.has(code)) return new QueryLimitExceeded(message, failure)
  if (deadlineCodes.has(code)) return new QueryDeadline(message, failure)
  if (cancelledCodes.has(code)) return new QueryCancelled(message, failure)
  if (unavailableCodes.has(code)) return new StoreUnavailable(message, failure)
  return new StoreError(message, failure)
}
