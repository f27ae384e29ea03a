import { spansOfDense, staleNumber } from '../metric/native-histogram.ts'
import { readRepeated } from '../metric/write-messages.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { addNativeHistogram } from './histogram-points.ts'
import { readPointExemplars } from './point-exemplars.ts'
import { PointHead } from './point-head.ts'
import { seriesPart } from './point-series.ts'
import type { PointSink } from './point-sink.ts'

const head = new PointHead(1)

/** Tag of the exemplars of an ExponentialHistogramDataPoint. */
const exemplarTag = 0x5a

/** Finest schema of native histograms; points with a finer scale are merged down to it. */
const maxScale = 8

/** Width of the zero bucket where the sender names none, as Prometheus gives it. */
const defaultZeroThreshold = 1e-128

interface Buckets {
  offset: number
  counts: number[]
}

interface ExponentialHistogram {
  count: number
  sum: number
  scale: number
  zeroCount: number
  zeroThreshold: number
  /** null where the sender gave none, as for `max`. */
  min: number | null
  max: number | null
  readonly positive: Buckets
  readonly negative: Buckets
}

/**
 * ExponentialHistogramDataPoint: 1 = attributes, 2 = start time, 3 = time, 4 = count, 5 = sum, 6 = scale,
 * 7 = zero count, 8 = positive, 9 = negative buckets, 10 = flags, 11 = exemplars, 12 = min, 13 = max,
 * 14 = zero threshold. Becomes a native histogram, with `_min` and `_max` beside it. OTLP's bucket i holds (base^i, base^(i+1)], Prometheus' (base^(i-1), base^i]. A scale over
 * 8 is merged down; one below -4 is a rejected row, as no native schema is so coarse. Throws: DecodeError.
 */
export function readExponentialPoint(reader: ProtobufReader, sink: PointSink): void {
  const start = reader.position
  head.begin()
  const histogram: ExponentialHistogram = {
    count: 0,
    sum: 0,
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    min: null,
    max: null,
    positive: { offset: 0, counts: [] },
    negative: { offset: 0, counts: [] },
  }
  while (reader.position < reader.end) readField(reader, histogram)
  const buckets = histogram.positive.counts.length + histogram.negative.counts.length
  if (buckets > sink.limits.maxBuckets) throw reader.error(`histogram has more than ${sink.limits.maxBuckets} buckets`)
  sink.beginRows(reader, head)
  const ref = sink.resolve(seriesPart.value, 0, head)
  if (ref < 0) return
  const schema = Math.min(histogram.scale, maxScale)
  const positive = nativeBuckets(histogram.positive, histogram.scale - schema)
  const negative = nativeBuckets(histogram.negative, histogram.scale - schema)
  addNativeHistogram(sink, {
    ref,
    timestampMs: head.timestampMs,
    schema,
    zeroThreshold: histogram.zeroThreshold > 0 ? histogram.zeroThreshold : defaultZeroThreshold,
    zeroCount: histogram.zeroCount,
    count: histogram.count,
    sum: head.isStale ? staleNumber : histogram.sum,
    positiveSpans: positive.spans,
    positiveCounts: positive.counts,
    negativeSpans: negative.spans,
    negativeCounts: negative.counts,
    customBounds: [],
    resetHint: 0,
    isFloat: false,
    isDelta: sink.isDelta,
  })
  if (head.hasExemplars) readPointExemplars(reader, { start, exemplarTag, refOf: () => ref }, sink)
  sink.addBeside(head, histogram)
}

function readField(reader: ProtobufReader, histogram: ExponentialHistogram): void {
  const from = reader.position
  switch (reader.tag()) {
    case 0x0a:
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
    case 0x30:
      histogram.scale = reader.zigzag()
      break
    case 0x39:
      reader.fixed64()
      histogram.zeroCount = reader.unsigned()
      break
    case 0x42:
      readBuckets(reader, histogram.positive)
      break
    case 0x4a:
      readBuckets(reader, histogram.negative)
      break
    case 0x50:
      head.flags(reader)
      break
    case exemplarTag:
      head.exemplar(reader)
      break
    case 0x61:
      histogram.min = reader.double()
      break
    case 0x69:
      histogram.max = reader.double()
      break
    case 0x71:
      histogram.zeroThreshold = reader.double()
      break
    default:
      reader.skip()
  }
}

/** Buckets: 1 = sint32 offset, 2 = uint64 counts. */
function readBuckets(reader: ProtobufReader, buckets: Buckets): void {
  const outer = reader.enter()
  const read = (): void => {
    reader.varint()
    buckets.counts.push(reader.unsigned())
  }
  while (reader.position < reader.end) {
    const tag = reader.tag()
    if (tag === 0x08) buckets.offset = reader.zigzag()
    else if (tag >>> 3 === 2) readRepeated(reader, tag, { wireType: 0, read })
    else reader.skip()
  }
  reader.leave(outer)
}

/** Native buckets, with 2^`scaleDown` neighbours merged into one. */
function nativeBuckets({ offset, counts }: Buckets, scaleDown: number): ReturnType<typeof spansOfDense> {
  if (scaleDown === 0) return spansOfDense(counts, offset + 1)
  const width = 2 ** scaleDown
  const first = Math.floor(offset / width)
  const merged: number[] = []
  for (let i = 0; i < counts.length; i++) {
    const at = Math.floor((offset + i) / width) - first
    while (merged.length <= at) merged.push(0)
    merged[at] += counts[i]
  }
  return spansOfDense(merged, first + 1)
}
