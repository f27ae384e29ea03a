import { Buffer } from 'node:buffer'

const quote = 0x22
const backslash = 0x5c
const minus = 0x2d

/** Digits of an integer that is read here; a double holds all of those below 2^53. */
const maxDigits = 16
const powers = Array.from({ length: maxDigits + 1 }, (_, exponent) => 10 ** exponent)

/**
 * Reads JSON where it stands, without making values of it: for decoders that know what usually comes. Every method says
 * whether the bytes were what it reads; where they were not, the decoder turns to `parseJson`, which has words for every
 * fault. Strings with escapes, fractions and long numbers are not read here.
 */
export class JsonScanner {
  readonly bytes: Buffer
  at = 0
  /** Range of the string read last, without its quotation marks. */
  start = 0
  end = 0
  /** The integer and the decimal read last. */
  integer = 0
  decimal = 0

  constructor(body: Uint8Array) {
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  }

  /** Passes over blanks and, if it is the next, the byte. */
  take(byte: number): boolean {
    const { bytes } = this
    let at = this.at
    while (isBlank(bytes[at])) at++
    this.at = at
    if (bytes[at] !== byte) return false
    this.at = at + 1
    return true
  }

  /** Whether nothing but blanks is left. */
  isAtEnd(): boolean {
    while (isBlank(this.bytes[this.at])) this.at++
    return this.at === this.bytes.length
  }

  /** Reads a string without escapes. */
  takeString(): boolean {
    if (!this.take(quote)) return false
    const { bytes } = this
    const { length } = bytes
    let at = this.at
    this.start = at
    for (; at < length; at++) {
      const byte = bytes[at]
      if (byte === quote) break
      if (byte === backslash || byte < 0x20) return false
    }
    this.end = at
    this.at = at + 1
    return at < length
  }

  /** Reads the key of a member and its colon. */
  takeKey(): boolean {
    return this.takeString() && this.take(0x3a)
  }

  /** Reads an integer from 0 to 2^53 - 1. */
  takeInteger(): boolean {
    const { bytes } = this
    let at = this.at
    while (isBlank(bytes[at])) at++
    const first = at
    let value = 0
    for (; isDigit(bytes[at]); at++) value = value * 10 + (bytes[at] - 0x30)
    const count = at - first
    const next = bytes[at]
    if (count === 0 || count > maxDigits || value > Number.MAX_SAFE_INTEGER || (count > 1 && bytes[first] === 0x30))
      return false
    // A fraction or an exponent.
    if (next === 0x2e || next === 0x65 || next === 0x45) return false
    this.integer = value
    this.at = at
    return true
  }

  /** Reads a number without an exponent whose digits a double holds exactly. */
  takeDecimal(): boolean {
    const isNegative = this.take(minus)
    const first = this.at
    if (isNegative && !isDigit(this.bytes[first])) return false
    if (!this.#takeFraction()) return false
    if (isNegative) this.decimal = -this.decimal
    return true
  }

  /** Digits with or without a point among them, which together are below 2^53: then one division rounds right. */
  #takeFraction(): boolean {
    const { bytes } = this
    let at = this.at
    const first = at
    let digits = 0
    for (; isDigit(bytes[at]); at++) digits = digits * 10 + (bytes[at] - 0x30)
    const whole = at - first
    if (whole === 0 || (whole > 1 && bytes[first] === 0x30)) return false
    let places = 0
    if (bytes[at] === 0x2e) {
      at++
      for (; isDigit(bytes[at]); at++) {
        digits = digits * 10 + (bytes[at] - 0x30)
        places++
      }
      if (places === 0) return false
    }
    const next = bytes[at]
    if (whole + places > maxDigits || digits > Number.MAX_SAFE_INTEGER || next === 0x65 || next === 0x45) return false
    this.decimal = places === 0 ? digits : digits / powers[places]
    this.at = at
    return true
  }

  /** Whether the string read last is this one. */
  isText(text: Uint8Array): boolean {
    const { bytes, start } = this
    if (this.end - start !== text.length) return false
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false
    return true
  }

  /**
   * Passes over a value of any kind: to the end of its string, number or word, or to the bracket that ends it. Whether it is
   * right JSON is not looked at. False where it has no end.
   */
  skip(): boolean {
    const { bytes } = this
    const { length } = bytes
    let depth = 0
    let at = this.at
    for (; at < length; at++) {
      const byte = bytes[at]
      if (byte === quote) {
        at = stringEnd(bytes, at)
        if (at === length) return false
      } else if (byte === 0x7b || byte === 0x5b) depth++
      else if (byte === 0x7d || byte === 0x5d) {
        if (depth === 0) break
        depth--
      } else if (depth > 0 || isBlank(byte)) continue
      else if (byte === 0x2c) break
      else {
        while (at + 1 < length && !isDelimiter(bytes[at + 1])) at++
      }
      if (depth === 0) {
        this.at = at + 1
        return true
      }
    }
    return false
  }
}

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (; at < bytes.length && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++
  return Math.min(at, bytes.length)
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** What ends a number or a word. */
function isDelimiter(byte: number): boolean {
  return isBlank(byte) || byte === 0x2c || byte === 0x7d || byte === 0x5d || byte === quote
}
