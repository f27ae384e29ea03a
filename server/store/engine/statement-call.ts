import { randomUUID } from 'node:crypto'
import { ClickHouseError } from '@clickhouse/client'
import type { Clock } from '../../runtime/clock.ts'
import type { Statement, StatementBounds } from './column-store.ts'
import { QueryCancelled, QueryDeadline, StoreError, StoreUnavailable, storeErrorOf } from './store-errors.ts'

/**
 * How long after its deadline a statement may still run until we end it ourselves. The engine checks the time only
 * between blocks, and its own error says more.
 */
const deadlineGraceMs = 500

type Settings = Record<string, string | number>

/** One statement on its way: its name in the engine, its time, and what its failure means. */
export interface StatementCall {
  /** Aborted when the asker goes away or the deadline has passed by `deadlineGraceMs`. */
  readonly signal: AbortSignal
  /** The bounds as ClickHouse settings. The deadline counts from the moment they are read. */
  readonly settings: Settings
  request(statement: Statement): { query_id: string; query_params?: Record<string, unknown>; abort_signal: AbortSignal }
  onAbort(task: () => void): void
  /** The StoreError for what was thrown while the statement ran. */
  failure(error: unknown): StoreError
  /** The whole answer was read. */
  complete(): void
  /** Ends the timers. */
  close(): void
  /** `close`, and ends the statement in the engine unless it is complete or failed there. */
  abandon(): void
}

interface CallOptions {
  readonly bounds: StatementBounds
  readonly clock: Clock
  /** Ends the statement in the engine; never rejects. */
  readonly kill: (queryId: string) => Promise<void>
}

/** Throws QueryCancelled or QueryDeadline when there is nothing left to wait for. */
export function openCall(options: CallOptions): StatementCall {
  const { signal, deadlineMs } = options.bounds
  if (signal?.aborted) throw new QueryCancelled('The query was cancelled before it began.')
  if (deadlineMs !== undefined && deadlineMs <= options.clock.nowMs()) {
    throw new QueryDeadline('The deadline had passed before the query began.')
  }
  return new OpenCall(options)
}

class OpenCall implements StatementCall {
  readonly #options: CallOptions
  readonly #queryId = randomUUID()
  readonly #abort = new AbortController()
  readonly #cancelTimer: () => void
  #mayRun = false

  constructor(options: CallOptions) {
    this.#options = options
    const { signal, deadlineMs } = options.bounds
    signal?.addEventListener('abort', this.#onCancel, { once: true })
    this.#cancelTimer =
      deadlineMs === undefined
        ? () => {}
        : options.clock.after(deadlineMs - options.clock.nowMs() + deadlineGraceMs, this.#onDeadline)
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get settings(): Settings {
    const { bounds, clock } = this.#options
    const settings: Settings = { ...bounds.settings }
    if (bounds.deadlineMs !== undefined) {
      settings.max_execution_time = Math.max(0.001, (bounds.deadlineMs - clock.nowMs()) / 1000)
      settings.timeout_overflow_mode = 'throw'
    }
    if (bounds.limits !== undefined) {
      settings.max_memory_usage = bounds.limits.maxMemoryBytes
      settings.max_rows_to_read = bounds.limits.maxRowsToRead
      settings.max_result_rows = bounds.limits.maxResultRows
      settings.read_overflow_mode = 'throw'
      settings.result_overflow_mode = 'throw'
    }
    return settings
  }

  request(statement: Statement) {
    this.signal.throwIfAborted()
    this.#mayRun = true
    return {
      query_id: this.#queryId,
      abort_signal: this.signal,
      ...(statement.params === undefined ? {} : { query_params: { ...statement.params } }),
    }
  }

  onAbort(task: () => void): void {
    if (this.signal.aborted) task()
    else this.signal.addEventListener('abort', task, { once: true })
  }

  failure(error: unknown): StoreError {
    if (this.signal.aborted) return this.signal.reason
    const failure = storeErrorFrom(error)
    if (failure.code !== undefined) this.#mayRun = false
    return failure
  }

  complete(): void {
    this.#mayRun = false
  }

  close(): void {
    this.#cancelTimer()
    this.#options.bounds.signal?.removeEventListener('abort', this.#onCancel)
  }

  abandon(): void {
    this.close()
    if (this.#mayRun && !this.signal.aborted) this.#end(new QueryCancelled('The reader stopped reading.'))
  }

  readonly #onCancel = () => this.#end(new QueryCancelled('The query was cancelled.'))
  readonly #onDeadline = () => this.#end(new QueryDeadline('The deadline passed while the query ran.'))

  #end(reason: StoreError): void {
    if (this.#mayRun) void this.#options.kill(this.#queryId)
    this.#abort.abort(reason)
  }
}

function storeErrorFrom(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  if (error instanceof ClickHouseError) {
    return storeErrorOf({ code: Number(error.code), message: error.message, cause: error })
  }
  const reason = error instanceof Error ? error : new Error(String(error))
  if (isConnectionFailure(reason)) {
    return new StoreUnavailable(`The connection to the column store failed: ${reason.message}`, { cause: reason })
  }
  return new StoreError(`The column store refused the statement: ${reason.message}`, { cause: reason })
}

const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
])

function isConnectionFailure(error: Error): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return (
    (code !== undefined && connectionCodes.has(code)) || /socket hang up|Timeout error|aborted/i.test(error.message)
  )
}
