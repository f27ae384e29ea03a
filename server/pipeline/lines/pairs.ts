import { Buffer } from 'node:buffer'
import { type FieldKey, takeKnownField } from './known-keys.ts'
import { isDigit, isLetter, type Line, space } from './line.ts'
import { type LineFields, maxKeyBytes } from './line-fields.ts'

const equals = 0x3d
const doubleQuote = 0x22
const backslash = 0x5c

/**
 * Finds `key=value` and `key="value with blanks"` in text from the line's place on, and returns how many there are.
 *
 * A key is a word of letters, digits, `_`, `.`, `-` that begins the text or stands after a blank or `,;([{`, and begins
 * with a letter or `_`. A value ends at a blank or `,;)]}`; it begins with a letter, a digit or one of `"_-+/.`, so that
 * `a => b`, `a == b` and `a=<b>` are none.
 * Cost: one look at every byte; the rest per pair.
 */
export function findPairs(line: Line, fields: LineFields): number {
  const { bytes, end } = line
  let found = 0
  let after = line.at
  for (let at = line.at + 1; at < end; at++) {
    if (bytes[at] !== equals) continue
    let from = at
    while (from > after && isKeyByte(bytes[from - 1])) from--
    const isKey = from < at && isKeyStart(bytes[from]) && at - from <= maxKeyBytes
    if (!isKey || (from > line.at && !opensKey(bytes[from - 1])) || !takeValue(line, at + 1)) continue
    found++
    pairKey.from = from
    pairKey.to = at
    addPair(line, fields)
    at = line.at - 1
    after = line.at
  }
  return found
}

/**
 * Reads a line that is `key=value` throughout, as logfmt has it, from the line's place on: pairs between blanks, and
 * words without value, of which there must be fewer than pairs. False where it is something else.
 */
export function readPairs(line: Line, fields: LineFields): boolean {
  const { bytes, end } = line
  let pairs = 0
  let others = 0
  for (line.skipBlanks(); line.at < end; line.skipBlanks()) {
    const from = line.at
    let at = from
    while (at < end && isKeyByte(bytes[at])) at++
    const isPair = at < end && bytes[at] === equals && at > from && at - from <= maxKeyBytes
    if (isPair && readValue(line, at + 1)) {
      pairs++
      pairKey.from = from
      pairKey.to = at
      addPair(line, fields)
    } else {
      line.word()
      if (++others > pairs) return false
    }
  }
  return pairs >= 2
}

/** The key read last. */
const pairKey: FieldKey = { bytes: Buffer.alloc(0), from: 0, to: 0, form: 'typed' }

/** Adds the range taken as the value of the key `[pairKey.from, pairKey.to)`. */
function addPair(line: Line, fields: LineFields): void {
  const { bytes, from, to } = line
  pairKey.bytes = bytes
  pairKey.form = 'typed'
  if (from > pairKey.to + 1) {
    pairKey.form = 'string'
    for (let i = from; i < to; i++) if (bytes[i] === backslash) pairKey.form = 'escaped'
  }
  takeKnownField(line, fields, pairKey)
}

/** Takes a value of free text. */
function takeValue(line: Line, at: number): boolean {
  const { bytes, end } = line
  const first = at < end ? bytes[at] : 0
  if (first === doubleQuote) return takeQuoted(line, at)
  if (!isLetter(first) && !isDigit(first) && !startsValue(first)) return false
  let to = at + 1
  while (to < end && !closesValue(bytes[to])) to++
  // A full stop or colon at the end belongs to the sentence.
  const last = bytes[to - 1]
  const isSentenceEnd = to - at > 1 && (last === 0x2e || last === 0x3a)
  line.from = at
  line.to = isSentenceEnd ? to - 1 : to
  line.at = to
  return true
}

/** Takes a value of logfmt: up to the next blank, maybe empty, or in quotes. */
function readValue(line: Line, at: number): boolean {
  const { bytes, end } = line
  if (at < end && bytes[at] === doubleQuote) return takeQuoted(line, at)
  let to = at
  while (to < end && bytes[to] > space) {
    if (bytes[to] === doubleQuote) return false
    to++
  }
  line.from = at
  line.to = to
  line.at = to
  return true
}

function takeQuoted(line: Line, at: number): boolean {
  const before = line.at
  line.at = at
  if (line.quoted()) return true
  line.at = before
  return false
}

function isKeyByte(byte: number): boolean {
  return isLetter(byte) || isDigit(byte) || byte === 0x5f || byte === 0x2e || byte === 0x2d || byte === 0x40
}

function isKeyStart(byte: number): boolean {
  return isLetter(byte) || byte === 0x5f || byte === 0x40
}

function opensKey(byte: number): boolean {
  return byte <= space || byte === 0x2c || byte === 0x3b || byte === 0x28 || byte === 0x5b || byte === 0x7b
}

function startsValue(byte: number): boolean {
  return byte === 0x5f || byte === 0x2d || byte === 0x2b || byte === 0x2f || byte === 0x2e
}

function closesValue(byte: number): boolean {
  return byte <= space || byte === 0x2c || byte === 0x3b || byte === 0x29 || byte === 0x5d || byte === 0x7d
}
