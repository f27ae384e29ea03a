import type { RollupBlock } from '../../../store/read/promql/rollup-blocks.ts'
import { divisorOf, integerOf } from '../../../store/read/promql/stored-value.ts'
import { SeriesSlots, slotWords } from '../assembly/series-slots.ts'
import type { SeriesIndex } from '../series-index.ts'

/**
 * Which samples stand for a bucket of a rollup:
 * - `ends`: its first and its last, as they were; where a counter fell in between, one before the last whose fall makes
 *   up for what was counted. Rates and instant values are those of a series that was scraped less often.
 * - `least`, `greatest`: the one sample that counts.
 * - `all`: as many as there were, evenly over its time, with the same first, last, least, greatest and sum.
 */
export type RollupForm = 'ends' | 'least' | 'greatest' | 'all'

/** Functions over a range that look at how many samples there are, or at their mean. */
const whole = new Set(['sum', 'avg', 'count', 'stddev', 'stdvar', 'quantile', 'mad'].map((name) => `${name}_over_time`))

/** What a function over a range needs; '' is an instant selector. */
export function formFor(functionName: string): RollupForm {
  if (functionName === 'min_over_time') return 'least'
  if (functionName === 'max_over_time') return 'greatest'
  return whole.has(functionName) ? 'all' : 'ends'
}

interface Hour {
  readonly hour: number
  readonly times: number[]
  readonly values: number[]
}

/** Puts the rollups of one slice of series together, as samples in order of time. */
export class RollupAssembly {
  private readonly slots: SeriesSlots
  private readonly hours = new Map<number, Hour[]>()
  private readonly form: RollupForm
  private readonly startMs: number
  private readonly untilMs: number
  total = 0

  /** Samples in (startMs, untilMs]. */
  constructor(
    slice: { index: SeriesIndex; numbers: Uint32Array },
    use: { form: RollupForm; startMs: number; untilMs: number },
  ) {
    this.slots = new SeriesSlots(slotWords(slice.index, slice.numbers))
    this.form = use.form
    this.startMs = use.startMs
    this.untilMs = use.untilMs
  }

  add(block: RollupBlock): void {
    for (let row = 0, guess = 0; row < block.rows; row += 1) {
      const slot = this.slots.find(block.series[2 * row], block.series[2 * row + 1], guess)
      if (slot < 0) continue
      guess = slot
      const hour: Hour = { hour: block.hours[row], times: [], values: [] }
      const start = row === 0 ? 0 : block.counts.ends[row - 1]
      for (let i = start; i < block.counts.ends[row]; i += 1) this.addBucket(hour, bucketAt(block, row, i))
      this.total += hour.times.length
      const list = this.hours.get(slot)
      if (list === undefined) this.hours.set(slot, [hour])
      else list.push(hour)
    }
  }

  samplesOf(slot: number): { times: Float64Array; values: Float64Array } {
    const hours = (this.hours.get(slot) ?? []).sort((a, b) => a.hour - b.hour)
    return {
      times: Float64Array.from(hours.flatMap(({ times }) => times)),
      values: Float64Array.from(hours.flatMap(({ values }) => values)),
    }
  }

  private addBucket({ times, values }: Hour, bucket: Bucket): void {
    const put = (time: number, value: number) => {
      if (time <= this.startMs || time > this.untilMs) return
      times.push(time)
      values.push(value)
    }
    const { firstMs, lastMs, first, last } = bucket
    if (this.form === 'least') put(lastMs, bucket.least)
    else if (this.form === 'greatest') put(lastMs, bucket.greatest)
    else {
      const between = this.form === 'all' ? inner(bucket) : peak(bucket)
      put(firstMs, first)
      between.forEach((value, i) => {
        put(firstMs + ((lastMs - firstMs) * (i + 1)) / (between.length + 1), value)
      })
      if (lastMs > firstMs) put(lastMs, last)
    }
  }
}

interface Bucket {
  readonly count: number
  readonly sum: number
  readonly least: number
  readonly greatest: number
  readonly first: number
  readonly last: number
  readonly increase: number
  readonly firstMs: number
  readonly lastMs: number
}

function bucketAt(block: RollupBlock, row: number, i: number): Bucket {
  const exponent = block.exponents[row]
  const value = (words: Uint32Array) => floatOf(exponent, words[2 * i], words[2 * i + 1])
  return {
    count: block.counts.items[i],
    sum: value(block.sums),
    least: value(block.least),
    greatest: value(block.greatest),
    first: value(block.first),
    last: value(block.last),
    increase: value(block.increases),
    firstMs: integerOf(block.firstTimes[2 * i], block.firstTimes[2 * i + 1]),
    lastMs: integerOf(block.lastTimes[2 * i], block.lastTimes[2 * i + 1]),
  }
}

const bits = new Float64Array(1)
const words = new Uint32Array(bits.buffer)

function floatOf(exponent: number, low: number, high: number): number {
  const divisor = divisorOf(exponent)
  if (divisor !== 0) return integerOf(low, high) / divisor
  words[0] = low
  words[1] = high
  return bits[0]
}

/** A counter that fell: up to a peak, from which it falls to the last value. */
function peak({ first, last, increase, count }: Bucket): number[] {
  return count < 3 || increase === last - first ? [] : [first + increase - last]
}

/** What lies between the first and the last of a bucket. */
function inner({ count, sum, least, greatest, first, last }: Bucket): number[] {
  if (count < 3) return []
  const values: number[] = []
  if (least < Math.min(first, last)) values.push(least)
  if (greatest > Math.max(first, last) && values.length < count - 2) values.push(greatest)
  const left = count - 2 - values.length
  const rest = sum - first - last - values.reduce((total, value) => total + value, 0)
  for (let i = 0; i < left; i += 1) values.push(rest / left)
  return values
}
