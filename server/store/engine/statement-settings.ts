import type { StatementCall } from './statement-call.ts'

type Settings = Record<string, string | number>

/**
 * Settings of every read. `readonly = 2` refuses whatever writes, and is what ClickHouse asks for before it ends a
 * query whose connection closed. Numbers that JSON cannot hold come as strings: 64-bit integers, NaN, infinities.
 *
 * `isBuffered`: the answer waits in the engine until it is whole, so that an error is the only answer and the
 * summary is final; for small answers.
 */
export function readSettings(call: StatementCall, answer: { isBuffered: boolean }): Settings {
  return {
    ...call.settings,
    readonly: '2',
    cancel_http_readonly_queries_on_client_close: 1,
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_denormals: 1,
    wait_end_of_query: answer.isBuffered ? 1 : 0,
  }
}

/** What a read asks for besides to get its answer in zstd, at the level that costs the server least. */
export const zstd = {
  headers: { 'Accept-Encoding': 'zstd' },
  settings: { enable_http_compression: 1, http_zlib_compression_level: 1 },
} as const

export const uncompressed = { headers: {}, settings: {} } as const

/**
 * Settings of a read whose answer goes into a file. Small blocks of it are joined up to `max_block_size` rows whatever
 * their bytes: with the default of 65,409 rows of samples one block would have 250 MB.
 */
export function fileSettings(call: StatementCall): Settings {
  return {
    ...call.settings,
    max_block_size: 1024,
    max_insert_threads: 1,
    wait_end_of_query: 1,
  }
}

/**
 * Settings of an insert of a file: its blocks must come out the same each time, since a token protects block by
 * block. So one thread reads them in order, and blocks are joined to sizes that no profile changes.
 */
export const insertSettings: Settings = {
  max_threads: 1,
  max_insert_threads: 1,
  min_insert_block_size_rows: 1_048_449,
  min_insert_block_size_bytes: 268_402_944,
  async_insert: 0,
  insert_deduplicate: 1,
  // Data of many days may arrive at once; the rows a sender may backfill are bounded at ingest, not here.
  max_partitions_per_insert_block: 0,
  // A Distributed table answers only when the shards have the rows.
  distributed_foreground_insert: 1,
}
