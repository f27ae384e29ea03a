import type { Scope } from '../../../model/scope.ts'
import { all, type Fragment, sql } from '../fragment.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'
import { type ArrayColumn, NativeColumns } from './native-columns.ts'
import { hashList, hourOfMs, numberList, timeMs } from './numbers.ts'

/** Which samples are wanted; what comes may be more (whole hours, other series of a target). */
export interface SampleQuestion {
  readonly metrics: readonly bigint[]
  /** Null: all. */
  readonly targets: { readonly from: number; readonly to: number } | ReadonlySet<number> | null
  /** Null: all series of the targets. Keep it short (text of the statement). */
  readonly series: readonly bigint[] | null
  /** Samples in (startMs, endMs]. */
  readonly startMs: number
  readonly endMs: number
  /** Of each stored piece only its newest sample in the range (several of one time are all kept). */
  readonly newestOnly: boolean
}

/**
 * Samples of some metrics of one tenant, whatever table they lie in, as bytes for `sampleBlocksOf`. Rows move hot →
 * compacting → samples only and the statement reads in this order: a sample may come twice, never not at all.
 * Throws what ColumnStore.nativeBlocks throws.
 */
export function sampleBytes(
  reader: TenantReader,
  scope: Scope,
  question: SampleQuestion & { signal: AbortSignal; isLarge: boolean },
): AsyncIterable<Uint8Array> {
  return reader.blocks(scope, sampleQuery(question), question)
}

function sampleQuery(question: SampleQuestion): Fragment {
  const { startMs, endMs, series, newestOnly } = question
  const [start, end] = [timeMs(startMs), timeMs(endMs)]
  const chosen = chosenRows(question)
  const hot = (
    table: 'samples_hot' | 'samples_compacting',
  ) => sql`SELECT [ts] AS times, series AS ids, exp AS exps, vi AS vis
    FROM ${rowsOf(table)} WHERE ${chosen} AND ts > ${start} AND ts <= ${end}`
  const pieces = sql`FROM ${rowsOf('samples')} WHERE ${chosen} AND t0 >= ${hourOfMs(startMs)} AND t0 <= ${hourOfMs(endMs)}
    ${series === null ? sql`` : sql`AND series IN ${hashList(series)}`}`
  const newest = sql`SELECT arrayFilter(t -> t = newest, ts) AS times, [series] AS ids, [exp] AS exps,
      arrayFilter((v, t) -> t = newest, vi, ts) AS vis
    FROM (SELECT series, exp, ts, vi, arrayMax(t -> if(t <= ${end}, t, ${timeMs(-Infinity)}), ts) AS newest ${pieces})
    WHERE newest > ${start}`
  // Of the first and the last hour only what lies in the range travels: a sample costs more on the way than here.
  const isEdge = sql`t0 = ${hourOfMs(startMs)} OR t0 = ${hourOfMs(endMs)}`
  const isWanted = sql`t > ${start} AND t <= ${end}`
  const whole = sql`SELECT if(${isEdge}, arrayFilter(t -> ${isWanted}, ts), ts) AS times, [series] AS ids, [exp] AS exps,
      if(${isEdge}, arrayFilter((v, t) -> ${isWanted}, vi, ts), vi) AS vis ${pieces}`
  return sql`${hot('samples_hot')} UNION ALL ${hot('samples_compacting')} UNION ALL ${newestOnly ? newest : whole}`
}

/** Rows of the metrics and targets of a question. */
export function chosenRows({ metrics, targets }: Pick<SampleQuestion, 'metrics' | 'targets'>): Fragment {
  const conditions = [metrics.length === 1 ? sql`metric = ${hashOf(metrics[0])}` : sql`metric IN ${hashList(metrics)}`]
  if (targets instanceof Set) conditions.push(sql`target IN ${numberList(targets)}`)
  else if (targets !== null && 'from' in targets)
    conditions.push(sql`target >= ${countOf(targets.from)} AND target <= ${countOf(targets.to)}`)
  return all(conditions)
}

const hashOf = (hash: bigint) => ({ kind: 'parameter', type: 'UInt64', value: hash.toString() }) as const
const countOf = (value: number) => ({ kind: 'parameter', type: 'UInt32', value }) as const

/** Rows of native histograms as columns; one row is one sample. */
export interface HistogramBlock {
  readonly rows: number
  readonly series: Uint32Array
  readonly times: Uint32Array
  readonly flags: Uint8Array
  readonly schemas: Int8Array
  readonly zeroThresholds: Float64Array
  readonly zeroCounts: Float64Array
  readonly counts: Float64Array
  readonly sums: Float64Array
  readonly positiveOffsets: ArrayColumn<Int32Array>
  readonly positiveLengths: ArrayColumn<Int32Array>
  readonly positive: ArrayColumn<Float64Array>
  readonly negativeOffsets: ArrayColumn<Int32Array>
  readonly negativeLengths: ArrayColumn<Int32Array>
  readonly negative: ArrayColumn<Float64Array>
  readonly bounds: ArrayColumn<Float64Array>
}

/** Native histograms of some metrics of one tenant, in no promised order. Throws what ColumnStore.nativeBlocks throws. */
export async function* histogramBlocks(
  reader: TenantReader,
  scope: Scope,
  question: SampleQuestion & { signal: AbortSignal },
): AsyncGenerator<HistogramBlock> {
  const { startMs, endMs, series, signal } = question
  const query = sql`SELECT series, ts, flags, schema, zero_threshold, zero_count, count, sum, pos_span_off,
      CAST(pos_span_len, 'Array(Int32)') AS pos_lengths, pos, neg_span_off, CAST(neg_span_len, 'Array(Int32)') AS neg_lengths, neg, bounds
    FROM ${rowsOf('histograms')} WHERE ${chosenRows(question)} AND ts > ${timeMs(startMs)} AND ts <= ${timeMs(endMs)}
      ${series === null ? sql`` : sql`AND series IN ${hashList(series)}`}`
  for await (const bytes of reader.blocks(scope, query, { signal })) {
    const columns = new NativeColumns(bytes)
    while (columns.nextBlock()) {
      const block = {
        rows: columns.rows,
        series: columns.words(),
        times: columns.words(),
        flags: columns.bytes8(),
        schemas: new Int8Array(columns.bytes8().buffer),
        zeroThresholds: columns.float64(),
        zeroCounts: columns.float64(),
        counts: columns.float64(),
        sums: columns.float64(),
        positiveOffsets: columns.int32Arrays(),
        positiveLengths: columns.int32Arrays(),
        positive: columns.float64Arrays(),
        negativeOffsets: columns.int32Arrays(),
        negativeLengths: columns.int32Arrays(),
        negative: columns.float64Arrays(),
        bounds: columns.float64Arrays(),
      }
      if (block.rows > 0) yield block
    }
  }
}

/** Whether the tenant has any native histogram at all. */
export async function hasHistograms(reader: TenantReader, scope: Scope): Promise<boolean> {
  const { rows } = await reader.rows<{ one: number }>(scope, sql`SELECT 1 AS one FROM ${rowsOf('histograms')} LIMIT 1`)
  return rows.length > 0
}
