import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'

/** A JSON value as `parseJson` answers it. Integers that a number cannot hold exactly are bigints. */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}

/**
 * Integers that may be beyond 2^53 = 9007199254740992, where a number no longer holds every one: of 17 digits and more,
 * and of 16 that begin with a 9; microseconds since 1970 are shorter. Outside of strings as far as can be told at a
 * glance: digits right behind a quotation mark are no match.
 */
const longInteger = /[:[,\s]-?(?:9[0-9]{15}|[0-9]{17})/

interface ReviverContext {
  readonly source?: string
}
type Reviver = (key: string, value: unknown, context: ReviverContext) => unknown
const parseWithSource = JSON.parse as (text: string, reviver?: Reviver) => JsonValue
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object }

/**
 * Parses JSON from outside. Integers beyond 2^53 keep their digits: nanoseconds are sent as plain numbers too. Invalid UTF-8 becomes U+FFFD, a byte order mark is passed over.
 * Throws: DecodeError where it is no JSON, or is nested deeper than `maxDepth` (arrays and objects alike); that is found
 * before anything is built. Cost: about 2 ns a byte besides JSON.parse; three times that of JSON.parse where such integers
 * stand outside of strings.
 */
export function parseJson(bytes: Uint8Array, maxDepth: number): JsonValue {
  judgeDepth(bytes, maxDepth)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8', buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf ? 3 : 0)
  try {
    return longInteger.test(text) ? parseWithSource(text, keepDigits) : parseWithSource(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new DecodeError('not JSON', syntaxErrorPosition(error))
    throw error
  }
}

function keepDigits(_key: string, value: unknown, { source }: ReviverContext): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
  return /^-?[0-9]+$/.test(source) ? BigInt(source) : value
}

/** JSON text of a value that `parseJson` answered, its bigints as numbers. */
export function jsonText(value: JsonValue): string {
  return JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? rawJSON(member.toString()) : member))
}

/** V8 names the place only in its words: `… in JSON at position 17 (line 1 column 18)`. */
function syntaxErrorPosition(error: SyntaxError): string {
  const found = /at position (\d+)/.exec(error.message)
  return found === null ? 'the end' : `character ${found[1]}`
}

function judgeDepth(bytes: Uint8Array, maxDepth: number): void {
  let depth = 0
  for (let i = 0; i < bytes.length; i++)
    switch (bytes[i]) {
      case 0x22:
        i = stringEnd(bytes, i)
        break
      case 0x5b:
      case 0x7b:
        if (++depth > maxDepth) throw new DecodeError(`JSON is nested deeper than ${maxDepth} levels`, `byte ${i}`)
        break
      case 0x5d:
      case 0x7d:
        depth--
    }
}

/** Offset of the quotation mark that ends the string begun at `start`, or of the end. */
function stringEnd(bytes: Uint8Array, start: number): number {
  let i = start + 1
  for (; i < bytes.length && bytes[i] !== 0x22; i++) if (bytes[i] === 0x5c) i++
  return i
}

/** What a value is, for error texts. */
export function kindOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
