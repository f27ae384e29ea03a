import type { Scope } from '../../../model/scope.ts'
import { type Fragment, sql } from '../fragment.ts'
import { rowsOf, type TenantReader } from '../tenant-rows.ts'
import { type ArrayColumn, NativeColumns } from './native-columns.ts'
import { hashList, hourOfMs, timeMs } from './numbers.ts'
import { chosenRows, type SampleQuestion } from './sample-blocks.ts'

/**
 * What is left of the samples of a cell, a stretch of time in which no window begins or ends:
 * - `edges`: the first and the last.
 * - `falls`: these, and both sides of every fall of a counter (NaN is taken for one).
 * - `newestTwo`: the last two.
 * - `changes`: the first, and each that differs from the one before.
 * - `least`, `greatest`: one, at the time of the last; NaN only where all are NaN.
 * - `sums`: at the time of the first their sum, at the time of the last what rounding took from it (Neumaier).
 * - `means`: their mean, at the time of the last.
 */
export type ThinningForm = 'edges' | 'falls' | 'newestTwo' | 'changes' | 'least' | 'greatest' | 'sums' | 'means'

/**
 * Which samples to leave out. Cells begin at startMs + i * strideMs and are cut once more `splitMs` later where that is
 * not 0; with `hasGaps` only what lies before the cut is wanted.
 */
export interface Thinning {
  readonly form: ThinningForm
  readonly strideMs: number
  readonly splitMs: number
  readonly hasGaps: boolean
  /** Whether each kept sample's place among all of its series is wanted. */
  readonly countsSamples: boolean
}

/** What is left of some series, one row each. */
export interface ThinnedBlock {
  readonly rows: number
  readonly series: BigUint64Array
  /** Samples in the range, staleness markers among them, each time once. */
  readonly read: Uint32Array
  /** 1: nothing was left out, for the sums of this series would overflow. */
  readonly whole: Uint8Array
  /** Unix ms, ascending. */
  readonly times: ArrayColumn<Float64Array>
  readonly values: ArrayColumn<Float64Array>
  /** Empty where they are not wanted. */
  readonly ordinals: ArrayColumn<Int32Array>
}

/**
 * Samples thinned in the store: put in order, each time once by the rule of SampleAssembly, no staleness markers.
 * Cost: about 55 ns of the store's CPU a sample, three times what it takes to send it. Throws what
 * ColumnStore.nativeBlocks throws.
 */
export async function* thinnedBlocks(
  reader: TenantReader,
  scope: Scope,
  question: Omit<SampleQuestion, 'newestOnly'> & { thinning: Thinning; signal: AbortSignal },
): AsyncGenerator<ThinnedBlock> {
  for await (const bytes of reader.blocks(scope, thinnedQuery(question), question)) {
    const columns = new NativeColumns(bytes)
    while (columns.nextBlock()) {
      const block = {
        rows: columns.rows,
        series: new BigUint64Array(columns.words().buffer),
        read: columns.uint32(),
        whole: columns.bytes8(),
        times: columns.float64Arrays(),
        values: columns.float64Arrays(),
        ordinals: columns.int32Arrays(),
      }
      if (block.rows > 0) yield block
    }
  }
}

type Question = Omit<SampleQuestion, 'newestOnly'> & { readonly thinning: Thinning }

/** Bits of a staleness marker. */
const staleBits = sql`9218868437227405314`

/** Beyond it sums of values are left to our own code: they might overflow. */
const largest = sql`1e290`

function thinnedQuery(question: Question): Fragment {
  const { form, countsSamples } = question.thinning
  const start = integer(question.startMs)
  const { values, isKept } = forms[form]
  const times = sql`arrayMap(x -> toFloat64(x + ${start}), arrayFilter((x, k) -> k, xs, kept))`
  const ordinals = countsSamples
    ? sql`arrayFilter((o, k) -> k, CAST(places, 'Array(Int32)'), kept)`
    : sql`emptyArrayInt32()`
  const shaped = sql`SELECT *, ${isKept} AS kept, ${values} AS left FROM (${inCells(question)})`
  if (!isSum(form))
    return sql`SELECT id, read, toUInt8(0) AS whole, ${times} AS times, left AS kept_values, ${ordinals} AS ordinals
      FROM (${shaped})`
  return sql`SELECT id, read, toUInt8(is_large) AS whole, if(is_large, arrayMap(x -> toFloat64(x + ${start}), xs), ${times}) AS times,
      if(is_large, vs, left) AS kept_values, ${ordinals} AS ordinals
    FROM (${shaped})`
}

const isSum = (form: ThinningForm) => form === 'sums' || form === 'means'

/** Whether each sample is kept, and the values of those that are. Cells and values of the neighbours as they are named in inCells. */
const forms: Readonly<Record<ThinningForm, { readonly isKept: Fragment; readonly values: Fragment }>> = (() => {
  const isFirst = sql`c != before`
  const isLast = sql`c != after`
  const which = (condition: Fragment) =>
    sql`arrayMap((c, before, after) -> ${condition}, cells, ${shifted('cells', 1)}, ${shifted('cells', -1)})`
  const filtered = sql`arrayFilter((v, k) -> k, vs, kept)`
  const edges = which(sql`${isFirst} OR ${isLast}`)
  const last = which(isLast)
  const falls = sql`arrayMap((c, before, after, v, v_before, v_after) -> ${isFirst} OR ${isLast} OR NOT (v >= v_before) OR NOT (v_after >= v),
    cells, ${shifted('cells', 1)}, ${shifted('cells', -1)}, vs, ${shifted('vs', 1)}, ${shifted('vs', -1)})`
  const changes = sql`arrayMap((c, before, v, v_before) -> ${isFirst} OR (v != v_before AND NOT (isNaN(v) AND isNaN(v_before))),
    cells, ${shifted('cells', 1)}, vs, ${shifted('vs', 1)})`
  const newestTwo = sql`arrayMap((c, after, second) -> ${isLast} OR c != second, cells, ${shifted('cells', -1)}, ${shifted('cells', -2)})`
  const extreme = (of: Fragment) =>
    sql`arrayMap(cell -> if(arrayExists(v -> NOT isNaN(v), cell), ${of}(arrayFilter(v -> NOT isNaN(v), cell)), nan), ${byCell()})`
  // The running sum of each place, and what each addition lost of its smaller operand.
  const sums = sql`arrayMap((cell, totals) -> (totals[-1],
      if(isFinite(totals[-1]), arrayCumSum(arrayMap((v, t, t_before) -> if(abs(t_before) >= abs(v), t_before - t + v, v - t + t_before),
        cell, totals, arrayShiftRight(totals, 1, 0.)))[-1], 0.), length(cell)), ${byCell()}, arrayMap(cell -> arrayCumSum(cell), ${byCell()}))`
  return {
    edges: { isKept: edges, values: filtered },
    falls: { isKept: falls, values: filtered },
    newestTwo: { isKept: newestTwo, values: filtered },
    changes: { isKept: changes, values: filtered },
    least: { isKept: last, values: extreme(sql`arrayMin`) },
    greatest: { isKept: last, values: extreme(sql`arrayMax`) },
    sums: {
      isKept: edges,
      values: sql`arrayFlatten(arrayMap(s -> if(s.3 = 1, [s.1], [s.1, s.2]), ${sums}))`,
    },
    means: { isKept: last, values: sql`arrayMap(s -> s.1 / s.3 + s.2 / s.3, ${sums})` },
  }
})()

/** Samples of each series in order with their places and cells; `read` counts what was there before. */
function inCells(question: Question): Fragment {
  const { strideMs, splitMs, hasGaps, form } = question.thinning
  const [stride, split] = [integer(strideMs), integer(splitMs)]
  const isWanted = sql`(x - 1) % ${stride} < ${split}`
  const wanted = hasGaps
    ? sql`SELECT id, read, arrayFilter(x -> ${isWanted}, all_xs) AS xs, arrayFilter((v, x) -> ${isWanted}, all_vs, all_xs) AS vs,
        arrayFilter((o, x) -> ${isWanted}, arrayEnumerate(all_xs), all_xs) AS places FROM (${inOrder(question)})`
    : sql`SELECT id, read, all_xs AS xs, all_vs AS vs, arrayEnumerate(all_xs) AS places FROM (${inOrder(question)})`
  const cell =
    hasGaps || splitMs === 0
      ? sql`intDiv(x - 1, ${stride})`
      : sql`intDiv(x - 1, ${stride}) * 2 + ((x - 1) % ${stride} >= ${split})`
  const isLarge = isSum(form) ? sql`, arrayExists(v -> abs(v) > ${largest}, vs) AS is_large` : sql``
  return sql`SELECT id, read, xs, vs, places, arrayMap(x -> toInt64(${cell}), xs) AS cells${isLarge} FROM (${wanted})`
}

/**
 * All samples of each series, times as ms after the start. Pieces lie in order as a rule; only where they do not, or
 * where there are staleness markers, samples are sorted one by one. Of one time a number comes after another NaN, that
 * after a marker, and the last one stays.
 */
function inOrder(question: Question): Fragment {
  const joined = sql`SELECT id, has_stale, arrayFlatten(runs.1) AS run_xs, arrayFlatten(runs.2) AS run_vs FROM (
    SELECT id, max(stale) AS has_stale, arraySort(run -> run.1[1], groupArray((row_xs, row_vs))) AS runs
    FROM (${runs(question)}) WHERE notEmpty(row_xs) GROUP BY id)`
  const judged = sql`SELECT *, has_stale = 1 OR arrayExists((x, next) -> x >= next, arrayPopBack(run_xs), arrayPopFront(run_xs)) AS is_mixed
    FROM (${joined})`
  const rank = sql`if(isNaN(s.2), if(reinterpretAsUInt64(s.2) = ${staleBits}, 0, 1), 2)`
  const sorted = sql`SELECT *, if(is_mixed, arraySort(s -> (s.1, ${rank}, if(isNaN(s.2), 0., s.2)), arrayZip(run_xs, run_vs)),
      CAST([], 'Array(Tuple(Int64, Float64))')) AS sorted FROM (${judged})`
  const once = sql`SELECT *, arrayFilter((s, next) -> s.1 != next, sorted, arrayShiftLeft(sorted.1, 1, toInt64(0))) AS once
    FROM (${sorted})`
  const clean = sql`SELECT *, arrayFilter(s -> reinterpretAsUInt64(s.2) != ${staleBits}, once) AS clean FROM (${once})`
  return sql`SELECT id, toUInt32(if(is_mixed, length(once), length(run_xs))) AS read, if(is_mixed, clean.1, run_xs) AS all_xs,
    if(is_mixed, clean.2, run_vs) AS all_vs FROM (${clean})`
}

/** Samples in the range as they lie in the tables, in the order of sampleBlocks: they may come twice, never not at all. */
function runs(question: Question): Fragment {
  const { startMs, endMs, series } = question
  const [start, end] = [timeMs(startMs), timeMs(endMs)]
  const chosen = chosenRows(question)
  const startInt = integer(startMs)
  const hot = (
    table: 'samples_hot' | 'samples_compacting',
  ) => sql`SELECT one AS id, [toUnixTimestamp64Milli(ts) - ${startInt}] AS row_xs,
      [if(e = 127, reinterpretAsFloat64(i), i / ${divisor(sql`e`)})] AS row_vs, e = 127 AND i = ${staleBits} AS stale
    FROM ${rowsOf(table)} ARRAY JOIN series AS one, exp AS e, vi AS i
    WHERE ${chosen} AND ts > ${start} AND ts <= ${end} ${series === null ? sql`` : sql`AND one IN ${hashList(series)}`}`
  const isEdge = sql`t0 = ${hourOfMs(startMs)} OR t0 = ${hourOfMs(endMs)}`
  const isWanted = sql`t > ${start} AND t <= ${end}`
  const pieces = sql`SELECT series AS id, arrayMap(t -> toUnixTimestamp64Milli(t) - ${startInt}, piece_ts) AS row_xs,
      if(exp = 127, arrayMap(i -> reinterpretAsFloat64(i), piece_vi), arrayMap(i -> i / ${divisor(sql`exp`)}, piece_vi)) AS row_vs,
      exp = 127 AND has(piece_vi, ${staleBits}) AS stale
    FROM (SELECT series, exp, if(${isEdge}, arrayFilter(t -> ${isWanted}, ts), ts) AS piece_ts,
        if(${isEdge}, arrayFilter((i, t) -> ${isWanted}, vi, ts), vi) AS piece_vi
      FROM ${rowsOf('samples')} WHERE ${chosen} AND t0 >= ${hourOfMs(startMs)} AND t0 <= ${hourOfMs(endMs)}
      ${series === null ? sql`` : sql`AND series IN ${hashList(series)}`})`
  return sql`${hot('samples_hot')} UNION ALL ${hot('samples_compacting')} UNION ALL ${pieces}`
}

const divisor = (exponent: Fragment) => sql`transform(${exponent}, [-4, -3, -2, -1], [10000, 1000, 100, 10], 1)`

const integer = (ms: number) => ({ kind: 'parameter', type: 'Int64', value: String(ms) }) as const

/** An array of the series moved by some places; what has no neighbour gets one that no cell and no fall has. */
function shifted(column: 'cells' | 'vs', by: 1 | -1 | -2): Fragment {
  const [name, outside] =
    column === 'cells' ? [sql`cells`, sql`toInt64(-1)`] : [sql`vs`, by === 1 ? sql`-inf` : sql`inf`]
  return by === 1
    ? sql`arrayShiftRight(${name}, 1, ${outside})`
    : by === -1
      ? sql`arrayShiftLeft(${name}, 1, ${outside})`
      : sql`arrayShiftLeft(${name}, 2, ${outside})`
}

/** Values of the series as one array per cell. */
function byCell(): Fragment {
  const isFirst = sql`arrayMap((c, before) -> c != before, cells, ${shifted('cells', 1)})`
  return sql`arraySplit((v, is_first) -> is_first, vs, ${isFirst})`
}
