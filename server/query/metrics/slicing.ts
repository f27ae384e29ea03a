import type { SelectRequest } from '../promql/source.ts'
import type { SeriesIndex } from './series-index.ts'
import type { Selection } from './tenant-index.ts'

/** Samples that one slice is meant to hold; three slices are in memory at a time, at 16 B to 32 B a sample. */
const sliceSamples = 2_500_000

/** Interval between samples that is assumed of the first slice, ms; later slices go by what came. */
const assumedIntervalMs = 10_000

/** Series whose hashes are named in a statement, at most. */
const maxNamedSeries = 1_000
/** Targets that are named in a statement, at most. */
const maxNamedTargets = 2_000

const hourMs = 3_600_000

/** Series that are read with one statement. */
export interface Slice {
  readonly index: SeriesIndex
  readonly numbers: Uint32Array
  readonly metrics: readonly bigint[]
  readonly targets: { readonly from: number; readonly to: number } | ReadonlySet<number> | null
  readonly series: readonly bigint[] | null
  /** Samples that it is thought to hold. */
  readonly expectedSamples: number
}

/** Cuts a selection into runs of series that are read one after another. */
export class Slicing {
  private readonly selection: Selection
  /** Samples expected of one series. */
  private perSeries: number
  private readonly perSlice: number
  private start = 0

  /** `perSlice`: samples that a slice is meant to hold, where that is other than usual. */
  constructor(selection: Selection, { startMs, endMs, hints }: SelectRequest, perSlice = sliceSamples) {
    this.selection = selection
    this.perSlice = perSlice
    // Pieces come by the hour.
    const reachMs = Math.floor(endMs / hourMs + 1) * hourMs - Math.floor(startMs / hourMs) * hourMs
    this.perSeries = hints.newestOnly ? 4 : reachMs / assumedIntervalMs
  }

  /** The next slice, null at the end. */
  next(): Slice | null {
    const { index, numbers } = this.selection
    if (this.start >= numbers.length) return null
    const length = Math.max(1, Math.floor(this.perSlice / Math.max(1, this.perSeries)))
    const end = Math.min(numbers.length, this.start + length)
    const slice = sliceOf(index, numbers.subarray(this.start, end), this.perSeries)
    this.start = end
    return slice
  }

  /** How many samples a slice turned out to hold. */
  learn({ numbers }: Slice, samples: number): void {
    this.perSeries = Math.max(1, (samples / numbers.length) * 1.1)
  }
}

function sliceOf(index: SeriesIndex, numbers: Uint32Array, perSeries: number): Slice {
  const metrics = new Set<bigint>()
  const targets = new Set<number>()
  let lastLow = -1
  let lastHigh = -1
  for (const number of numbers) {
    const low = index.metricWords[2 * number]
    const high = index.metricWords[2 * number + 1]
    if (low !== lastLow || high !== lastHigh) metrics.add(word64(low, high))
    lastLow = low
    lastHigh = high
    targets.add(index.targets[number])
  }
  const series =
    numbers.length <= maxNamedSeries
      ? Array.from(numbers, (number) => word64(index.seriesWords[2 * number], index.seriesWords[2 * number + 1]))
      : null
  const expectedSamples = numbers.length * perSeries
  return { index, numbers, metrics: [...metrics], targets: targetsOf(targets, metrics.size), series, expectedSamples }
}

function targetsOf(targets: ReadonlySet<number>, metrics: number): Slice['targets'] {
  if (targets.size <= maxNamedTargets) return targets
  // Of one metric a slice is a run of targets; of several it is not.
  if (metrics > 1) return null
  let from = Infinity
  let to = 0
  for (const target of targets) {
    from = Math.min(from, target)
    to = Math.max(to, target)
  }
  return { from, to }
}

function word64(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}
