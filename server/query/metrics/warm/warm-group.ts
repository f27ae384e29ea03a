/**
 * Bits of the NaN that stands where a series of a group has no sample; a signalling NaN that no float arithmetic makes.
 * A sample with these very bits cannot be held.
 */
const absentLow = 0x5357_4c31
const absentHigh = 0x7ff4_4e4f

const staleLow = 2
const staleHigh = 0x7ff0_0000

/** Room for new samples when a group is made or has to move: a share of what it holds, and some. */
const spareShare = 0.125
const spareSamples = 16

/** What is kept beyond the reach of questions, ms: the next one may begin a little earlier. */
const slackMs = 60_000

/** Bytes that a group takes besides its samples, and each of its series. */
const groupBytes = 400
const seriesBytes = 16

/** Samples of one series as views; they stay as they are whatever is added later. */
export interface HeldSamples {
  readonly times: Float64Array
  readonly values: Float64Array
}

/** What became of a sample: `late` ones lie between those that are held, and the group is of no use any more. */
export type Appended = 'held' | 'late'

/**
 * Samples in memory of some series that have the same times (those of one scrape, as a rule): all that are stored with
 * a time after `fromMs`. One array of times, and a row of values per series, 8 bytes a sample.
 */
export class WarmGroup {
  /** Series numbers, by row of values. */
  readonly numbers: Uint32Array
  /** Low word of the metric's hash. */
  readonly metricLow: number
  /** All stored samples after this time are held. */
  fromMs: number
  usedMs: number
  /** Who holds it. */
  owner: { remove(group: WarmGroup): void } | null = null
  isDropped = false
  bytes = 0
  /** Series that are found here, not in a later group. */
  private live: number
  /** How far back questions reached lately, ms; the longer of two periods counts. */
  private reachMs: number
  private earlierReachMs = 0
  private times: Float64Array
  private values: Float64Array
  private words: Uint32Array
  private length = 0
  private view: { start: number; end: number; times: Float64Array } = { start: 0, end: 0, times: new Float64Array(0) }
  /** By series: how many of the times it has no sample of. */
  private readonly absent: Uint32Array

  constructor(shape: {
    numbers: Uint32Array
    metricLow: number
    fromMs: number
    reachMs: number
    usedMs: number
    times: Float64Array
  }) {
    this.numbers = shape.numbers
    this.metricLow = shape.metricLow
    this.fromMs = shape.fromMs
    this.reachMs = shape.reachMs
    this.usedMs = shape.usedMs
    this.live = shape.numbers.length
    this.absent = new Uint32Array(shape.numbers.length)
    const capacity = capacityFor(shape.times.length)
    this.times = new Float64Array(capacity)
    this.times.set(shape.times)
    this.length = shape.times.length
    this.values = new Float64Array(capacity * shape.numbers.length)
    this.words = new Uint32Array(this.values.buffer)
    this.bytes = this.size()
  }

  /** One of the series is held elsewhere from now on; true where it was the last. */
  leave(): boolean {
    this.live -= 1
    return this.live === 0
  }

  /** Puts the samples of a series into an empty row; as many as there are times. */
  fill(row: number, values: Float64Array): void {
    this.values.set(values, row * this.times.length)
  }

  private size(): number {
    return this.values.byteLength + this.times.byteLength + groupBytes + seriesBytes * this.numbers.length
  }

  /** Notes a question that begins at a time. */
  use(nowMs: number, startMs: number): void {
    this.usedMs = nowMs
    this.reachMs = Math.max(this.reachMs, nowMs - startMs)
  }

  /** Samples of one row in (startMs, endMs]. */
  read(row: number, startMs: number, endMs: number): HeldSamples {
    const start = this.firstAfter(startMs)
    const end = this.firstAfter(endMs)
    const base = row * this.times.length
    if (this.absent[row] === 0)
      return { times: this.timesBetween(start, end), values: this.values.subarray(base + start, base + end) }
    const times = new Float64Array(end - start)
    const values = new Float64Array(end - start)
    const words = new Uint32Array(values.buffer)
    let count = 0
    for (let i = start; i < end; i += 1) {
      if (this.isAbsent(base + i)) continue
      times[count] = this.times[i]
      words[2 * count] = this.words[2 * (base + i)]
      words[2 * count + 1] = this.words[2 * (base + i) + 1]
      count += 1
    }
    return { times: times.subarray(0, count), values: values.subarray(0, count) }
  }

  /**
   * Adds one sample, its value as [low, high] words. One that is held already, or older than what is held, changes
   * nothing; of two different ones of one time the same wins as in SampleAssembly.
   */
  append(row: number, timeMs: number, low: number, high: number): Appended {
    if (timeMs <= this.fromMs) return 'held'
    if (low === absentLow && high === absentHigh) return 'late'
    const { length } = this
    let at = length - 1
    if (length === 0 || timeMs > this.times[at]) at = this.addTime(timeMs)
    else if (timeMs < this.times[at]) {
      at = this.firstAfter(timeMs) - 1
      if (at < 0 || this.times[at] !== timeMs) return 'late'
    }
    const cell = row * this.times.length + at
    if (this.isAbsent(cell)) this.absent[row] -= 1
    else if (!wins(low, high, this.words[2 * cell], this.words[2 * cell + 1])) return 'held'
    this.words[2 * cell] = low
    this.words[2 * cell + 1] = high
    return 'held'
  }

  /** A new newest time, absent of all series until they get it. */
  private addTime(timeMs: number): number {
    if (this.length === this.times.length) this.move()
    const at = this.length
    this.times[at] = timeMs
    this.length += 1
    const stride = this.times.length
    for (let row = 0; row < this.numbers.length; row += 1) {
      const cell = row * stride + at
      this.words[2 * cell] = absentLow
      this.words[2 * cell + 1] = absentHigh
      this.absent[row] += 1
    }
    return at
  }

  /** Moves into new room, without what no question reaches any more. Views of the old one stay good. */
  private move(): void {
    const keepFromMs = this.usedMs - Math.max(this.reachMs, this.earlierReachMs) - slackMs
    const first = keepFromMs > this.fromMs ? this.firstAfter(keepFromMs) : 0
    if (first > 0) this.fromMs = keepFromMs
    this.earlierReachMs = this.reachMs
    this.reachMs = 0
    const length = this.length - first
    const oldStride = this.times.length
    const stride = capacityFor(length)
    const times = new Float64Array(stride)
    times.set(this.times.subarray(first, this.length))
    const values = new Float64Array(stride * this.numbers.length)
    for (let row = 0; row < this.numbers.length; row += 1) {
      const base = row * oldStride
      if (this.absent[row] > 0) for (let i = 0; i < first; i += 1) if (this.isAbsent(base + i)) this.absent[row] -= 1
      values.set(this.values.subarray(base + first, base + this.length), row * stride)
    }
    this.times = times
    this.values = values
    this.words = new Uint32Array(values.buffer)
    this.length = length
    this.bytes = this.size()
  }

  /** One view for all the series of a question. */
  private timesBetween(start: number, end: number): Float64Array {
    const known = this.view
    if (known.start === start && known.end === end && known.times.buffer === this.times.buffer) return known.times
    this.view = { start, end, times: this.times.subarray(start, end) }
    return this.view.times
  }

  private isAbsent(cell: number): boolean {
    return this.words[2 * cell] === absentLow && this.words[2 * cell + 1] === absentHigh
  }

  /** Index of the first time that is later, or the number of times. */
  private firstAfter(timeMs: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.times[middle] > timeMs) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Whether values can be held: none has the bits of an absent one. */
export function isHoldable(values: Float64Array): boolean {
  if (!values.includes(Number.NaN)) return true
  for (let i = 0; i < values.length; i += 1) {
    if (!Number.isNaN(values[i])) continue
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
    if (words[2 * i] === absentLow && words[2 * i + 1] === absentHigh) return false
  }
  return true
}

function capacityFor(samples: number): number {
  return Math.ceil(samples * (1 + spareShare)) + spareSamples
}

const compared = new Float64Array(2)
const comparedWords = new Uint32Array(compared.buffer)

/** A value wins over a staleness marker, a number over another NaN, the greater number over the smaller. */
function wins(low: number, high: number, heldLow: number, heldHigh: number): boolean {
  if (heldLow === staleLow && heldHigh === staleHigh) return !(low === staleLow && high === staleHigh)
  if (low === staleLow && high === staleHigh) return false
  comparedWords[0] = low
  comparedWords[1] = high
  comparedWords[2] = heldLow
  comparedWords[3] = heldHigh
  return Number.isNaN(compared[1]) ? !Number.isNaN(compared[0]) : compared[0] > compared[1]
}
