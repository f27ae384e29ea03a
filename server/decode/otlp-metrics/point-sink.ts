import type { MetricLimits } from '../metric/metric-context.ts'
import type { MetricBatchBuilder } from '../metric/sample-columns.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import type { PointHead } from './point-head.ts'
import { type PointSeries, type SeriesPart, seriesPart } from './point-series.ts'

/** Where the readers of data points put what they read. */
export class PointSink {
  readonly builder: MetricBatchBuilder
  readonly series: PointSeries
  readonly limits: MetricLimits
  /** Delta temporality. */
  isDelta = false
  /** Each point has a sample of its start time beside it. */
  keepsStart = false
  /** Names the point at hand, for rejections. */
  where: () => string = () => 'data point'
  /** Time of the newest point of the resource, ms. */
  newestMs = 0

  constructor(builder: MetricBatchBuilder, series: PointSeries, limits: MetricLimits) {
    this.builder = builder
    this.series = series
    this.limits = limits
  }

  /** Begins the rows of a point that was read whole. Throws: DecodeError where it has no time. */
  beginRows(reader: ProtobufReader, head: PointHead): void {
    if (!head.hasTime) throw reader.error('data point has no time_unix_nano')
    if (head.timestampMs > this.newestMs) this.newestMs = head.timestampMs
    this.series.setPoint(reader, head)
  }

  /** Ref of a series of the point; where it cannot be had, one row is counted as rejected and the answer is -1. */
  resolve(part: SeriesPart, bound: number, head: PointHead): number {
    const ref = this.series.resolve(part, bound, head)
    if (ref < 0) this.builder.rejections.add(this.series.fault, 1, this.where)
    return ref
  }

  /**
   * Adds what Prometheus has no place for, as gauges: the least and the greatest value of a histogram where the sender
   * gave them, and the start time in seconds, as OpenMetrics has it, where it is to be kept.
   */
  addBeside(head: PointHead, { min, max }: { min: number | null; max: number | null }): void {
    this.#addGauge(head, seriesPart.min, min)
    this.#addGauge(head, seriesPart.max, max)
    if (this.keepsStart && head.startMs > 0) this.#addGauge(head, seriesPart.created, head.startMs / 1000)
  }

  #addGauge(head: PointHead, part: SeriesPart, value: number | null): void {
    if (value === null) return
    const ref = this.resolve(part, 0, head)
    if (ref < 0) return
    if (head.isStale) this.builder.addStale(ref, head.timestampMs)
    else this.builder.add(ref, head.timestampMs, value)
  }

  /** Adds one sample of the point; a stale point makes a staleness marker of it. The answer is its ref, or -1. */
  addSample(head: PointHead, { part, bound }: { part: SeriesPart; bound: number }, value: number): number {
    const ref = this.resolve(part, bound, head)
    if (ref < 0) return ref
    if (head.isStale) this.builder.addStale(ref, head.timestampMs)
    else {
      this.builder.add(ref, head.timestampMs, value)
      if (this.isDelta) this.builder.markDelta()
    }
    return ref
  }
}
