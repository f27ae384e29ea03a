import type { MetricLimits } from '../metric/metric-context.ts'
import type { MetricBatchBuilder } from '../metric/sample-columns.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import type { PointHead } from './point-head.ts'
import type { PointSeries, SeriesPart } from './point-series.ts'

/** Where the readers of data points put what they read. */
export class PointSink {
  readonly builder: MetricBatchBuilder
  readonly series: PointSeries
  readonly limits: MetricLimits
  /** Delta temporality. */
  isDelta = false
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
