import type { Buffer } from 'node:buffer'
import { type LogEntries, letters } from './log-entries.ts'
import type { KeyNode, LogKey } from './log-keys.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const minus = 0x2d
const point = 0x2e
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** Levels of objects that become dotted keys (`log-line-fields.ts`); what is deeper is read as values. */
const maxDepth = 8

/** Digits of a number whose text is what JavaScript writes of it: as an integer below 2^52, a double tells all of them apart. */
const maxExact = 2 ** 52
const maxDigits = 16
/** Digits of an integer beyond, kept as they are where they fit 64 bits for sure. */
const maxLongDigits = 18

/** By the byte behind a backslash: what the two stand for; 0 for all else. */
const escapes = new Uint8Array(128)
for (const [letter, byte] of Object.entries({
  '"': quote,
  '\\': backslash,
  '/': 0x2f,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
}))
  escapes[letter.charCodeAt(0)] = byte

const words = [
  { bytes: Uint8Array.from([0x74, 0x72, 0x75, 0x65]), letter: letters.boolean, isEmpty: false },
  { bytes: Uint8Array.from([0x66, 0x61, 0x6c, 0x73, 0x65]), letter: letters.boolean, isEmpty: false },
  { bytes: Uint8Array.from([0x6e, 0x75, 0x6c, 0x6c]), letter: letters.none, isEmpty: true },
] as const

/**
 * Reads the members of a JSON object into entries, those of objects within under dotted keys, as `log-line-fields.ts` names
 * them. Reads what loggers write; answers -1 for what is unusual, wrong or too much, and the object is then to be read with
 * `parseJson`: keys that are repeated, are digits only or have escapes; numbers with exponents or more digits than a double
 * holds; escapes of surrogates; arrays of more than plain values; objects 9 deep. The bytes must be UTF-8.
 */
export class JsonEntries {
  readonly #entries: LogEntries
  #bytes: Buffer
  #at = 0

  constructor(entries: LogEntries) {
    this.#entries = entries
    this.#bytes = entries.bytes
  }

  /** Reads the object that begins at `start`: where it ends, or -1. */
  read(start: number): number {
    this.#bytes = this.#entries.bytes
    if (this.#bytes[start] !== openBrace) return -1
    this.#at = start
    return this.#readObject(this.#entries.keys.root, 1) ? this.#at : -1
  }

  /** As `read`, but an object that has objects with members within it is unusual. */
  readFlat(start: number): number {
    this.#bytes = this.#entries.bytes
    if (this.#bytes[start] !== openBrace) return -1
    this.#at = start
    return this.#readObject(this.#entries.keys.root, maxDepth) ? this.#at : -1
  }

  /** Reads the value that begins at `start`, with blanks before it, as that of a key: where it ends, or -1. */
  readValue(start: number, key: LogKey): number {
    this.#bytes = this.#entries.bytes
    this.#at = afterBlanks(this.#bytes, start)
    return this.#readValue(key) ? this.#at : -1
  }

  #readObject(prefix: KeyNode, depth: number): boolean {
    const bytes = this.#bytes
    const { keys } = this.#entries
    let at = afterBlanks(bytes, this.#at + 1)
    if (bytes[at] === closeBrace) {
      this.#at = at + 1
      return true
    }
    for (;;) {
      if (bytes[at] !== quote) return false
      const start = at + 1
      for (at = start; bytes[at] !== quote; at++) if (bytes[at] === backslash || !(bytes[at] >= 0x20)) return false
      const node = keys.child(prefix, bytes, start, at)
      if (node === null) return false
      at = bytes[at + 1] === colon ? at + 1 : afterBlanks(bytes, at + 1)
      if (bytes[at] !== colon) return false
      this.#at = afterBlanks(bytes, at + 1)
      if (!this.#readMember(node, depth)) return false
      at = afterBlanks(bytes, this.#at)
      if (bytes[at] !== comma) break
      at = afterBlanks(bytes, at + 1)
    }
    this.#at = at + 1
    return bytes[at] === closeBrace
  }

  #readMember(node: KeyNode, depth: number): boolean {
    if (this.#bytes[this.#at] !== openBrace) return this.#entries.keys.claim(node.key) && this.#readValue(node.key)
    if (this.#bytes[this.#at + 1] === closeBrace) {
      this.#at += 2
      const { keys } = this.#entries
      return keys.claim(node.key) && this.#entries.add(node.key, letters.map, this.#at - 2, this.#at)
    }
    // An object of nothing but blanks is none that has members.
    if (this.#bytes[afterBlanks(this.#bytes, this.#at + 1)] === closeBrace) return false
    return depth < maxDepth && this.#readObject(node, depth + 1)
  }

  #readValue(key: LogKey): boolean {
    const byte = this.#bytes[this.#at]
    if (byte === quote) return this.#readString(key)
    if (byte === minus || isDigit(byte)) {
      const start = this.#at
      const end = this.#numberEnd()
      return end > 0 && this.#entries.add(key, this.#isInteger ? letters.integer : letters.double, start, end)
    }
    if (byte === openBracket) return this.#readArray(key)
    for (const { bytes, letter, isEmpty } of words)
      if (bytes[0] === byte) {
        const start = this.#at
        return this.#isWord(bytes) && this.#entries.add(key, letter, start, isEmpty ? start : this.#at)
      }
    return false
  }

  #isWord(word: Uint8Array): boolean {
    for (let i = 0; i < word.length; i++) if (this.#bytes[this.#at + i] !== word[i]) return false
    this.#at += word.length
    return true
  }

  #readString(key: LogKey): boolean {
    const bytes = this.#bytes
    const start = this.#at + 1
    let at = start
    for (let byte = bytes[at]; byte !== quote; byte = bytes[++at]) {
      if (byte === backslash) return this.#readEscaped(key, start, at)
      if (!(byte >= 0x20)) return false
    }
    this.#at = at + 1
    return this.#entries.add(key, letters.string, start, at)
  }

  /** A string that begins at `start`, its first backslash at `first`. */
  #readEscaped(key: LogKey, start: number, first: number): boolean {
    const bytes = this.#bytes
    const { scratch, scratchEnd } = this.#entries
    let size = scratchEnd
    let at = first
    let from = start
    for (;;) {
      if (size + (at - from) + 4 > scratch.length) return false
      size += bytes.copy(scratch, size, from, at)
      if (bytes[at] === quote) break
      const letter = bytes[at + 1]
      const plain = letter < 128 ? escapes[letter] : 0
      if (plain !== 0) scratch[size++] = plain
      else if (letter === 0x75) size = this.#writeUnicode(at + 2, size)
      else return false
      if (size < 0) return false
      from = at + (plain !== 0 ? 2 : 6)
      for (at = from; bytes[at] !== quote && bytes[at] !== backslash; at++) if (!(bytes[at] >= 0x20)) return false
    }
    this.#at = at + 1
    this.#entries.scratchEnd = size
    return this.#entries.addScratch(key, letters.string, scratchEnd)
  }

  /** Writes the character of four digits in hex; -1: they are none, or half of a character. */
  #writeUnicode(at: number, size: number): number {
    const { scratch } = this.#entries
    let code = 0
    for (let i = at; i < at + 4; i++) {
      const digit = hexDigit(this.#bytes[i])
      if (digit < 0) return -1
      code = code * 16 + digit
    }
    if (code >= 0xd800 && code <= 0xdfff) return -1
    let end = size
    if (code < 0x80) scratch[end++] = code
    else {
      if (code < 0x800) scratch[end++] = 0xc0 | (code >> 6)
      else {
        scratch[end++] = 0xe0 | (code >> 12)
        scratch[end++] = 0x80 | ((code >> 6) & 0x3f)
      }
      scratch[end++] = 0x80 | (code & 0x3f)
    }
    return end
  }

  /** Whether the number read last is an integer: `1.0` is. */
  #isInteger = false

  /**
   * Reads a number: where its text ends as JavaScript writes it, without zeros at the end of a fraction; 0 where it is
   * written otherwise.
   */
  #numberEnd(): number {
    const bytes = this.#bytes
    const start = this.#at
    let at = bytes[start] === minus ? start + 1 : start
    const first = at
    let value = 0
    for (; isDigit(bytes[at]); at++) value = value * 10 + (bytes[at] - 0x30)
    const whole = at - first
    if (whole === 0 || (whole > 1 && bytes[first] === 0x30)) return 0
    let end = at
    if (bytes[at] === point) {
      at++
      for (; isDigit(bytes[at]); at++) {
        value = value * 10 + (bytes[at] - 0x30)
        if (bytes[at] !== 0x30) end = at + 1
      }
      if (at === first + whole + 1 || at - first > maxDigits + 1) return 0
    }
    if ((bytes[at] | 0x20) === 0x65) return 0
    this.#at = at
    this.#isInteger = end === first + whole
    const isLong = at === first + whole && whole > maxDigits && whole <= maxLongDigits
    // Zero with a sign, and what is so small that it is written with an exponent.
    if (value < 1 ? start !== first : value >= maxExact && !isLong) return 0
    return bytes[first] === 0x30 && end > first + 7 && isZeros(bytes, first + 2, first + 8) ? 0 : end
  }

  /** An array of plain strings, numbers and words, as JSON without blanks. */
  #readArray(key: LogKey): boolean {
    const bytes = this.#bytes
    const { scratchEnd } = this.#entries
    if (!this.#write(this.#at, this.#at + 1)) return false
    let at = afterBlanks(bytes, this.#at + 1)
    while (bytes[at] !== closeBracket) {
      const end = this.#elementEnd(at)
      if (end === 0 || !this.#write(at, end)) return false
      at = afterBlanks(bytes, this.#at)
      if (bytes[at] !== comma) break
      if (!this.#write(at, at + 1)) return false
      at = afterBlanks(bytes, at + 1)
      if (bytes[at] === closeBracket) return false
    }
    if (bytes[at] !== closeBracket || !this.#write(at, at + 1)) return false
    this.#at = at + 1
    return this.#entries.addScratch(key, letters.array, scratchEnd)
  }

  /** Passes over an element; the answer: where its text ends, 0 for what is not plain. */
  #elementEnd(start: number): number {
    const bytes = this.#bytes
    this.#at = start
    if (bytes[start] === quote) {
      let at = start + 1
      for (; bytes[at] !== quote; at++) if (bytes[at] === backslash || !(bytes[at] >= 0x20)) return 0
      this.#at = at + 1
      return this.#at
    }
    if (bytes[start] === minus || isDigit(bytes[start])) return this.#numberEnd()
    for (const { bytes: word } of words) if (word[0] === bytes[start]) return this.#isWord(word) ? this.#at : 0
    return 0
  }

  #write(start: number, end: number): boolean {
    const { scratch, scratchEnd } = this.#entries
    if (scratchEnd + (end - start) > scratch.length) return false
    this.#bytes.copy(scratch, scratchEnd, start, end)
    this.#entries.scratchEnd += end - start
    return true
  }
}

/** Offset of the first byte from `at` on that is no blank. */
export function afterBlanks(bytes: Buffer, at: number): number {
  let next = at
  while (isBlank(bytes[next])) next++
  return next
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isZeros(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0x30) return false
  return true
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
