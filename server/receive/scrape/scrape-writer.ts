import { type ExpositionFormat, expositionFormat, parseExposition } from '../../decode/exposition/exposition.ts'
import { droppedSeries, ScrapeCache } from '../../decode/exposition/scrape-cache.ts'
import type { Exposition as ParsedExposition } from '../../decode/exposition/scrape-rows.ts'
import { normaliseLabels } from '../../decode/metric/label-rules.ts'
import { defaultMetricLimits, type Fault } from '../../decode/metric/metric-context.ts'
import { MetricBatchBuilder } from '../../decode/metric/sample-columns.ts'
import { cardinalityFault, internLabels } from '../../decode/metric/series-resolver.ts'
import type { MetricBatch } from '../../model/batch.ts'
import { type RowSource, rowSource } from '../../model/origin/row-source.ts'
import type { SeriesTable } from '../../model/series-table.ts'
import type { TenantId } from '../../model/tenant.ts'
import type { ReceiverContext } from '../receiver.ts'
import { appendUntil } from './append-until.ts'
import type { ScrapeConfig } from './config/scrape-config.ts'
import type { ScrapeProtocol } from './config/scrape-protocols.ts'
import { LabelsBuilder } from './relabel/labels-builder.ts'
import { sampleLabels } from './sample-labels.ts'
import type { Exposition, ScrapeAnswer } from './scrape-request.ts'
import type { Target } from './target.ts'

interface WriterPool {
  readonly config: ScrapeConfig
  readonly context: ReceiverContext
  readonly tenant: TenantId
  readonly receiver: string
}

/** About one scrape: the time of its samples, how long it took, and until when a full journal is waited for. */
export interface ScrapeTimes {
  readonly timestampMs: number
  readonly durationMs: number
  readonly retryUntilMs: number
  readonly signal: AbortSignal
}

/** What a scrape tells of itself. Source: Prometheus 3, "Automatically generated labels and time series". */
interface Report {
  readonly isUp: boolean
  readonly seconds: number
  readonly scraped: number
  readonly kept: number
  readonly added: number
}

const reportNames = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
] as const

/** A scrape that failed as a whole, in words for the target's state. */
class ScrapeFailed extends Error {
  override readonly name = 'ScrapeFailed'
}

const failedParse = { scrapedSamples: 0, keptSamples: 0, addedSeries: 0 }

/** Turns the answers of one target into batches: its samples, staleness markers, `up` and the other reports. */
export class ScrapeWriter {
  readonly #target: Target
  readonly #pool: WriterPool
  readonly #series: SeriesTable
  readonly #source: RowSource
  readonly #cache: ScrapeCache
  readonly #reportRefs = new Map<string, { readonly ref: number; readonly generation: number }>()
  /** False once the reports are marked as gone too. */
  #hasReported = false

  constructor(target: Target, pool: WriterPool) {
    this.#target = target
    this.#pool = pool
    this.#source = rowSource(pool.config.jobName, '')
    this.#series = pool.context.tables.of(pool.tenant)
    this.#cache = new ScrapeCache(this.#series)
  }

  /** Stores what came of one scrape. The answer: what was wrong with it, '' for nothing. Never throws. */
  async write(answer: ScrapeAnswer, times: ScrapeTimes): Promise<string> {
    const { builder, parsed, error } = this.#read(answer, times.timestampMs)
    this.#report(builder, times.timestampMs, {
      isUp: error === '',
      seconds: times.durationMs / 1000,
      scraped: parsed.scrapedSamples,
      kept: parsed.keptSamples,
      added: parsed.addedSeries,
    })
    const refusal = await appendUntil(this.#batch(builder), this.#pool.context, times)
    return error === '' ? refusal : error
  }

  /** Marks all series of the target as gone. Never throws. */
  async writeEnd(timestampMs: number): Promise<void> {
    const builder = this.#newBuilder(0)
    for (const ref of this.#cache.abort()) builder.addStale(ref, timestampMs)
    if (this.#hasReported)
      for (const name of reportNames) {
        const ref = this.#reportRef(name)
        if (ref >= 0) builder.addStale(ref, timestampMs)
      }
    const batch = this.#batch(builder)
    const signal = AbortSignal.abort()
    if (batch.rowCount > 0) await appendUntil(batch, this.#pool.context, { retryUntilMs: 0, signal })
  }

  /** Samples and staleness markers of an answer; markers only where it is of no use. */
  #read(answer: ScrapeAnswer, timestampMs: number) {
    this.#cache.begin()
    let parsed: Pick<ParsedExposition, 'scrapedSamples' | 'keptSamples' | 'addedSeries'> = failedParse
    let error = 'error' in answer ? answer.error : ''
    if (!('error' in answer))
      try {
        const exposition = this.#parse(answer, timestampMs)
        parsed = exposition
        this.#verifySampleLimit(exposition)
        for (const ref of this.#cache.commit()) exposition.builder.addStale(ref, timestampMs)
        return { builder: exposition.builder, parsed, error }
      } catch (thrown) {
        error = (thrown as Error).message
      }
    const builder = this.#newBuilder('error' in answer ? 0 : answer.receivedBytes)
    for (const ref of this.#cache.abort()) builder.addStale(ref, timestampMs)
    return { builder, parsed, error }
  }

  #parse({ body, contentType, receivedBytes }: Exposition, timestampMs: number): ParsedExposition {
    const { config } = this.#pool
    return parseExposition(body, formatOf(contentType, config.fallbackScrapeProtocol), {
      context: this.#decodeContext(receivedBytes),
      cache: this.#cache,
      resolve: (labels) => this.#resolve(labels),
      timestampMs,
      honorTimestamps: config.honorTimestamps,
      trackTimestampsStaleness: config.trackTimestampsStaleness,
      alwaysClassicHistograms: config.alwaysClassicHistograms,
      limitHistogram: config.limitHistogram,
    })
  }

  /** Throws: ScrapeFailed. */
  #resolve(exposed: [string, string][]): number | Fault {
    const fault = normaliseLabels(exposed, defaultMetricLimits)
    if (fault !== null) return fault
    const labels = sampleLabels(exposed, this.#target.labels, this.#pool.config)
    return labels === null
      ? droppedSeries
      : internLabels(
          labels.map(([name, value]) => [name, value]),
          { series: this.#series },
        )
  }

  #verifySampleLimit({ keptSamples }: ParsedExposition): void {
    const { sampleLimit } = this.#pool.config
    if (sampleLimit > 0 && keptSamples > sampleLimit)
      throw new ScrapeFailed(`sample_limit exceeded: ${keptSamples} samples, at most ${sampleLimit}`)
  }

  #report(builder: MetricBatchBuilder, timestampMs: number, { isUp, seconds, scraped, kept, added }: Report): void {
    const values = [isUp ? 1 : 0, seconds, scraped, kept, added]
    reportNames.forEach((name, i) => {
      const ref = this.#reportRef(name)
      if (ref >= 0) builder.add(ref, timestampMs, values[i])
      else builder.rejections.add(cardinalityFault, 1, () => `series ${name}`)
    })
    this.#hasReported = true
  }

  /** -1 where there is no room for the series. */
  #reportRef(name: string): number {
    const known = this.#reportRefs.get(name)
    if (known !== undefined && this.#series.generation[known.ref] === known.generation) {
      this.#series.touch(known.ref)
      return known.ref
    }
    const builder = new LabelsBuilder([['__name__', name]])
    for (const [label, value] of this.#target.labels) builder.set(label, value)
    const ref = this.#series.intern(builder.finish())
    if (ref >= 0) this.#reportRefs.set(name, { ref, generation: this.#series.generation[ref] })
    return ref
  }

  #batch(builder: MetricBatchBuilder): MetricBatch {
    return { ...builder.finish(), source: this.#source }
  }

  #newBuilder(receivedBytes: number): MetricBatchBuilder {
    return new MetricBatchBuilder(this.#decodeContext(receivedBytes))
  }

  #decodeContext(receivedBytes: number) {
    return { series: this.#series, receiver: this.#pool.receiver, receivedBytes }
  }
}

const formats: Readonly<Record<ScrapeProtocol, ExpositionFormat>> = {
  PrometheusProto: 'protobuf',
  'OpenMetricsText1.0.0': 'openmetrics',
  'OpenMetricsText0.0.1': 'openmetrics',
  'PrometheusText1.0.0': 'text',
  'PrometheusText0.0.4': 'text',
}

/** Throws: ScrapeFailed, where neither the target nor the configuration says what the exposition is. */
function formatOf(contentType: string, fallback: ScrapeProtocol | null): ExpositionFormat {
  const named = expositionFormat(contentType)
  if (named !== null) return named
  if (fallback !== null) return formats[fallback]
  const got = contentType === '' ? 'no Content-Type' : `Content-Type ${JSON.stringify(contentType.slice(0, 100))}`
  throw new ScrapeFailed(`${got}, which is no exposition format, and no fallback_scrape_protocol is set`)
}
