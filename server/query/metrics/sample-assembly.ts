import type { SampleBlock } from '../../store/read/promql/sample-blocks.ts'
import type { SeriesIndex } from './series-index.ts'
import { SeriesSlots } from './series-slots.ts'

const two32 = 2 ** 32
/** 10^decimals by the stored exponent's absolute value. */
const powers = [1, 10, 100, 1000, 10_000]
const rawBits = 127
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
  private readonly slots: SeriesSlots
  private readonly blocks: { block: SampleBlock; slots: Int32Array }[] = []
  /** By slot: samples seen; then where the next one goes. */
  private readonly counts: Uint32Array
  private readonly starts: Uint32Array
  private times = new Float64Array(0)
  private values = new Float64Array(0)
  private words = new Uint32Array(0)
  /** Samples taken in, those outside of the range among them. */
  total = 0

  constructor(index: SeriesIndex, numbers: Uint32Array) {
    this.slots = new SeriesSlots(index, numbers)
    this.counts = new Uint32Array(numbers.length)
    this.starts = new Uint32Array(numbers.length + 1)
  }

  add(block: SampleBlock): void {
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

  /** Places everything that was added with a time in (startMs, endMs]. */
  place(startMs: number, endMs: number): void {
    const { counts, starts } = this
    let total = 0
    for (let slot = 0; slot < counts.length; slot += 1) {
      starts[slot] = total
      total += counts[slot]
      counts[slot] = starts[slot]
    }
    starts[counts.length] = total
    this.times = new Float64Array(total)
    this.values = new Float64Array(total)
    this.words = new Uint32Array(this.values.buffer)
    for (const { block, slots } of this.blocks) this.placeBlock(block, slots, { startMs, endMs })
    this.blocks.length = 0
  }

  /** Samples of one series, as views that stay valid as long as this object. */
  samplesOf(slot: number): { times: Float64Array; values: Float64Array } {
    const start = this.starts[slot]
    const end = this.inOrder(start, this.counts[slot])
    return { times: this.times.subarray(start, end), values: this.values.subarray(start, end) }
  }

  private placeBlock(block: SampleBlock, slots: Int32Array, range: { startMs: number; endMs: number }): void {
    const { times, series, values } = block
    let timeStart = 0
    let seriesStart = 0
    let valueStart = 0
    for (let row = 0; row < block.rows; row += 1) {
      const timeEnd = times.ends[row]
      const seriesEnd = series.ends[row]
      if (timeEnd - timeStart === 1)
        this.placeScrape(block, slots, { ...range, time: timeStart, seriesStart, seriesEnd, valueStart })
      else if (slots[seriesStart] >= 0)
        this.placePiece(block, slots[seriesStart], {
          ...range,
          timeStart,
          timeEnd,
          exponent: block.exponents[seriesStart],
          valueStart,
        })
      timeStart = timeEnd
      seriesStart = seriesEnd
      valueStart = values.ends[row]
    }
  }

  /** One time, many series. */
  private placeScrape(
    { times, exponents, values }: SampleBlock,
    slots: Int32Array,
    at: { startMs: number; endMs: number; time: number; seriesStart: number; seriesEnd: number; valueStart: number },
  ): void {
    const t = signed(times.items[2 * at.time + 1]) * two32 + times.items[2 * at.time]
    if (t <= at.startMs || t > at.endMs) return
    const shift = at.valueStart - at.seriesStart
    for (let i = at.seriesStart; i < at.seriesEnd; i += 1) {
      const slot = slots[i]
      if (slot < 0) continue
      const to = this.counts[slot]++
      this.times[to] = t
      this.setValue(to, exponents[i], values.items, i + shift)
    }
  }

  /** One series, many times. */
  private placePiece(
    { times, values }: SampleBlock,
    slot: number,
    at: { startMs: number; endMs: number; timeStart: number; timeEnd: number; exponent: number; valueStart: number },
  ): void {
    const { startMs, endMs, timeEnd, exponent } = at
    const timeWords = times.items
    const valueWords = values.items
    const power = exponent === rawBits ? 0 : powers[-exponent]
    let to = this.counts[slot]
    let value = 2 * at.valueStart
    for (let i = 2 * at.timeStart; i < 2 * timeEnd; i += 2, value += 2) {
      const t = (timeWords[i + 1] | 0) * two32 + timeWords[i]
      if (t <= startMs || t > endMs) continue
      this.times[to] = t
      if (power === 0) {
        this.words[2 * to] = valueWords[value]
        this.words[2 * to + 1] = valueWords[value + 1]
      } else this.values[to] = ((valueWords[value + 1] | 0) * two32 + valueWords[value]) / power
      to += 1
    }
    this.counts[slot] = to
  }

  private setValue(to: number, exponent: number, words: Uint32Array, from: number): void {
    if (exponent === rawBits) {
      this.words[2 * to] = words[2 * from]
      this.words[2 * to + 1] = words[2 * from + 1]
    } else this.values[to] = ((words[2 * from + 1] | 0) * two32 + words[2 * from]) / powers[-exponent]
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

function signed(word: number): number {
  return word | 0
}
