import { Buffer } from 'node:buffer'
import type { MetricBatch } from '../model/batch.ts'
import { defaultMetricLimits, type MetricDecodeContext } from './metric/metric-context.ts'
import { MetricBatchBuilder } from './metric/sample-columns.ts'
import { readExponentialPoint } from './otlp-metrics/exponential-points.ts'
import { readHistogramPoint } from './otlp-metrics/histogram-points.ts'
import { readNumberPoint } from './otlp-metrics/number-points.ts'
import {
  defaultOtlpTranslation,
  type MetricKind,
  type MetricNames,
  metricKind,
  type OtlpTranslation,
} from './otlp-metrics/otlp-translation.ts'
import { PointSeries } from './otlp-metrics/point-series.ts'
import { PointSink } from './otlp-metrics/point-sink.ts'
import { readSummaryPoint } from './otlp-metrics/summary-points.ts'
import { ProtobufReader } from './wire/protobuf-reader.ts'

/** What the OTLP decoders must know besides the bytes. */
export interface OtlpMetricContext extends MetricDecodeContext {
  /** Absent: `defaultOtlpTranslation`. */
  readonly translation?: OtlpTranslation
}

/** AggregationTemporality. */
const delta = 1
const cumulative = 2

/** Bytes of a data point, for the room that columns are given at first. */
const usualPointBytes = 100

/** Metadata is handed on again after so much time of the data, ms: a batch that carried it may have been refused. */
const announceEveryMs = 3_600_000

/**
 * Decodes an ExportMetricsServiceRequest (protobuf) into samples as Prometheus 3's OTLP endpoint makes them; see
 * OtlpTranslation for names and labels, the readers of points for each type.
 *
 * Gauges, sums and buckets become samples, exponential histograms native histograms. Delta temporality is marked, for the
 * pipeline to add up. A point with the flag "no recorded value" becomes staleness markers. `target_info` has one sample
 * per resource, at the time of its newest point. Beyond what Prometheus keeps, a histogram's least and greatest value
 * become `_min` and `_max`, and with the option `startTimes` start times become `_created`.
 *
 * A malformed point, metric or block costs itself: it is counted as one rejected row per point (one where points
 * cannot be told). Throws: DecodeError where the request's own frame is broken, or it holds more than `maxRows` rows.
 * Cost: 0.3 µs per gauge point whose attributes were seen before (bench/decode-metrics.ts).
 * Source: opentelemetry/proto/metrics/v1/metrics.proto, Prometheus 3 otlptranslator/prometheusremotewrite.
 */
export function decodeOtlpMetrics(body: Uint8Array, context: OtlpMetricContext): MetricBatch {
  const builder = new MetricBatchBuilder(context, body.length / usualPointBytes)
  readOtlpMetrics(body, context, builder)
  return builder.finish()
}

/** The same into a builder that may hold rejections already. */
export function readOtlpMetrics(body: Uint8Array, context: OtlpMetricContext, builder: MetricBatchBuilder): void {
  const reader = new ProtobufReader(body)
  const decoder = new OtlpMetricDecoder(reader, context, builder)
  while (reader.position < reader.end)
    if (reader.tag() === 0x0a) decoder.readBlock(0)
    else reader.skip()
}

/** Names of the blocks by depth, for rejections. */
const levels = ['resource_metrics', 'scope_metrics', 'metrics', 'data_points'] as const
const resourceLevel = 0
const scopeLevel = 1
const metricLevel = 2

/** What a Metric holds besides its points. */
interface MetricHead {
  name: Buffer
  unit: Buffer
  description: Buffer
  /** Field number of its points' container: 5 gauge, 7 sum, 9 histogram, 10 exponential histogram, 11 summary. */
  field: number
  dataStart: number
  dataEnd: number
}

class OtlpMetricDecoder {
  readonly #reader: ProtobufReader
  readonly #context: OtlpMetricContext
  readonly #builder: MetricBatchBuilder
  readonly #translation: OtlpTranslation
  readonly #series: PointSeries
  readonly #sink: PointSink
  /** Index of the block or point at hand, by level. */
  readonly #indexes = [-1, -1, -1, -1]

  constructor(reader: ProtobufReader, context: OtlpMetricContext, builder: MetricBatchBuilder) {
    this.#reader = reader
    this.#context = context
    this.#builder = builder
    this.#translation = context.translation ?? defaultOtlpTranslation
    this.#translation.trim()
    this.#series = new PointSeries(reader.bytes, context, this.#translation)
    this.#sink = new PointSink(builder, this.#series, context.limits ?? defaultMetricLimits)
  }

  /**
   * Reads the ResourceMetrics, ScopeMetrics or Metric before whose length the reader stands. What is malformed in it
   * and in no smaller block costs the rest of it.
   */
  readBlock(level: 0 | 1 | 2): void {
    const reader = this.#reader
    const outer = reader.enter()
    const end = reader.end
    this.#indexes[level]++
    this.#indexes.fill(-1, level + 1)
    try {
      if (level === resourceLevel) this.#readResourceMetrics()
      else if (level === scopeLevel) this.#readScopeMetrics()
      else this.#readMetric()
    } catch (error) {
      const points = error instanceof MetricFault ? error.points : 1
      this.#rejectBlock(error, points, level)
    }
    reader.position = end
    reader.end = outer
  }

  /** ResourceMetrics: 1 = resource, 2 = scope metrics. */
  #readResourceMetrics(): void {
    const reader = this.#reader
    const resource = this.#gather(0x0a)
    this.#series.setResource(this.#translation.resource(resource, 0, resource.length))
    this.#sink.newestMs = 0
    while (reader.position < reader.end)
      if (reader.tag() === 0x12) this.readBlock(scopeLevel)
      else reader.skip()
    if (this.#sink.newestMs === 0) return
    const ref = this.#series.resolveTargetInfo()
    if (ref >= 0) this.#builder.add(ref, this.#sink.newestMs, 1)
  }

  /** ScopeMetrics: 1 = scope, 2 = metrics, 3 = schema URL. */
  #readScopeMetrics(): void {
    const reader = this.#reader
    this.#series.setScope(this.#translation.scope(this.#gather(0x0a), this.#gather(0x1a)))
    while (reader.position < reader.end)
      if (reader.tag() === 0x12) this.readBlock(metricLevel)
      else reader.skip()
  }

  /** Bytes of all fields with a tag in the block at hand, end to end. The reader is left where it was. */
  #gather(tag: number): Buffer {
    const reader = this.#reader
    const start = reader.position
    const pieces: Buffer[] = []
    while (reader.position < reader.end) {
      if (reader.tag() !== tag) {
        reader.skip()
        continue
      }
      const end = reader.rangeEnd()
      pieces.push(reader.bytes.subarray(reader.position, end))
      reader.position = end
    }
    reader.position = start
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  #readMetric(): void {
    const reader = this.#reader
    const head = this.#readMetricHead()
    if (head.field === 0) return
    reader.position = head.dataStart
    reader.end = head.dataEnd
    const { kind, temporality } = this.#readData(head.field)
    if (temporality !== delta && temporality !== cumulative)
      throw this.#metricFault(`metric has aggregation temporality ${temporality}, expected delta or cumulative`)
    this.#sink.isDelta = temporality === delta
    this.#sink.keepsStart = kind !== metricKind.gauge && this.#translation.options.startTimes
    const names = this.#translation.metric(kind, head.name, head.unit)
    this.#series.setMetric(names)
    const before = this.#builder.sampleCount + this.#builder.histograms.length
    this.#readPoints(kind)
    if (this.#builder.sampleCount + this.#builder.histograms.length > before) this.#announce(names, head.description)
  }

  /** Metric: 1 = name, 2 = description, 3 = unit, and its points in one of five fields. */
  #readMetricHead(): MetricHead {
    const reader = this.#reader
    const none = reader.bytes.subarray(0, 0)
    const head: MetricHead = { name: none, unit: none, description: none, field: 0, dataStart: 0, dataEnd: 0 }
    while (reader.position < reader.end) {
      const tag = reader.tag()
      if ((tag & 7) !== 2) {
        reader.skip()
        continue
      }
      const end = reader.rangeEnd()
      const start = reader.position
      reader.position = end
      const field = tag >>> 3
      if (field === 1) head.name = reader.bytes.subarray(start, end)
      else if (field === 2) head.description = reader.bytes.subarray(start, end)
      else if (field === 3) head.unit = reader.bytes.subarray(start, end)
      else if (field === 5 || field === 7 || (field >= 9 && field <= 11)) {
        head.field = field
        head.dataStart = start
        head.dataEnd = end
      }
    }
    return head
  }

  /** Kind and temporality of the container of points to which the reader is narrowed; it is left at its beginning. */
  #readData(field: number): { kind: MetricKind; temporality: number } {
    if (field === 5) return { kind: metricKind.gauge, temporality: cumulative }
    if (field === 11) return { kind: metricKind.summary, temporality: cumulative }
    const reader = this.#reader
    const start = reader.position
    let temporality = 0
    let isMonotonic = false
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x10:
          temporality = reader.int32()
          break
        case 0x18:
          isMonotonic = reader.bool()
          break
        default:
          reader.skip()
      }
    reader.position = start
    if (field === 9) return { kind: metricKind.histogram, temporality }
    if (field === 10) return { kind: metricKind.exponentialHistogram, temporality }
    return { kind: isMonotonic ? metricKind.counter : metricKind.sum, temporality }
  }

  #readPoints(kind: MetricKind): void {
    const reader = this.#reader
    this.#sink.where = () => this.#path(3)
    while (reader.position < reader.end) {
      if (reader.tag() !== 0x0a) {
        reader.skip()
        continue
      }
      const outer = reader.enter()
      const end = reader.end
      this.#indexes[3]++
      this.#builder.mark()
      try {
        this.#readPoint(kind)
      } catch (error) {
        this.#builder.rejectMarked(error, this.#sink.where)
      }
      reader.position = end
      reader.end = outer
    }
  }

  #readPoint(kind: MetricKind): void {
    switch (kind) {
      case metricKind.histogram:
        readHistogramPoint(this.#reader, this.#sink, this.#translation.options.nativeCustomBuckets)
        return
      case metricKind.exponentialHistogram:
        readExponentialPoint(this.#reader, this.#sink)
        return
      case metricKind.summary:
        readSummaryPoint(this.#reader, this.#sink)
        return
      default:
        readNumberPoint(this.#reader, this.#sink)
    }
  }

  /** Hands the metadata of a metric on where the tenant has not got it yet, it has changed, or an hour has passed. */
  #announce({ family, type, unit, announced }: MetricNames, description: Buffer): void {
    const { tenant } = this.#context.series
    const known = announced.get(tenant)
    const timestampMs = this.#sink.newestMs
    const isRecent = known !== undefined && Math.abs(timestampMs - known.timestampMs) < announceEveryMs
    if (isRecent && known.description.equals(description)) return
    announced.set(tenant, { description: Buffer.from(description), timestampMs })
    this.#builder.addMetadata({ name: family ?? '', type, unit, help: description.toString('utf8') })
  }

  /** An error that costs all points of the metric to whose container the reader is narrowed. */
  #metricFault(message: string): MetricFault {
    const reader = this.#reader
    let points = 0
    while (reader.position < reader.end) {
      if (reader.tag() === 0x0a) points++
      reader.skip()
    }
    return new MetricFault(message, Math.max(1, points))
  }

  #rejectBlock(error: unknown, rows: number, level: number): void {
    if (error instanceof MetricFault)
      this.#builder.rejections.add({ reason: 'unsupported', message: error.message }, rows, () => this.#path(level))
    else this.#builder.rejections.addError(error, rows, () => this.#path(level))
  }

  #path(level: number): string {
    return levels
      .slice(0, level + 1)
      .map((name, i) => `${name}[${this.#indexes[i]}]`)
      .join('.')
  }
}

/** A whole metric that cannot be taken. */
class MetricFault extends Error {
  override readonly name = 'MetricFault'
  readonly points: number
  constructor(message: string, points: number) {
    super(message)
    this.points = points
  }
}
