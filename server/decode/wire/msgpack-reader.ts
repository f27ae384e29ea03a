import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { KeyTexts } from './key-texts.ts'

/** Arrays and maps within one another that `value` follows; deeper ones are a DecodeError. */
const maxValueDepth = 64

/** What stands next. `end`: nothing. `reserved`: the one byte (0xc1) that no value begins with. */
export type MsgpackKind =
  | 'nil'
  | 'boolean'
  | 'integer'
  | 'float'
  | 'string'
  | 'binary'
  | 'array'
  | 'map'
  | 'extension'
  | 'reserved'
  | 'end'

/** A value of an application's own type, e.g. 0: the time of a Fluent event. `bytes` is a view. */
export class MsgpackExtension {
  readonly type: number
  readonly bytes: Buffer
  constructor(type: number, bytes: Buffer) {
    this.type = type
    this.bytes = bytes
  }
}

/** A value as `MsgpackReader.value` answers it. Integers that a number cannot hold exactly are bigints; binaries are views. */
export type MsgpackValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Buffer
  | MsgpackExtension
  | MsgpackValue[]
  | MsgpackMap
export interface MsgpackMap {
  readonly [key: string]: MsgpackValue | undefined
}

const keyTexts = new KeyTexts()
const ownProperty = { enumerable: true, configurable: true, writable: true }

/**
 * Reads MessagePack from bytes, value by value: peek with `kind`, then call the read that fits, or `skip`, or `value`.
 *
 * Lengths are checked against the bytes that are left before anything is allocated, so memory is bounded by the input.
 * Throws: DecodeError with the byte offset where a value is cut off, is of another kind than asked for, or begins with
 * the reserved byte. Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MsgpackReader {
  readonly bytes: Buffer
  /** Offset of the next byte to read. */
  position: number
  readonly end: number
  #isInKey = false

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = start
    this.end = Math.min(end, bytes.length)
  }

  /** The kind of the value that stands next; nothing is read. */
  kind(): MsgpackKind {
    return this.position < this.end ? kindOf(this.bytes[this.position]) : 'end'
  }

  /** Reads the head of an array; so many values follow. */
  array(): number {
    const start = this.position
    const head = this.#head('array')
    const count = head < 0xa0 ? head & 0x0f : head === 0xdc ? this.#unsigned(2) : this.#unsigned(4)
    return this.#checkedCount(count, 1, start)
  }

  /** Reads the head of a map; so many keys follow, each with its value behind it. */
  map(): number {
    const start = this.position
    const head = this.#head('map')
    const count = head < 0x90 ? head & 0x0f : head === 0xde ? this.#unsigned(2) : this.#unsigned(4)
    return this.#checkedCount(count, 2, start)
  }

  /** Reads the head of a string; the answer is the end of its bytes, which begin at `position`. */
  stringEnd(): number {
    const head = this.#head('string')
    return this.#rangeEnd(head < 0xc0 ? head & 0x1f : this.#unsigned(1 << (head - 0xd9)))
  }

  /** A string. Invalid UTF-8 becomes U+FFFD. */
  text(): string {
    const end = this.stringEnd()
    const text = this.bytes.toString('utf8', this.position, end)
    this.position = end
    return text
  }

  /** A string's or a binary's bytes: a view. Older writers have strings only. */
  binary(): Buffer {
    let end: number
    if (this.kind() === 'string') end = this.stringEnd()
    else end = this.#rangeEnd(this.#unsigned(1 << (this.#head('binary') - 0xc4)))
    const view = this.bytes.subarray(this.position, end)
    this.position = end
    return view
  }

  boolean(): boolean {
    return this.#head('boolean') === 0xc3
  }

  /** An integer; a bigint where a number cannot hold it exactly. */
  integer(): number | bigint {
    const head = this.#head('integer')
    if (head < 0x80) return head
    if (head >= 0xe0) return head - 0x100
    const start = this.#take(1 << (head & 3))
    switch (head) {
      case 0xcc:
        return this.bytes[start]
      case 0xcd:
        return this.bytes.readUInt16BE(start)
      case 0xce:
        return this.bytes.readUInt32BE(start)
      case 0xcf:
        return narrow(this.bytes.readBigUInt64BE(start))
      case 0xd0:
        return this.bytes.readInt8(start)
      case 0xd1:
        return this.bytes.readInt16BE(start)
      case 0xd2:
        return this.bytes.readInt32BE(start)
      default:
        return narrow(this.bytes.readBigInt64BE(start))
    }
  }

  /** A float, or an integer as the nearest number. */
  number(): number {
    if (this.kind() === 'integer') return Number(this.integer())
    return this.#head('float') === 0xca ? this.bytes.readFloatBE(this.#take(4)) : this.bytes.readDoubleBE(this.#take(8))
  }

  extension(): MsgpackExtension {
    const head = this.#head('extension')
    const length = head >= 0xd4 ? 1 << (head - 0xd4) : this.#unsigned(1 << (head - 0xc7))
    const type = this.bytes.readInt8(this.#take(1))
    const end = this.#rangeEnd(length)
    const value = new MsgpackExtension(type, this.bytes.subarray(this.position, end))
    this.position = end
    return value
  }

  nil(): null {
    this.#head('nil')
    return null
  }

  /** Passes over the next value with all that is in it. */
  skip(): void {
    const scanner = new MsgpackScanner()
    const end = scanner.scan(this.bytes.subarray(this.position, this.end))
    if (end < 0) throw this.error('value is cut off')
    this.position += end
  }

  /**
   * The next value with all that is in it. A map's keys become text; of a key that stands twice the last value is kept.
   * Throws: DecodeError also where arrays and maps are nested deeper than 64.
   */
  value(): MsgpackValue {
    return this.#value(0)
  }

  error(message: string, position = this.position): DecodeError {
    return new DecodeError(message, `byte ${position}`)
  }

  #value(depth: number): MsgpackValue {
    if (depth > maxValueDepth) throw this.error(`values are nested deeper than ${maxValueDepth}`)
    const kind = this.kind()
    switch (kind) {
      case 'nil':
        return this.nil()
      case 'boolean':
        return this.boolean()
      case 'integer':
        return this.integer()
      case 'float':
        return this.number()
      case 'string':
        return this.text()
      case 'binary':
        return this.binary()
      case 'array':
        return this.#arrayValue(depth)
      case 'map':
        return this.#mapValue(depth)
      case 'extension':
        return this.extension()
      default:
        throw this.error(kind === 'end' ? 'value is cut off' : 'byte 0xc1 begins no value')
    }
  }

  #arrayValue(depth: number): MsgpackValue[] {
    const values: MsgpackValue[] = []
    for (let left = this.array(); left > 0; left--) values.push(this.#value(depth + 1))
    return values
  }

  #mapValue(depth: number): MsgpackMap {
    const map: Record<string, MsgpackValue> = {}
    for (let left = this.map(); left > 0; left--) {
      const key = this.#keyText(depth)
      const value = this.#value(depth + 1)
      // An own property, so that a key `__proto__` is a key like any other.
      if (key === '__proto__') Object.defineProperty(map, key, { value, ...ownProperty })
      else map[key] = value
    }
    return map
  }

  #keyText(depth: number): string {
    const kind = this.kind()
    if (kind === 'array' || kind === 'map') return this.#nestedKeyText(depth)
    if (kind !== 'string') {
      const key = this.#value(depth + 1)
      return typeof key === 'string' ? key : keyText(key)
    }
    const end = this.stringEnd()
    const text = keyTexts.textOf(this.bytes, this.position, end)
    this.position = end
    return text
  }

  /** A list or map as key, as JSON. Not within another: each level would double the text, as JSON escapes its own escapes. */
  #nestedKeyText(depth: number): string {
    if (this.#isInKey) throw this.error('a list or map is a key within a key')
    this.#isInKey = true
    try {
      return keyText(this.#value(depth + 1))
    } finally {
      this.#isInKey = false
    }
  }

  #head(kind: MsgpackKind): number {
    const found = this.kind()
    if (found === 'end') throw this.error(`${kind} expected, found the end`)
    if (found !== kind) throw this.error(`${kind} expected, found ${found}`)
    return this.bytes[this.position++]
  }

  #unsigned(width: number): number {
    return this.bytes.readUIntBE(this.#take(width), width)
  }

  /** Passes over bytes; the answer is where they begin. */
  #take(length: number): number {
    const start = this.position
    if (this.end - start < length) throw this.error('value is cut off')
    this.position = start + length
    return start
  }

  #rangeEnd(length: number): number {
    const left = this.end - this.position
    if (length > left) throw this.error(`length ${length} runs past the end, ${left} bytes are left`)
    return this.position + length
  }

  #checkedCount(count: number, leastBytes: number, start: number): number {
    const left = this.end - this.position
    if (count * leastBytes > left) throw this.error(`${count} entries cannot stand in ${left} bytes`, start)
    return count
  }
}

/**
 * Finds the end of a value in bytes that arrive piece by piece, without building it. Keeps its place between calls, so
 * that every byte is looked at once however many pieces there are.
 */
export class MsgpackScanner {
  /** Offset up to which values have been passed over. May lie behind the bytes seen so far. */
  #position = 0
  /** Values that must follow until the outermost is whole. */
  #left = 1

  /** `bytes` begins with the value and is never shorter than before. The answer: its end, or -1 where more must come. */
  scan(bytes: Buffer): number {
    while (this.#left > 0) {
      const size = this.#next(bytes)
      if (size < 0) return -1
      this.#position += size
      this.#left--
    }
    return this.#position <= bytes.length ? this.#position : -1
  }

  /** Bytes that the value has at least, as far as is known. */
  get leastBytes(): number {
    return this.#position + this.#left
  }

  /** Bytes of the next value, those of entries within aside, which are added to `#left`; -1: its head is cut off. */
  #next(bytes: Buffer): number {
    const at = this.#position
    if (at >= bytes.length) return -1
    const head = bytes[at]
    if (head < 0x80 || head >= 0xe0) return 1
    if (head < 0xa0) {
      this.#left += head < 0x90 ? 2 * (head & 0x0f) : head & 0x0f
      return 1
    }
    if (head < 0xc0) return 1 + (head & 0x1f)
    const { width, extra, entries } = shapes[head - 0xc0]
    if (extra < 0) throw new DecodeError('byte 0xc1 begins no value', `byte ${at}`)
    if (width === 0) return 1 + extra
    if (at + 1 + width > bytes.length) return -1
    const length = bytes.readUIntBE(at + 1, width)
    if (entries === 0) return 1 + width + extra + length
    this.#left += entries * length
    return 1 + width
  }
}

/** After the head byte: bytes of a length, then fixed bytes; `entries`: values per unit of the length, which is a count then. */
interface Shape {
  readonly width: number
  readonly extra: number
  readonly entries: number
}

const fixed = (extra: number): Shape => ({ width: 0, extra, entries: 0 })
const counted = (width: number, extra = 0): Shape => ({ width, extra, entries: 0 })
const nested = (width: number, entries: number): Shape => ({ width, extra: 0, entries })

/** Of head bytes 0xc0 to 0xdf. */
const shapes: readonly Shape[] = [
  ...[fixed(0), fixed(-1), fixed(0), fixed(0)],
  ...[counted(1), counted(2), counted(4)],
  ...[counted(1, 1), counted(2, 1), counted(4, 1)],
  ...[fixed(4), fixed(8)],
  ...[fixed(1), fixed(2), fixed(4), fixed(8)],
  ...[fixed(1), fixed(2), fixed(4), fixed(8)],
  ...[fixed(2), fixed(3), fixed(5), fixed(9), fixed(17)],
  ...[counted(1), counted(2), counted(4)],
  ...[nested(2, 1), nested(4, 1)],
  ...[nested(2, 2), nested(4, 2)],
]

function kindOf(head: number): MsgpackKind {
  if (head < 0x80 || head >= 0xe0) return 'integer'
  if (head < 0x90) return 'map'
  if (head < 0xa0) return 'array'
  if (head < 0xc0) return 'string'
  if (head < 0xc4) return head === 0xc0 ? 'nil' : head === 0xc1 ? 'reserved' : 'boolean'
  if (head < 0xc7) return 'binary'
  if (head < 0xca) return 'extension'
  if (head < 0xcc) return 'float'
  if (head < 0xd4) return 'integer'
  if (head < 0xd9) return 'extension'
  if (head < 0xdc) return 'string'
  return head < 0xde ? 'array' : 'map'
}

function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A key that is no string, as text. */
function keyText(key: MsgpackValue): string {
  if (Buffer.isBuffer(key)) return key.toString('utf8')
  if (key instanceof MsgpackExtension) return key.bytes.toString('base64')
  if (typeof key === 'object' && key !== null)
    return JSON.stringify(key, (_key, member) => (typeof member === 'bigint' ? String(member) : member))
  return String(key)
}
