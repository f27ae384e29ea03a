import type { Buffer } from 'node:buffer'
import { defaultMetricLimits, type MetricDecodeContext, type MetricLimits } from '../../decode/metric/metric-context.ts'
import { MetricBatchBuilder } from '../../decode/metric/sample-columns.ts'
import { internLabels } from '../../decode/metric/series-resolver.ts'
import type { StatsdMetric } from '../../decode/statsd/statsd-line.ts'
import type { MetricBatch, RejectReason } from '../../model/batch.ts'
import { Distribution } from './distribution.ts'
import { KnownLines } from './known-lines.ts'
import { type StatsdSeries, statsdSeries } from './statsd-series.ts'

/** Distinct values of one set that are told apart in one window; further ones are not counted. About 60 bytes each. */
const maxSetValues = 100_000

export interface AggregatorOptions {
  /** Series that are added up at once. */
  readonly maxSeries: number
  /** A series that was not sent for so long is forgotten, ms. */
  readonly expireAfterMs: number
}

/** One series while it is added up. `isNew`: nothing of it was stored yet. `isTouched`: it was sent in this window. */
type Entry = StatsdSeries & { lastMs: number; isNew: boolean; isTouched: boolean; isForgotten: boolean } & (
    | { readonly type: 'c'; increase: number }
    | { readonly type: 'g'; value: number }
    | { readonly type: 's'; values: Set<string> }
    | { readonly type: 'ms' | 'h' | 'd'; distribution: Distribution }
  )

/** A line in the bytes of a packet or of a piece of a stream. */
export interface LineRange {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
}

/** What lines of the same bytes add to, but for their value. */
interface LineMeaning {
  readonly entry: Entry
  readonly weight: number
}

/** Lines remembered for each series: senders write its tags in several orders, and several rates. */
const linesPerSeries = 2

/** One series of a window that is over. */
export interface ClosedSeries {
  readonly labels: readonly (readonly [string, string])[]
  readonly metadata: StatsdSeries['metadata']
  readonly isNew: boolean
  /** The series is not sent any more: its end is marked. */
  readonly isExpired: boolean
  /** `increase`: of a counter; `value`: of a gauge or set. */
  readonly content:
    | { readonly kind: 'increase' | 'value'; readonly number: number }
    | { readonly kind: 'distribution'; readonly distribution: Distribution }
}

/** A window that is over. */
export interface ClosedWindow {
  readonly startMs: number
  readonly endMs: number
  readonly series: readonly ClosedSeries[]
  /** Bytes of the lines of the window. */
  readonly receivedBytes: number
}

/**
 * Adds up what senders send, per series, until the window is closed. Counters and distributions are increases: the
 * pipeline makes totals of them. Counters and distributions without a value in a window are repeated with an increase of
 * 0, gauges with their value, until they expire.
 */
export class StatsdAggregator {
  readonly #options: AggregatorOptions
  readonly #entries = new Map<string, Entry>()
  readonly #lines: KnownLines<LineMeaning>
  /** Series that were forgotten while lines of theirs may be remembered. */
  #forgotten = 0
  #startMs: number
  #receivedBytes = 0

  constructor(options: AggregatorOptions, nowMs: number) {
    this.#options = options
    this.#lines = new KnownLines(options.maxSeries * linesPerSeries)
    this.#startMs = nowMs
  }

  /** Counts bytes that came in. */
  received(bytes: number): void {
    this.#receivedBytes += bytes
  }

  /** Adds the value of a line whose like was added before. The answer: whether it was; if not it must be read. */
  addKnown({ bytes, start, end }: LineRange, nowMs: number): boolean {
    const lines = this.#lines
    const known = lines.find(bytes, start, end)
    if (known === undefined || known.entry.isForgotten) return false
    const { entry, weight } = known
    entry.lastMs = nowMs
    entry.isTouched = true
    addNumber(entry, lines, weight)
    return true
  }

  /** Adds the values of a line, and remembers what it means if `line` is given. The answer: why that cannot be, or null. */
  add(metric: StatsdMetric, nowMs: number, line?: LineRange): RejectReason | null {
    const key = `${metric.type}\n${metric.name}\n${metric.tags.join(',')}`
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      if (this.#entries.size >= this.#options.maxSeries) return 'cardinality_limit'
      const series = statsdSeries(metric)
      if (series === null) return 'invalid_name'
      entry = newEntry(metric.type, series, nowMs)
      this.#entries.set(key, entry)
    }
    entry.lastMs = nowMs
    entry.isTouched = true
    const weight = 1 / metric.rate
    for (const value of metric.values) addValue(entry, value, weight)
    // Values of sets are texts, which a number does not stand for.
    if (line !== undefined && entry.type !== 's')
      this.#lines.remember(line.bytes, line.start, line.end, { entry, weight })
    return null
  }

  /** Ends the window and begins the next. null where there is nothing to store. */
  close(nowMs: number): ClosedWindow | null {
    const series: ClosedSeries[] = []
    for (const [key, entry] of this.#entries) {
      const isExpired = !entry.isTouched && nowMs - entry.lastMs > this.#options.expireAfterMs
      const { labels, metadata, isNew } = entry
      series.push({ labels, metadata, isNew, isExpired, content: contentOf(entry) })
      if (isExpired) this.#forget(key, entry)
      else renew(entry)
    }
    const window = { startMs: this.#startMs, endMs: nowMs, series, receivedBytes: this.#receivedBytes }
    this.#startMs = nowMs
    this.#receivedBytes = 0
    return series.length === 0 ? null : window
  }

  /** Lines are forgotten all at once, when as many series are gone as there are. */
  #forget(key: string, entry: Entry): void {
    entry.isForgotten = true
    this.#entries.delete(key)
    if (++this.#forgotten <= this.#entries.size) return
    this.#lines.forget()
    this.#forgotten = 0
  }
}

function newEntry(type: StatsdMetric['type'], series: StatsdSeries, lastMs: number): Entry {
  const about = { ...series, lastMs, isNew: true, isTouched: true, isForgotten: false }
  switch (type) {
    case 'c':
      return { ...about, type, increase: 0 }
    case 'g':
      return { ...about, type, value: 0 }
    case 's':
      return { ...about, type, values: new Set() }
    default:
      return { ...about, type, distribution: new Distribution() }
  }
}

function addValue(entry: Entry, text: string, weight: number): void {
  if (entry.type !== 's') addNumber(entry, { value: Number(text), isSigned: /^[+-]/.test(text) }, weight)
  else if (entry.values.size < maxSetValues) entry.values.add(text)
}

/** Adds a value to a series that is no set. */
function addNumber(
  entry: Entry,
  { value, isSigned }: { readonly value: number; readonly isSigned: boolean },
  weight: number,
): void {
  switch (entry.type) {
    case 'c':
      entry.increase += value * weight
      return
    case 'g':
      // A sign makes a change of it; a rate says nothing about a gauge.
      entry.value = isSigned ? entry.value + value : value
      return
    case 's':
      return
    default:
      entry.distribution.add(entry.type === 'ms' ? value / 1000 : value, weight)
  }
}

function contentOf(entry: Entry): ClosedSeries['content'] {
  switch (entry.type) {
    case 'c':
      return { kind: 'increase', number: entry.increase }
    case 'g':
      return { kind: 'value', number: entry.value }
    case 's':
      return { kind: 'value', number: entry.values.size }
    default:
      return { kind: 'distribution', distribution: entry.distribution }
  }
}

function renew(entry: Entry): void {
  entry.isNew = false
  entry.isTouched = false
  if (entry.type === 'c') entry.increase = 0
  else if (entry.type === 's') entry.values = new Set()
  else if (entry.type !== 'g') entry.distribution = new Distribution()
}

/**
 * Windows as a batch, samples at the end of their window. A new counter gets a sample of 0 at the window's start, so
 * that its first increase is seen as one. Increases below 0 are rejected as `malformed`.
 */
export function batchOfWindows(windows: readonly ClosedWindow[], context: MetricDecodeContext): MetricBatch {
  const limits: MetricLimits = { ...(context.limits ?? defaultMetricLimits), maxRows: Number.MAX_SAFE_INTEGER }
  const receivedBytes = windows.reduce((sum, window) => sum + window.receivedBytes, 0)
  const builder = new MetricBatchBuilder({ ...context, limits, receivedBytes }, windows[0]?.series.length)
  for (const window of windows)
    for (const series of window.series) {
      const where = (): string => `series ${series.metadata.name}`
      const labels = series.labels.map(([name, value]): [string, string] => [name, value])
      const ref = internLabels(labels, context)
      if (typeof ref !== 'number') builder.rejections.add(ref, 1, where)
      else if (series.isExpired) builder.addStale(ref, window.endMs)
      else addSeries(builder, { series, ref, window })
    }
  return builder.finish()
}

function addSeries(
  builder: MetricBatchBuilder,
  { series, ref, window }: { series: ClosedSeries; ref: number; window: ClosedWindow },
): void {
  const { content, isNew, metadata } = series
  const { endMs } = window
  if (isNew) builder.addMetadata({ ...metadata, help: '' })
  if (content.kind === 'value') builder.add(ref, endMs, content.number)
  else if (content.kind === 'distribution') builder.addHistogram(content.distribution.finish(ref, endMs))
  else if (content.number < 0)
    builder.rejections.add(
      { reason: 'malformed', message: `a counter cannot fall, the window's increase is ${content.number}` },
      1,
      () => `series ${metadata.name}`,
    )
  else {
    if (isNew) {
      builder.add(ref, Math.min(window.startMs, endMs - 1), 0)
      builder.markDelta()
    }
    builder.add(ref, endMs, content.number)
    builder.markDelta()
  }
}
