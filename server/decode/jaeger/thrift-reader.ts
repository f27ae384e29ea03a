import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'

/** Types of fields and of members of lists. Source: Thrift binary protocol specification. */
export const thriftType = {
  stop: 0,
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
} as const

/** Structs, lists and maps within one another that `skip` follows; deeper ones are a DecodeError. */
const maxDepth = 32

/** Bytes of types that always have the same number of them. */
const fixedBytes: Readonly<Record<number, number>> = { 2: 1, 3: 1, 4: 8, 6: 2, 8: 4, 10: 8 }

/**
 * Reads Thrift's binary protocol from bytes. Use: `for (let type = reader.field(); type !== thriftType.stop; type = reader.field())`,
 * then by `reader.id` the read that fits `type`, or `reader.skip(type)`.
 *
 * Lengths and counts are checked against the bytes that are left before anything is allocated.
 * Throws: DecodeError with the byte offset where a value is cut off, too long or of an unknown type.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md
 */
export class ThriftReader {
  readonly bytes: Buffer
  position = 0
  /** Of the field whose head was read last. */
  id = 0
  /** Where the string, the binary or the 64 bits read last begin. */
  start = 0
  /** Words of the 64 bits read last; signed. */
  low = 0
  high = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Reads the head of the next field of a struct; the answer is its type, `stop` behind the last one. */
  field(): number {
    const type = this.bytes[this.#take(1)]
    if (type !== thriftType.stop) {
      const start = this.#take(2)
      this.id = ((this.bytes[start] << 24) >> 16) | this.bytes[start + 1]
    }
    return type
  }

  bool(): boolean {
    return this.bytes[this.#take(1)] !== 0
  }

  i32(): number {
    const { bytes } = this
    const start = this.#take(4)
    return (bytes[start] << 24) | (bytes[start + 1] << 16) | (bytes[start + 2] << 8) | bytes[start + 3]
  }

  /** Reads the 64 bits of an i64 or a double into `low` and `high`, and leaves `start` at them. */
  i64(): void {
    const start = this.#take(8)
    const { bytes } = this
    this.start = start
    this.high = (bytes[start] << 24) | (bytes[start + 1] << 16) | (bytes[start + 2] << 8) | bytes[start + 3]
    this.low = (bytes[start + 4] << 24) | (bytes[start + 5] << 16) | (bytes[start + 6] << 8) | bytes[start + 7]
  }

  /** Copies the 8 bytes that `i64` read last. */
  copyTo(target: Uint8Array, at: number): void {
    for (let i = 0; i < 8; i++) target[at + i] = this.bytes[this.start + i]
  }

  /** Passes over a string or a binary: it lies from `start` to the answer. */
  rangeEnd(): number {
    const length = this.i32()
    this.start = this.#take(length)
    return this.position
  }

  /** Reads the head of a list or set whose members must be of `type`; so many follow. */
  list(type: number): number {
    const start = this.position
    const found = this.bytes[this.#take(1)]
    const count = this.i32()
    // An empty list may name any type.
    if (count !== 0 && found !== type) throw this.error(`list of type ${found}, expected ${type}`, start)
    this.#checkCount(count, start)
    return count
  }

  /** Passes over a value with all that is in it. */
  skip(type: number, depth = 0): void {
    if (depth > maxDepth) throw this.error(`values are nested deeper than ${maxDepth}`)
    const fixed = fixedBytes[type]
    if (fixed !== undefined) this.#take(fixed)
    else if (type === thriftType.string) this.rangeEnd()
    else if (type === thriftType.struct)
      for (let field = this.field(); field !== thriftType.stop; field = this.field()) this.skip(field, depth + 1)
    else if (type === thriftType.list || type === thriftType.set) this.#skipMembers([this.bytes[this.#take(1)]], depth)
    else if (type === thriftType.map) {
      const start = this.#take(2)
      this.#skipMembers([this.bytes[start], this.bytes[start + 1]], depth)
    } else throw this.error(`type ${type} is not known`)
  }

  error(message: string, position = this.position): DecodeError {
    return new DecodeError(message, `byte ${position}`)
  }

  #skipMembers(types: readonly number[], depth: number): void {
    const start = this.position
    const count = this.i32()
    this.#checkCount(count, start)
    for (let i = 0; i < count; i++) for (const type of types) this.skip(type, depth + 1)
  }

  /** Every member takes a byte at least. */
  #checkCount(count: number, start: number): void {
    const left = this.bytes.length - this.position
    if (count < 0 || count > left) throw this.error(`${count} members cannot stand in ${left} bytes`, start)
  }

  /** Passes over bytes; the answer is where they begin. */
  #take(length: number): number {
    const start = this.position
    const left = this.bytes.length - start
    if (length < 0 || length > left) throw this.error(`${length} bytes are expected, ${left} are left`, start)
    this.position = start + length
    return start
  }
}
