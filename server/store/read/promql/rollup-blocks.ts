import type { Scope } from '../../../model/scope.ts'
import { sql } from '../fragment.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'
import { type ArrayColumn, NativeColumns } from './native-columns.ts'
import { hashList, hourOfMs } from './numbers.ts'
import { chosenRows, type SampleQuestion } from './sample-blocks.ts'

/**
 * Rows of `rollup_5m` as columns: one row is an hour of a series, its arrays run over the five-minute buckets that hold
 * samples. 64-bit numbers are [low, high] words; values follow the samples' rule (see stored-value.ts).
 */
export interface RollupBlock {
  readonly rows: number
  readonly series: Uint32Array
  /** Begin of the hour, Unix seconds. */
  readonly hours: Uint32Array
  readonly exponents: Int8Array
  readonly counts: ArrayColumn<Int32Array>
  readonly sums: Uint32Array
  readonly least: Uint32Array
  readonly greatest: Uint32Array
  readonly first: Uint32Array
  readonly last: Uint32Array
  readonly increases: Uint32Array
  readonly firstTimes: Uint32Array
  readonly lastTimes: Uint32Array
}

/** Five-minute rollups of whole hours. Throws what ColumnStore.nativeBlocks throws. */
export async function* rollupBlocks(
  reader: TenantReader,
  scope: Scope,
  question: Omit<SampleQuestion, 'newestOnly'> & { signal: AbortSignal; isLarge: boolean },
): AsyncGenerator<RollupBlock> {
  const { startMs, endMs, series } = question
  const query = sql`SELECT series, toUnixTimestamp(t0) AS hour, exp, CAST(n, 'Array(Int32)') AS counts, sum, min, max, first,
      last, inc, first_ts, last_ts
    FROM ${rowsOf('rollup_5m')} WHERE ${chosenRows(question)} AND t0 >= ${hourOfMs(startMs)} AND t0 <= ${hourOfMs(endMs)}
    ${series === null ? sql`` : sql`AND series IN ${hashList(series)}`}`
  for await (const bytes of reader.blocks(scope, query, question)) {
    const columns = new NativeColumns(bytes)
    const words = () => columns.wordArrays().items
    while (columns.nextBlock()) {
      const block = {
        rows: columns.rows,
        series: columns.words(),
        hours: columns.uint32(),
        exponents: new Int8Array(columns.bytes8().buffer),
        counts: columns.int32Arrays(),
        sums: words(),
        least: words(),
        greatest: words(),
        first: words(),
        last: words(),
        increases: words(),
        firstTimes: words(),
        lastTimes: words(),
      }
      if (block.rows > 0) yield block
    }
  }
}
