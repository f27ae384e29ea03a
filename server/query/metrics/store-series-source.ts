import type { Scope } from '../../model/scope.ts'
import { histogramBlocks, sampleBlocks } from '../../store/read/promql/sample-blocks.ts'
import type { TenantReader } from '../../store/read/tenant-rows.ts'
import type { Labels } from '../promql/labels.ts'
import type { SelectRequest, SeriesSource } from '../promql/source.ts'
import type { SampleSeries } from '../promql/value.ts'
import { HistogramAssembly, type HistogramSamples } from './histogram-assembly.ts'
import type { MetricsIndex } from './metrics-index.ts'
import { SampleAssembly } from './sample-assembly.ts'
import { type Slice, Slicing } from './slicing.ts'

/** Series handed to the evaluator at a time. */
const batchSize = 512

/** Samples from which on an answer of the store counts as large; 16 B each. */
const largeSamples = 100_000

/** Milliseconds of work after which other work of the process gets its turn. */
const turnMs = 15

/** How far before the range a native histogram is looked for that tells whether the first in it follows a reset, ms. */
const hintReachMs = 300_000

const noTimes = new Float64Array(0)

/** Samples of one tenant as the evaluator asks for them. One object serves one query. */
export class StoreSeriesSource implements SeriesSource {
  private readonly index: MetricsIndex
  private readonly reader: TenantReader
  private readonly scope: Scope

  constructor(parts: { index: MetricsIndex; reader: TenantReader; scope: Scope }) {
    this.index = parts.index
    this.reader = parts.reader
    this.scope = parts.scope
  }

  /**
   * Series are read slice by slice (runs in the order of storage, bounded in samples), the next slice while the
   * evaluator works on this one.
   */
  async *select(request: SelectRequest): AsyncGenerator<readonly SampleSeries[]> {
    const selection = await this.index.select(this.scope, request.matchers, request)
    const slicing = new Slicing(selection, request)
    const ended = new AbortController()
    const signal = AbortSignal.any([this.scope.signal, ended.signal])
    const read = (slice: Slice | null) => {
      const reading =
        slice === null ? null : this.read(slice, { request, signal, hasHistograms: selection.mayHaveHistograms })
      // Awaited in its turn; until then a failure must not count as unhandled.
      reading?.catch(() => {})
      return reading
    }
    let current: SampleAssembly | null = null
    try {
      let next = read(slicing.next())
      let turn = performance.now()
      while (next !== null) {
        const { slice, samples, histograms } = await next
        slicing.learn(slice, samples.total + (histograms?.total ?? 0))
        next = read(slicing.next())
        current = samples
        samples.place(request.startMs, request.endMs)
        for (let start = 0; start < slice.numbers.length; start += batchSize) {
          yield batchOf(slice, { samples, histograms, start, startMs: request.startMs })
          if (performance.now() - turn < turnMs) continue
          await new Promise(setImmediate)
          this.scope.signal.throwIfAborted()
          turn = performance.now()
        }
        samples.release()
      }
    } finally {
      current?.release()
      ended.abort()
    }
  }

  private async read(
    slice: Slice,
    use: { request: SelectRequest; signal: AbortSignal; hasHistograms: boolean },
  ): Promise<Read> {
    const { request, signal } = use
    const question = {
      metrics: slice.metrics,
      targets: slice.targets,
      series: slice.series,
      startMs: request.startMs,
      endMs: request.endMs,
      newestOnly: request.hints.newestOnly,
      signal,
      isLarge: slice.expectedSamples > largeSamples,
    }
    const samples = new SampleAssembly(slice.index, slice.numbers)
    const histograms = use.hasHistograms ? new HistogramAssembly(slice.index, slice.numbers) : null
    const readHistograms = async () => {
      for await (const block of histogramBlocks(this.reader, this.scope, {
        ...question,
        startMs: question.startMs - hintReachMs,
      }))
        histograms?.add(block)
    }
    const reading = histograms === null ? null : readHistograms()
    reading?.catch(() => {})
    for await (const block of sampleBlocks(this.reader, this.scope, question)) samples.add(block)
    await reading
    return { slice, samples, histograms }
  }
}

interface Read {
  readonly slice: Slice
  readonly samples: SampleAssembly
  readonly histograms: HistogramAssembly | null
}

function batchOf(
  { index, numbers }: Slice,
  from: { samples: SampleAssembly; histograms: HistogramAssembly | null; start: number; startMs: number },
): SampleSeries[] {
  const batch: SampleSeries[] = []
  const end = Math.min(numbers.length, from.start + batchSize)
  for (let slot = from.start; slot < end; slot += 1) {
    const { times, values } = from.samples.samplesOf(slot)
    const histograms = from.histograms?.samplesOf(slot, from.startMs) ?? null
    if (histograms === null) {
      if (times.length > 0)
        batch.push({ labels: index.labels[numbers[slot]], times, values, histogramTimes: noTimes, histograms: [] })
    } else if (times.length + histograms.times.length + histograms.staleTimes.length > 0)
      batch.push(mixed(index.labels[numbers[slot]], { times, values }, histograms))
  }
  return batch
}

/** A histogram's staleness markers become those of floats: the evaluator looks for them there only. */
function mixed(
  labels: Labels,
  floats: { times: Float64Array; values: Float64Array },
  { times: histogramTimes, histograms, staleTimes }: HistogramSamples,
): SampleSeries {
  if (staleTimes.length === 0) return { labels, ...floats, histogramTimes, histograms }
  const present = new Set(floats.times)
  const stale = staleTimes.filter((time) => !present.has(time))
  const order = [...floats.times.keys(), ...stale.map((_, i) => -1 - i)]
  const timeOf = (at: number) => (at < 0 ? stale[-1 - at] : floats.times[at])
  order.sort((a, b) => timeOf(a) - timeOf(b))
  const values = new Float64Array(order.length)
  const words = new Uint32Array(values.buffer)
  const from = new Uint32Array(floats.values.buffer, floats.values.byteOffset, floats.values.length * 2)
  order.forEach((at, i) => {
    words[2 * i] = at < 0 ? 2 : from[2 * at]
    words[2 * i + 1] = at < 0 ? 0x7ff00000 : from[2 * at + 1]
  })
  return { labels, times: Float64Array.from(order, timeOf), values, histogramTimes, histograms }
}
