import type { Buffer } from 'node:buffer'
import { type AttributesBuilder, doubleText } from '../../model/attributes-builder.ts'
import type { Attribute, AttributeType } from '../../model/columns.ts'
import type { RowJudge } from '../decode-context.ts'
import { KeyTexts } from '../wire/key-texts.ts'

/** What a tag's value is; each has its place in `JaegerTags.values`. */
export const tagKind = { string: 0, bool: 1, int: 2, double: 3, binary: 4 } as const

const letters: readonly AttributeType[] = ['s', 'b', 'i', 'd', 'x']

/** Words that a tag takes: start and end of its key, its kind, and the two words of its value. */
const tagWords = 5

const doubleWords = new Int32Array(2)
const doubles = new Float64Array(doubleWords.buffer)

/** Senders have few texts of kinds, codes and scopes. */
const texts = new KeyTexts()

/**
 * Tags as places in the request's bytes, without an object for each. Use: `begin`, then `keyStart` and `keyEnd` and the
 * values as they come, then `end` with the kind that counts.
 */
export class JaegerTags {
  readonly bytes: Buffer
  count = 0
  /** Of the tag that is being read. */
  keyStart = 0
  keyEnd = 0
  /**
   * Two words for each kind of value of the tag that is being read, from `2 * kind` on: start and end of a string or
   * binary, 0 or 1 for a bool, low and high word of an integer or of a double's bits. 0 is the value that is not sent.
   */
  readonly values = new Int32Array(letters.length * 2)
  #words = new Int32Array(tagWords * 32)

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  begin(): void {
    this.keyStart = this.keyEnd = 0
    this.values.fill(0)
  }

  setValue(kind: number, first: number, second: number): void {
    this.values[kind * 2] = first
    this.values[kind * 2 + 1] = second
  }

  end(kind: number): void {
    const at = this.count * tagWords
    if (at === this.#words.length) {
      const larger = new Int32Array(at * 2)
      larger.set(this.#words)
      this.#words = larger
    }
    const words = this.#words
    words[at] = this.keyStart
    words[at + 1] = this.keyEnd
    words[at + 2] = kind
    words[at + 3] = this.values[kind * 2]
    words[at + 4] = this.values[kind * 2 + 1]
    this.count++
  }

  keyBytes(tag: number): number {
    return this.#words[tag * tagWords + 1] - this.#words[tag * tagWords]
  }

  isKey(tag: number, key: Uint8Array): boolean {
    const start = this.#words[tag * tagWords]
    if (this.keyBytes(tag) !== key.length) return false
    for (let i = 0; i < key.length; i++) if (this.bytes[start + i] !== key[i]) return false
    return true
  }

  /** Bytes of a value's text, 0 for a number: no limit is so low that one could pass it. */
  valueBytes(tag: number): number {
    const at = tag * tagWords
    const length = this.#words[at + 4] - this.#words[at + 3]
    switch (this.#words[at + 2]) {
      case tagKind.string:
        return length
      case tagKind.binary:
        return Math.ceil(length / 3) * 4
      default:
        return 0
    }
  }

  /** Text form of a value. */
  valueText(tag: number): string {
    const at = tag * tagWords
    const first = this.#words[at + 3]
    const second = this.#words[at + 4]
    switch (this.#words[at + 2]) {
      case tagKind.bool:
        return first === 0 ? 'false' : 'true'
      case tagKind.int:
        return ((BigInt(second) << 32n) | BigInt(first >>> 0)).toString()
      case tagKind.double:
        return doubleText(doubleOf(first, second))
      case tagKind.binary:
        return this.bytes.toString('base64', first, second)
      default:
        return texts.textOf(this.bytes, first, second)
    }
  }

  /** Adds a tag as an entry of a row; what passes a limit is noted instead. False: no more tags may follow. */
  addTo(attributes: AttributesBuilder, tag: number, judge: RowJudge): boolean {
    if (!judge.judgeAttribute(attributes.rowEntries, this.keyBytes(tag))) return false
    const valueBytes = this.valueBytes(tag)
    judge.judgeText('an attribute value', valueBytes)
    // What is not to be kept is not copied either.
    if (valueBytes > judge.limits.maxAttributeValueBytes) return true
    const at = tag * tagWords
    const first = this.#words[at + 3]
    const second = this.#words[at + 4]
    attributes.key(this.bytes, this.#words[at], this.#words[at + 1])
    switch (this.#words[at + 2]) {
      case tagKind.bool:
        attributes.boolean(first !== 0)
        break
      case tagKind.int:
        attributes.integer(first, second)
        break
      case tagKind.double:
        attributes.double(doubleOf(first, second))
        break
      case tagKind.binary:
        attributes.text('x', this.valueText(tag))
        break
      default:
        attributes.string(this.bytes, first, second)
    }
    return true
  }

  /** A tag of a process, of which a request has few. */
  attributeOf(tag: number): Attribute {
    const at = tag * tagWords
    const key = texts.textOf(this.bytes, this.#words[at], this.#words[at + 1])
    return { key, type: letters[this.#words[at + 2]], value: this.valueText(tag) }
  }
}

function doubleOf(low: number, high: number): number {
  doubleWords[0] = low
  doubleWords[1] = high
  return doubles[0]
}
