import { type Buffer, isUtf8 } from 'node:buffer'
import type { MetricBatch } from '../model/batch.ts'
import type { MetricMetadata } from '../model/metric.ts'
import { DecodeError } from '../model/sink.ts'
import { exemplarOf } from './metric/exemplar.ts'
import { KeyBytes } from './metric/key-bytes.ts'
import type { Fault, MetricDecodeContext } from './metric/metric-context.ts'
import { faultOfHistogram } from './metric/native-histogram.ts'
import { MetricBatchBuilder } from './metric/sample-columns.ts'
import { SeriesResolver } from './metric/series-resolver.ts'
import { countRows, metricTypes, readHistogram, readRepeated, readSample } from './metric/write-messages.ts'
import { ProtobufReader } from './wire/protobuf-reader.ts'

/** Tags of TimeSeries. */
const packedRefsTag = 0x0a
const singleRefTag = 0x08
const sampleTag = 0x12
const histogramTag = 0x1a
const exemplarTag = 0x22
const metadataTag = 0x2a

/** Symbols of one request. Beyond: DecodeError. A symbol may take 2 bytes of the request and takes 16 in memory. */
const maxSymbols = 2_000_000

/** Bytes of a series with one sample, for the room that columns are given at first. */
const usualSeriesBytes = 50

const familySuffix = /_(bucket|sum|count)$/

/**
 * Samples of a remote_write 2.0 request (`io.prometheus.write.v2.Request`, snappy removed). As `decodeRemoteWrite`;
 * a label reference outside the symbol table makes its series malformed.
 *
 * Start (created) timestamps are not kept: the model has no place for them, and Prometheus ignores them too unless
 * told otherwise. Metadata is per series here; a family's is handed on once per request.
 * The counts for the `X-Prometheus-Remote-Write-…-Written` headers: `sampleCount`, `histograms.length` and
 * `exemplars.length` of the batch.
 * Cost: 0.5 µs per sample of 10 labels, which are put together from the symbols before they are compared.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0, io/prometheus/write/v2/types.proto.
 */
export function decodeRemoteWriteV2(body: Uint8Array, context: MetricDecodeContext): MetricBatch {
  const reader = new ProtobufReader(body)
  const decoder = new RemoteWriteV2Decoder(context, reader.bytes, readSymbols(reader))
  reader.position = 0
  while (reader.position < reader.end)
    if (reader.tag() === 0x2a) {
      const outer = reader.enter()
      decoder.readSeries(reader)
      reader.leave(outer)
    } else reader.skip()
  return decoder.builder.finish()
}

/** Where each symbol (field 4) stands: symbol i is `bytes[ranges[2i] .. ranges[2i + 1])`. */
interface Symbols {
  readonly count: number
  readonly ranges: Uint32Array
}

function readSymbols(reader: ProtobufReader): Symbols {
  let ranges = new Uint32Array(512)
  let count = 0
  while (reader.position < reader.end) {
    if (reader.tag() !== 0x22) {
      reader.skip()
      continue
    }
    const end = reader.rangeEnd()
    if (count === maxSymbols) throw reader.error(`request holds more than ${maxSymbols} symbols`)
    if (2 * count === ranges.length) {
      const larger = new Uint32Array(ranges.length * 2)
      larger.set(ranges)
      ranges = larger
    }
    ranges[2 * count] = reader.position
    ranges[2 * count + 1] = end
    reader.position = end
    count++
  }
  if (count > 0 && ranges[0] !== ranges[1]) throw new DecodeError('the first symbol is not empty', 'symbols[0]')
  return { count, ranges }
}

class RemoteWriteV2Decoder {
  readonly builder: MetricBatchBuilder
  readonly #resolver: SeriesResolver
  readonly #context: MetricDecodeContext
  readonly #symbols: Symbols
  /** Labels of the series at hand, in the encoding of remote_write 1.0. */
  readonly #labels: KeyBytes
  #labelsLength = 0
  /** Reference that stands before its value's, or -1. */
  #pendingName = -1
  readonly #mostLabelBytes: number
  #seriesCount = 0
  /** Families whose metadata was handed on. */
  readonly #families = new Map<string, MetricMetadata>()
  #lastMetadata = ''

  constructor(context: MetricDecodeContext, source: Buffer, symbols: Symbols) {
    this.#context = context
    this.#labels = new KeyBytes(source)
    this.#symbols = symbols
    this.#resolver = new SeriesResolver(context)
    const { maxLabels, maxLabelNameBytes, maxLabelValueBytes } = this.#resolver.limits
    this.#mostLabelBytes = 2 * maxLabels * (maxLabelNameBytes + maxLabelValueBytes)
    this.builder = new MetricBatchBuilder(context, source.length / usualSeriesBytes)
  }

  /** TimeSeries: 1 = label references, 2 = samples, 3 = histograms, 4 = exemplars, 5 = metadata, 6 = created. */
  readSeries(reader: ProtobufReader): void {
    const start = reader.position
    const end = reader.end
    this.#seriesCount++
    this.builder.mark()
    try {
      this.#labelsLength = 0
      this.#readLabelRefs(reader)
      reader.position = start
      const fault = this.#resolver.resolve(this.#labels.bytes, 0, this.#labelsLength)
      if (fault === null) this.#readRows(reader)
      else this.#reject(reader, fault)
    } catch (error) {
      this.builder.rejectMarked(error, () => this.#path())
      reader.end = end
    }
  }

  /** Puts the labels together; most often they stand first. Moves the reader. */
  #readLabelRefs(reader: ProtobufReader): void {
    this.#pendingName = -1
    while (reader.position < reader.end) {
      const tag = reader.tag()
      if (tag === packedRefsTag) this.#readPackedRefs(reader)
      else if (tag === singleRefTag) this.#addRef(reader.uint32())
      // Packed label references come whole; rows behind them need not be passed over.
      else if (this.#labelsLength > 0) break
      else reader.skip()
    }
    if (this.#pendingName >= 0) throw reader.error('label references come in pairs, one is left over')
  }

  #readPackedRefs(reader: ProtobufReader): void {
    const end = reader.rangeEnd()
    const outer = reader.end
    const bytes = reader.bytes
    reader.end = end
    let at = reader.position
    while (at < end) {
      const low = bytes[at]
      if (low < 0x80) {
        this.#addRef(low)
        at++
      } else if (at + 1 < end && bytes[at + 1] < 0x80) {
        this.#addRef((low & 0x7f) | (bytes[at + 1] << 7))
        at += 2
      } else {
        reader.position = at
        this.#addRef(reader.uint32())
        at = reader.position
      }
    }
    reader.leave(outer)
  }

  #addRef(ref: number): void {
    if (ref >= this.#symbols.count)
      throw new DecodeError(`symbol ${ref} is none of ${this.#symbols.count}`, this.#path())
    if (this.#pendingName < 0) this.#pendingName = ref
    else {
      this.#addLabel(this.#pendingName, ref)
      this.#pendingName = -1
    }
  }

  #addLabel(nameRef: number, valueRef: number): void {
    const { ranges } = this.#symbols
    const nameStart = ranges[2 * nameRef]
    const nameLength = ranges[2 * nameRef + 1] - nameStart
    const valueStart = ranges[2 * valueRef]
    const valueLength = ranges[2 * valueRef + 1] - valueStart
    const inner = 2 + varintSize(nameLength) + nameLength + varintSize(valueLength) + valueLength
    this.#reserve(inner + 6)
    const { bytes } = this.#labels
    let at = this.#labelsLength
    bytes[at++] = 0x0a
    at = writeVarint(bytes, at, inner)
    bytes[at++] = 0x0a
    at = writeVarint(bytes, at, nameLength)
    this.#labels.copy(nameStart, nameLength, at)
    at += nameLength
    bytes[at++] = 0x12
    at = writeVarint(bytes, at, valueLength)
    this.#labels.copy(valueStart, valueLength, at)
    this.#labelsLength = at + valueLength
  }

  /** Room for one more label. A series whose labels repeat long symbols is refused before it takes much memory. */
  #reserve(length: number): void {
    const needed = this.#labelsLength + length
    if (needed > this.#mostLabelBytes)
      throw new DecodeError(`labels take more than ${this.#mostLabelBytes} bytes`, this.#path())
    this.#labels.reserve(needed, this.#labelsLength)
  }

  #readRows(reader: ProtobufReader): void {
    const ref = this.#resolver.ref
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case sampleTag:
          readSample(reader, ref, this.builder)
          break
        case histogramTag:
          this.#readHistogram(reader, ref)
          break
        case exemplarTag:
          this.#readExemplar(reader, ref)
          break
        case metadataTag:
          this.#readMetadata(reader, ref)
          break
        default:
          reader.skip()
      }
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

  /** Exemplar: 1 = label references, 2 = value, 3 = timestamp. */
  #readExemplar(reader: ProtobufReader, ref: number): void {
    const outer = reader.enter()
    const texts: string[] = []
    let value = 0
    let timestampMs = 0
    while (reader.position < reader.end) {
      const tag = reader.tag()
      if (tag === 0x11) value = reader.double()
      else if (tag === 0x18) {
        reader.varint()
        timestampMs = reader.signed()
      } else if (tag >>> 3 === 1)
        readRepeated(reader, tag, { wireType: 0, read: () => texts.push(this.#symbol(reader.bytes, reader.uint32())) })
      else reader.skip()
    }
    reader.leave(outer)
    const labels: [string, string][] = []
    for (let i = 0; i + 1 < texts.length; i += 2) labels.push([texts[i], texts[i + 1]])
    this.builder.addExemplar(exemplarOf({ ref, timestampMs, value }, labels))
  }

  /** Metadata: 1 = type, 3 = reference of the help, 4 = of the unit. */
  #readMetadata(reader: ProtobufReader, ref: number): void {
    const outer = reader.enter()
    let type = 0
    let helpRef = 0
    let unitRef = 0
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x08:
          type = reader.int32()
          break
        case 0x18:
          helpRef = reader.uint32()
          break
        case 0x20:
          unitRef = reader.uint32()
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
    if (type === 0 && helpRef === 0 && unitRef === 0) return
    const table = this.#context.series
    const key = `${table.metricHash[2 * ref]},${table.metricHash[2 * ref + 1]},${type},${helpRef},${unitRef}`
    if (key === this.#lastMetadata) return
    this.#lastMetadata = key
    this.#addMetadata(ref, {
      type: metricTypes[type] ?? 'unknown',
      help: this.#symbol(reader.bytes, helpRef),
      unit: this.#symbol(reader.bytes, unitRef),
    })
  }

  #addMetadata(ref: number, about: Omit<MetricMetadata, 'name'>): void {
    const metric = this.#context.series.labels(ref).find(([label]) => label === '__name__')?.[1] ?? ''
    const hasParts = about.type === 'histogram' || about.type === 'gaugehistogram' || about.type === 'summary'
    const name = hasParts ? metric.replace(familySuffix, '') : metric
    const known = this.#families.get(name)
    if (known?.type === about.type && known.help === about.help && known.unit === about.unit) return
    const metadata = { name, ...about }
    this.#families.set(name, metadata)
    this.builder.addMetadata(metadata)
  }

  #symbol(bytes: Buffer, ref: number): string {
    if (ref >= this.#symbols.count)
      throw new DecodeError(`symbol ${ref} is none of ${this.#symbols.count}`, this.#path())
    const { ranges } = this.#symbols
    const text = bytes.subarray(ranges[2 * ref], ranges[2 * ref + 1])
    if (!isUtf8(text)) throw new DecodeError(`symbol ${ref} is not valid UTF-8`, this.#path())
    return text.toString('utf8')
  }

  #path(): string {
    return `timeseries[${this.#seriesCount - 1}]`
  }
}

function varintSize(value: number): number {
  if (value < 0x80) return 1
  let size = 1
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size++
  return size
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest > 0x7f) {
    bytes[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}
