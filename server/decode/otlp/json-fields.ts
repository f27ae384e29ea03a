import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { isObject, type JsonObject, type JsonValue, jsonText, kindOf } from '../wire/json-document.ts'

/**
 * Fields of OTLP/JSON messages: protobuf's JSON mapping, with ids in hex and enums as integers.
 *
 * Each field is found under its lowerCamelCase name, else under its snake_case name; `null` counts as absent, and
 * unknown fields are passed over. A field of the wrong kind throws DecodeError with its name as position.
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding, https://protobuf.dev/programming-guides/json
 */
export function field(object: JsonObject, name: string): JsonValue | undefined {
  const value = object[name]
  if (value !== undefined) return value === null ? undefined : value
  return object[snakeCase(name)] ?? undefined
}

const snakeCases = new Map<string, string>()

/** `timeUnixNano` → `time_unix_nano`. Only the names of fields come here, so the memory stays small. */
function snakeCase(name: string): string {
  let snake = snakeCases.get(name)
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    snakeCases.set(name, snake)
  }
  return snake
}

export function textField(object: JsonObject, name: string): string {
  const value = field(object, name)
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  throw wrongKind(name, value, 'a string')
}

export function listField(object: JsonObject, name: string): readonly JsonValue[] {
  const value = field(object, name)
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  throw wrongKind(name, value, 'an array')
}

export function objectField(object: JsonObject, name: string): JsonObject {
  const value = field(object, name)
  if (value === undefined) return {}
  if (isObject(value)) return value
  throw wrongKind(name, value, 'an object')
}

/** A uint32 or fixed32, as number or string. */
export function uint32Field(object: JsonObject, name: string): number {
  const value = field(object, name)
  if (value === undefined) return 0
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 0xffff_ffff) return number
  throw wrongKind(name, value, 'an integer from 0 to 4294967295')
}

/** An enum as its number, or as its name in `names`, by number. Names and numbers outside of these are 0. */
export function enumField(object: JsonObject, name: string, names: readonly string[]): number {
  const value = field(object, name)
  if (value === undefined) return 0
  if (typeof value === 'string') return Math.max(0, names.indexOf(value), wholeBelow(Number(value), names.length))
  if (typeof value === 'number') return wholeBelow(value, names.length)
  throw wrongKind(name, value, 'an integer')
}

function wholeBelow(number: number, bound: number): number {
  return Number.isInteger(number) && number >= 0 && number < bound ? number : 0
}

/** Words of the integer read last, signed, low first. */
export const words = { low: 0, high: 0 }

/** Reads a fixed64 (Unix nanoseconds) into `words`: a string of digits, or a number. Absent: 0. */
export function fixed64Field(object: JsonObject, name: string): void {
  const value = field(object, name)
  const integer = integerOf(value ?? 0)
  if (integer === null || integer < 0n || integer > 0xffff_ffff_ffff_ffffn)
    throw wrongKind(name, value, 'an integer from 0 to 18446744073709551615, as string or number')
  words.low = Number(integer & 0xffff_ffffn) | 0
  words.high = Number(integer >> 32n) | 0
}

/** An integer from a JSON number or a string in decimal; null where it is none. Numbers such as 1e3 are integers too. */
export function integerOf(value: JsonValue): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : null
  if (typeof value !== 'string') return null
  if (/^-?[0-9]{1,20}$/.test(value)) return BigInt(value)
  const number = value.trim() === '' ? Number.NaN : Number(value)
  return Number.isSafeInteger(number) ? BigInt(number) : null
}

/** Bytes of an id in hex, of either case; empty where absent; null where it is no hex. */
export function idField(object: JsonObject, name: string): Buffer | null {
  const value = field(object, name)
  if (value === undefined) return Buffer.alloc(0)
  if (typeof value !== 'string') throw wrongKind(name, value, 'a string in hex')
  return /^(?:[0-9a-fA-F]{2})*$/.test(value) ? Buffer.from(value, 'hex') : null
}

export function wrongKind(name: string, value: JsonValue | undefined, wanted: string): DecodeError {
  const isShort = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string'
  const found = isShort ? jsonText(value).slice(0, 40) : kindOf(value)
  return new DecodeError(`${name} is ${found}, expected ${wanted}`, name)
}
