import type { MetricBatch } from '../model/batch.ts'
import { type NativeHistogram, staleHigh, staleLow } from '../model/metric.ts'
import type { SeriesTable } from '../model/series-table.ts'
import { addHistograms } from './add-histograms.ts'
import { type DeltaBounds, type DeltaState, DeltaStates } from './delta-state.ts'
import type { Tally } from './tally.ts'

/** A batch whose increases have become totals, and the way back should it not be stored. */
export interface Summed {
  readonly batch: MetricBatch
  /**
   * Takes the increases back out, so that the sender's repetition is not counted twice. Where a later request has
   * built on a total in the meantime, the increase stays in it (and its repetition is rejected as out of order):
   * the total is right either way.
   */
  undo(): void
}

/**
 * Turns delta temporality into cumulative totals, per series.
 *
 * A total starts from zero with the first increase seen. Increases must come in order of time: one that is not
 * after the last of its series is rejected as `out_of_order`, for it may be a repetition. Values that cannot be
 * summed (NaN, infinities) are rejected as `malformed`; staleness markers pass as they are.
 * State: see DeltaBounds. Source: OpenTelemetry metrics data model, "Sums: Delta-to-Cumulative".
 */
export interface DeltaToCumulative {
  /** Null where the batch has nothing to sum. Rows that `tally` has rejected already are left alone. */
  apply(batch: MetricBatch, nowMs: number, tally: Tally): Summed | null
}

interface TableStates {
  readonly sums: DeltaStates<number>
  readonly histograms: DeltaStates<NativeHistogram>
}

interface Turn {
  readonly nowMs: number
  readonly tally: Tally
  readonly undo: (() => void)[]
}

export function createDeltaToCumulative(bounds: DeltaBounds): DeltaToCumulative {
  const tables = new WeakMap<SeriesTable, TableStates>()

  function statesOf(table: SeriesTable): TableStates {
    const known = tables.get(table)
    if (known !== undefined) return known
    const states = { sums: new DeltaStates<number>(bounds), histograms: new DeltaStates<NativeHistogram>(bounds) }
    tables.set(table, states)
    return states
  }

  return {
    apply(batch, nowMs, tally) {
      if (batch.isDelta === null && !batch.histograms.some(({ isDelta }) => isDelta)) return null
      const states = statesOf(batch.series)
      states.sums.expire(nowMs)
      states.histograms.expire(nowMs)
      const turn: Turn = { nowMs, tally, undo: [] }
      if (batch.isDelta !== null) sumSamples(batch, batch.isDelta, states.sums, turn)
      const histograms = sumHistograms(batch, states.histograms, turn)
      return {
        batch: { ...batch, isDelta: null, histograms },
        undo: () => {
          for (let i = turn.undo.length - 1; i >= 0; i--) turn.undo[i]()
        },
      }
    },
  }
}

function sumSamples(batch: MetricBatch, isDelta: Uint8Array, states: DeltaStates<number>, turn: Turn): void {
  const { ref, value, timestampMs, series } = batch
  const words = new Uint32Array(value.buffer, value.byteOffset, 2 * batch.sampleCount)
  for (let i = 0; i < batch.sampleCount; i++) {
    if (isDelta[i] === 0 || turn.tally.isRejected(i)) continue
    if (words[2 * i] === staleLow && words[2 * i + 1] === staleHigh) continue
    const increase = value[i]
    if (!Number.isFinite(increase)) {
      turn.tally.reject(i, 'malformed', () => `samples[${i}]: an increase of ${increase} cannot be added up`)
      continue
    }
    const generation = series.generation[ref[i]]
    const before = states.get(ref[i], generation)
    const total = (before?.total ?? 0) + increase
    const after = { generation, total, timestampMs: timestampMs[i], touchedMs: turn.nowMs }
    if (advance({ states, ref: ref[i], before, after, row: i, where: `samples[${i}]` }, turn)) value[i] = after.total
  }
}

function sumHistograms(
  batch: MetricBatch,
  states: DeltaStates<NativeHistogram>,
  turn: Turn,
): readonly NativeHistogram[] {
  return batch.histograms.map((histogram, i) => {
    const row = batch.sampleCount + i
    if (!histogram.isDelta || turn.tally.isRejected(row)) return histogram
    const increase: NativeHistogram = { ...histogram, isDelta: false, resetHint: 0 }
    if (!Number.isFinite(histogram.count) || isStale(histogram.sum)) return increase
    const generation = batch.series.generation[histogram.ref]
    const before = states.get(histogram.ref, generation)
    const total = before === undefined ? increase : (addHistograms(before.total, increase) ?? increase)
    const after = { generation, total, timestampMs: histogram.timestampMs, touchedMs: turn.nowMs }
    const where = `histograms[${i}]`
    return advance({ states, ref: histogram.ref, before, after, row, where }, turn) ? total : increase
  })
}

interface Step<T> {
  readonly states: DeltaStates<T>
  readonly ref: number
  readonly before: DeltaState<T> | undefined
  readonly after: DeltaState<T>
  readonly row: number
  readonly where: string
}

/** Moves one series on, or rejects the row; false where it was rejected. */
function advance<T>({ states, ref, before, after, row, where }: Step<T>, { tally, undo }: Turn): boolean {
  if (before !== undefined && after.timestampMs <= before.timestampMs) {
    const detail = `the increase at ${after.timestampMs} ms is not after the last one at ${before.timestampMs} ms`
    tally.reject(row, 'out_of_order', () => `${where}: ${detail}`)
    return false
  }
  if (!states.set(ref, after)) {
    tally.reject(row, 'cardinality_limit', () => `${where}: more series with delta temporality than are added up`)
    return false
  }
  undo.push(() => states.restore(ref, after, before))
  return true
}

const sumBits = new Float64Array(1)
const sumWords = new Uint32Array(sumBits.buffer)

/** A number that was moved as such may have lost its signalling bit: V8 may set the quiet one. */
const quietBit = 0x00080000

function isStale(sum: number): boolean {
  sumBits[0] = sum
  return sumWords[0] === staleLow && (sumWords[1] & ~quietBit) === staleHigh
}
