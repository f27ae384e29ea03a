import type { ArrayColumn } from '../../store/read/promql/native-columns.ts'
import type { HistogramBlock } from '../../store/read/promql/sample-blocks.ts'
import {
  bucketsFromSpans,
  type FloatHistogram,
  noBuckets,
  type ResetHint,
} from '../promql/histogram/float-histogram.ts'
import { withStoredHints } from '../promql/histogram/reset-hints.ts'
import { SeriesSlots, slotWords } from './assembly/series-slots.ts'
import type { SeriesIndex } from './series-index.ts'

const hints: readonly ResetHint[] = ['unknown', 'reset', 'no_reset', 'gauge']
const two32 = 2 ** 32

/** Native histograms of one series in order of time; times at which it was marked stale are apart. */
export interface HistogramSamples {
  readonly times: Float64Array
  readonly histograms: readonly FloatHistogram[]
  readonly staleTimes: readonly number[]
}

type Point = { readonly timeMs: number; readonly histogram: FloatHistogram | null }

/**
 * Native histograms of one slice of series. Of several of one time the one with the greater count stays, a histogram
 * rather than a staleness marker.
 */
export class HistogramAssembly {
  private readonly slots: SeriesSlots
  private readonly points = new Map<number, Point[]>()
  total = 0

  constructor(index: SeriesIndex, numbers: Uint32Array) {
    this.slots = new SeriesSlots(slotWords(index, numbers))
  }

  add(block: HistogramBlock): void {
    for (let row = 0, guess = 0; row < block.rows; row += 1) {
      const slot = this.slots.find(block.series[2 * row], block.series[2 * row + 1], guess)
      if (slot < 0) continue
      guess = slot
      const list = this.points.get(slot) ?? []
      this.points.set(slot, list)
      const timeMs = (block.times[2 * row + 1] | 0) * two32 + block.times[2 * row]
      list.push({
        timeMs,
        histogram: Number.isNaN(block.sums[row]) && isStale(block.sums, row) ? null : histogramAt(block, row),
      })
      this.total += 1
    }
  }

  /** Whether a series has any native histogram, or a staleness marker of one. */
  has(slot: number): boolean {
    return this.points.has(slot)
  }

  /** Samples in (startMs, endMs]; earlier ones only tell whether the first was preceded by a reset. */
  samplesOf(
    slot: number,
    { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  ): HistogramSamples | null {
    const list = this.points.get(slot)
    if (list === undefined) return null
    list.sort((a, b) => a.timeMs - b.timeMs)
    const kept: Point[] = []
    for (const point of list) {
      if (point.timeMs > endMs) break
      const last = kept.at(-1)
      if (last?.timeMs !== point.timeMs) kept.push(point)
      else if (rank(point) > rank(last)) kept[kept.length - 1] = point
    }
    const present = kept.filter(({ histogram }) => histogram !== null)
    const hinted = withStoredHints(present.map(({ histogram }) => histogram as FloatHistogram))
    const early = present.findIndex(({ timeMs }) => timeMs > startMs)
    const first = early < 0 ? present.length : early
    return {
      times: Float64Array.from(present.slice(first), ({ timeMs }) => timeMs),
      histograms: hinted.slice(first),
      staleTimes: kept
        .filter(({ histogram, timeMs }) => histogram === null && timeMs > startMs)
        .map(({ timeMs }) => timeMs),
    }
  }
}

function rank({ histogram }: Point): number {
  return histogram === null ? -1 : histogram.count
}

function isStale(sums: Float64Array, row: number): boolean {
  const words = new Uint32Array(sums.buffer, sums.byteOffset + row * 8, 2)
  return words[0] === 2 && words[1] === 0x7ff00000
}

function histogramAt(block: HistogramBlock, row: number): FloatHistogram {
  const positive = slice(block.positive, row)
  const negative = slice(block.negative, row)
  return {
    resetHint: hints[block.flags[row] & 3],
    schema: block.schemas[row],
    zeroThreshold: block.zeroThresholds[row],
    zeroCount: block.zeroCounts[row],
    count: block.counts[row],
    sum: block.sums[row],
    positive:
      positive.length === 0
        ? noBuckets
        : bucketsFromSpans(spansAt(block.positiveOffsets, block.positiveLengths, row), positive),
    negative:
      negative.length === 0
        ? noBuckets
        : bucketsFromSpans(spansAt(block.negativeOffsets, block.negativeLengths, row), negative),
    customBounds: slice(block.bounds, row),
  }
}

function spansAt(offsets: ArrayColumn<Int32Array>, lengths: ArrayColumn<Int32Array>, row: number) {
  const start = row === 0 ? 0 : offsets.ends[row - 1]
  return Array.from({ length: offsets.ends[row] - start }, (_, i) => ({
    offset: offsets.items[start + i],
    length: lengths.items[start + i],
  }))
}

function slice(column: ArrayColumn<Float64Array>, row: number): number[] {
  return Array.from(column.items.subarray(row === 0 ? 0 : column.ends[row - 1], column.ends[row]))
}
