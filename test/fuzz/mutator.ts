import { Buffer } from 'node:buffer'
import { remakeProtobuf } from './protobuf-trees.ts'
import { hashOf, Random } from './random.ts'
import { type Form, type Remake, remakeJson, remakeJsonLines, remakeMsgpack } from './structures.ts'

/** Bytes of a usual input, at most. */
const maxBytes = 4_096
/** Bytes of a grown input, at most: what shows work that grows faster than its input. */
const maxGrownBytes = 131_072
/** Bytes on both sides of an input that are not its own; a reader that leaves its input meets them. */
const guardBytes = 64

/** Bytes, lengths and counts at which formats change their mind. */
const edgeBytes = [0x00, 0x01, 0x0a, 0x20, 0x22, 0x5c, 0x7f, 0x80, 0xc0, 0xc1, 0xfe, 0xff]
const edgeLengths = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
const edgeNumbers = [
  ...['0', '-0', '-1', '1e400', '-1e-400', '0.1', '1.', '.5', '00', '4294967296', '9007199254740993'],
  ...['18446744073709551615', '18446744073709551616', '-9223372036854775809', '1e18446744073709551616', 'NaN', '+Inf'],
]
/** Between these stand the words of texts. */
const delimiters = Buffer.from('\n ,:;|="\'{}[]()<>\t')
/** Words that many formats have; every format adds its own. */
const commonWords = [
  ...['null', 'true', '{}', '[]', '""', '\\u0000', '\\ud800', '\ufeff', '\u0000', '\r\n', '\n\n', '__proto__'],
  ...['constructor', 'toString', '\ud83d\ude00', '\u00e4', '\\', '"', '=', ';', '|', '#', '%', '{', '}', '[', ']'],
]

/** What inputs are made of. */
export interface MutatorParts {
  /** Name of the decoder: every one has sequences of its own. */
  readonly name: string
  readonly seed: number
  /** Inputs that are right. */
  readonly examples: readonly Uint8Array[]
  /** Words of the format. */
  readonly words: readonly string[]
  readonly form: Form
}

function remakeOf(form: Form, words: readonly string[]): Remake {
  switch (form) {
    case 'json':
      return remakeJson(words)
    case 'json-lines':
      return remakeJsonLines(words)
    case 'msgpack':
      return remakeMsgpack(words)
    case 'protobuf':
      return remakeProtobuf
    case 'text':
      return () => null
  }
}

/**
 * Makes broken inputs of good ones: flips bits, cuts, doubles, repeats, splices examples, writes lengths and numbers from
 * the edge of what they may be, and inserts words of the format. Input N follows from the seed, the name and N alone.
 */
export class Mutator {
  readonly #random = new Random()
  readonly #examples: readonly Buffer[]
  readonly #words: readonly Buffer[]
  readonly #base: number
  readonly #remake: Remake
  readonly #arena = Buffer.alloc(2 * (maxGrownBytes + 2 * guardBytes), 0x0a)
  readonly #scratch = Buffer.alloc(maxGrownBytes)
  #work: Buffer = this.#arena.subarray(guardBytes, guardBytes + maxBytes)
  #length = 0
  /** What may be done to an input; what stands twice is done more often. */
  readonly #mutations: readonly (() => void)[] = [
    () => this.#change((byte) => byte ^ (1 << this.#random.below(8))),
    () => this.#change(() => (this.#random.oneIn(2) ? this.#random.next() : this.#random.pick(edgeBytes))),
    () => this.#change((byte) => byte + this.#random.below(17) - 8),
    () => this.#cut(this.#place(), this.#random.length(this.#length)),
    () => this.#truncate(),
    () => this.#double(this.#place(), this.#random.length(this.#length)),
    () => this.#overwriteFromSelf(),
    () => this.#splice(),
    () => this.#splice(),
    () => this.#insert(this.#place(), this.#random.pick(this.#words)),
    () => this.#overwrite(this.#place(), this.#random.pick(this.#words)),
    () => this.#repeat(),
    () => this.#writeLength(),
    () => this.#writeNumber(),
    () => this.#moveWord(),
    () => this.#moveWord(),
  ]

  constructor({ name, seed, examples, words, form }: MutatorParts) {
    this.#base = hashOf(`${seed}/${name}`)
    this.#examples = examples.map((bytes) => Buffer.from(bytes).subarray(0, maxBytes))
    this.#remake = remakeOf(form, [...commonWords, ...words])
    this.#words = [...commonWords, ...words].map((word) => Buffer.from(word))
  }

  /** Input `number`: a view of memory that the next call but one overwrites. `isGrown`: up to 128 KiB instead of 8. */
  input(number: number, isGrown = false): Buffer {
    const random = this.#random
    random.start(isGrown ? ~this.#base : this.#base, number)
    const start = guardBytes + (number % 2) * (this.#arena.length / 2)
    this.#work = this.#arena.subarray(start, start + maxBytes)
    this.#length = 0
    if (random.oneIn(64))
      for (let left = random.length(200); left > 0; left--) this.#work[this.#length++] = random.next()
    else if (random.oneIn(2) && this.#remakeExample(isGrown, start)) return this.#work.subarray(0, this.#length)
    else this.#insert(0, random.pick(this.#examples))
    if (!random.oneIn(64)) for (let left = this.#countOfMutations(); left > 0; left--) this.#mutate()
    if (isGrown) this.#grow(start)
    return this.#work.subarray(0, this.#length)
  }

  /** Whether an example could be made over in its form. Now and then a byte of it is changed besides. */
  #remakeExample(isGrown: boolean, start: number): boolean {
    const random = this.#random
    const room = isGrown ? Math.floor(maxGrownBytes / (1 + random.below(4))) : 0
    const made = this.#remake(random.pick(this.#examples), random, room)
    if (made === null) return false
    this.#work = this.#arena.subarray(start, start + (isGrown ? maxGrownBytes : maxBytes))
    this.#length = made.copy(this.#work, 0, 0, this.#work.length)
    if (random.oneIn(4)) this.#mutate()
    return true
  }

  #countOfMutations(): number {
    let count = 1
    while (count < 24 && !this.#random.oneIn(2)) count++
    return count
  }

  #mutate(): void {
    this.#random.pick(this.#mutations)()
  }

  #place(): number {
    return this.#random.below(this.#length)
  }

  #change(change: (byte: number) => number): void {
    if (this.#length === 0) return
    const at = this.#place()
    this.#work[at] = change(this.#work[at])
  }

  #truncate(): void {
    if (this.#random.oneIn(3)) this.#length = this.#place()
  }

  #cut(start: number, count: number): void {
    const end = Math.min(this.#length, start + count)
    this.#work.copyWithin(start, end, this.#length)
    this.#length -= end - start
  }

  #insert(at: number, bytes: Buffer): void {
    const count = Math.min(bytes.length, this.#work.length - this.#length)
    this.#work.copyWithin(at + count, at, this.#length)
    bytes.copy(this.#work, at, 0, count)
    this.#length += count
  }

  #overwrite(at: number, bytes: Buffer): void {
    const count = bytes.copy(this.#work, at, 0, Math.min(bytes.length, this.#work.length - at))
    this.#length = Math.max(this.#length, at + count)
  }

  /** Bytes that stay as they are while the work is changed. */
  #copied(start: number, count: number): Buffer {
    const length = this.#work.copy(this.#scratch, 0, start, Math.min(this.#length, start + count))
    return this.#scratch.subarray(0, length)
  }

  #double(start: number, count: number): void {
    this.#insert(this.#place(), this.#copied(start, count))
  }

  #overwriteFromSelf(): void {
    this.#overwrite(this.#place(), this.#copied(this.#place(), this.#random.length(this.#length)))
  }

  /** Puts a piece of an example in, or goes on with its end. */
  #splice(): void {
    const random = this.#random
    const other = random.pick(this.#examples)
    const start = random.below(other.length)
    if (random.oneIn(2)) {
      this.#length = this.#place()
      this.#insert(this.#length, other.subarray(start))
    } else this.#insert(this.#place(), other.subarray(start, start + random.length(other.length)))
  }

  #repeat(): void {
    const random = this.#random
    const at = this.#place()
    const piece = this.#copied(at, random.length(32))
    for (let left = random.length(random.oneIn(16) ? maxBytes : 200); left > 0; left--) {
      if (this.#length + piece.length > this.#work.length) break
      this.#insert(at, piece)
    }
  }

  /** A length as binary formats write it: a varint, or 1, 2 or 4 bytes of either order. */
  #writeLength(): void {
    const random = this.#random
    const value = random.oneIn(3) ? random.below(this.#length + 10) : random.pick(edgeLengths)
    const bytes = Buffer.alloc(10)
    let count = 0
    switch (random.below(5)) {
      case 0:
        bytes[count++] = value
        break
      case 1:
        count = bytes.writeUInt16BE(value & 0xffff)
        break
      case 2:
        count = bytes.writeUInt32BE(value >>> 0)
        break
      case 3:
        count = bytes.writeUInt32LE(value >>> 0)
        break
      default:
        for (let rest = value; ; rest = Math.floor(rest / 128)) {
          bytes[count++] = rest < 128 ? rest : rest | 0x80
          if (rest < 128) break
        }
    }
    const place = this.#place()
    if (random.oneIn(3)) this.#insert(place, bytes.subarray(0, count))
    else this.#overwrite(place, bytes.subarray(0, count))
  }

  /** Replaces the digits behind a place by another number. */
  #writeNumber(): void {
    let start = this.#place()
    while (start < this.#length && !isDigit(this.#work[start])) start++
    let end = start
    while (end < this.#length && isDigit(this.#work[end])) end++
    this.#cut(start, end - start)
    this.#insert(start, Buffer.from(this.#random.pick(edgeNumbers)))
  }

  /** Cuts, doubles or moves what stands between two delimiters. */
  #moveWord(): void {
    const random = this.#random
    const delimiter = random.pick([...delimiters])
    const start = this.#work.subarray(0, this.#length).indexOf(delimiter, this.#place())
    if (start < 0) return
    const found = this.#work.subarray(0, this.#length).indexOf(delimiter, start + 1)
    const word = Buffer.from(this.#work.subarray(start, found < 0 ? this.#length : found))
    if (!random.oneIn(3)) this.#cut(start, word.length)
    if (!random.oneIn(3)) this.#insert(this.#place(), word)
  }

  /** Repeats a piece of the input, its whole among them, until it is large. */
  #grow(start: number): void {
    const random = this.#random
    const [at, count] = random.oneIn(2) ? [0, this.#length] : [this.#place(), random.length(this.#length)]
    const piece = Buffer.from(this.#work.subarray(at, Math.min(this.#length, at + count)))
    const room = maxGrownBytes - this.#length
    const times = piece.length === 0 ? 0 : Math.floor((random.oneIn(3) ? random.below(room) : room) / piece.length)
    this.#work = this.#arena.subarray(start, start + maxGrownBytes)
    this.#work.copyWithin(at + times * piece.length, at, this.#length)
    if (times > 0) this.#work.fill(piece, at, at + times * piece.length)
    this.#length += times * piece.length
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}
