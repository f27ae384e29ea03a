import type { Matcher } from '../../query/promql/ast.ts'
import type { Buckets, FloatHistogram } from '../../query/promql/histogram/float-histogram.ts'
import { compareLabels, type Labels } from '../../query/promql/labels.ts'
import type { SampleSeries } from '../../query/promql/value.ts'

/** One query of a remote read; both times belong to it. */
export interface ReadQuery {
  readonly startMs: number
  readonly endMs: number
  readonly matchers: readonly Matcher[]
}

const operators = ['=', '!=', '=~', '!~'] as const

/** Queries of a `prometheus.ReadRequest`. Throws RangeError on what is no protobuf. Source: prompb/remote.proto. */
export function readRequestOf(bytes: Buffer): readonly ReadQuery[] {
  const queries: ReadQuery[] = []
  for (const field of fieldsOf(bytes))
    if (field.number === 1 && field.bytes !== null) queries.push(queryOf(field.bytes))
  return queries
}

function queryOf(bytes: Buffer): ReadQuery {
  let startMs = 0
  let endMs = 0
  const matchers: Matcher[] = []
  for (const { number, value, bytes: inner } of fieldsOf(bytes)) {
    if (number === 1) startMs = value
    else if (number === 2) endMs = value
    else if (number === 3 && inner !== null) matchers.push(matcherOf(inner))
  }
  return { startMs, endMs, matchers }
}

function matcherOf(bytes: Buffer): Matcher {
  let type = 0
  let name = ''
  let text = ''
  for (const { number, value, bytes: inner } of fieldsOf(bytes)) {
    if (number === 1) type = value
    else if (number === 2 && inner !== null) name = inner.toString()
    else if (number === 3 && inner !== null) text = inner.toString()
  }
  const operator = operators[type]
  if (operator === undefined) throw new RangeError(`unknown matcher type ${type}`)
  return { name, operator, value: text }
}

interface Field {
  readonly number: number
  /** Of a varint, as a signed 64-bit integer. */
  readonly value: number
  /** Of a length-delimited field. */
  readonly bytes: Buffer | null
}

function* fieldsOf(bytes: Buffer): Generator<Field> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) throw new RangeError('the message ends inside a number')
      const byte = bytes[at++]
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw new RangeError('a number has more than ten bytes')
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >>> 3
    switch (tag & 7) {
      case 0:
        yield { number, value: Number(varint()), bytes: null }
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = Number(varint())
        if (length < 0 || at + length > bytes.length) throw new RangeError('the message ends inside a field')
        yield { number, value: 0, bytes: bytes.subarray(at, at + length) }
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        throw new RangeError(`unknown wire type ${tag & 7}`)
    }
  }
}

/** A growing protobuf message. */
class Message {
  private bytes = Buffer.allocUnsafe(1024)
  private length = 0

  done(): Buffer {
    return this.bytes.subarray(0, this.length)
  }

  integer(field: number, value: number): void {
    this.room(20)
    this.varint(field * 8)
    this.signed(value)
  }

  double(field: number, value: number): void {
    this.room(12)
    this.varint(field * 8 + 1)
    this.length = this.bytes.writeDoubleLE(value, this.length)
  }

  /** The double of 64 bits: a NaN keeps its payload. */
  doubleBits(field: number, words: Uint32Array, index: number): void {
    this.room(12)
    this.varint(field * 8 + 1)
    this.bytes.writeUInt32LE(words[2 * index], this.length)
    this.length = this.bytes.writeUInt32LE(words[2 * index + 1], this.length + 4)
  }

  nested(field: number, inner: Uint8Array): void {
    this.room(inner.length + 20)
    this.varint(field * 8 + 2)
    this.varint(inner.length)
    this.bytes.set(inner, this.length)
    this.length += inner.length
  }

  text(field: number, value: string): void {
    this.nested(field, Buffer.from(value))
  }

  private signed(value: number): void {
    if (value >= 0) this.varint(value)
    else
      for (let rest = BigInt.asUintN(64, BigInt(value)), more = true; more; rest >>= 7n) {
        more = rest > 127n
        this.bytes[this.length++] = Number(rest & 127n) | (more ? 128 : 0)
      }
  }

  private varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.length++] = rest
  }

  private room(size: number): void {
    if (this.length + size <= this.bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.length + size, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}

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
  for (const [name, value] of labels.pairs()) {
    const label = new Message()
    label.text(1, name)
    label.text(2, value)
    message.nested(1, label.done())
  }
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

function buckets(message: Message, { indexes, counts }: Buckets, fields: { spans: number; counts: number }): void {
  for (let i = 0, next = 0; i < indexes.length; ) {
    let length = 1
    while (i + length < indexes.length && indexes[i + length] === indexes[i] + length) length += 1
    const span = new Message()
    const offset = indexes[i] - next
    span.integer(1, offset >= 0 ? offset * 2 : -offset * 2 - 1)
    span.integer(2, length)
    message.nested(fields.spans, span.done())
    next = indexes[i] + length
    i += length
  }
  if (counts.length > 0) message.nested(fields.counts, doubles(counts))
}

function doubles(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(values).buffer)
}
