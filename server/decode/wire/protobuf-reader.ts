import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'

/** Groups within groups that `skip` follows; deeper ones are a DecodeError. No format read here has any. */
const maxGroupDepth = 32

const doubleWords = new Uint32Array(2)
const doubles = new Float64Array(doubleWords.buffer)

/**
 * Reads the protobuf wire format from bytes, without an object per field.
 *
 * Use: `while (reader.position < reader.end) switch (reader.tag()) { case 0x0a: … default: reader.skip() }`, where
 * a case is the whole tag (field number << 3 | wire type). A known field with another wire type falls to `skip`,
 * as an unknown field does: that is what protobuf asks of readers.
 * A 64-bit number is left in `low` and `high` as SIGNED 32-bit words (they stay small integers in V8 that way);
 * stored into a Uint32Array they are right, elsewhere use `>>> 0` or `unsigned()`.
 * Messages within: `const outer = reader.enter()`, read, `reader.leave(outer)`. No read passes `end`.
 *
 * Throws: DecodeError with the byte offset where a value is cut off, runs past the end of its message, or is a
 * varint of more than 64 bits. Varints with needless zero bytes are read as long as they have 10 bytes at most:
 * some senders write lengths that way.
 * Source: https://protobuf.dev/programming-guides/encoding
 */
export class ProtobufReader {
  readonly bytes: Buffer
  /** Offset of the next byte to read. May be set, to any offset that a range of this reader named. */
  position: number
  /** End of the message that is being read. Lowered by `enter`, put back by `leave`. */
  end: number
  /** Low and high word of the number read last; signed. */
  low = 0
  high = 0
  #tag = 0

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    // Always a Buffer, so that every access in the hot paths sees one kind of object.
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = start
    this.end = Math.min(end, bytes.length)
  }

  /** Field number << 3 | wire type. */
  tag(): number {
    const start = this.position
    this.varint()
    const tag = this.low
    if (this.high !== 0 || tag >>> 3 === 0) throw this.error('field number is not in 1 to 536870911', start)
    this.#tag = tag
    return tag
  }

  /** Passes over the value of the tag read last. */
  skip(): void {
    this.#skipValue(this.#tag, 0)
  }

  /** Reads a varint into `low` and `high`. */
  varint(): void {
    const position = this.position
    const byte = position < this.end ? this.bytes[position] : 0x80
    if (byte < 0x80) {
      this.low = byte
      this.high = 0
      this.position = position + 1
    } else this.#longVarint(position)
  }

  /** A varint's low 32 bits, unsigned: uint32. Protobuf cuts larger numbers in the same way. */
  uint32(): number {
    this.varint()
    return this.low >>> 0
  }

  /** A varint's low 32 bits, signed: int32 and enums. */
  int32(): number {
    this.varint()
    return this.low
  }

  bool(): boolean {
    this.varint()
    return (this.low | this.high) !== 0
  }

  /** A zigzag varint: sint64 into `low` and `high`; the answer is its low word, which is the value of a sint32. */
  zigzag(): number {
    this.varint()
    const sign = -(this.low & 1)
    this.low = ((this.low >>> 1) | (this.high << 31)) ^ sign
    this.high = (this.high >>> 1) ^ sign
    return this.low
  }

  /** Reads fixed64, sfixed64 or the bits of a double into `low` and `high`. */
  fixed64(): void {
    const position = this.position
    if (this.end - position < 8) throw this.error('8-byte number is cut off', position)
    const bytes = this.bytes
    this.low = bytes[position] | (bytes[position + 1] << 8) | (bytes[position + 2] << 16) | (bytes[position + 3] << 24)
    this.high =
      bytes[position + 4] | (bytes[position + 5] << 8) | (bytes[position + 6] << 16) | (bytes[position + 7] << 24)
    this.position = position + 8
  }

  /** fixed32, signed; `>>> 0` where the field is unsigned. */
  fixed32(): number {
    const position = this.position
    if (this.end - position < 4) throw this.error('4-byte number is cut off', position)
    const bytes = this.bytes
    this.position = position + 4
    return bytes[position] | (bytes[position + 1] << 8) | (bytes[position + 2] << 16) | (bytes[position + 3] << 24)
  }

  /** A double. The bits of a NaN need not survive: where they matter, read `fixed64` and keep the words. */
  double(): number {
    this.fixed64()
    doubleWords[0] = this.low
    doubleWords[1] = this.high
    return doubles[0]
  }

  /** `low` and `high` as an unsigned number; exact up to 2^53. */
  unsigned(): number {
    return (this.high >>> 0) * 0x1_0000_0000 + (this.low >>> 0)
  }

  /** `low` and `high` as a signed number; exact from -2^53 to 2^53. */
  signed(): number {
    return this.high * 0x1_0000_0000 + (this.low >>> 0)
  }

  /** Reads a length; the answer is the end of the range that begins at `position`. It lies within the message. */
  rangeEnd(): number {
    const start = this.position
    this.varint()
    const length = this.low
    const left = this.end - this.position
    if (this.high !== 0 || length < 0 || length > left)
      throw this.error(`length ${this.unsigned()} runs past the end of the message, ${left} bytes are left`, start)
    return this.position + length
  }

  /** Reads a length and narrows the reader to that message. Give the answer to `leave`. */
  enter(): number {
    const inner = this.rangeEnd()
    const outer = this.end
    this.end = inner
    return outer
  }

  /** Ends a message begun by `enter`, wherever in it the reader stands. */
  leave(outer: number): void {
    this.position = this.end
    this.end = outer
  }

  /** A length-delimited string. Invalid UTF-8 becomes U+FFFD. */
  text(): string {
    const end = this.rangeEnd()
    const text = this.bytes.toString('utf8', this.position, end)
    this.position = end
    return text
  }

  error(message: string, position = this.position): DecodeError {
    return new DecodeError(message, `byte ${position}`)
  }

  #longVarint(start: number): void {
    const bytes = this.bytes
    const end = Math.min(this.end, start + 10)
    let position = start
    let low = 0
    let high = 0
    for (let shift = 0; position < end; shift += 7) {
      const byte = bytes[position++]
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) break
        this.low = low
        this.high = high
        this.position = position
        return
      }
    }
    if (position - start === 10) throw this.error('varint has more than 64 bits', start)
    throw this.error('varint is cut off', start)
  }

  #skipValue(tag: number, depth: number): void {
    switch (tag & 7) {
      case 0:
        this.varint()
        return
      case 1:
        this.fixed64()
        return
      case 2:
        this.position = this.rangeEnd()
        return
      case 3:
        this.#skipGroup(tag >>> 3, depth + 1)
        return
      case 5:
        this.fixed32()
        return
      default:
        throw this.error(`wire type ${tag & 7} of field ${tag >>> 3} cannot stand here`)
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > maxGroupDepth) throw this.error(`groups are nested deeper than ${maxGroupDepth}`)
    while (this.position < this.end) {
      const tag = this.tag()
      if ((tag & 7) !== 4) this.#skipValue(tag, depth)
      else if (tag >>> 3 === field) return
      else throw this.error(`group ${field} is ended by ${tag >>> 3}`)
    }
    throw this.error(`group ${field} has no end`)
  }
}
