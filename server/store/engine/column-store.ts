import type { QueryLimits } from '../../model/scope.ts'

/** SQL with typed parameters (`{name:UInt32}`): values never become part of the text. */
export interface Statement {
  readonly sql: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** Bounds the engine itself enforces on one statement. */
export interface StatementBounds {
  /** Aborting ends the statement in the engine, not only the wait for it. */
  readonly signal?: AbortSignal
  /** Unix ms; becomes `max_execution_time`. */
  readonly deadlineMs?: number
  readonly limits?: QueryLimits
  /** Further ClickHouse settings. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** What a statement cost, from the engine's summary. */
export interface StatementCost {
  readonly readRows: number
  readonly readBytes: number
  readonly elapsedMs: number
}

export interface RowsAnswer<T> {
  readonly rows: readonly T[]
  readonly cost: StatementCost
}

/**
 * The column store as the rest of `store` sees it; whether an embedded engine or a ClickHouse cluster answers
 * cannot be told from here. Everything goes through `@clickhouse/client`.
 *
 * Throws: QueryLimitExceeded (memory, rows), QueryDeadline, QueryCancelled, StoreUnavailable (retryable: engine
 * restarting, connection lost), StoreError (with ClickHouse's code and message; a defect of the statement).
 */
export interface ColumnStore {
  /** All rows of a small answer; 64-bit integers as strings, as JSONEachRow gives them. */
  rows<T>(statement: Statement, bounds?: StatementBounds): Promise<RowsAnswer<T>>
  /** Native blocks as they come; each chunk is whole blocks. For large answers: nothing builds up in memory. */
  nativeBlocks(statement: Statement, bounds?: StatementBounds): AsyncIterable<Uint8Array>
  /** A statement without an answer (DDL, INSERT SELECT, …). */
  command(statement: Statement, bounds?: StatementBounds): Promise<void>
  /**
   * Inserts a file of Native blocks. Under one `token` the same file is stored once, however often it is sent.
   * Embedded: the engine reads the file itself; cluster: it is streamed as the body.
   */
  insertNativeFile(insert: { table: string; columns: readonly string[]; path: string; token: string }): Promise<void>
}
