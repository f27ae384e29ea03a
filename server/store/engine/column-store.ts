import type { QueryLimits } from '../../model/scope.ts'

/**
 * SQL with typed parameters (`{name:UInt32}`): values never become part of the text.
 * 64-bit integers: a string or bigint alone, bigint inside arrays and maps (strings there are sent quoted).
 */
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
  /**
   * Native blocks as they come; each chunk is one or more whole blocks in a buffer of the reader's own. For large
   * answers: nothing builds up in memory, a slow reader slows the query (and holds one of the places for reads until
   * it has finished). An error in the middle is thrown after the blocks before it.
   *
   * `isLarge`: many megabytes are expected. A store that shares a disk with us then writes them to a file there, at a
   * tenth of what a socket costs us; blocks come when the statement has ended, and take their size on the disk (in
   * fact in the page cache) until they are read.
   */
  nativeBlocks(statement: Statement, bounds?: StatementBounds & { isLarge?: boolean }): AsyncIterable<Uint8Array>
  /** A statement without an answer (DDL, INSERT SELECT, …). */
  command(statement: Statement, bounds?: StatementBounds): Promise<void>
  /**
   * Inserts a file of Native blocks. Under one `token` the same file is stored once, however often it is sent.
   * Embedded: the engine reads the file itself; cluster: it is streamed as the body. `path` is absolute and names
   * one file; to insert several as one block, append them to one file.
   */
  insertNativeFile(insert: { table: string; columns: readonly string[]; path: string; token: string }): Promise<void>
}
