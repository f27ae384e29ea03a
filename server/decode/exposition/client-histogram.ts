import type { HistogramSpan, NativeHistogram } from '../../model/metric.ts'
import { absoluteCounts } from '../metric/native-histogram.ts'
import { readDoubles, readSpan, readZigzags } from '../metric/write-messages.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { type ClientExemplar, type OpenMetric, type ProtobufRows, readExemplar } from './protobuf-rows.ts'

/** io.prometheus.client.Histogram while it is read. Counts are floats where a float field was sent. */
interface HistogramFields {
  count: number
  sum: number
  schema: number
  zeroThreshold: number
  zeroCount: number
  isFloat: boolean
  readonly buckets: ClassicBucket[]
  readonly positive: { readonly spans: HistogramSpan[]; readonly deltas: number[]; readonly counts: number[] }
  readonly negative: { readonly spans: HistogramSpan[]; readonly deltas: number[]; readonly counts: number[] }
  readonly exemplars: ClientExemplar[]
}

interface ClassicBucket {
  readonly upperBound: number
  readonly count: number
  readonly exemplar: ClientExemplar | null
}

/** Reads the Histogram to which the reader is narrowed into classic series, a native histogram, or both. */
export function readClientHistogram(reader: ProtobufReader, metric: OpenMetric, metrics: ProtobufRows): void {
  const fields: HistogramFields = {
    count: 0,
    sum: 0,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    isFloat: false,
    buckets: [],
    positive: { spans: [], deltas: [], counts: [] },
    negative: { spans: [], deltas: [], counts: [] },
    exemplars: [],
  }
  while (reader.position < reader.end) {
    const tag = reader.tag()
    if (!readNumber(reader, tag, fields)) readList(reader, tag, fields)
  }
  const isNative = hasNativeBuckets(fields)
  if (isNative) addNative(metric, metrics, fields)
  if (!isNative || (metrics.rows.options.alwaysClassicHistograms === true && fields.buckets.length > 0))
    addClassic(metric, metrics, fields)
}

/** As Prometheus tells them apart: by a zero bucket or any span, of which an empty one is enough. */
function hasNativeBuckets(fields: HistogramFields): boolean {
  return (
    fields.zeroThreshold > 0 ||
    fields.zeroCount > 0 ||
    fields.positive.spans.length > 0 ||
    fields.negative.spans.length > 0
  )
}

function addNative(metric: OpenMetric, metrics: ProtobufRows, fields: HistogramFields): void {
  const ref = metrics.resolve(metric, { suffix: '' })
  if (ref < 0) return
  const { positive, negative } = fields
  const histogram: NativeHistogram = {
    ref,
    timestampMs: metric.timestampMs,
    schema: fields.schema,
    zeroThreshold: fields.zeroThreshold,
    zeroCount: fields.zeroCount,
    count: fields.count,
    sum: fields.sum,
    positiveSpans: positive.spans,
    positiveCounts: fields.isFloat ? positive.counts : absoluteCounts(positive.deltas),
    negativeSpans: negative.spans,
    negativeCounts: fields.isFloat ? negative.counts : absoluteCounts(negative.deltas),
    customBounds: [],
    resetHint: metric.type === 'gaugehistogram' ? 3 : 0,
    isFloat: fields.isFloat,
    isDelta: false,
  }
  metrics.rows.addHistogram(histogram)
  const ofBuckets = fields.buckets.flatMap(({ exemplar }) => (exemplar === null ? [] : [exemplar]))
  for (const exemplar of fields.exemplars.length > 0 ? fields.exemplars : ofBuckets) metrics.addExemplar(ref, exemplar)
}

function addClassic(metric: OpenMetric, metrics: ProtobufRows, fields: HistogramFields): void {
  const { buckets, count, sum } = fields
  const isGauge = metric.type === 'gaugehistogram'
  metrics.addSample(metric, { suffix: isGauge ? '_gcount' : '_count' }, count)
  metrics.addSample(metric, { suffix: isGauge ? '_gsum' : '_sum' }, sum)
  const addBucket = (bucket: ClassicBucket): void => {
    const part = { suffix: '_bucket', boundName: 'le', bound: bucket.upperBound } as const
    const ref = metrics.addSample(metric, part, bucket.count)
    if (bucket.exemplar !== null && ref >= 0) metrics.addExemplar(ref, bucket.exemplar)
  }
  for (const bucket of buckets) addBucket(bucket)
  // The last bucket is left out by most clients, as it is the count.
  if (buckets.at(-1)?.upperBound !== Number.POSITIVE_INFINITY)
    addBucket({ upperBound: Number.POSITIVE_INFINITY, count, exemplar: null })
}

function readNumber(reader: ProtobufReader, tag: number, fields: HistogramFields): boolean {
  switch (tag) {
    case 0x08:
      reader.varint()
      fields.count = Math.max(fields.count, reader.unsigned())
      return true
    case 0x11:
      fields.sum = reader.double()
      return true
    case 0x21: {
      const count = reader.double()
      if (count > 0) {
        fields.count = count
        fields.isFloat = true
      }
      return true
    }
    case 0x28:
      fields.schema = reader.zigzag()
      return true
    case 0x31:
      fields.zeroThreshold = reader.double()
      return true
    case 0x38:
      reader.varint()
      fields.zeroCount = Math.max(fields.zeroCount, reader.unsigned())
      return true
    case 0x41:
      fields.zeroCount = Math.max(fields.zeroCount, reader.double())
      return true
    default:
      return false
  }
}

function readList(reader: ProtobufReader, tag: number, { positive, negative, ...fields }: HistogramFields): void {
  switch (tag >>> 3) {
    case 3:
      if (tag === 0x1a) fields.buckets.push(readBucket(reader))
      else reader.skip()
      break
    case 9:
      readSpan(reader, tag, negative.spans)
      break
    case 10:
      readZigzags(reader, tag, negative.deltas)
      break
    case 11:
      readDoubles(reader, tag, negative.counts)
      break
    case 12:
      readSpan(reader, tag, positive.spans)
      break
    case 13:
      readZigzags(reader, tag, positive.deltas)
      break
    case 14:
      readDoubles(reader, tag, positive.counts)
      break
    case 16:
      if (tag === 0x82) fields.exemplars.push(readExemplar(reader))
      else reader.skip()
      break
    default:
      reader.skip()
  }
}

/** Bucket: 1 = cumulative count, 2 = upper bound, 3 = exemplar, 4 = cumulative count as a float. */
function readBucket(reader: ProtobufReader): ClassicBucket {
  const outer = reader.enter()
  let count = 0
  let upperBound = 0
  let exemplar: ClassicBucket['exemplar'] = null
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x08:
        reader.varint()
        count = Math.max(count, reader.unsigned())
        break
      case 0x11:
        upperBound = reader.double()
        break
      case 0x1a:
        exemplar = readExemplar(reader)
        break
      case 0x21:
        count = Math.max(count, reader.double())
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  return { upperBound, count, exemplar }
}
