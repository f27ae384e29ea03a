import type { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { metricNameLabel, strictText } from '../metric/label-rules.ts'

const lineFeed = 0x0a
const quote = 0x22
const comma = 0x2c
const equals = 0x3d
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d

/** Characters of names that need no quotes: 1 = also at the beginning, 2 = digits, 4 = a colon. */
const nameCharacters = new Uint8Array(256)
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_') nameCharacters[letter.charCodeAt(0)] = 1
for (const digit of '0123456789') nameCharacters[digit.charCodeAt(0)] = 2
nameCharacters[0x3a] = 4

/** End of the unquoted metric name at `at`; `at` itself where there is none. */
export function endOfMetricName(bytes: Buffer, at: number): number {
  if (nameCharacters[bytes[at]] === 2) return at
  let end = at
  while (end < bytes.length && nameCharacters[bytes[end]] !== 0) end++
  return end
}

function endOfLabelName(bytes: Buffer, at: number): number {
  if (nameCharacters[bytes[at]] !== 1) return at
  let end = at
  while (end < bytes.length && (nameCharacters[bytes[end]] & 3) !== 0) end++
  return end
}

/** End of the braces that open at `at`; what is within is looked at only as far as quotes. Throws: DecodeError. */
export function endOfBraces(bytes: Buffer, at: number): number {
  for (let end = at + 1; end < bytes.length; end++) {
    const byte = bytes[end]
    if (byte === closeBrace) return end + 1
    if (byte === quote) end = endOfQuotes(bytes, end) - 1
    else if (byte === lineFeed) break
  }
  throw new DecodeError('braces are not closed', `byte ${at}`)
}

/** End of the quoted text that begins at `at`, its quotes included. Throws: DecodeError. */
export function endOfQuotes(bytes: Buffer, at: number): number {
  for (let end = at + 1; end < bytes.length; end++) {
    if (bytes[end] === backslash) end++
    else if (bytes[end] === quote) return end + 1
  }
  throw new DecodeError('quotes are not closed', `byte ${at}`)
}

/** Text of `bytes[start .. end)` with `\\`, `\"` and `\n` resolved; other backslashes stay. Throws: DecodeError. */
export function unescaped(bytes: Buffer, start: number, end: number): string {
  const text = strictText(bytes, start, end)
  if (!text.includes('\\')) return text
  return text.replace(/\\([\\"n])/g, (_all, letter: string) => (letter === 'n' ? '\n' : letter))
}

/**
 * Reads the series part of a line (metric name and braces) or the braces of an exemplar into labels, in their order;
 * the metric name is label `__name__`. Names in quotes may hold any characters.
 *
 * `isStrict`: OpenMetrics, with no spaces, no missing and no spare commas. Otherwise what Prometheus' own parser of
 * the text format lets pass: spaces and tabs between any parts, commas spare or missing.
 * Throws: DecodeError.
 */
export class SeriesText {
  readonly #bytes: Buffer
  readonly #isStrict: boolean
  #at = 0
  #end = 0
  #labels: [string, string][] = []

  constructor(bytes: Buffer, isStrict: boolean) {
    this.#bytes = bytes
    this.#isStrict = isStrict
  }

  /** Labels of a series that spans exactly `bytes[start .. end)`. */
  series(start: number, end: number): [string, string][] {
    this.#begin(start, end)
    const nameEnd = endOfMetricName(this.#bytes, start)
    if (nameEnd > start) this.#labels.push([metricNameLabel, this.#bytes.toString('latin1', start, nameEnd)])
    this.#at = nameEnd
    this.#skipSpaces()
    if (this.#at < end) this.#readBraces()
    if (this.#labels[0]?.[0] !== metricNameLabel) throw this.#error('line has no metric name')
    return this.#labels
  }

  /** Labels of the braces that span exactly `bytes[start .. end)`. */
  braces(start: number, end: number): [string, string][] {
    this.#begin(start, end)
    this.#readBraces()
    return this.#labels
  }

  #begin(start: number, end: number): void {
    this.#at = start
    this.#end = end
    this.#labels = []
  }

  #readBraces(): void {
    if (this.#bytes[this.#at] !== openBrace) throw this.#error('expected {')
    this.#at++
    let isFirst = true
    for (;;) {
      this.#skipSpaces()
      if (this.#bytes[this.#at] === closeBrace && (isFirst || !this.#isStrict)) break
      this.#readPair(isFirst)
      isFirst = false
      this.#skipSpaces()
      if (this.#bytes[this.#at] === comma) this.#at++
      else if (this.#isStrict || this.#bytes[this.#at] === closeBrace) break
    }
    if (this.#bytes[this.#at] !== closeBrace || this.#at + 1 !== this.#end) throw this.#error('expected } or a comma')
    this.#at++
  }

  /** `name="value"`, `"name"="value"`, or the metric name in quotes, which comes first. */
  #readPair(isFirst: boolean): void {
    const isQuoted = this.#bytes[this.#at] === quote
    const name = isQuoted ? this.#readQuoted() : this.#readName()
    this.#skipSpaces()
    if (this.#bytes[this.#at] === equals) {
      this.#at++
      this.#skipSpaces()
      this.#labels.push([name, this.#readQuoted()])
    } else if (isQuoted && isFirst && this.#labels.length === 0) this.#labels.push([metricNameLabel, name])
    else throw this.#error('expected = behind a label name')
  }

  #readName(): string {
    const end = endOfLabelName(this.#bytes, this.#at)
    if (end === this.#at) throw this.#error('expected a label name')
    const name = this.#bytes.toString('latin1', this.#at, end)
    this.#at = end
    return name
  }

  #readQuoted(): string {
    if (this.#bytes[this.#at] !== quote) throw this.#error('expected quotes')
    const end = endOfQuotes(this.#bytes, this.#at)
    if (end > this.#end) throw this.#error('quotes are not closed')
    if (this.#isStrict && this.#bytes.subarray(this.#at, end).includes(lineFeed))
      throw this.#error('a line ends within quotes')
    const text = unescaped(this.#bytes, this.#at + 1, end - 1)
    this.#at = end
    return text
  }

  #skipSpaces(): void {
    if (this.#isStrict) return
    while (this.#at < this.#end && isSpace(this.#bytes[this.#at])) this.#at++
  }

  #error(message: string): DecodeError {
    return new DecodeError(message, `byte ${this.#at}`)
  }
}

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09
}
