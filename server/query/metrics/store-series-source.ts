import type { Scope } from '../../model/scope.ts'
import { rollupBlocks } from '../../store/read/promql/rollup-blocks.ts'
import { histogramBlocks, sampleBytes } from '../../store/read/promql/sample-blocks.ts'
import type { TenantReader } from '../../store/read/tenant-rows.ts'
import type { SelectRequest, SeriesSource } from '../promql/source.ts'
import type { SampleSeries } from '../promql/value.ts'
import { type Assembled, type AssemblyTask, assembleHere } from './assembly/assemble.ts'
import type { AssemblyThreads } from './assembly/assembly-threads.ts'
import { samplesOf } from './assembly/placed-samples.ts'
import { slotWords } from './assembly/series-slots.ts'
import { HistogramAssembly } from './histogram-assembly.ts'
import type { MetricsIndex, ReadySelection } from './metrics-index.ts'
import { formFor, RollupAssembly } from './rollups/rollup-assembly.ts'
import type { RollupChoice, RollupUse } from './rollups/rollup-choice.ts'
import { floatSeries, joined, withHistograms } from './sample-series.ts'
import { type Slice, Slicing } from './slicing.ts'
import type { WarmGroup } from './warm/warm-group.ts'
import type { Admission, ReadRun, WarmSamples } from './warm/warm-samples.ts'
import type { WarmTenant } from './warm/warm-tenant.ts'

/** Series handed to the evaluator at a time. */
const batchSize = 512

/**
 * Slices that are read while one is used. A statement leaves only when the process has a turn to spare: with one ahead
 * the store waited for us as long as we for it.
 */
const slicesAhead = 2

/** Samples from which on an answer of the store counts as large; 16 B each. */
const largeSamples = 100_000

/** Milliseconds of work after which other work of the process gets its turn. */
const turnMs = 15

/** How far before the range a native histogram is looked for that tells whether the first in it follows a reset, ms. */
const hintReachMs = 300_000

/** Later than any sample, ms: what is read to be held must reach up to now. */
const endOfTimeMs = 4_000_000_000_000

/** Samples of one tenant as the evaluator asks for them. One object serves one query. */
export class StoreSeriesSource implements SeriesSource {
  private readonly index: MetricsIndex
  private readonly reader: TenantReader
  private readonly scope: Scope
  private readonly warm: WarmSamples | null
  private readonly rollups: RollupChoice | null
  private readonly threads: AssemblyThreads | null

  /**
   * `warm`: what earlier questions left in memory; null: everything is read from the store. `threads`: where large
   * slices are put together; null: here.
   */
  constructor(parts: {
    index: MetricsIndex
    reader: TenantReader
    scope: Scope
    warm: WarmSamples | null
    rollups: RollupChoice | null
    threads: AssemblyThreads | null
  }) {
    this.threads = parts.threads
    this.rollups = parts.rollups
    this.index = parts.index
    this.reader = parts.reader
    this.scope = parts.scope
    this.warm = parts.warm
  }

  /**
   * Series in memory are handed out from there. The others are read slice by slice (runs in the order of storage,
   * bounded in samples), the next slices while the evaluator works on this one, and held for the next question. The
   * order of series is the same whatever is in memory.
   */
  async *select(request: SelectRequest): AsyncGenerator<readonly SampleSeries[]> {
    const histogramMark = this.warm?.histogramMark ?? 0
    const selection = await this.index.select(this.scope, request.matchers, this.daysOf(request))
    const rolled = (await this.rollups?.choose(this.scope.tenant, request, selection.numbers.length)) ?? null
    if (rolled !== null) request.inform?.(rolled.reason)
    const plan = this.plan(rolled === null ? selection : { ...selection, isKept: false }, request)
    const slicing = new Slicing({ index: selection.index, numbers: plan.cold }, request)
    const admission = this.admit(plan, request, histogramMark)
    const ended = new AbortController()
    const signal = AbortSignal.any([this.scope.signal, ended.signal])
    const wanted =
      admission === null ? request : { ...request, endMs: endOfTimeMs, hints: { ...request.hints, newestOnly: false } }
    const use = { request: wanted, signal, rolled, hasHistograms: selection.mayHaveHistograms }
    const reads: Promise<Read>[] = []
    const readAhead = () => {
      while (reads.length < slicesAhead) {
        const slice = slicing.next()
        if (slice === null) return
        const reading = this.read(slice, use)
        // Awaited in its turn; until then a failure must not count as unhandled.
        reading.catch(() => {})
        reads.push(reading)
      }
    }
    const series = new PlannedSeries(plan, request)
    let current: Assembled | null = null
    try {
      readAhead()
      let turn = performance.now()
      do {
        const cold = (await reads.shift()) ?? null
        if (cold !== null) {
          current = cold.assembled
          const samples = cold.assembled.samples.total
          slicing.learn(cold.slice, samples + (cold.rollups?.total ?? 0) + (cold.histograms?.total ?? 0))
          readAhead()
          if (admission !== null) this.warm?.hold(admission, runOf(cold))
        }
        for (let batch = series.next(cold); batch !== null; batch = series.next(cold)) {
          yield batch
          if (performance.now() - turn < turnMs) continue
          await new Promise(setImmediate)
          this.scope.signal.throwIfAborted()
          turn = performance.now()
        }
        current?.release()
        current = null
      } while (reads.length > 0)
    } finally {
      current?.release()
      if (reads.length > 0) ended.abort()
      for (const reading of reads) reading.then(({ assembled }) => assembled.release()).catch(() => {})
      if (admission !== null) this.warm?.close(admission)
    }
  }

  /** Series whose samples are gone are known only from days on which they are not. */
  private daysOf(request: SelectRequest): { startMs: number; endMs: number } {
    const goneMs = this.rollups?.goneBefore(this.scope.tenant, request) ?? null
    return { startMs: request.startMs, endMs: Math.max(request.endMs, goneMs === null ? request.endMs : endOfTimeMs) }
  }

  private plan(selection: ReadySelection, { startMs }: SelectRequest): Plan {
    const { index, numbers } = selection
    const { warm, scope } = this
    const nothing = { index, numbers, groups: [], rows: new Uint32Array(), cold: numbers }
    if (warm === null || !selection.isKept) return { ...nothing, tenant: null }
    const tenant = warm.of(scope.tenant, index)
    if (tenant.isEmpty) return { ...nothing, tenant }
    const groups: (WarmGroup | null)[] = new Array(numbers.length)
    const rows = new Uint32Array(numbers.length)
    const used = new Set<WarmGroup>()
    const cold: number[] = []
    for (let i = 0; i < numbers.length; i += 1) {
      const group = tenant.groupAt(numbers[i])
      const isWarm = group !== null && group.fromMs <= startMs
      groups[i] = isWarm ? group : null
      rows[i] = tenant.rowAt(numbers[i])
      if (isWarm) used.add(group)
      else cold.push(numbers[i])
    }
    warm.touch(used, startMs)
    return { index, numbers, groups, rows, cold: Uint32Array.from(cold), tenant }
  }

  private admit({ tenant, cold }: Plan, { startMs, endMs }: SelectRequest, histogramMark: number): Admission | null {
    if (tenant === null || cold.length === 0) return null
    return this.warm?.admit(tenant, { startMs, endMs, series: cold.length, histogramMark }) ?? null
  }

  private async read(
    slice: Slice,
    use: { request: SelectRequest; signal: AbortSignal; rolled: RollupUse | null; hasHistograms: boolean },
  ): Promise<Read> {
    const { request, signal, rolled } = use
    const question = {
      metrics: slice.metrics,
      targets: slice.targets,
      series: slice.series,
      startMs: Math.max(request.startMs, rolled?.untilMs ?? request.startMs),
      endMs: request.endMs,
      newestOnly: request.hints.newestOnly,
      signal,
      isLarge: slice.expectedSamples > largeSamples,
    }
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
    const assembled = await this.assemble({
      words: slotWords(slice.index, slice.numbers),
      bytes: sampleBytes(this.reader, this.scope, question),
      range: { startMs: question.startMs, endMs: question.endMs },
      isLarge: question.isLarge,
    })
    const rollups =
      rolled === null
        ? null
        : await this.readRollups({ ...question, startMs: request.startMs }, slice, { request, rolled })
    await reading
    return { slice, assembled, histograms, rollups }
  }

  private assemble(task: AssemblyTask & { isLarge: boolean }): Promise<Assembled> {
    return this.threads !== null && task.isLarge ? this.threads.assemble(task) : assembleHere(task)
  }

  private async readRollups(
    question: Parameters<typeof rollupBlocks>[2],
    slice: Slice,
    { request, rolled }: { request: SelectRequest; rolled: RollupUse },
  ): Promise<RollupAssembly> {
    const { startMs, hints } = request
    const { untilMs } = rolled
    const rollups = new RollupAssembly(slice, { form: formFor(hints.functionName), startMs, untilMs })
    for await (const block of rollupBlocks(this.reader, this.scope, { ...question, endMs: untilMs })) rollups.add(block)
    return rollups
  }
}

/** The series of a question in order, and which of them are in memory. */
interface Plan {
  readonly index: ReadySelection['index']
  readonly numbers: Uint32Array
  /** By place in `numbers`; empty: none is in memory. */
  readonly groups: readonly (WarmGroup | null)[]
  /** By place: the row in the group. */
  readonly rows: Uint32Array
  /** Those that have to be read. */
  readonly cold: Uint32Array
  /** Null: nothing can be held. */
  readonly tenant: WarmTenant | null
}

interface Read {
  readonly slice: Slice
  readonly assembled: Assembled
  readonly histograms: HistogramAssembly | null
  readonly rollups: RollupAssembly | null
}

/** Hands out the series of a plan batch by batch as the slices come. */
class PlannedSeries {
  private readonly plan: Plan
  private readonly request: SelectRequest
  private at = 0
  private slot = 0

  constructor(plan: Plan, request: SelectRequest) {
    this.plan = plan
    this.request = request
  }

  /** The next series up to the end of a slice, null where that is reached; without a slice those in memory. */
  next(cold: Read | null): SampleSeries[] | null {
    const { numbers, groups } = this.plan
    const batch: SampleSeries[] = []
    while (batch.length < batchSize && this.at < numbers.length) {
      const group = groups[this.at] ?? null
      const one = group === null ? this.read(cold) : this.held(group)
      if (one === 'end') break
      this.at += 1
      if (one !== null) batch.push(one)
    }
    if (batch.length > 0) return batch
    this.slot = 0
    return null
  }

  private held(group: WarmGroup): SampleSeries | null {
    const { plan, request, at } = this
    const samples = group.read(plan.rows[at], request.startMs, request.endMs)
    return floatSeries(plan.index.labels[plan.numbers[at]], samples)
  }

  private read(cold: Read | null): SampleSeries | null | 'end' {
    if (cold === null || this.slot === cold.slice.numbers.length) return 'end'
    const { startMs, endMs } = this.request
    const { index, numbers } = cold.slice
    const labels = index.labels[numbers[this.slot]]
    const raw = samplesOf(cold.assembled.samples, this.slot, endMs)
    const samples = cold.rollups === null ? raw : joined(cold.rollups.samplesOf(this.slot), raw)
    const histograms = cold.histograms?.samplesOf(this.slot, { startMs, endMs }) ?? null
    this.slot += 1
    return histograms === null ? floatSeries(labels, samples) : withHistograms(labels, samples, histograms)
  }
}

function runOf({ slice, assembled, histograms }: Read): ReadRun {
  return {
    numbers: slice.numbers,
    samplesOf: (slot: number) => samplesOf(assembled.samples, slot, endOfTimeMs),
    hasHistograms: (slot: number) => histograms?.has(slot) ?? false,
  }
}
