import type { Buckets, FloatHistogram } from '../../../query/promql/histogram/float-histogram.ts'
import { compareLabels, type Labels } from '../../../query/promql/labels.ts'
import type { SampleSeries } from '../../../query/promql/value.ts'
import { spansOf } from './bucket-spans.ts'
import { Message } from './protobuf-message.ts'

/** One `prometheus.TimeSeries`, ready. */
export interface EncodedSeries {
  readonly labels: Labels
  readonly bytes: Uint8Array
}

/** `prometheus.QueryResult`: series ordered by labels, as readers merge them. */
export function encodeQueryResult(series: readonly EncodedSeries[]): Uint8Array {
  const result = new Message()
  for (const one of [...series].sort((a, b) => compareLabels(a.labels, b.labels))) result.nested(1, one.bytes)
  return result.done()
}

/** `prometheus.ReadResponse`. */
export function encodeReadResponse(results: readonly Uint8Array[]): Uint8Array {
  const response = new Message()
  for (const result of results) response.nested(1, result)
  return response.done()
}

/** `prometheus.TimeSeries`. */
export function encodeTimeSeries({ labels, times, values, histogramTimes, histograms }: SampleSeries): Uint8Array {
  const message = new Message()
  message.labels(1, labels)
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  for (let i = 0; i < times.length; i += 1) {
    const sample = new Message()
    sample.doubleBits(1, words, i)
    sample.integer(2, times[i])
    message.nested(2, sample.done())
  }
  histograms.forEach((histogram, i) => {
    message.nested(4, histogramMessage(histogram, histogramTimes[i]))
  })
  return message.done()
}

/** `prometheus.Histogram` with float counts. */
function histogramMessage(histogram: FloatHistogram, timeMs: number): Uint8Array {
  const message = new Message()
  message.double(2, histogram.count)
  message.double(3, histogram.sum)
  // sint32 in zigzag.
  message.integer(4, histogram.schema >= 0 ? histogram.schema * 2 : -histogram.schema * 2 - 1)
  message.double(5, histogram.zeroThreshold)
  message.double(7, histogram.zeroCount)
  buckets(message, histogram.negative, { spans: 8, counts: 10 })
  buckets(message, histogram.positive, { spans: 11, counts: 13 })
  message.integer(14, { unknown: 0, reset: 1, no_reset: 2, gauge: 3 }[histogram.resetHint])
  message.integer(15, timeMs)
  if (histogram.customBounds.length > 0) message.nested(16, doubles(histogram.customBounds))
  return message.done()
}

function buckets(message: Message, buckets: Buckets, fields: { spans: number; counts: number }): void {
  for (const { offset, length } of spansOf(buckets)) {
    const span = new Message(24)
    span.integer(1, offset >= 0 ? offset * 2 : -offset * 2 - 1)
    span.integer(2, length)
    message.nested(fields.spans, span.done())
  }
  if (buckets.counts.length > 0) message.nested(fields.counts, doubles(buckets.counts))
}

function doubles(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer)
}
