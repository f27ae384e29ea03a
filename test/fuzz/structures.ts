import { Buffer } from 'node:buffer'
import { MsgpackExtension, MsgpackReader } from '../../server/decode/wire/msgpack-reader.ts'
import { BackwardWriter } from './backward-writer.ts'
import type { Random } from './random.ts'

/*
 * Broken inputs that are whole in their form: values of another type, members twice or not at all, lists that are long.
 * Most of what is broken byte by byte never comes further than the parser.
 */

/** The form of a format's inputs, for those that have one. `json-lines`: a document on every line. */
export type Form = 'json' | 'json-lines' | 'protobuf' | 'msgpack' | 'text'

/** Makes an example over; null where it is not of the form. `room`: bytes that it should fill; 0: as many as it has. */
export type Remake = (example: Buffer, random: Random, room: number) => Buffer | null

const edgeValues: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 4_294_967_296, 9_007_199_254_740_993n, -(2n ** 63n), 2n ** 64n - 1n, ''],
  ...[
    'x',
    '0',
    '-1',
    '1.5',
    'NaN',
    '\u0000',
    '\ud800',
    'ä'.repeat(300),
    '{"a":1}',
    '2026-01-01T00:00:00Z',
    [],
    {},
    [[]],
  ],
  ...[{ a: { b: [null, { c: 1 }] } }, ['a', 1, null], '1767225600123456789', 'ffffffffffffffff', '0'.repeat(32)],
]
/** Bytes and levels of a MessagePack value that is made, at most. */
const maxPackedBytes = 1 << 20
const maxPackedDepth = 1_000
/** Levels of a nest that is made. */
const nestLevels = [3, 31, 33, 65, 500]

type Parent = unknown[] | Record<string, unknown>
interface Place {
  readonly parent: Parent
  readonly key: string | number
}

/** Changes a tree of arrays and objects in place, one to five times. */
function changeTree(root: { value: unknown }, words: readonly string[], random: Random): void {
  for (let left = 1 + (random.oneIn(2) ? 0 : random.below(5)); left > 0; left--) {
    const places = placesOf(root)
    changePlace(random.pick(places), random.pick(places), words, random)
  }
}

function placesOf(root: { value: unknown }): Place[] {
  const places: Place[] = []
  const visit = (parent: Parent, depth: number): void => {
    const keys = Array.isArray(parent) ? parent.keys() : Object.keys(parent)
    for (const key of keys) {
      places.push({ parent, key })
      const value = (parent as Record<string | number, unknown>)[key]
      if (
        typeof value === 'object' &&
        value !== null &&
        !(value instanceof MsgpackExtension) &&
        !Buffer.isBuffer(value)
      )
        if (depth < 40 && places.length < 2_000) visit(value as Parent, depth + 1)
    }
  }
  visit(root as unknown as Record<string, unknown>, 0)
  return places
}

function changePlace(at: Place, other: Place, words: readonly string[], random: Random): void {
  const values = at.parent as Record<string | number, unknown>
  const value = values[at.key]
  switch (random.below(8)) {
    case 0:
      if (Array.isArray(at.parent)) at.parent.splice(Number(at.key), 1)
      else if (at.key !== 'value') delete values[at.key]
      return
    case 1:
      if (Array.isArray(at.parent)) at.parent.splice(Number(at.key), 0, value)
      else set(at.parent, `${at.key}${random.below(9)}`, value)
      return
    case 2:
      if (Array.isArray(at.parent)) return
      set(at.parent, random.oneIn(2) ? String(other.key) : random.pick(words), value)
      return
    case 3:
      set(at.parent, at.key, (other.parent as Record<string | number, unknown>)[other.key])
      return
    case 4:
      set(at.parent, at.key, random.oneIn(2) ? [value] : { [String(other.key)]: value })
      return
    case 5:
      set(at.parent, at.key, typeof value === 'string' ? Number(value) : textOf(value))
      return
    case 6:
      if (random.oneIn(4)) {
        let nest: unknown = value
        for (let left = random.pick(nestLevels); left > 0; left--) nest = random.oneIn(2) ? [nest] : { a: nest }
        set(at.parent, at.key, nest)
      } else set(at.parent, at.key, random.pick(words))
      return
    default:
      set(at.parent, at.key, structuredClone(random.pick(edgeValues)))
  }
}

/** Also for names that mean something to the engine, such as `__proto__`. */
function set(parent: Parent, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true })
}

/** Repeats the members of a list until the text should fill the room. */
function growTree(root: { value: unknown }, random: Random, room: number): void {
  const lists = placesOf(root)
    .map(({ parent, key }) => (parent as Record<string | number, unknown>)[key])
    .filter((value): value is unknown[] => Array.isArray(value) && value.length > 0)
  if (lists.length === 0) return
  const list = random.pick(lists)
  const bytes = Math.max(2, Buffer.byteLength(textOf(list)))
  const members = [...list]
  for (let left = Math.floor(room / bytes); left > 0; left--) list.push(...members)
}

/** JSON text; a tree that holds itself or what JSON cannot say becomes null. */
function textOf(value: unknown): string {
  try {
    const replaced = (_key: string, one: unknown): unknown => (typeof one === 'bigint' ? `@int${one}@` : one)
    return (JSON.stringify(value, replaced) ?? 'null').replace(/"@int(-?\d+)@"/g, '$1')
  } catch {
    return 'null'
  }
}

export function remakeJson(words: readonly string[]): Remake {
  return (example, random, room) => {
    const root = { value: parsed(example.toString('utf8')) }
    if (root.value === undefined) return null
    changeTree(root, words, random)
    if (room > 0) growTree(root, random, room)
    return Buffer.from(textOf(root.value))
  }
}

/** Makes one of the lines over. */
export function remakeJsonLines(words: readonly string[]): Remake {
  const remake = remakeJson(words)
  return (example, random, room) => {
    const lines = example.toString('utf8').split('\n')
    const at = random.below(lines.length)
    const line = remake(Buffer.from(lines[at]), random, 0)
    if (line === null) return null
    lines[at] = line.toString('utf8')
    const text = Buffer.from(lines.join('\n'))
    return room === 0
      ? text
      : Buffer.alloc(Math.ceil(room / (text.length + 1)) * (text.length + 1), `${lines.join('\n')}\n`)
  }
}

export function remakeMsgpack(words: readonly string[]): Remake {
  return (example, random, room) => {
    const root = { value: new MsgpackReader(example).value() as unknown }
    changeTree(root, words, random)
    if (room > 0) growTree(root, random, room)
    return packed(root.value)
  }
}

const writer = new BackwardWriter(maxPackedBytes)

/** MessagePack of a tree, heads of any length that holds; null where it is longer than it may be, or holds itself. */
function packed(value: unknown): Buffer | null {
  writer.reset()
  pack(value, 0)
  return writer.isFull ? null : Buffer.from(writer.finish())
}

function pack(value: unknown, depth: number): void {
  if (depth > maxPackedDepth) writer.isFull = true
  if (writer.isFull) return
  if (typeof value === 'string') {
    const before = writer.size
    writer.text(value)
    packHead(writer.size - before, 0xdb)
  } else if (typeof value === 'number' || typeof value === 'bigint') packNumber(value)
  else if (Array.isArray(value)) {
    for (let i = value.length - 1; i >= 0; i--) pack(value[i], depth + 1)
    packHead(value.length, 0xdd)
  } else if (value instanceof MsgpackExtension) {
    writer.put(value.bytes)
    writer.byte(value.type)
    packHead(value.bytes.length, 0xc9)
  } else if (value instanceof Uint8Array) {
    writer.put(value)
    packHead(value.length, 0xc6)
  } else if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
    for (let i = entries.length - 1; i >= 0; i--) {
      pack(entries[i][1], depth + 1)
      pack(entries[i][0], depth + 1)
    }
    packHead(entries.length, 0xdf)
  } else writer.byte(value === true ? 0xc3 : value === false ? 0xc2 : 0xc0)
}

function packHead(length: number, type: number): void {
  writer.integer(length, 4)
  writer.byte(type)
}

function packNumber(value: number | bigint): void {
  if (typeof value === 'number' && value >= 0 && value < 128 && Number.isInteger(value)) {
    writer.byte(value)
    return
  }
  const bytes = Buffer.alloc(8)
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (isWhole) bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)))
  else bytes.writeDoubleBE(value)
  writer.put(bytes)
  writer.byte(isWhole ? (value < 0 ? 0xd3 : 0xcf) : 0xcb)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
