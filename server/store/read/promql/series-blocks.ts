import type { Scope } from '../../../model/scope.ts'
import type { ColumnStore } from '../../engine/column-store.ts'
import { all, type Fragment, sql, textList } from '../fragment.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'
import { type ArrayColumn, NativeColumns } from './native-columns.ts'
import { numberList } from './numbers.ts'

/** Rows of `series` as columns: a series may come several times. Hashes are [low, high] words. */
export interface SeriesBlock {
  readonly rows: number
  readonly metrics: Uint32Array
  readonly targets: Uint32Array
  readonly series: Uint32Array
  /** Days since 1970. */
  readonly days: Uint16Array
  readonly names: ArrayColumn<string[]>
  readonly values: ArrayColumn<string[]>
}

/** What of `series` is wanted: days since 1970, and the parts that hold it (null: all). */
export interface SeriesQuestion {
  readonly days: readonly number[]
  readonly parts: readonly string[] | null
  readonly conditions?: readonly Fragment[]
  /** Rows; beyond it the rest is left out, one more than it tells. */
  readonly limit: number
}

/** Series of one tenant seen on some days. Throws what ColumnStore.nativeBlocks throws. */
export async function* seriesBlocks(
  reader: TenantReader,
  scope: Scope,
  question: SeriesQuestion,
): AsyncGenerator<SeriesBlock> {
  const { days, parts, limit, conditions = [] } = question
  const chosen = all([
    sql`day IN ${numberList(days)}`,
    ...(parts === null ? [] : [sql`_part IN (${textList(parts)})`]),
    ...conditions,
  ])
  const query = sql`SELECT metric, target, series, toUInt16(day) AS d, CAST(mapKeys(labels), 'Array(String)') AS names, mapValues(labels) AS texts
    FROM ${rowsOf('series')} WHERE ${chosen} LIMIT ${{ kind: 'parameter', type: 'UInt32', value: limit }}`
  for await (const bytes of reader.blocks(scope, query)) {
    const columns = new NativeColumns(bytes)
    while (columns.nextBlock()) {
      const block = {
        rows: columns.rows,
        metrics: columns.words(),
        targets: columns.uint32(),
        series: columns.words(),
        days: columns.uint16(),
        names: columns.stringArrays(),
        values: columns.stringArrays(),
      }
      if (block.rows > 0) yield block
    }
  }
}

/** One part of the table `series` in this engine. Block numbers rise with every insert into a partition. */
export interface SeriesPart {
  readonly name: string
  readonly partition: string
  readonly day: number
  readonly maxBlock: number
}

/** What `seriesParts` answers. */
export interface SeriesParts {
  readonly parts: readonly SeriesPart[]
  /** Whether any tenant has native histograms. */
  readonly hasHistograms: boolean
}

/** Parts of `series`, all tenants: from them a reader tells what was written since it last looked. */
export async function seriesParts(store: ColumnStore): Promise<SeriesParts> {
  const { rows } = await store.rows<PartRow>({
    sql: `SELECT table, name, partition_id, toUInt32(toDate(splitByChar('-', partition_id)[1])) AS day,
        toFloat64(max_block_number) AS max_block
      FROM system.parts WHERE database = currentDatabase() AND table IN ('series', 'histograms') AND active`,
  })
  const ofSeries = rows.filter(({ table }) => table === 'series')
  const parts = ofSeries.map((row) => ({
    name: row.name,
    partition: row.partition_id,
    day: row.day,
    maxBlock: row.max_block,
  }))
  return { parts, hasHistograms: ofSeries.length < rows.length }
}

interface PartRow {
  readonly table: 'series' | 'histograms'
  readonly name: string
  readonly partition_id: string
  readonly day: number
  readonly max_block: number
}
