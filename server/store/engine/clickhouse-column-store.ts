import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '../../runtime/clock.ts'
import { ClickHouseConnections, type StoreEndpoint } from './clickhouse-connections.ts'
import type { ColumnStore, RowsAnswer, Statement, StatementBounds } from './column-store.ts'
import { wholeNativeBlocks, wholeNativeBlocksOfFile } from './native-blocks.ts'
import { type ReadBounds, ReadGate } from './read-gate.ts'
import { openCall, type StatementCall } from './statement-call.ts'
import { fileSettings, insertSettings, readSettings, uncompressed, zstd } from './statement-settings.ts'
import { QueryLimitExceeded, StoreError } from './store-errors.ts'

export type { StoreEndpoint } from './clickhouse-connections.ts'

/** Fits 2 cores: two reads of two threads each keep them busy, the others are mostly short. */
const defaultReadBounds: ReadBounds = { running: 8, waiting: 256 }

export interface ClickHouseColumnStoreOptions {
  /** Where the store is now; throws StoreUnavailable while there is none. */
  readonly endpoint: () => StoreEndpoint
  /** Where the store runs on this machine and opens files by their path itself: a folder for large answers. */
  readonly answersFolder?: string
  /** Whether large answers come compressed with zstd: for a store that a network lies before. Default: no. */
  readonly isCompressed?: boolean
  readonly clock?: Clock
  readonly reads?: ReadBounds
}

/** ColumnStore over ClickHouse's HTTP interface, be it the embedded engine or a cluster. */
export class ClickHouseColumnStore implements ColumnStore {
  readonly #connections: ClickHouseConnections
  readonly #answersFolder: string | undefined
  readonly #isCompressed: boolean
  readonly #clock: Clock
  readonly #gate: ReadGate

  constructor(options: ClickHouseColumnStoreOptions) {
    this.#connections = new ClickHouseConnections(options.endpoint)
    this.#answersFolder = options.answersFolder
    this.#isCompressed = options.isCompressed ?? false
    this.#clock = options.clock ?? systemClock
    this.#gate = new ReadGate(options.reads ?? defaultReadBounds)
  }

  async rows<T>(statement: Statement, bounds: StatementBounds = {}): Promise<RowsAnswer<T>> {
    const call = this.#open(bounds)
    try {
      const leave = await this.#gate.enter(call.signal)
      try {
        const answer = await this.#connections.reads.query({
          ...call.request(statement),
          query: statement.sql,
          format: 'JSONEachRow',
          clickhouse_settings: readSettings(call, { isBuffered: true }),
        })
        call.onAbort(() => answer.close())
        const rows = await answer.json<T>()
        return { rows, cost: costOf(answer.response_headers['x-clickhouse-summary']) }
      } finally {
        leave()
      }
    } catch (error) {
      throw call.failure(error)
    } finally {
      call.close()
    }
  }

  nativeBlocks(statement: Statement, bounds: StatementBounds & { isLarge?: boolean } = {}): AsyncIterable<Uint8Array> {
    const folder = this.#answersFolder
    if (bounds.isLarge !== true || folder === undefined) return this.#streamedBlocks(statement, bounds)
    return this.#blocksByFile(statement, bounds, join(folder, `${randomUUID()}.native`))
  }

  async *#blocksByFile(statement: Statement, bounds: StatementBounds, path: string): AsyncGenerator<Uint8Array> {
    const size = watchSize(path, this.#clock)
    const signal = bounds.signal === undefined ? size.signal : AbortSignal.any([bounds.signal, size.signal])
    const call = this.#open({ ...bounds, signal })
    try {
      const leave = await this.#gate.enter(call.signal)
      try {
        const query = `INSERT INTO FUNCTION file({answer_path:String}, 'Native') ${statement.sql}`
        const request = call.request({ sql: query, params: { ...statement.params, answer_path: path } })
        size.begin()
        await this.#connections.commands.command({ ...request, query, clickhouse_settings: fileSettings(call) })
        call.complete()
      } finally {
        leave()
        size.end()
      }
      const file = await openAnswer(path)
      if (file === null) return
      try {
        for await (const blocks of wholeNativeBlocksOfFile(file)) {
          call.signal.throwIfAborted()
          yield blocks
        }
      } finally {
        await file.close()
      }
    } catch (error) {
      throw size.signal.aborted ? size.signal.reason : call.failure(error)
    } finally {
      call.abandon()
      await rm(path, { force: true })
    }
  }

  async *#streamedBlocks(statement: Statement, bounds: StatementBounds): AsyncGenerator<Uint8Array> {
    const call = this.#open(bounds)
    const compression = this.#isCompressed ? zstd : uncompressed
    try {
      const leave = await this.#gate.enter(call.signal)
      try {
        const answer = await this.#connections.reads.exec({
          ...call.request(statement),
          query: `${statement.sql}\nFORMAT Native`,
          clickhouse_settings: { ...readSettings(call, { isBuffered: false }), ...compression.settings },
          http_headers: compression.headers,
          decompress_response_stream: false,
        })
        call.onAbort(() => answer.stream.destroy())
        const { 'x-clickhouse-exception-tag': tag, 'content-encoding': encoding } = answer.response_headers
        yield* wholeNativeBlocks(answer.stream, typeof tag === 'string' ? tag : undefined, encoding === 'zstd')
        call.complete()
      } finally {
        leave()
      }
    } catch (error) {
      throw call.failure(error)
    } finally {
      // A reader that stops in the middle ends the statement as well.
      call.abandon()
    }
  }

  async command(statement: Statement, bounds: StatementBounds = {}): Promise<void> {
    const call = this.#open(bounds)
    try {
      await this.#connections.commands.command({
        ...call.request(statement),
        query: statement.sql,
        clickhouse_settings: { ...call.settings, wait_end_of_query: 1 },
      })
    } catch (error) {
      throw call.failure(error)
    } finally {
      call.close()
    }
  }

  async insertNativeFile(insert: Parameters<ColumnStore['insertNativeFile']>[0]): Promise<void> {
    const call = this.#open({})
    const target = `INSERT INTO ${quotedTable(insert.table)} (${insert.columns.map(quotedName).join(', ')})`
    const settings = { ...insertSettings, insert_deduplication_token: insert.token, wait_end_of_query: 1 as const }
    try {
      if (this.#answersFolder !== undefined) {
        const query = `${target} SELECT * FROM file({path:String}, 'Native')`
        const request = call.request({ sql: query, params: { path: insert.path } })
        await this.#connections.inserts.command({ ...request, query, clickhouse_settings: settings })
      } else {
        await this.#insertBody({ query: `${target} FORMAT Native`, path: insert.path, call, settings })
      }
    } catch (error) {
      throw call.failure(error)
    } finally {
      call.close()
    }
  }

  /** Ends all reads that run in the store, whoever asked; for its shutdown. */
  endReads(): Promise<void> {
    const isRead = "(query_kind = 'Select' OR startsWith(query, 'INSERT INTO FUNCTION'))"
    return this.#control(`KILL QUERY WHERE ${isRead} AND interface = 2 ASYNC`, {})
  }

  /** Closes the idle connections; statements in flight end with StoreUnavailable. */
  close(): void {
    this.#connections.close()
  }

  async #insertBody(insert: {
    query: string
    path: string
    call: StatementCall
    settings: Record<string, string | number>
  }): Promise<void> {
    const file = await openToInsert(insert.path)
    try {
      const answer = await this.#connections.inserts.exec({
        ...insert.call.request({ sql: insert.query }),
        query: insert.query,
        values: file.createReadStream({ autoClose: false }),
        clickhouse_settings: insert.settings,
      })
      for await (const _ of answer.stream) {
        // The body of a stored insert is empty.
      }
    } finally {
      await file.close()
    }
  }

  #open(bounds: StatementBounds): StatementCall {
    return openCall({ bounds, clock: this.#clock, kill: (queryId) => this.#kill(queryId) })
  }

  #kill(queryId: string): Promise<void> {
    return this.#control('KILL QUERY WHERE query_id = {id:String} ASYNC', { id: queryId })
  }

  /** Best effort: a statement that the engine ended already, or an engine that is gone, is what we want. */
  async #control(query: string, params: Record<string, unknown>): Promise<void> {
    try {
      await this.#connections.control.command({ query, query_params: params })
    } catch {
      // Nothing to end.
    }
  }
}

/** Most that one large answer takes on the disk, bytes; looked at every `sizeEveryMs`. Beyond it the read fails. */
const maxAnswerBytes = 2 * 1024 ** 3
const sizeEveryMs = 250

/** Aborts with QueryLimitExceeded when a file outgrows `maxAnswerBytes`. */
function watchSize(path: string, clock: Clock): { readonly signal: AbortSignal; begin(): void; end(): void } {
  const overflow = new AbortController()
  let cancel = () => {}
  const begin = () => {
    cancel = clock.after(sizeEveryMs, look)
  }
  function look(): void {
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (bytes > maxAnswerBytes)
      overflow.abort(new QueryLimitExceeded(`The answer has more than ${maxAnswerBytes} bytes. Ask for less of it.`))
    else begin()
  }
  return { signal: overflow.signal, begin, end: () => cancel() }
}

/** Null: no row was found, so the engine made no file. */
async function openAnswer(path: string): Promise<FileHandle | null> {
  try {
    return await open(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

async function openToInsert(path: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (cause) {
    throw new StoreError(`The file to insert cannot be read: ${path}`, { cause })
  }
}

function costOf(summary: string | string[] | undefined): RowsAnswer<unknown>['cost'] {
  if (typeof summary !== 'string') return { readRows: 0, readBytes: 0, elapsedMs: 0 }
  const fields: Record<string, string> = JSON.parse(summary)
  return {
    readRows: Number(fields.read_rows ?? 0),
    readBytes: Number(fields.read_bytes ?? 0),
    elapsedMs: Number(fields.elapsed_ns ?? 0) / 1e6,
  }
}

/** A name in backticks, so that no character of it can end it. */
function quotedName(name: string): string {
  if (name === '') throw new StoreError('An empty name where a column or table name was expected.')
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}

const quotedTable = (table: string) => table.split('.').map(quotedName).join('.')
