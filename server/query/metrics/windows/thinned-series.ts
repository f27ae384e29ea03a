import type { Scope } from '../../../model/scope.ts'
import { type ThinnedBlock, type Thinning, thinnedBlocks } from '../../../store/read/promql/thinned-blocks.ts'
import type { TenantReader } from '../../../store/read/tenant-rows.ts'
import type { SelectRequest } from '../../promql/source.ts'
import type { SampleSeries } from '../../promql/value.ts'
import { type Slice, Slicing } from '../slicing.ts'
import type { Selection } from '../tenant-index.ts'

/** Series handed to the evaluator at a time. */
const batchSize = 512

/** Samples that the store thins at once, at most, and what each takes there while it does, bytes (25 to 75 measured). */
const maxSliceSamples = 8_000_000
const bytesPerSample = 100

const noTimes = new Float64Array(0)

/**
 * Series of a question without the samples that its windows do not need, left out in the store; in the order of the
 * selection. The store holds a slice's samples while it thins them: slices are as large as the memory that a query may
 * take there allows. The next one is read while the evaluator works on this one.
 */
export async function* thinnedSeries(use: {
  reader: TenantReader
  scope: Scope
  selection: Selection
  request: SelectRequest
  thinning: Thinning
}): AsyncGenerator<readonly SampleSeries[]> {
  const { selection, request } = use
  const perSlice = Math.min(maxSliceSamples, use.scope.limits.maxMemoryBytes / bytesPerSample)
  const slicing = new Slicing(selection, request, perSlice)
  const ended = new AbortController()
  const signal = AbortSignal.any([use.scope.signal, ended.signal])
  const readNext = () => {
    const slice = slicing.next()
    const reading = slice === null ? null : readSlice(slice, { ...use, signal })
    // Awaited in its turn; until then a failure must not count as unhandled.
    reading?.catch(() => {})
    return reading
  }
  try {
    for (let next = readNext(); next !== null; ) {
      const { slice, found } = await next
      slicing.learn(
        slice,
        found.reduce((total, one) => total + (one?.thinned?.read ?? 0), 0),
      )
      next = readNext()
      const series = found.filter((one) => one !== undefined)
      for (let at = 0; at < series.length; at += batchSize) yield series.slice(at, at + batchSize)
    }
  } finally {
    ended.abort()
  }
}

/** By slot of the slice. */
async function readSlice(
  slice: Slice,
  use: { reader: TenantReader; scope: Scope; request: SelectRequest; thinning: Thinning; signal: AbortSignal },
): Promise<{ slice: Slice; found: readonly (SampleSeries | undefined)[] }> {
  const { thinning, signal } = use
  const { startMs, endMs } = use.request
  const { metrics, targets, series } = slice
  const slots = slotsOf(slice)
  const found = new Array<SampleSeries | undefined>(slice.numbers.length).fill(undefined)
  const question = { metrics, targets, series, startMs, endMs, thinning, signal }
  for await (const block of thinnedBlocks(use.reader, use.scope, question))
    for (let row = 0; row < block.rows; row += 1) {
      const slot = slots.get(block.series[row])
      if (slot === undefined) continue
      found[slot] = seriesAt(block, row, { labels: slice.index.labels[slice.numbers[slot]], thinning })
    }
  return { slice, found }
}

/** By hash. One look-up a series, not a sample: a map will do. */
function slotsOf({ index, numbers }: Slice): ReadonlyMap<bigint, number> {
  const hashes = new BigUint64Array(index.seriesWords.buffer, index.seriesWords.byteOffset)
  return new Map(Array.from(numbers, (number, slot) => [hashes[number], slot]))
}

function seriesAt(
  { read, whole, times, values, ordinals }: ThinnedBlock,
  row: number,
  { labels, thinning }: { labels: SampleSeries['labels']; thinning: Thinning },
): SampleSeries {
  const of = <T extends Float64Array | Int32Array>({ ends, items }: { ends: Uint32Array; items: T }) =>
    items.subarray(row === 0 ? 0 : ends[row - 1], ends[row]) as T
  const counts = thinning.countsSamples && whole[row] === 0
  return {
    ...{ labels, times: of(times), values: of(values), histogramTimes: noTimes, histograms: [] },
    thinned: { read: read[row], ordinals: counts ? of(ordinals) : null },
  }
}
