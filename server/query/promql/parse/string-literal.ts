import { ParseError } from './position.ts'

const simpleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
}

/**
 * Reads a string in double, single or back quotes, with Go's escapes (`\n`, `\x41`, `\101`, `\u00e9`, `\U0001f600`).
 * Bytes that are no UTF-8 become lone surrogates U+DC80..U+DCFF, so that they can be told and shown. `start` is at the opening quote; `end` lies behind the closing one.
 */
export function readString(query: string, start: number): { value: string; end: number } {
  const quote = query[start]
  if (quote === '`') {
    const close = query.indexOf('`', start + 1)
    if (close < 0) throw new ParseError(query, { start, end: query.length }, 'unterminated raw string')
    return { value: query.slice(start + 1, close), end: close + 1 }
  }
  const bytes: number[] = []
  const encoder = new TextEncoder()
  let at = start + 1
  while (at < query.length && query[at] !== quote) {
    if (query[at] === '\n') break
    if (query[at] === '\\') {
      const escaped = readEscape(query, at, start)
      bytes.push(...escaped.bytes)
      at = escaped.end
    } else {
      const char = String.fromCodePoint(query.codePointAt(at) ?? 0)
      bytes.push(...encoder.encode(char))
      at += char.length
    }
  }
  if (query[at] !== quote) throw new ParseError(query, { start, end: at }, 'unterminated quoted string')
  return { value: decodeKeepingBytes(Uint8Array.from(bytes)), end: at + 1 }
}

function readEscape(query: string, at: number, start: number): { bytes: Iterable<number>; end: number } {
  const letter = query[at + 1] ?? ''
  const quote = query[start]
  const otherQuote = (letter === '"' || letter === "'") && letter !== quote
  if (letter in simpleEscapes && !otherQuote) return { bytes: [simpleEscapes[letter]], end: at + 2 }
  const numeric = /^\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(
    query.slice(at, at + 10),
  )
  if (numeric === null)
    throw new ParseError(query, { start, end: at + 2 }, `unknown escape sequence ${describeLetter(letter)}`)
  const end = at + numeric[0].length
  if (numeric[1] !== undefined) return { bytes: [Number.parseInt(numeric[1], 16)], end }
  if (numeric[2] !== undefined) return { bytes: [Number.parseInt(numeric[2], 8) & 255], end }
  const point = Number.parseInt(numeric[3] ?? numeric[4], 16)
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
    throw new ParseError(query, { start: at, end }, 'escape sequence is an invalid Unicode code point')
  return { bytes: new TextEncoder().encode(String.fromCodePoint(point)), end }
}

function decodeKeepingBytes(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes)
  if (!text.includes('\ufffd')) return text
  let kept = ''
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((size) => isOneCharacter(bytes.subarray(at, at + size)))
    kept +=
      length === undefined
        ? String.fromCharCode(0xdc00 + bytes[at])
        : new TextDecoder().decode(bytes.subarray(at, at + length))
    at += length ?? 1
  }
  return kept
}

function isOneCharacter(bytes: Uint8Array): boolean {
  try {
    return [...new TextDecoder('utf-8', { fatal: true }).decode(bytes)].length === 1
  } catch {
    return false
  }
}

function describeLetter(letter: string): string {
  const code = letter.codePointAt(0)
  return code === undefined ? 'at the end' : `U+${code.toString(16).toUpperCase().padStart(4, '0')} '${letter}'`
}
