import { Buffer } from 'node:buffer'

export const space = 0x20
export const tab = 0x09
export const newline = 0x0a
const backslash = 0x5c
const doubleQuote = 0x22
const openBracket = 0x5b
const closeBracket = 0x5d

/** Whether a byte is `0` to `9`. */
export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** Whether a byte is an ASCII letter. */
export function isLetter(byte: number): boolean {
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x7a
}

/**
 * A line and a place in it. One object serves all lines: `set` points it at the next one.
 *
 * The reading methods move `at` past what they took and leave the taken range in `[from, to)`; where they return false
 * the line does not go on like that, and `at` has not moved. Nothing is read at or beyond `end`.
 */
export class Line {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  /** End of the first text line: what comes after a newline is left to `stack-trace.ts` and to JSON. */
  end = 0
  /** End of the whole body. */
  bodyEnd = 0
  at = 0
  /** Range taken last. */
  from = 0
  to = 0
  #lineEnd = 0

  /** Points at `[start, bodyEnd)`, whose first text line ends at `end`. Blanks at its end are passed over. */
  set(bytes: Buffer, start: number, { end, bodyEnd }: { end: number; bodyEnd: number }): void {
    let last = end
    while (last > start && bytes[last - 1] <= space) last--
    this.bytes = bytes
    this.start = start
    this.#lineEnd = last
    this.bodyEnd = bodyEnd
    this.rewind()
  }

  /** Back to the start, and to the end of the first text line. */
  rewind(): void {
    this.at = this.start
    this.end = this.#lineEnd
    this.from = this.start
    this.to = this.start
  }

  get isAtEnd(): boolean {
    return this.at >= this.end
  }

  /** Next byte, or -1 at the end. */
  get next(): number {
    return this.at < this.end ? this.bytes[this.at] : -1
  }

  /** Takes one byte if it is this one. */
  byte(wanted: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== wanted) return false
    this.at++
    return true
  }

  /** Takes ASCII text if it is what comes next. */
  text(wanted: string): boolean {
    const { bytes, at } = this
    if (at + wanted.length > this.end) return false
    for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted.charCodeAt(i)) return false
    this.at = at + wanted.length
    return true
  }

  /** Takes blanks and tabs, at least one. */
  blanks(): boolean {
    const before = this.at
    this.skipBlanks()
    return this.at > before
  }

  /** Takes blanks and tabs, if there are any. */
  skipBlanks(): void {
    const { bytes, end } = this
    let at = this.at
    while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
    this.at = at
  }

  /** Takes bytes up to the next blank, tab or the end; at least one. */
  word(): boolean {
    const { bytes, end, at } = this
    let to = at
    while (to < end && bytes[to] !== space && bytes[to] !== tab) to++
    return this.#taken(at, to)
  }

  /** Takes digits, at least one and at most 18. */
  digits(): boolean {
    const { bytes, at } = this
    const end = Math.min(this.end, at + 18)
    let to = at
    while (to < end && isDigit(bytes[to])) to++
    return this.#taken(at, to)
  }

  /** Takes ASCII letters, at least one. */
  letters(): boolean {
    const { bytes, end, at } = this
    let to = at
    while (to < end && isLetter(bytes[to])) to++
    return this.#taken(at, to)
  }

  /** Takes what stands before this byte, at least one byte, and the byte itself; at most `most` bytes are looked at. */
  before(wanted: number, most = 1024): boolean {
    const { bytes, at } = this
    const end = Math.min(this.end, at + most)
    let to = at
    while (to < end && bytes[to] !== wanted) to++
    if (to === end || to === at) return false
    this.from = at
    this.to = to
    this.at = to + 1
    return true
  }

  /** Takes `"…"`; the range is what stands between the quotes, escapes (`\"`) as they are. May be empty. */
  quoted(): boolean {
    const { bytes, end, at } = this
    if (at >= end || bytes[at] !== doubleQuote) return false
    let to = at + 1
    while (to < end && bytes[to] !== doubleQuote) to += bytes[to] === backslash ? 2 : 1
    if (to >= end) return false
    this.from = at + 1
    this.to = to
    this.at = to + 1
    return true
  }

  /** Takes `[…]`, brackets within counted; the range is what stands between. May be empty. */
  bracketed(): boolean {
    const { bytes, at } = this
    const end = Math.min(this.end, at + 512)
    if (at >= end || bytes[at] !== openBracket) return false
    let open = 1
    for (let to = at + 1; to < end; to++) {
      if (bytes[to] === openBracket) open++
      else if (bytes[to] === closeBracket && --open === 0) {
        this.from = at + 1
        this.to = to
        this.at = to + 1
        return true
      }
    }
    return false
  }

  /** Whether the range taken is this ASCII text. */
  took(wanted: string): boolean {
    const { bytes, from } = this
    if (this.to - from !== wanted.length) return false
    for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted.charCodeAt(i)) return false
    return true
  }

  /** The number that the range taken is in decimal; digits only, at most 15 of them, else NaN. */
  number(): number {
    const { bytes, from, to } = this
    if (to - from > 15 || to === from) return Number.NaN
    let value = 0
    for (let i = from; i < to; i++) {
      if (!isDigit(bytes[i])) return Number.NaN
      value = value * 10 + (bytes[i] - 0x30)
    }
    return value
  }

  #taken(from: number, to: number): boolean {
    if (to === from) return false
    this.from = from
    this.to = to
    this.at = to
    return true
  }
}
