import { Buffer } from 'node:buffer'
import type { MetricBatch } from '../model/batch.ts'
import { exemplarOf } from './metric/exemplar.ts'
import type { Fault, MetricDecodeContext } from './metric/metric-context.ts'
import { faultOfHistogram } from './metric/native-histogram.ts'
import { MetricBatchBuilder } from './metric/sample-columns.ts'
import { readLabel, SeriesResolver } from './metric/series-resolver.ts'
import { countRows, metricTypes, readHistogram, readSample } from './metric/write-messages.ts'
import { ProtobufReader } from './wire/protobuf-reader.ts'

/** Tags of TimeSeries. */
const labelTag = 0x0a
const sampleTag = 0x12
const exemplarTag = 0x1a
const histogramTag = 0x22

/** Bytes of a series with one sample at least, for the room that columns are given at first. */
const usualSeriesBytes = 100

/**
 * Samples of a remote_write 1.0 request (`prometheus.WriteRequest`, snappy removed).
 *
 * A series that is malformed or beyond a limit costs itself: its rows are in `decodeRejections` (one row where they
 * cannot be counted) and the rest is taken; the specification has the receiver answer 400 with the first of them.
 * A native histogram or an exemplar that is malformed costs itself only. Labels need not be sorted; labels without a
 * value are left out.
 * Throws: DecodeError where the frame of the request is broken, or it holds more than `maxRows` rows.
 * Cost: 0.15 µs per sample when the sender repeats its order of series (bench/decode-metrics.ts).
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec, prometheus/prompb remote.proto and types.proto.
 */
export function decodeRemoteWrite(body: Uint8Array, context: MetricDecodeContext): MetricBatch {
  const decoder = new RemoteWriteDecoder(context, body.length / usualSeriesBytes)
  const reader = new ProtobufReader(body)
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a: {
        const outer = reader.enter()
        decoder.readSeries(reader)
        reader.leave(outer)
        break
      }
      case 0x1a: {
        const outer = reader.enter()
        decoder.readMetadata(reader)
        reader.leave(outer)
        break
      }
      default:
        reader.skip()
    }
  return decoder.builder.finish()
}

class RemoteWriteDecoder {
  readonly builder: MetricBatchBuilder
  readonly #resolver: SeriesResolver
  #seriesCount = 0

  constructor(context: MetricDecodeContext, expectedSamples: number) {
    this.#resolver = new SeriesResolver(context)
    this.builder = new MetricBatchBuilder(context, expectedSamples)
  }

  /** The TimeSeries to which the reader is narrowed: 1 = labels, 2 = samples, 3 = exemplars, 4 = histograms. */
  readSeries(reader: ProtobufReader): void {
    const start = reader.position
    const end = reader.end
    this.#seriesCount++
    this.builder.mark()
    try {
      const guessedEnd = this.#resolver.guess(reader.bytes, start, end)
      if (guessedEnd >= 0) {
        reader.position = guessedEnd
        if (!this.#readRows(reader, false)) this.#readScattered(reader, start)
        return
      }
      const labelsEnd = passLabels(reader)
      const fault = labelsEnd === start ? null : this.#resolver.resolve(reader.bytes, start, labelsEnd)
      if (fault !== null) this.#reject(reader, fault)
      else if (labelsEnd === start || !this.#readRows(reader, false)) this.#readScattered(reader, start)
    } catch (error) {
      this.builder.rejectMarked(error, () => this.#path())
      reader.end = end
    }
  }

  /** MetricMetadata: 1 = type, 2 = name of the family, 4 = help, 5 = unit. */
  readMetadata(reader: ProtobufReader): void {
    let type = 0
    let name = ''
    let help = ''
    let unit = ''
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x08:
          type = reader.int32()
          break
        case 0x12:
          name = reader.text()
          break
        case 0x22:
          help = reader.text()
          break
        case 0x2a:
          unit = reader.text()
          break
        default:
          reader.skip()
      }
    if (name !== '') this.builder.addMetadata({ name, type: metricTypes[type] ?? 'unknown', unit, help })
  }

  /** False: a label stands between the rows; they must be read again once all labels are known. */
  #readRows(reader: ProtobufReader, hasAllLabels: boolean): boolean {
    const ref = this.#resolver.ref
    while (reader.position < reader.end) {
      const tag = reader.tag()
      if (tag === sampleTag) readSample(reader, ref, this.builder)
      else if (tag === histogramTag) this.#readHistogram(reader, ref)
      else if (tag === exemplarTag) this.#readExemplar(reader, ref)
      else if (tag === labelTag && !hasAllLabels) return false
      else reader.skip()
    }
    return true
  }

  /** Protobuf lets fields stand in any order, though no sender is known that writes labels behind samples. */
  #readScattered(reader: ProtobufReader, start: number): void {
    this.builder.cutBackToMark()
    reader.position = start
    const pieces: Uint8Array[] = []
    while (reader.position < reader.end) {
      const from = reader.position
      const tag = reader.tag()
      reader.skip()
      if (tag === labelTag) pieces.push(reader.bytes.subarray(from, reader.position))
    }
    const labels = Buffer.concat(pieces)
    reader.position = start
    const fault = this.#resolver.resolve(labels, 0, labels.length)
    if (fault !== null) this.#reject(reader, fault)
    else this.#readRows(reader, true)
  }

  #reject(reader: ProtobufReader, fault: Fault): void {
    const rows = countRows(reader, sampleTag, histogramTag)
    this.builder.rejections.add(fault, rows, () => this.#path())
  }

  #readHistogram(reader: ProtobufReader, ref: number): void {
    const outer = reader.enter()
    const histogram = readHistogram(reader, ref)
    reader.leave(outer)
    const fault = faultOfHistogram(histogram, this.#resolver.limits.maxBuckets)
    if (fault === null) this.builder.addHistogram(histogram)
    else this.builder.rejections.add(fault, 1, () => this.#path())
  }

  /** Exemplar: 1 = labels, 2 = value, 3 = timestamp. */
  #readExemplar(reader: ProtobufReader, ref: number): void {
    const outer = reader.enter()
    const labels: [string, string][] = []
    let value = 0
    let timestampMs = 0
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          labels.push(readLabel(reader))
          break
        case 0x11:
          value = reader.double()
          break
        case 0x18:
          reader.varint()
          timestampMs = reader.signed()
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    this.builder.addExemplar(exemplarOf({ ref, timestampMs, value }, labels))
  }

  #path(): string {
    return `timeseries[${this.#seriesCount - 1}]`
  }
}

/** Passes over the labels at the beginning of a TimeSeries; the answer is where they end. */
function passLabels(reader: ProtobufReader): number {
  const bytes = reader.bytes
  const end = reader.end
  let at = reader.position
  while (at < end && bytes[at] === labelTag) {
    const length = bytes[at + 1]
    if (length < 0x80) at += 2 + length
    else {
      reader.position = at + 1
      at = reader.rangeEnd()
    }
  }
  if (at > end) throw reader.error('label runs past the end of its series', end)
  reader.position = at
  return at
}
