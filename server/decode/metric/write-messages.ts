import type { HistogramSpan, MetricType, NativeHistogram } from '../../model/metric.ts'
import { DecodeError } from '../../model/sink.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'
import { absoluteCounts } from './native-histogram.ts'
import type { MetricBatchBuilder } from './sample-columns.ts'

/** By number, in both versions of remote_write. */
export const metricTypes: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
]

/**
 * Reads the Sample that stands at `position` (behind its tag) into the columns. Both versions of remote_write:
 * 1 = double value, 2 = int64 timestamp in ms; version 2's start timestamp (3) is passed over.
 */
export function readSample(reader: ProtobufReader, ref: number, builder: MetricBatchBuilder): void {
  const bytes = reader.bytes
  const at = reader.position
  const length = bytes[at]
  // A value and a timestamp of 6 bytes (years 1971 to 2109), as nearly every sample has them.
  if (
    length === 16 &&
    at + 17 <= reader.end &&
    bytes[at + 1] === 0x09 &&
    bytes[at + 10] === 0x10 &&
    bytes[at + 16] < 0x80
  ) {
    let p = at + 2
    const low = bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24)
    const high = bytes[p + 4] | (bytes[p + 5] << 8) | (bytes[p + 6] << 16) | (bytes[p + 7] << 24)
    p += 9
    const all = bytes[p] & bytes[p + 1] & bytes[p + 2] & bytes[p + 3] & bytes[p + 4]
    if (all >= 0x80) {
      const lowBits =
        (bytes[p] & 0x7f) | ((bytes[p + 1] & 0x7f) << 7) | ((bytes[p + 2] & 0x7f) << 14) | ((bytes[p + 3] & 0x7f) << 21)
      const highBits = (bytes[p + 4] & 0x7f) | (bytes[p + 5] << 7)
      builder.addBits(ref, highBits * 0x1000_0000 + lowBits, low, high)
      reader.position = at + 17
      return
    }
  }
  readAnySample(reader, ref, builder)
}

function readAnySample(reader: ProtobufReader, ref: number, builder: MetricBatchBuilder): void {
  const outer = reader.enter()
  let low = 0
  let high = 0
  let timestampMs = 0
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x09:
        reader.fixed64()
        low = reader.low
        high = reader.high
        break
      case 0x10:
        reader.varint()
        timestampMs = reader.signed()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  builder.addBits(ref, timestampMs, low, high)
}

/**
 * Rows in the rest of the series to which the reader is narrowed: fields with one of two tags. At least 1, as something
 * was received; what stands behind a malformed field is not counted.
 */
export function countRows(reader: ProtobufReader, sampleTag: number, histogramTag: number): number {
  let rows = 0
  try {
    while (reader.position < reader.end) {
      const tag = reader.tag()
      if (tag === sampleTag || tag === histogramTag) rows++
      reader.skip()
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
  }
  return Math.max(1, rows)
}

/** Fields of a Histogram while it is read. */
interface HistogramFields {
  count: number
  sum: number
  schema: number
  zeroThreshold: number
  zeroCount: number
  isFloat: boolean
  resetHint: number
  timestampMs: number
  readonly negative: BucketFields
  readonly positive: BucketFields
  readonly customBounds: number[]
}

interface BucketFields {
  readonly spans: HistogramSpan[]
  readonly deltas: number[]
  readonly counts: number[]
}

/**
 * Reads the Histogram to which the reader is narrowed; not yet checked. Both versions have the same fields.
 * Source: prometheus/prompb types.proto and io/prometheus/write/v2/types.proto (Histogram).
 */
export function readHistogram(reader: ProtobufReader, ref: number): NativeHistogram {
  const fields: HistogramFields = {
    count: 0,
    sum: 0,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    isFloat: false,
    resetHint: 0,
    timestampMs: 0,
    negative: { spans: [], deltas: [], counts: [] },
    positive: { spans: [], deltas: [], counts: [] },
    customBounds: [],
  }
  while (reader.position < reader.end) {
    const tag = reader.tag()
    if (!readHistogramNumber(reader, tag, fields)) readHistogramList(reader, tag, fields)
  }
  const { negative, positive } = fields
  return {
    ref,
    timestampMs: fields.timestampMs,
    schema: fields.schema,
    zeroThreshold: fields.zeroThreshold,
    zeroCount: fields.zeroCount,
    count: fields.count,
    sum: fields.sum,
    positiveSpans: positive.spans,
    positiveCounts: fields.isFloat ? positive.counts : absoluteCounts(positive.deltas),
    negativeSpans: negative.spans,
    negativeCounts: fields.isFloat ? negative.counts : absoluteCounts(negative.deltas),
    customBounds: fields.customBounds,
    resetHint: resetHintOf(fields.resetHint),
    isFloat: fields.isFloat,
    isDelta: false,
  }
}

function resetHintOf(sent: number): NativeHistogram['resetHint'] {
  return sent === 1 || sent === 2 || sent === 3 ? sent : 0
}

function readHistogramNumber(reader: ProtobufReader, tag: number, fields: HistogramFields): boolean {
  switch (tag) {
    case 0x08:
      reader.varint()
      fields.count = reader.unsigned()
      fields.isFloat = false
      return true
    case 0x11:
      fields.count = reader.double()
      fields.isFloat = true
      return true
    case 0x19:
      fields.sum = reader.double()
      return true
    case 0x20:
      fields.schema = reader.zigzag()
      return true
    case 0x29:
      fields.zeroThreshold = reader.double()
      return true
    case 0x30:
      reader.varint()
      fields.zeroCount = reader.unsigned()
      return true
    case 0x39:
      fields.zeroCount = reader.double()
      return true
    case 0x70:
      fields.resetHint = reader.int32()
      return true
    case 0x78:
      reader.varint()
      fields.timestampMs = reader.signed()
      return true
    default:
      return false
  }
}

function readHistogramList(
  reader: ProtobufReader,
  tag: number,
  { negative, positive, customBounds }: HistogramFields,
): void {
  switch (tag >>> 3) {
    case 8:
      readSpan(reader, tag, negative.spans)
      break
    case 9:
      readZigzags(reader, tag, negative.deltas)
      break
    case 10:
      readDoubles(reader, tag, negative.counts)
      break
    case 11:
      readSpan(reader, tag, positive.spans)
      break
    case 12:
      readZigzags(reader, tag, positive.deltas)
      break
    case 13:
      readDoubles(reader, tag, positive.counts)
      break
    case 16:
      readDoubles(reader, tag, customBounds)
      break
    default:
      reader.skip()
  }
}

/** BucketSpan: 1 = sint32 offset, 2 = uint32 length. The client model of the exposition has the same. */
export function readSpan(reader: ProtobufReader, tag: number, spans: HistogramSpan[]): void {
  if ((tag & 7) !== 2) {
    reader.skip()
    return
  }
  const outer = reader.enter()
  let offset = 0
  let length = 0
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x08:
        offset = reader.zigzag()
        break
      case 0x10:
        length = reader.uint32()
        break
      default:
        reader.skip()
    }
  reader.leave(outer)
  spans.push({ offset, length })
}

/** Repeated sint64, packed or not. */
export function readZigzags(reader: ProtobufReader, tag: number, into: number[]): void {
  const read = (): void => {
    reader.zigzag()
    into.push(reader.signed())
  }
  readRepeated(reader, tag, { wireType: 0, read })
}

/** Repeated double, packed or not. */
export function readDoubles(reader: ProtobufReader, tag: number, into: number[]): void {
  readRepeated(reader, tag, { wireType: 1, read: () => into.push(reader.double()) })
}

/** Repeated numbers of a wire type, packed or not; with any other wire type the field is passed over. */
export function readRepeated(
  reader: ProtobufReader,
  tag: number,
  { wireType, read }: { wireType: number; read: () => void },
): void {
  if ((tag & 7) === wireType) read()
  else if ((tag & 7) === 2) {
    const outer = reader.enter()
    while (reader.position < reader.end) read()
    reader.leave(outer)
  } else reader.skip()
}
