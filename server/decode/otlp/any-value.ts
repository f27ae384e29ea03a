import { Buffer } from 'node:buffer'
import { type AttributesBuilder, doubleText } from '../../model/attributes-builder.ts'
import type { Attribute, AttributeType } from '../../model/columns.ts'
import type { RowJudge } from '../decode-context.ts'
import type { ProtobufReader } from '../wire/protobuf-reader.ts'

/**
 * Levels of arrays and maps within one another in a value. A value that is deeper makes its row malformed: to store
 * it cut off would be a quiet change, and no one reads a value of that depth.
 */
export const maxValueDepth = 32

/** Bytes of protobuf that one byte of text stands for at most: 11 for a double of one digit and its comma. */
const maxSentPerTextByte = 6

/** Tags (field number << 3 | wire type) of the fields of AnyValue. Source: OTLP common.proto. */
const anyValue = {
  string: 0x0a,
  bool: 0x10,
  int: 0x18,
  double: 0x21,
  array: 0x2a,
  kvlist: 0x32,
  bytes: 0x3a,
} as const

/** Where the key and the value of a KeyValue lie; `readPair` fills it. One for all, as no object may be made per field. */
const pair = { keyStart: 0, keyEnd: 0, valueStart: 0, valueEnd: 0 }

/** Finds key and value of the KeyValue to which the reader is narrowed. Either may be missing: an empty range. */
function readPair(reader: ProtobufReader): void {
  pair.keyStart = pair.keyEnd = pair.valueStart = pair.valueEnd = 0
  while (reader.position < reader.end)
    switch (reader.tag()) {
      case 0x0a:
        pair.keyEnd = reader.rangeEnd()
        pair.keyStart = reader.position
        reader.position = pair.keyEnd
        break
      case 0x12:
        pair.valueEnd = reader.rangeEnd()
        pair.valueStart = reader.position
        reader.position = pair.valueEnd
        break
      default:
        reader.skip()
    }
}

/**
 * Reads one KeyValue, before whose length the reader stands, into an entry of `attributes`. A value of no known kind,
 * or none at all, is an entry without a value. A limit that is passed is noted with `judge`; the row is then to be
 * abandoned. Throws: DecodeError.
 */
export function readKeyValue(reader: ProtobufReader, attributes: AttributesBuilder, judge: RowJudge): void {
  const outer = reader.enter()
  const end = reader.end
  readPair(reader)
  if (judge.judgeAttribute(attributes.rowEntries, pair.keyEnd - pair.keyStart)) {
    attributes.key(reader.bytes, pair.keyStart, pair.keyEnd)
    reader.position = pair.valueStart
    reader.end = pair.valueEnd
    readAttributeValue(reader, attributes, judge)
  }
  reader.position = end
  reader.end = outer
}

/**
 * The same as an object, put under its key into `attributes`; for resources and scopes, of which a request has few.
 */
export function readAttribute(reader: ProtobufReader, attributes: Map<string, Attribute>, judge: RowJudge): void {
  const outer = reader.enter()
  const end = reader.end
  readPair(reader)
  if (judge.judgeAttribute(attributes.size, pair.keyEnd - pair.keyStart)) {
    const key = reader.bytes.toString('utf8', pair.keyStart, pair.keyEnd)
    reader.position = pair.valueStart
    reader.end = pair.valueEnd
    const tag = findValue(reader)
    const limit = judge.limits.maxAttributeValueBytes
    const value = tag === anyValue.string ? readString(reader, limit) : readLongText(reader, tag, limit)
    if (typeof value === 'number') blameValue(judge, value)
    else attributes.set(key, { key, type: typeOf(tag), value })
  }
  reader.position = end
  reader.end = outer
}

function readString(reader: ProtobufReader, maxBytes: number): string | number {
  const start = reader.position
  const bytes = reader.rangeEnd() - reader.position
  if (bytes > maxBytes) return bytes
  reader.position = start
  return reader.text()
}

function readAttributeValue(reader: ProtobufReader, attributes: AttributesBuilder, judge: RowJudge): void {
  const tag = findValue(reader)
  switch (tag) {
    case anyValue.string: {
      const end = reader.rangeEnd()
      if (end - reader.position > judge.limits.maxAttributeValueBytes) {
        blameValue(judge, end - reader.position)
        attributes.none()
      } else attributes.string(reader.bytes, reader.position, end)
      return
    }
    case anyValue.bool:
      attributes.boolean(reader.bool())
      return
    case anyValue.int:
      reader.varint()
      attributes.integer(reader.low, reader.high)
      return
    case anyValue.double:
      attributes.double(reader.double())
      return
    case 0:
      attributes.none()
      return
    default: {
      const text = readLongText(reader, tag, judge.limits.maxAttributeValueBytes)
      if (typeof text === 'number') blameValue(judge, text)
      attributes.text(typeOf(tag), typeof text === 'number' ? '' : text)
    }
  }
}

function blameValue(judge: RowJudge, bytes: number): void {
  judge.blame(
    'attribute_too_long',
    `an attribute value has ${bytes} bytes, at most ${judge.limits.maxAttributeValueBytes}`,
  )
}

/**
 * Finds the value in the AnyValue to which the reader is narrowed: answers its tag and leaves the reader before it.
 * 0: it has none. Of several the last counts, as for every oneof.
 */
export function findValue(reader: ProtobufReader): number {
  let at = reader.position
  // Nearly always: one string, its length a single byte, which fills the message.
  if (reader.bytes[at] === anyValue.string && at + 2 + reader.bytes[at + 1] === reader.end && reader.end - at < 0x80) {
    reader.position = at + 1
    return anyValue.string
  }
  let found = 0
  while (reader.position < reader.end) {
    const tag = reader.tag()
    const start = reader.position
    reader.skip()
    switch (tag) {
      case anyValue.string:
      case anyValue.bool:
      case anyValue.int:
      case anyValue.double:
      case anyValue.array:
      case anyValue.kvlist:
      case anyValue.bytes:
        found = tag
        at = start
    }
  }
  reader.position = at
  return found
}

/** AttributeType letter for a tag that `findValue` answered. */
export function typeOf(tag: number): AttributeType {
  switch (tag) {
    case anyValue.string:
      return 's'
    case anyValue.bool:
      return 'b'
    case anyValue.int:
      return 'i'
    case anyValue.double:
      return 'd'
    case anyValue.array:
      return 'a'
    case anyValue.kvlist:
      return 'm'
    case anyValue.bytes:
      return 'x'
    default:
      return 'n'
  }
}

/**
 * Text form (see AttributesColumn) of a value that is no string, and before which the reader stands.
 * A number instead: its bytes, which are more than `maxBytes`.
 */
export function readLongText(reader: ProtobufReader, tag: number, maxBytes: number): string | number {
  switch (tag) {
    case anyValue.bool:
      return reader.bool() ? 'true' : 'false'
    case anyValue.int:
      return readInteger(reader)
    case anyValue.double:
      return doubleText(reader.double())
    case 0:
      return ''
  }
  const sent = reader.rangeEnd() - reader.position
  // Judged before the text is built, so that what is built stays within a few times the bound.
  if (sent > maxBytes * maxSentPerTextByte) return sent
  const end = reader.position + sent
  const text =
    tag === anyValue.bytes
      ? reader.bytes.toString('base64', reader.position, end)
      : readJson(reader, { tag, end, depth: 1 })
  if (text.length * 3 <= maxBytes) return text
  const bytes = Buffer.byteLength(text)
  return bytes > maxBytes ? bytes : text
}

/** JSON of an array or map whose range ends at `end`. */
function readJson(reader: ProtobufReader, { tag, end, depth }: { tag: number; end: number; depth: number }): string {
  if (depth > maxValueDepth) throw reader.error(`value is nested deeper than ${maxValueDepth} levels`)
  const outer = reader.end
  reader.end = end
  const json = tag === anyValue.array ? readArray(reader, depth) : readMap(reader, depth)
  reader.leave(outer)
  return json
}

function readArray(reader: ProtobufReader, depth: number): string {
  const parts: string[] = []
  while (reader.position < reader.end) {
    if (reader.tag() !== 0x0a) {
      reader.skip()
      continue
    }
    const outer = reader.enter()
    parts.push(readMemberJson(reader, depth))
    reader.leave(outer)
  }
  return `[${parts.join(',')}]`
}

function readMap(reader: ProtobufReader, depth: number): string {
  const members = new Map<string, string>()
  while (reader.position < reader.end) {
    if (reader.tag() !== 0x0a) {
      reader.skip()
      continue
    }
    const outer = reader.enter()
    let key = ''
    let value = 'null'
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x0a:
          key = reader.text()
          break
        case 0x12: {
          const pair = reader.enter()
          value = readMemberJson(reader, depth)
          reader.leave(pair)
          break
        }
        default:
          reader.skip()
      }
    members.set(key, value)
    reader.leave(outer)
  }
  return mapJson(members)
}

/** JSON of the AnyValue to which the reader is narrowed, within an array or map of `depth`. */
function readMemberJson(reader: ProtobufReader, depth: number): string {
  const tag = findValue(reader)
  switch (tag) {
    case anyValue.string:
      return JSON.stringify(reader.text())
    case anyValue.bool:
      return reader.bool() ? 'true' : 'false'
    case anyValue.int:
      return readInteger(reader)
    case anyValue.double:
      return doubleJson(reader.double())
    case anyValue.bytes: {
      const end = reader.rangeEnd()
      return `"${reader.bytes.toString('base64', reader.position, end)}"`
    }
    case 0:
      return 'null'
    default: {
      const end = reader.rangeEnd()
      return readJson(reader, { tag, end, depth: depth + 1 })
    }
  }
}

function readInteger(reader: ProtobufReader): string {
  reader.varint()
  if (reader.high === reader.low >> 31) return String(reader.low)
  return ((BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0)).toString()
}

/** A double within JSON, which has no NaN and no infinities: those are strings, as in protobuf's own JSON. */
export function doubleJson(value: number): string {
  return Number.isFinite(value) ? doubleText(value) : `"${value}"`
}

/** JSON object of members whose values are JSON already. */
export function mapJson(members: ReadonlyMap<string, string>): string {
  const parts: string[] = []
  for (const [key, value] of members) parts.push(`${JSON.stringify(key)}:${value}`)
  return `{${parts.join(',')}}`
}
