import { Buffer } from 'node:buffer'
import { ByteIndex } from '../../model/series/byte-index.ts'

const colon = 0x3a
const bar = 0x7c
const plus = 0x2b
const minus = 0x2d
const dot = 0x2e

/** Digits of a value that are exact in a double; a line with more of them is read as text. */
const maxDigits = 15
const powers = Array.from({ length: maxDigits + 1 }, (_, exponent) => 10 ** exponent)

/**
 * What lines mean that were seen before, found by all of their bytes but the value: `name:` and `|c|@0.1|#tags`. Only lines
 * with one plain decimal are known; all others are read as text.
 */
export class KnownLines<T> {
  readonly #maxLines: number
  #index = new ByteIndex()
  #meanings: T[] = []
  #before = -1
  #key: Buffer = Buffer.alloc(512)
  #keyEnd = 0
  /** Value of the line asked for last, and whether a sign stood in front of it. */
  value = 0
  isSigned = false

  /** With more lines than `maxLines` all are forgotten, and learned anew. */
  constructor(maxLines: number) {
    this.#maxLines = maxLines
  }

  /** Meaning of the line `bytes[start .. end)`; undefined where it is not known. */
  find(bytes: Buffer, start: number, end: number): T | undefined {
    if (!this.#split(bytes, start, end)) return undefined
    const entry = this.#index.find(this.#key, 0, this.#keyEnd, this.#before)
    if (entry < 0) return undefined
    this.#before = entry
    return this.#meanings[entry]
  }

  remember(bytes: Buffer, start: number, end: number, meaning: T): void {
    if (!this.#split(bytes, start, end)) return
    let entry = this.#index.find(this.#key, 0, this.#keyEnd, this.#before)
    if (entry < 0) {
      if (this.#index.count >= this.#maxLines) this.forget()
      entry = this.#index.add(this.#key, 0, this.#keyEnd, this.#before)
      if (entry < 0) return
    }
    this.#meanings[entry] = meaning
    this.#before = entry
  }

  forget(): void {
    this.#index = new ByteIndex()
    this.#meanings = []
    this.#before = -1
  }

  /** Puts the key together and reads the value; false where the line has not that form. */
  #split(bytes: Buffer, start: number, end: number): boolean {
    let at = start
    while (at < end && bytes[at] !== colon) at++
    const headEnd = ++at
    this.isSigned = bytes[at] === minus || bytes[at] === plus
    const isNegative = bytes[at] === minus
    if (this.isSigned) at++
    let digits = 0
    let count = 0
    let places = -1
    for (; at < end; at++) {
      const byte = bytes[at]
      if (byte >= 0x30 && byte <= 0x39) {
        digits = digits * 10 + (byte - 0x30)
        count++
        if (places >= 0) places++
      } else if (byte === dot && places < 0) places = 0
      else break
    }
    if (at >= end || bytes[at] !== bar || count === 0 || count > maxDigits) return false
    const magnitude = places > 0 ? digits / powers[places] : digits
    this.value = isNegative ? -magnitude : magnitude
    this.#keyEnd = headEnd - start + end - at
    if (this.#keyEnd > this.#key.length) this.#key = Buffer.alloc(this.#keyEnd * 2)
    copy(bytes, { start, end: headEnd }, this.#key, 0)
    copy(bytes, { start: at, end }, this.#key, headEnd - start)
    return true
  }
}

/** Short pieces are copied in a loop, which is faster than a call. */
function copy(from: Buffer, { start, end }: { start: number; end: number }, to: Buffer, at: number): void {
  if (end - start > 48) from.copy(to, at, start, end)
  else for (let i = start; i < end; i++) to[at + i - start] = from[i]
}
