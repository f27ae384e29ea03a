import { type SampleBlock, sampleBlocksOf } from '../../../store/read/promql/sample-block.ts'
import { divisorOf, integerOf, rawBits } from '../../../store/read/promql/stored-value.ts'
import type { PlacedSamples, SampleRoom } from './placed-samples.ts'
import { SeriesSlots } from './series-slots.ts'

const staleHigh = 0x7ff00000
const staleLow = 2

/**
 * Puts the samples of one slice of series together: blocks in any order in, for each series its samples in order of
 * time out, each time once. Two passes over the blocks (count, then place), nothing allocated per sample or series.
 *
 * Of several samples of one time a value wins over a staleness marker, a number over another NaN, and the greater
 * number over the smaller, whatever the order in which they come.
 */
export class SampleAssembly {
  /** What was added: good to be used again once the samples are placed. */
  readonly pieces: Uint8Array[] = []
  private readonly slots: SeriesSlots
  private readonly blocks: { block: SampleBlock; slots: Int32Array }[] = []
  /** By slot: samples seen; then where the next one goes, and at last where they end. */
  private readonly counts: Uint32Array
  private readonly starts: Uint32Array
  private times: Float64Array = new Float64Array(0)
  private values: Float64Array = new Float64Array(0)
  private words: Uint32Array = new Uint32Array(0)
  private total = 0

  /** `words`: hashes of the series, as slotWords gives them. */
  constructor(words: Uint32Array) {
    this.slots = new SeriesSlots(words)
    this.counts = new Uint32Array(words.length / 2)
    this.starts = new Uint32Array(words.length / 2)
  }

  /** Takes in some of the bytes that `sampleBytes` gives; they are looked at again in `place`. */
  add(bytes: Uint8Array): void {
    this.pieces.push(bytes)
    for (const block of sampleBlocksOf(bytes)) this.addBlock(block)
  }

  private addBlock(block: SampleBlock): void {
    const { series, times } = block
    const slots = new Int32Array(series.items.length / 2)
    let guess = 0
    let wanted = 0
    for (let row = 0, i = 0, timeStart = 0; row < block.rows; row += 1) {
      const length = times.ends[row] - timeStart
      for (; i < series.ends[row]; i += 1) {
        const slot = this.slots.find(series.items[2 * i], series.items[2 * i + 1], guess)
        slots[i] = slot
        if (slot < 0) continue
        guess = slot + 1
        this.counts[slot] += length
        wanted += length
      }
      timeStart = times.ends[row]
    }
    if (wanted === 0) return
    this.total += wanted
    this.blocks.push({ block, slots })
  }

  /**
   * Places everything that was added with a time in (startMs, endMs] in the room that `take` gives for so many samples.
   * Nothing can be added afterwards.
   */
  place({ startMs, endMs }: { startMs: number; endMs: number }, take: (samples: number) => SampleRoom): PlacedSamples {
    const { counts, starts } = this
    let total = 0
    for (let slot = 0; slot < counts.length; slot += 1) {
      starts[slot] = total
      total += counts[slot]
      counts[slot] = starts[slot]
    }
    const room = take(total)
    this.times = room.times
    this.values = room.values
    this.words = new Uint32Array(room.values.buffer)
    for (const unit of this.unitsInOrder())
      if (unit.isScrape) this.placeScrape(unit, startMs, endMs)
      else this.placePieces(unit, startMs, endMs)
    this.blocks.length = 0
    for (let slot = 0; slot < counts.length; slot += 1) counts[slot] = this.inOrder(starts[slot], counts[slot])
    return { ...room, starts, ends: counts, total: this.total }
  }

  /** By their first time: the samples of a series then come in order, but for late ones. */
  private unitsInOrder(): Unit[] {
    const units: Unit[] = []
    for (const { block, slots } of this.blocks) {
      const { rows, times, series } = block
      // Stored pieces lie in the order of their hours.
      if (series.items.length === 2 * rows) units.push(unitOf({ block, slots }, 0, rows))
      else
        for (let row = 0; row < rows; row += 1)
          if (times.ends[row] > startOf(times, row)) units.push(unitOf({ block, slots }, row, row + 1))
    }
    return units.sort((a, b) => a.firstMs - b.firstMs || a.lastMs - b.lastMs)
  }

  /** A row with one time and many series. */
  private placeScrape({ block, slots, from: row }: Unit, startMs: number, endMs: number): void {
    const { times, series, values, exponents, bytes } = block
    const t = timeAt(block, startOf(times, row))
    if (t <= startMs || t > endMs) return
    const first = startOf(values, row)
    valueScratch.copyFrom(bytes, values.items + first * 8, values.ends[row] - first)
    const from = valueScratch.words
    const { times: placed, values: floats, words, counts } = this
    for (let i = startOf(series, row), word = 0; i < series.ends[row]; i += 1, word += 2) {
      const slot = slots[i]
      if (slot < 0) continue
      const to = counts[slot]++
      placed[to] = t
      if (exponents[i] === rawBits) {
        words[2 * to] = from[word]
        words[2 * to + 1] = from[word + 1]
      } else floats[to] = integerOf(from[word], from[word + 1]) / divisorOf(exponents[i])
    }
  }

  /** Rows with one series and many times each. */
  private placePieces({ block, slots, from, to }: Unit, startMs: number, endMs: number): void {
    const { times, series, values, exponents, bytes } = block
    const base = startOf(times, from)
    const count = times.ends[to - 1] - base
    timeScratch.copyFrom(bytes, times.items + base * 8, count)
    valueScratch.copyFrom(bytes, values.items + startOf(values, from) * 8, count)
    for (let row = from, first = 0; row < to; row += 1) {
      const end = times.ends[row] - base
      const one = startOf(series, row)
      if (slots[one] >= 0) this.placePiece(slots[one], exponents[one], { first, end, startMs, endMs })
      first = end
    }
  }

  private placePiece(
    slot: number,
    exponent: number,
    { first, end, startMs, endMs }: { first: number; end: number; startMs: number; endMs: number },
  ): void {
    const timeWords = timeScratch.words
    const valueWords = valueScratch.words
    const { times, values, words } = this
    const divisor = divisorOf(exponent)
    let to = this.counts[slot]
    for (let word = 2 * first; word < 2 * end; word += 2) {
      const t = integerOf(timeWords[word], timeWords[word + 1])
      if (t <= startMs || t > endMs) continue
      times[to] = t
      if (divisor === 0) {
        words[2 * to] = valueWords[word]
        words[2 * to + 1] = valueWords[word + 1]
      } else values[to] = integerOf(valueWords[word], valueWords[word + 1]) / divisor
      to += 1
    }
    this.counts[slot] = to
  }

  /** Sorts where needed and drops equal times; the new end. */
  private inOrder(start: number, end: number): number {
    const { times } = this
    let isAscending = true
    for (let i = start + 1; i < end; i += 1)
      if (!(times[i] > times[i - 1])) {
        isAscending = false
        break
      }
    if (isAscending) return end
    this.sort(start, end)
    let kept = start
    for (let i = start + 1; i < end; i += 1) {
      if (times[i] !== times[kept]) kept += 1
      else if (!this.wins(i, kept)) continue
      this.copy(i, kept)
    }
    return kept + 1
  }

  /** Rows are few ordered runs as a rule: places are sorted, samples moved once. */
  private sort(start: number, end: number): void {
    const order = new Uint32Array(end - start).map((_, i) => start + i)
    const { times } = this
    order.sort((a, b) => times[a] - times[b])
    const sortedTimes = new Float64Array(order.length)
    const sortedWords = new Uint32Array(order.length * 2)
    for (let i = 0; i < order.length; i += 1) {
      sortedTimes[i] = times[order[i]]
      sortedWords[2 * i] = this.words[2 * order[i]]
      sortedWords[2 * i + 1] = this.words[2 * order[i] + 1]
    }
    times.set(sortedTimes, start)
    this.words.set(sortedWords, 2 * start)
  }

  private wins(candidate: number, held: number): boolean {
    if (this.isStale(held)) return !this.isStale(candidate)
    if (this.isStale(candidate)) return false
    const [a, b] = [this.values[candidate], this.values[held]]
    return Number.isNaN(b) ? !Number.isNaN(a) : a > b
  }

  private isStale(at: number): boolean {
    return this.words[2 * at + 1] === staleHigh && this.words[2 * at] === staleLow
  }

  private copy(from: number, to: number): void {
    if (from === to) return
    this.times[to] = this.times[from]
    this.words[2 * to] = this.words[2 * from]
    this.words[2 * to + 1] = this.words[2 * from + 1]
  }
}

/** What is placed in one go: rows `[from, to)` of a block. */
interface Unit {
  readonly block: SampleBlock
  readonly slots: Int32Array
  readonly from: number
  readonly to: number
  /** One row with one time and several series; else each row has one series. */
  readonly isScrape: boolean
  readonly firstMs: number
  readonly lastMs: number
}

function unitOf(at: Pick<Unit, 'block' | 'slots'>, from: number, to: number): Unit {
  const { times, series } = at.block
  const first = startOf(times, from)
  const end = times.ends[to - 1]
  const isScrape = to - from === 1 && series.ends[from] - startOf(series, from) > 1
  const span = end === first ? none : { firstMs: timeAt(at.block, first), lastMs: timeAt(at.block, end - 1) }
  return { ...at, from, to, isScrape, ...span }
}

const none = { firstMs: 0, lastMs: 0 }

/** Where the elements of a row begin. */
function startOf({ ends }: { readonly ends: Uint32Array }, row: number): number {
  return row === 0 ? 0 : ends[row - 1]
}

function timeAt({ bytes, times }: SampleBlock, index: number): number {
  const at = times.items + index * 8
  return integerOf(bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4))
}

/** Aligned room for 64-bit numbers, used again for every row or block. */
class Scratch {
  words = new Uint32Array(1024)
  private bytes = Buffer.from(this.words.buffer)

  copyFrom(source: Buffer, start: number, count: number): void {
    if (this.words.length < count * 2) {
      this.words = new Uint32Array(count * 4)
      this.bytes = Buffer.from(this.words.buffer)
    }
    source.copy(this.bytes, 0, start, start + count * 8)
  }
}

const timeScratch = new Scratch()
const valueScratch = new Scratch()
