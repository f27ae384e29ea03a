import type { NativeHistogram } from '../../model/metric.ts'
import { customBoundsSchema, faultOfHistogram, spansOfDense, staleNumber } from '../metric/native-histogram.ts'
import { readDoubles, readRepeated } from '../metric/write-messages.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { readPointExemplars } from './point-exemplars.ts'
import { PointHead } from './point-head.ts'
import { seriesPart } from './point-series.ts'
import type { PointSink } from './point-sink.ts'

const head = new PointHead(9)

/** Tag of the exemplars of a HistogramDataPoint. */
const exemplarTag = 0x42

interface Histogram {
  readonly start: number
  count: number
  /** null where the sender gave none; `_sum` is left out then. */
  sum: number | null
  /** null where the sender gave none, as for `max`. */
  min: number | null
  max: number | null
  readonly bucketCounts: number[]
  readonly bounds: number[]
}

/**
 * HistogramDataPoint: 2 = start time, 3 = time, 4 = count, 5 = sum, 6 = bucket counts, 7 = bounds, 8 = exemplars,
 * 9 = attributes, 10 = flags, 11 = min, 12 = max. Becomes `_bucket`, `_sum` and `_count`, or a native histogram with
 * custom bounds; `_min` and `_max` beside it. Throws: DecodeError.
 */
export function readHistogramPoint(reader: ProtobufReader, sink: PointSink, isNative: boolean): void {
  head.begin()
  const histogram: Histogram = {
    start: reader.position,
    count: 0,
    sum: null,
    min: null,
    max: null,
    bucketCounts: [],
    bounds: [],
  }
  while (reader.position < reader.end) readField(reader, histogram)
  const { bounds, bucketCounts } = histogram
  if (bounds.length > sink.limits.maxBuckets)
    throw reader.error(`histogram has more than ${sink.limits.maxBuckets} bounds`)
  const hasBuckets = bounds.length > 0 || bucketCounts.length > 0
  if (hasBuckets && bucketCounts.length !== bounds.length + 1 && !head.isStale)
    throw reader.error(
      `histogram has ${bucketCounts.length} bucket counts for ${bounds.length} bounds, expected one more`,
    )
  for (let i = 0; i < bounds.length; i++)
    if (!Number.isFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
      throw reader.error(`histogram bound ${i} is ${bounds[i]}, expected finite, ascending bounds`)
  sink.beginRows(reader, head)
  if (isNative) addNative(reader, histogram, sink)
  else addClassic(reader, histogram, sink)
  sink.addBeside(head, histogram)
}

function readField(reader: ProtobufReader, histogram: Histogram): void {
  const from = reader.position
  const tag = reader.tag()
  switch (tag) {
    case 0x4a:
      head.attribute(reader, from)
      break
    case 0x19:
      head.time(reader)
      break
    case 0x11:
      head.startTime(reader)
      break
    case 0x21:
      reader.fixed64()
      histogram.count = reader.unsigned()
      break
    case 0x29:
      histogram.sum = reader.double()
      break
    case 0x31:
    case 0x32: {
      const read = (): void => {
        reader.fixed64()
        histogram.bucketCounts.push(reader.unsigned())
      }
      readRepeated(reader, tag, { wireType: 1, read })
      break
    }
    case 0x39:
    case 0x3a:
      readDoubles(reader, tag, histogram.bounds)
      break
    case 0x59:
      histogram.min = reader.double()
      break
    case 0x61:
      histogram.max = reader.double()
      break
    case 0x50:
      head.flags(reader)
      break
    case exemplarTag:
      head.exemplar(reader)
      break
    default:
      reader.skip()
  }
}

function addClassic(
  reader: ProtobufReader,
  { start, count, sum, bucketCounts, bounds }: Histogram,
  sink: PointSink,
): void {
  if (sum !== null) sink.addSample(head, { part: seriesPart.sum, bound: 0 }, sum)
  sink.addSample(head, { part: seriesPart.count, bound: 0 }, count)
  const refs: number[] = []
  let cumulative = 0
  for (let i = 0; i < bounds.length; i++) {
    cumulative += bucketCounts[i]
    refs.push(sink.addSample(head, { part: seriesPart.bucket, bound: bounds[i] }, cumulative))
  }
  refs.push(sink.addSample(head, { part: seriesPart.bucket, bound: Number.POSITIVE_INFINITY }, count))
  if (!head.hasExemplars) return
  const refOf = (value: number): number => {
    const bucket = bounds.findIndex((bound) => value <= bound)
    return refs[bucket < 0 ? bounds.length : bucket]
  }
  readPointExemplars(reader, { start, exemplarTag, refOf }, sink)
}

function addNative(reader: ProtobufReader, histogram: Histogram, sink: PointSink): void {
  const ref = sink.resolve(seriesPart.value, 0, head)
  if (ref < 0) return
  const { spans, counts } = spansOfDense(histogram.bucketCounts, 0)
  addNativeHistogram(sink, {
    ref,
    timestampMs: head.timestampMs,
    schema: customBoundsSchema,
    zeroThreshold: 0,
    zeroCount: 0,
    count: histogram.count,
    sum: head.isStale ? staleNumber : (histogram.sum ?? 0),
    positiveSpans: spans,
    positiveCounts: counts,
    negativeSpans: [],
    negativeCounts: [],
    customBounds: histogram.bounds,
    resetHint: 0,
    isFloat: false,
    isDelta: sink.isDelta,
  })
  if (head.hasExemplars) readPointExemplars(reader, { start: histogram.start, exemplarTag, refOf: () => ref }, sink)
}

/** Adds a native histogram, or counts it as rejected. */
export function addNativeHistogram(sink: PointSink, histogram: NativeHistogram): void {
  const fault = faultOfHistogram(histogram, sink.limits.maxBuckets)
  if (fault === null) sink.builder.addHistogram(histogram)
  else sink.builder.rejections.add(fault, 1, sink.where)
}
