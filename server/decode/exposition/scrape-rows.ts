import type { MetricMetadata, NativeHistogram } from '../../model/metric.ts'
import { exemplarOf } from '../metric/exemplar.ts'
import { defaultMetricLimits, type Fault, type MetricDecodeContext } from '../metric/metric-context.ts'
import { faultOfHistogram } from '../metric/native-histogram.ts'
import { MetricBatchBuilder } from '../metric/sample-columns.ts'
import { droppedSeries, type ScrapeCache, unknownSeries } from './scrape-cache.ts'

/** Bits of the NaN that Prometheus stores for any NaN that a target exposes. */
const normalNanLow = 1
const normalNanHigh = 0x7ff80000

/** Code points that the labels of an exemplar may have together; one with more is left out. */
const maxExemplarCharacters = 128

export interface ExpositionOptions {
  readonly context: MetricDecodeContext
  /** Of this target; the caller begins and ends its scrape. */
  readonly cache: ScrapeCache
  /**
   * Called for each series that the cache does not know, with its labels as exposed: `__name__` first, not sorted, not
   * checked, `le` and `quantile` in canonical form. Applies target labels and relabelling, then `internLabels`.
   * The answer: the ref, or `droppedSeries` (remembered), or a fault (the sample is counted as rejected, and the series
   * is resolved again in the next scrape).
   */
  readonly resolve: (labels: [string, string][]) => number | Fault
  /** Unix ms of the scrape: the time of samples that have none of their own. */
  readonly timestampMs: number
  /** Prometheus' `honor_timestamps`. */
  readonly honorTimestamps: boolean
  /** Prometheus' `track_timestamps_staleness`: samples with their own time get staleness markers too. */
  readonly trackTimestampsStaleness?: boolean
  /** Prometheus' `always_scrape_classic_histograms`: classic buckets also where native ones are exposed (protobuf). */
  readonly alwaysClassicHistograms?: boolean
  /** Brings native histograms to a resolution that is wanted. What it throws fails the scrape. Null or absent: as exposed. */
  readonly limitHistogram?: ((histogram: NativeHistogram) => NativeHistogram) | null
}

/** What a scrape yielded. The caller adds `up`, `scrape_…` and staleness markers to `builder` and finishes it. */
export interface Exposition {
  readonly builder: MetricBatchBuilder
  /** `scrape_samples_scraped`: samples and native histograms exposed. */
  readonly scrapedSamples: number
  /** `scrape_samples_post_metric_relabeling`. */
  readonly keptSamples: number
  /** `scrape_series_added`: series that the cache did not know. */
  readonly addedSeries: number
}

/** Puts what the readers of the three formats find into columns, through the cache of the target. */
export class ScrapeRows implements Exposition {
  readonly builder: MetricBatchBuilder
  readonly options: ExpositionOptions
  scrapedSamples = 0
  keptSamples = 0
  addedSeries = 0
  readonly #changedFamilies = new Set<string>()
  readonly #maxBuckets: number

  constructor(options: ExpositionOptions, bytes: number) {
    this.options = options
    this.builder = new MetricBatchBuilder(options.context, bytes / 100)
    options.cache.refreshMetadata(options.timestampMs)
    this.#maxBuckets = (options.context.limits ?? defaultMetricLimits).maxBuckets
  }

  /**
   * Ref for the series whose key is `bytes[start .. end)`, or a negative number where its sample is not to be taken.
   * `labels` is called for a series not seen before.
   */
  resolve(bytes: Uint8Array, start: number, end: number, labels: () => [string, string][]): number {
    const { cache } = this.options
    this.scrapedSamples++
    const ref = cache.find(bytes, start, end)
    if (ref !== unknownSeries) {
      if (ref >= 0) this.options.context.series.touch(ref)
      return ref
    }
    const exposed = labels()
    const resolved = this.options.resolve(exposed)
    if (typeof resolved !== 'number') {
      this.builder.rejections.add(resolved, 1, () => `series ${exposed[0]?.[1] ?? ''}`)
      return droppedSeries
    }
    this.addedSeries++
    cache.learn(bytes, start, end, resolved)
    return resolved
  }

  /** Adds a sample of the series resolved last. `timestampMs`: NaN where it has none of its own. */
  addSample(ref: number, value: number, timestampMs: number): void {
    const time = this.#timeOf(ref, timestampMs)
    if (Number.isNaN(time)) return
    if (Number.isNaN(value)) this.builder.addBits(ref, time, normalNanLow, normalNanHigh)
    else this.builder.add(ref, time, value)
  }

  addHistogram(histogram: NativeHistogram): void {
    const fault = faultOfHistogram(histogram, this.#maxBuckets)
    if (fault !== null) {
      this.builder.rejections.add(fault, 1, () => this.#nameOf(histogram.ref))
      return
    }
    const timestampMs = this.#timeOf(histogram.ref, histogram.timestampMs)
    if (Number.isNaN(timestampMs)) return
    const limited = this.options.limitHistogram?.(histogram) ?? histogram
    this.builder.addHistogram({ ...limited, timestampMs })
  }

  /** `timestampMs`: NaN where the exemplar has none, which gives it the time of the scrape. */
  addExemplar(sample: { ref: number; value: number; timestampMs: number }, labels: [string, string][]): void {
    let characters = 0
    for (const [name, value] of labels) characters += name.length + value.length
    if (characters > maxExemplarCharacters && characterCount(labels) > maxExemplarCharacters) return
    const timestampMs = Number.isNaN(sample.timestampMs) ? this.options.timestampMs : sample.timestampMs
    this.builder.addExemplar(exemplarOf({ ...sample, timestampMs }, labels))
  }

  /** Notes metadata of a family; it is handed on where it is new or has changed. */
  noteFamily(name: string, change: Partial<Omit<MetricMetadata, 'name'>>): void {
    const known = this.options.cache.family(name)
    const changed = { ...known, ...change }
    if (changed.type === known.type && changed.help === known.help && changed.unit === known.unit) return
    this.options.cache.setFamily(changed)
    this.#changedFamilies.add(name)
  }

  /** To be called once all was read. */
  finishMetadata(): void {
    for (const name of this.#changedFamilies) this.builder.addMetadata(this.options.cache.family(name))
  }

  /** Time of a sample of the series resolved last; NaN where it has one in this scrape already. */
  #timeOf(ref: number, timestampMs: number): number {
    const { cache, honorTimestamps, trackTimestampsStaleness } = this.options
    const hasOwnTime = honorTimestamps && !Number.isNaN(timestampMs)
    this.keptSamples++
    if (hasOwnTime && trackTimestampsStaleness !== true) return timestampMs
    if (!cache.track() && !hasOwnTime) {
      const fault: Fault = { reason: 'malformed', message: 'the series stands twice in the exposition' }
      this.builder.rejections.add(fault, 1, () => this.#nameOf(ref))
      return Number.NaN
    }
    return hasOwnTime ? timestampMs : this.options.timestampMs
  }

  #nameOf(ref: number): string {
    const labels = this.options.context.series.labels(ref)
    return `series ${labels.find(([name]) => name === '__name__')?.[1] ?? ''}`
  }
}

function characterCount(labels: readonly (readonly [string, string])[]): number {
  let count = 0
  for (const text of labels.flat()) count += [...text].length
  return count
}
