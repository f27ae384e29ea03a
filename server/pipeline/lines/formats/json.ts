import { Buffer } from 'node:buffer'
import { type FieldKey, takeKnownField } from '../known-keys.ts'
import type { Line } from '../line.ts'
import { type LineFields, maxKeyBytes } from '../line-fields.ts'
import type { LineFormat } from '../line-format.ts'

/** Levels of objects that become dotted keys; an object below them is kept as JSON text. */
const maxFlattenDepth = 8

/** A number of at most so many bytes is an integer or fraction that loses nothing, whatever it is. */
const maxShortNumber = 15

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const backslash = 0x5c

/** `a.b.` while the values of an object within are read. */
const path = Buffer.alloc(maxKeyBytes * 2)

/** The key read last. */
const key: FieldKey = { bytes: path, from: 0, to: 0, form: 'typed' }

/** Objects around the place that is read. */
let depth = 0

/**
 * A line that is one JSON object, also over several lines. Objects within become dotted keys.
 * Read byte by byte: no object is built, only strings with escapes and arrays go through JSON.parse.
 */
export const json: LineFormat = {
  name: 'json',
  title:
    'JSON objects: pino, bunyan, winston, zap, zerolog, logrus, slog, logstash-logback-encoder, structlog, serilog',
  certainty: 100,
  examples: [
    {
      line: '{"level":30,"time":1769860800123,"pid":7,"msg":"order placed","order":{"id":"o-1","total":12.5}}',
      severity: 9,
      time: '2026-01-31T12:00:00.123Z',
      attributes: { pid: '7', msg: 'order placed', 'order.id': 'o-1', 'order.total': '12.5' },
    },
    {
      line: '{"@timestamp":"2026-01-31T12:00:00Z","level":"WARN","logger_name":"com.shop.Cart","message":"slow","traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}',
      severity: 13,
      time: '2026-01-31T12:00:00Z',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      attributes: { 'log.logger': 'com.shop.Cart', message: 'slow' },
    },
  ],
  parse(line, fields) {
    if (line.next !== openBrace) return false
    line.end = line.bodyEnd
    depth = 0
    return readObject(line, fields, 0) && isDone(line)
  },
}

function isDone(line: Line): boolean {
  skipSpace(line)
  return line.isAtEnd
}

function skipSpace(line: Line): void {
  const { bytes, end } = line
  let { at } = line
  while (at < end && bytes[at] <= 0x20) at++
  line.at = at
}

/** Reads an object; `prefix` bytes of `path` stand before its keys. False where it is no JSON. */
function readObject(line: Line, fields: LineFields, prefix: number): boolean {
  line.at++
  skipSpace(line)
  if (line.byte(closeBrace)) return true
  depth++
  for (;;) {
    skipSpace(line)
    if (!takeString(line)) return false
    key.bytes = line.bytes
    key.from = line.from
    key.to = line.to
    skipSpace(line)
    if (!line.byte(colon)) return false
    skipSpace(line)
    if (!readMember(line, fields, prefix)) return false
    skipSpace(line)
    if (line.byte(comma)) continue
    depth--
    return line.byte(closeBrace)
  }
}

/** Reads the value of `key`. */
function readMember(line: Line, fields: LineFields, prefix: number): boolean {
  const first = line.next
  const length = key.to - key.from
  const isNamed = length > 0 && prefix + length <= maxKeyBytes
  const isFlattened = first === openBrace && depth < maxFlattenDepth
  // The key stands in the line itself; only under a prefix it must be put together.
  if (isNamed && (prefix > 0 || isFlattened)) {
    line.bytes.copy(path, prefix, key.from, key.to)
    key.bytes = path
    key.from = 0
    key.to = prefix + length
  }
  if (isNamed && isFlattened) {
    path[prefix + length] = 0x2e
    return readObject(line, fields, prefix + length + 1)
  }
  if (first === openBrace || first === openBracket) {
    if (!skipNested(line)) return false
    if (isNamed) addText(line, fields, first === openBrace ? 'm' : 'a')
    return true
  }
  const form = takeScalar(line)
  if (form === null) return false
  if (!isNamed) return true
  if (form === 'null') addText(line, fields, 'n')
  else {
    key.form = form
    takeKnownField(line, fields, key)
  }
  return true
}

function addText(line: Line, fields: LineFields, type: 'a' | 'm' | 'n'): void {
  const name = Buffer.from(key.bytes.subarray(key.from, key.to))
  fields.other(name, type, type === 'n' ? '' : line.bytes.toString('utf8', line.from, line.to))
}

/** Takes a string, number, true, false or null; null where it is none of these. */
function takeScalar(line: Line): 'string' | 'escaped' | 'number' | 'typed' | 'null' | null {
  if (line.next === quote) {
    if (!takeString(line)) return null
    for (let i = line.from; i < line.to; i++)
      if (line.bytes[i] === backslash)
        return isJson(line.bytes.toString('utf8', line.from - 1, line.to + 1)) ? 'escaped' : null
    return 'string'
  }
  const from = line.at
  const word = line.text('null') ? 'null' : line.text('true') || line.text('false') ? 'typed' : null
  if (word !== null) {
    line.from = from
    line.to = line.at
    return word
  }
  return takeNumber(line)
}

/** Takes a number. Source: RFC 8259, section 6. */
function takeNumber(line: Line): 'number' | 'typed' | null {
  const { bytes, at } = line
  const isNegative = line.byte(0x2d)
  const whole = line.at
  if (!line.digits() || (bytes[whole] === 0x30 && line.at > whole + 1)) return null
  // More digits than `digits` takes at once are rare, and slower to read.
  while (line.digits());
  if (line.byte(0x2e)) {
    if (!line.digits()) return null
    while (line.digits());
  }
  const end = line.at
  if ((line.next | 0x20) === 0x65) {
    line.at++
    if (line.next === 0x2b || line.next === 0x2d) line.at++
    if (!line.digits()) return null
  }
  line.from = at
  line.to = line.at
  const isNegativeZero = isNegative && end === at + 2 && bytes[whole] === 0x30
  return line.at === end && end - at <= maxShortNumber && !isNegativeZero ? 'typed' : 'number'
}

/** Takes `"…"` without control characters in it. */
function takeString(line: Line): boolean {
  const { bytes, end } = line
  if (line.next !== quote) return false
  const from = line.at + 1
  let to = from
  for (; to < end; to++) {
    const byte = bytes[to]
    if (byte === quote) {
      line.from = from
      line.to = to
      line.at = to + 1
      return true
    }
    if (byte === backslash) to++
    else if (byte < 0x20) return false
  }
  return false
}

/** Takes an array or object whole; false where it is no JSON. */
function skipNested(line: Line): boolean {
  const { bytes, end, at } = line
  let open = 0
  let inString = false
  for (let to = at; to < end; to++) {
    const byte = bytes[to]
    if (inString) {
      if (byte === backslash) to++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (byte === openBrace || byte === openBracket) open++
    else if ((byte === closeBrace || byte === 0x5d) && --open === 0) {
      line.from = at
      line.to = to + 1
      line.at = to + 1
      return isJson(bytes.toString('utf8', at, to + 1))
    }
  }
  return false
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
