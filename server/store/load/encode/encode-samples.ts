import type { MetricBatch } from '../../../model/batch.ts'
import { samplesHotColumns } from '../../schema/table-columns.ts'
import { decimalOf, rawBits, storedExponent } from './decimal.ts'
import { type BatchPart, type CommitNotes, type LateMarks, lateSampleMs } from './encode-context.ts'
import { keptRows, type NativeBlock, type Rows } from './native-block.ts'
import { SampleGroups } from './sample-groups.ts'
import { dayMs, type SeriesRows } from './series-rows.ts'
import { writePair } from './words64.ts'

/** Length of a slot of arrival, ms: the partition of samples_hot, and the step of compaction. */
export const slotMs = 600_000
const hourMs = 3_600_000

type MetricPart = BatchPart<MetricBatch>

/** What samples of a commit leave behind besides their own rows. */
interface SampleSurroundings {
  readonly arrivedMs: number
  readonly series: SeriesRows
  readonly marks: LateMarks
  readonly notes: CommitNotes
}

/**
 * Turns the samples of a commit into wide rows: one per (tenant, metric, target, time), with arrays over its series.
 *
 * Samples are put in order of their group by counting (two passes, no comparison); inside a group they are nearly
 * always of one time. Memory: 33 B per sample of the largest commit, kept.
 */
export class SampleEncoder {
  readonly #groups = new SampleGroups()
  /** By sample in order of arrival. */
  #group = new Uint32Array(0)
  /** By group: samples in this commit, then the position of the next one. */
  #next = new Uint32Array(0)
  /** By sample in order of groups. */
  #order = new Slots(0)

  /** Writes a block of `samples_hot`; the number of wide rows. Call only where a part has samples to keep. */
  encode(block: NativeBlock, parts: readonly MetricPart[], around: SampleSurroundings): number {
    this.#groups.forgetIfMany()
    const chosen = parts.map((part) => ({ part, rows: sampleRows(part) }))
    const total = chosen.reduce((sum, { rows }) => sum + rows.count, 0)
    this.#reserve(total)
    const touched = this.#countGroups(chosen)
    let at = 0
    for (const { part, rows } of chosen) {
      this.#place(part, { rows, groups: this.#group.subarray(at, at + rows.count) }, around)
      at += rows.count
    }
    const wide = this.#cutRows(touched, around)
    writeBlock(block, { wide, slots: this.#order, total, groups: this.#groups, arrivedMs: around.arrivedMs })
    return wide.count
  }

  #reserve(total: number): void {
    if (this.#group.length >= total) return
    this.#group = new Uint32Array(total * 2)
    this.#order = new Slots(total * 2)
  }

  /** Groups in order of first appearance; leaves in `#next` where each begins. */
  #countGroups(chosen: readonly { part: MetricPart; rows: Rows }[]): number[] {
    let at = 0
    for (const { part, rows } of chosen) {
      const samples = { refs: part.batch.ref, indexes: rows.indexes, count: rows.count }
      this.#groups.number(part.batch.series, samples, this.#group.subarray(at, at + rows.count))
      at += rows.count
    }
    if (this.#next.length < this.#groups.count) this.#next = new Uint32Array(this.#groups.count * 2)
    const next = this.#next
    const touched: number[] = []
    for (let i = 0; i < at; i++) {
      const group = this.#group[i]
      if (next[group] === 0) touched.push(group)
      next[group] += 1
    }
    let start = 0
    for (const group of touched) {
      const count = next[group]
      next[group] = start
      start += count
    }
    return touched
  }

  /** Puts a part's samples into their slots: identity, time, value as integer. */
  #place(part: MetricPart, samples: { rows: Rows; groups: Uint32Array }, around: SampleSurroundings): void {
    const { batch, retentionDays } = part
    const { series: table, ref: refs, timestampMs } = batch
    const { seriesHash, exponent, writtenDay } = table
    const valueWords = new Uint32Array(batch.value.buffer, batch.value.byteOffset, batch.value.length * 2)
    const { seriesLow, seriesHigh, time, exp, low, high, retention } = this.#order
    const words = { low: 0, high: 0 }
    for (let i = 0; i < samples.rows.count; i++) {
      const sample = samples.rows.indexes[i]
      const ref = refs[sample]
      const slot = this.#next[samples.groups[i]]++
      const timestamp = timestampMs[sample]
      const day = Math.floor(timestamp / dayMs)
      // Day 0 (1970) cannot be told from a series that was never written.
      if (writtenDay[ref] !== day || day === 0)
        around.series.note({ table, ref, day }, { seenMs: timestamp, retentionDays }, around.notes)
      const value = batch.value[sample]
      let decimals: number
      if (value - value !== 0) {
        // NaN and infinities: their own bits (a NaN's payload tells staleness), and no word on the series' exponent.
        decimals = rawBits
        words.low = valueWords[sample * 2]
        words.high = valueWords[sample * 2 + 1]
      } else {
        decimals = decimalOf(value, exponent[ref], words)
        exponent[ref] = decimals
      }
      seriesLow[slot] = seriesHash[ref * 2]
      seriesHigh[slot] = seriesHash[ref * 2 + 1]
      time[slot] = timestamp
      exp[slot] = storedExponent(decimals)
      low[slot] = words.low
      high[slot] = words.high
      retention[slot] = retentionDays
    }
  }

  /** Cuts the groups into wide rows by time, and clears `#next` for the next commit. */
  #cutRows(touched: readonly number[], around: SampleSurroundings): WideRows {
    const wide = new WideRows(this.#order)
    let start = 0
    const lateBeforeMs = Math.floor((around.arrivedMs - lateSampleMs) / hourMs) * hourMs
    for (const group of touched) {
      const end = this.#next[group]
      this.#next[group] = 0
      wide.cut(group, start, end)
      start = end
    }
    for (let row = 0; row < wide.count; row++)
      if (wide.time[row] < lateBeforeMs) {
        const group = wide.group[row]
        around.marks.add({
          tenant: this.#groups.tenant[group],
          signal: 'metrics',
          metricLow: this.#groups.metricLow[group],
          metricHigh: this.#groups.metricHigh[group],
          t: (Math.floor(wide.time[row] / hourMs) * hourMs) / 1000,
        })
      }
    return wide
  }
}

/** Samples of a metric batch that are kept; the mask's first `sampleCount` entries are theirs. */
function sampleRows({ batch, reject }: MetricPart): Rows {
  return keptRows(batch.sampleCount, reject === null ? null : reject.subarray(0, batch.sampleCount))
}

class Slots {
  readonly seriesLow: Uint32Array
  readonly seriesHigh: Uint32Array
  readonly time: Float64Array
  readonly exp: Int8Array
  readonly low: Uint32Array
  readonly high: Uint32Array
  readonly retention: Uint16Array
  constructor(size: number) {
    this.seriesLow = new Uint32Array(size)
    this.seriesHigh = new Uint32Array(size)
    this.time = new Float64Array(size)
    this.exp = new Int8Array(size)
    this.low = new Uint32Array(size)
    this.high = new Uint32Array(size)
    this.retention = new Uint16Array(size)
  }
}

/** Wide rows by number; the slots of row i are `slots[ends[i - 1] .. ends[i])`. */
class WideRows {
  readonly group: number[] = []
  readonly time: number[] = []
  readonly retention: number[] = []
  readonly ends: number[] = []
  /** Slots in order of rows; null as long as that is their own order. */
  order: Uint32Array | null = null
  readonly #slots: Slots
  constructor(slots: Slots) {
    this.#slots = slots
  }

  get count(): number {
    return this.ends.length
  }

  /** Cuts the slots of one group, which hold one or more times. */
  cut(group: number, start: number, end: number): void {
    const { time, retention } = this.#slots
    let isOneTime = true
    for (let slot = start + 1; slot < end; slot++) if (time[slot] !== time[start]) isOneTime = false
    if (isOneTime) {
      this.#add(group, start, end)
      return
    }
    const sorted = this.#sortByTime(start, end)
    for (let from = start; from < end; ) {
      const first = sorted[from - start]
      let to = from + 1
      while (to < end && time[sorted[to - start]] === time[first]) to++
      this.group.push(group)
      this.time.push(time[first])
      this.retention.push(retention[first])
      this.ends.push(to)
      from = to
    }
  }

  #add(group: number, start: number, end: number): void {
    this.group.push(group)
    this.time.push(this.#slots.time[start])
    this.retention.push(this.#slots.retention[start])
    this.ends.push(end)
  }

  #sortByTime(start: number, end: number): Uint32Array {
    const { time } = this.#slots
    if (this.order === null) {
      this.order = new Uint32Array(time.length)
      for (let slot = 0; slot < time.length; slot++) this.order[slot] = slot
    }
    const sorted = this.order.subarray(start, end)
    return sorted.sort((a, b) => time[a] - time[b] || a - b)
  }
}

function writeBlock(
  block: NativeBlock,
  samples: { wide: WideRows; slots: Slots; total: number; groups: SampleGroups; arrivedMs: number },
): void {
  const { wide, slots, total, groups, arrivedMs } = samples
  const slotSeconds = (Math.floor(arrivedMs / slotMs) * slotMs) / 1000
  block.begin(samplesHotColumns, wide.count)
  const each = (write: (bytes: Buffer, at: number, row: number) => number) => (bytes: Buffer, start: number) => {
    let at = start
    for (let row = 0; row < wide.count; row++) at = write(bytes, at, row)
  }
  const { group } = wide
  block.fixed(
    'tenant',
    4,
    each((bytes, at, row) => bytes.writeUInt32LE(groups.tenant[group[row]], at)),
  )
  block.fixed(
    'metric',
    8,
    each((bytes, at, row) => writePair(bytes, at, groups.metricLow[group[row]], groups.metricHigh[group[row]])),
  )
  block.fixed(
    'target',
    4,
    each((bytes, at, row) => bytes.writeUInt32LE(groups.target[group[row]], at)),
  )
  block.fixed(
    'ts',
    8,
    each((bytes, at, row) => writePair(bytes, at, wide.time[row], Math.floor(wide.time[row] / 2 ** 32))),
  )
  block.fixed(
    'slot',
    4,
    each((bytes, at) => bytes.writeUInt32LE(slotSeconds, at)),
  )
  block.fixed(
    'retention',
    2,
    each((bytes, at, row) => bytes.writeUInt16LE(wide.retention[row], at)),
  )
  const ends = { count: wide.count, ends: Float64Array.from(wide.ends) }
  const order = wide.order
  const { seriesLow, seriesHigh, exp, low, high } = slots
  block.filledArray('series', ends, {
    width: 8,
    fill: (bytes, start) => {
      for (let i = 0; i < total; i++) {
        const slot = order === null ? i : order[i]
        writePair(bytes, start + i * 8, seriesLow[slot], seriesHigh[slot])
      }
    },
  })
  block.filledArray('exp', ends, {
    width: 1,
    fill: (bytes, start) => {
      for (let i = 0; i < total; i++) bytes[start + i] = exp[order === null ? i : order[i]]
    },
  })
  block.filledArray('vi', ends, {
    width: 8,
    fill: (bytes, start) => {
      for (let i = 0; i < total; i++) {
        const slot = order === null ? i : order[i]
        writePair(bytes, start + i * 8, low[slot], high[slot])
      }
    },
  })
}
