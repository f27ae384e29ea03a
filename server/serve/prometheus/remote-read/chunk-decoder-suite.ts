/*
 * For tests: reads what a reader of Prometheus' streamed chunks reads, written from the descriptions of the format
 * (prompb/remote.proto, storage/remote/chunked.go, docs of tsdb/chunkenc) and without a line of the encoder.
 */

/** Fields of a protobuf message by number: varints as bigint, what has a length as bytes. */
export type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>

export function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>()
  for (let at = 0; at < bytes.length; ) {
    const tag = uvarintAt(bytes, at)
    at = tag.end
    const number = Number(tag.value >> 3n)
    const entries = fields.get(number) ?? []
    fields.set(number, entries)
    const kind = Number(tag.value & 7n)
    if (kind === 1) {
      entries.push(bytes.subarray(at, at + 8))
      at += 8
      continue
    }
    const one = uvarintAt(bytes, at)
    at = one.end
    if (kind === 0) entries.push(one.value)
    else if (kind === 2) {
      const end = at + Number(one.value)
      if (end > bytes.length) throw new Error('a field ends behind its message')
      entries.push(bytes.subarray(at, end))
      at = end
    } else throw new Error(`wire type ${kind}`)
  }
  return fields
}

function uvarintAt(bytes: Buffer, start: number): { value: bigint; end: number } {
  let value = 0n
  for (let at = start; ; at += 1) {
    if (at >= bytes.length) throw new Error('a number ends behind its message')
    value |= BigInt(bytes[at] & 127) << BigInt(7 * (at - start))
    if (bytes[at] < 128) return { value, end: at + 1 }
  }
}

function bytesIn(fields: Fields, number: number): readonly Buffer[] {
  return (fields.get(number) ?? []) as Buffer[]
}

function numberIn(fields: Fields, number: number): number {
  return Number(BigInt.asIntN(64, ((fields.get(number) ?? [0n]) as bigint[])[0]))
}

/** A sample: the 64 bits of a float, or a histogram. */
export type DecodedSample =
  | { readonly ms: number; readonly bits: bigint }
  | { readonly ms: number; readonly histogram: DecodedHistogram }

export interface DecodedHistogram {
  /** `first`: what the chunk says of its first histogram; the others of a counter's chunk follow no reset. */
  readonly hint: 'unknown' | 'reset' | 'no_reset' | 'gauge'
  readonly schema: number
  readonly zeroThreshold: number
  readonly zeroCount: number
  readonly count: number
  readonly sum: number
  readonly positive: readonly (readonly [number, number])[]
  readonly negative: readonly (readonly [number, number])[]
  readonly customBounds: readonly number[]
}

export interface DecodedFrame {
  readonly queryIndex: number
  readonly labels: readonly (readonly [string, string])[]
  readonly bytes: number
  readonly chunks: readonly {
    readonly startMs: number
    readonly endMs: number
    readonly samples: readonly DecodedSample[]
  }[]
}

/** All frames of a body; throws where a length or a checksum is wrong. */
export function decodeFrames(body: Buffer): DecodedFrame[] {
  const frames: DecodedFrame[] = []
  for (let at = 0; at < body.length; ) {
    const { value, end } = uvarintAt(body, at)
    const bytes = body.subarray(end + 4, end + 4 + Number(value))
    if (bytes.length !== Number(value)) throw new Error('the body ends inside a frame')
    if (body.readUInt32BE(end) !== castagnoli(bytes)) throw new Error('wrong checksum')
    at = end + 4 + bytes.length
    const response = fieldsOf(bytes)
    const series = bytesIn(response, 1).map(fieldsOf)
    if (series.length !== 1) throw new Error(`${series.length} series in one frame`)
    frames.push({
      queryIndex: numberIn(response, 2),
      labels: bytesIn(series[0], 1)
        .map(fieldsOf)
        .map((label) => [bytesIn(label, 1)[0].toString(), bytesIn(label, 2)[0].toString()] as const),
      bytes: bytes.length,
      chunks: bytesIn(series[0], 2).map(fieldsOf).map(decodeChunk),
    })
  }
  return frames
}

/** Bit by bit as the polynomial division has it. */
function castagnoli(bytes: Buffer): number {
  let rest = 0xffffffffn
  for (const byte of bytes) {
    rest ^= BigInt(byte)
    for (let i = 0; i < 8; i += 1) rest = rest & 1n ? (rest >> 1n) ^ 0x82f63b78n : rest >> 1n
  }
  return Number(rest ^ 0xffffffffn)
}

function decodeChunk(chunk: Fields): DecodedFrame['chunks'][number] {
  const data = bytesIn(chunk, 4)[0]
  const type = numberIn(chunk, 3)
  if (type !== 1 && type !== 3) throw new Error(`chunk of type ${type}`)
  return {
    startMs: numberIn(chunk, 1),
    endMs: numberIn(chunk, 2),
    samples: type === 1 ? xorSamples(data) : histogramSamples(data),
  }
}

/** Reads bits from the highest of each byte on. */
class Bits {
  private readonly text: string
  private at = 0

  constructor(bytes: Buffer) {
    this.text = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  }

  unsigned(count: number): bigint {
    if (this.at + count > this.text.length) throw new Error('the chunk ends inside a number')
    this.at += count
    return count === 0 ? 0n : BigInt(`0b${this.text.slice(this.at - count, this.at)}`)
  }

  /** As many as `most` ones, up to the first zero, which is taken too. */
  ones(most: number): number {
    for (let count = 0; count < most; count += 1) if (this.unsigned(1) === 0n) return count
    return most
  }

  /** Above the middle the numbers are negative; the middle itself is not. */
  signed(count: number): bigint {
    const value = this.unsigned(count)
    if (count === 64) return BigInt.asIntN(64, value)
    return value > 1n << BigInt(count - 1) ? value - (1n << BigInt(count)) : value
  }

  uvarint(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.unsigned(8)
      value |= (byte & 127n) << shift
      if (byte < 128n) return value
    }
  }

  varint(): bigint {
    const value = this.uvarint()
    return value & 1n ? -((value + 1n) >> 1n) : value >> 1n
  }

  varbitUnsigned(): bigint {
    const ones = this.ones(8)
    return ones === 0 ? 0n : this.unsigned(varbitSizes[ones - 1])
  }

  varbitSigned(): bigint {
    const ones = this.ones(8)
    return ones === 0 ? 0n : this.signed(varbitSizes[ones - 1])
  }

  double(): number {
    return doubleOf(this.unsigned(64))
  }

  isAtEnd(): boolean {
    return this.text.length - this.at < 8 && !this.text.slice(this.at).includes('1')
  }
}

const varbitSizes = [3, 6, 9, 12, 18, 25, 56, 64]

function doubleOf(bits: bigint): number {
  return new Float64Array(BigUint64Array.of(bits).buffer)[0]
}

class XorValue {
  private bits: bigint
  private leading = 0
  private size = 0

  constructor(first: bigint) {
    this.bits = first
  }

  next(from: Bits): bigint {
    if (from.unsigned(1) === 0n) return this.bits
    if (from.unsigned(1) === 1n) {
      this.leading = Number(from.unsigned(5))
      this.size = Number(from.unsigned(6)) || 64
    }
    this.bits ^= from.unsigned(this.size) << BigInt(64 - this.leading - this.size)
    return this.bits
  }
}

function xorSamples(data: Buffer): DecodedSample[] {
  const bits = new Bits(data.subarray(2))
  const samples: DecodedSample[] = []
  let time = bits.varint()
  let delta = 0n
  let first = bits.unsigned(64)
  const value = new XorValue(first)
  for (let i = 0; i < data.readUInt16BE(0); i += 1) {
    if (i === 1) delta = bits.uvarint()
    else if (i > 1) {
      const ones = bits.ones(4)
      if (ones > 0) delta += bits.signed([14, 17, 20, 64][ones - 1])
    }
    if (i > 0) {
      time += delta
      first = value.next(bits)
    }
    samples.push({ ms: Number(time), bits: first })
  }
  if (!bits.isAtEnd()) throw new Error('bits are left over')
  return samples
}

function histogramSamples(data: Buffer): DecodedSample[] {
  const bits = new Bits(data.subarray(3))
  const head = (['unknown', 'no_reset', 'reset', 'gauge'] as const)[data[2] >> 6]
  const zeroThreshold = thresholdOf(bits)
  const schema = Number(bits.varbitSigned())
  const positive = spansOf(bits)
  const negative = spansOf(bits)
  const customBounds = schema === -53 ? Array.from({ length: Number(bits.varbitUnsigned()) }, () => boundOf(bits)) : []
  let time = bits.varbitSigned()
  let delta = 0n
  const columns: XorValue[] = []
  let values = Array.from({ length: 3 + positive.length + negative.length }, () => bits.unsigned(64))
  for (const first of values) columns.push(new XorValue(first))
  const samples: DecodedSample[] = []
  for (let i = 0; i < data.readUInt16BE(0); i += 1) {
    if (i > 0) {
      delta += bits.varbitSigned()
      time += delta
      values = columns.map((column) => column.next(bits))
    }
    const [count, zeroCount, sum, ...counts] = values.map(doubleOf)
    const hint = i === 0 || head === 'gauge' ? head : 'no_reset'
    const histogram = {
      ...{ hint, schema, zeroThreshold, zeroCount, count, sum, customBounds },
      positive: positive.map((index, place) => [index, counts[place]] as const),
      negative: negative.map((index, place) => [index, counts[positive.length + place]] as const),
    }
    samples.push({ ms: Number(time), histogram })
  }
  if (!bits.isAtEnd()) throw new Error('bits are left over')
  return samples
}

function thresholdOf(bits: Bits): number {
  const byte = Number(bits.unsigned(8))
  if (byte === 0) return 0
  return byte === 255 ? bits.double() : 0.5 * 2 ** (byte - 243)
}

function boundOf(bits: Bits): number {
  const value = bits.varbitUnsigned()
  return value === 0n ? bits.double() : Number(value - 1n) / 1000
}

/** Indexes of all buckets of the spans. */
function spansOf(bits: Bits): number[] {
  const indexes: number[] = []
  let next = 0
  for (let left = bits.varbitUnsigned(); left > 0n; left -= 1n) {
    const length = Number(bits.varbitUnsigned())
    next += Number(bits.varbitSigned())
    for (let i = 0; i < length; i += 1) indexes.push(next++)
  }
  return indexes
}
