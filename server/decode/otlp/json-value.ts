import { Buffer } from 'node:buffer'
import { type AttributesBuilder, doubleText } from '../../model/attributes-builder.ts'
import type { Attribute, AttributeType } from '../../model/columns.ts'
import { DecodeError } from '../../model/sink.ts'
import type { RowJudge } from '../decode-context.ts'
import { isObject, type JsonObject, type JsonValue } from '../wire/json-document.ts'
import { doubleJson, mapJson, maxValueDepth } from './any-value.ts'
import { field, integerOf, listField, objectField, textField, wrongKind } from './json-fields.ts'

/** A value as its type and text form (see AttributesColumn). */
export interface TypedText {
  readonly type: AttributeType
  readonly text: string
}

/**
 * Reads an AnyValue in OTLP/JSON. The first of the known kinds counts; none of them is a value without content.
 * Throws: DecodeError where it is malformed or nested deeper than 32 levels.
 */
export function readAnyValue(value: JsonValue | undefined): TypedText {
  return readValue(value, 0, false)
}

function readValue(value: JsonValue | undefined, depth: number, asJson: boolean): TypedText {
  if (value === undefined || value === null) return { type: 'n', text: asJson ? 'null' : '' }
  if (!isObject(value)) throw wrongKind('value', value, 'an object such as {"stringValue": "…"}')
  if (depth > maxValueDepth) throw new DecodeError(`value is nested deeper than ${maxValueDepth} levels`, 'value')
  const string = field(value, 'stringValue')
  if (string === undefined) return readOtherValue(value, depth, asJson)
  if (typeof string !== 'string') throw wrongKind('stringValue', string, 'a string')
  return { type: 's', text: asJson ? JSON.stringify(string) : string }
}

function readOtherValue(value: JsonObject, depth: number, asJson: boolean): TypedText {
  const bool = field(value, 'boolValue')
  if (bool !== undefined) {
    if (typeof bool !== 'boolean') throw wrongKind('boolValue', bool, 'true or false')
    return { type: 'b', text: String(bool) }
  }
  const integer = field(value, 'intValue')
  if (integer !== undefined) return { type: 'i', text: int64Text(integer) }
  const double = field(value, 'doubleValue')
  if (double !== undefined) {
    const number = doubleOf(double)
    return { type: 'd', text: asJson ? doubleJson(number) : doubleText(number) }
  }
  const bytes = field(value, 'bytesValue')
  if (bytes !== undefined) {
    const text = base64Text(bytes)
    return { type: 'x', text: asJson ? `"${text}"` : text }
  }
  if (field(value, 'arrayValue') !== undefined) {
    const members = listField(objectField(value, 'arrayValue'), 'values')
    return { type: 'a', text: `[${members.map((member) => readValue(member, depth + 1, true).text).join(',')}]` }
  }
  if (field(value, 'kvlistValue') !== undefined)
    return { type: 'm', text: readMap(listField(objectField(value, 'kvlistValue'), 'values'), depth) }
  return { type: 'n', text: asJson ? 'null' : '' }
}

function readMap(pairs: readonly JsonValue[], depth: number): string {
  const members = new Map<string, string>()
  for (const pair of pairs) {
    if (!isObject(pair)) throw wrongKind('values', pair, 'objects with key and value')
    members.set(textField(pair, 'key'), readValue(pair.value, depth + 1, true).text)
  }
  return mapJson(members)
}

function int64Text(value: JsonValue): string {
  const integer = integerOf(value)
  if (integer === null || integer !== BigInt.asIntN(64, integer))
    throw wrongKind('intValue', value, 'a 64-bit integer, as string or number')
  return integer.toString()
}

function doubleOf(value: JsonValue): number {
  if (typeof value === 'number') return value
  if (value === 'NaN') return Number.NaN
  const isText = typeof value === 'string' && value.trim() !== ''
  const number = isText || typeof value === 'bigint' ? Number(value) : Number.NaN
  if (Number.isNaN(number)) throw wrongKind('doubleValue', value, 'a number, "NaN", "Infinity" or "-Infinity"')
  return number
}

/** Base64 in the standard alphabet with padding, from either alphabet with or without. */
function base64Text(value: JsonValue): string {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value))
    throw wrongKind('bytesValue', value, 'base64')
  return Buffer.from(value, 'base64').toString('base64')
}

/** Reads the KeyValues under `attributes` of a message into the row of `attributes`. Limits are noted with `judge`. */
export function addAttributes(message: JsonObject, attributes: AttributesBuilder, judge: RowJudge): void {
  for (const pair of listField(message, 'attributes')) {
    const attribute = readAttributeWithin(pair, attributes.rowEntries, judge)
    if (attribute === null) return
    attributes.keyText(attribute.key)
    attributes.text(attribute.type, attribute.value)
  }
}

/** The same as objects; for resources and scopes. */
export function readAttributes(message: JsonObject, judge: RowJudge): Attribute[] {
  const attributes = new Map<string, Attribute>()
  for (const pair of listField(message, 'attributes')) {
    const attribute = readAttributeWithin(pair, attributes.size, judge)
    if (attribute !== null) attributes.set(attribute.key, attribute)
  }
  return [...attributes.values()]
}

function readAttributeWithin(pair: JsonValue, entries: number, judge: RowJudge): Attribute | null {
  if (!isObject(pair)) throw wrongKind('attributes', pair, 'objects with key and value')
  const key = textField(pair, 'key')
  if (!judge.judgeAttribute(entries, Buffer.byteLength(key))) return null
  const { type, text } = readAnyValue(pair.value)
  judge.judgeText('an attribute value', Buffer.byteLength(text))
  return { key, type, value: text }
}
