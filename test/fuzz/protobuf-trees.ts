import { Buffer } from 'node:buffer'
import { BackwardWriter } from './backward-writer.ts'
import type { Random } from './random.ts'
import type { Remake } from './structures.ts'

/** A field as it stands on the wire; `message`: its fields, where its bytes read as a message. */
interface Field {
  number: number
  wire: number
  bytes: Buffer
  message: Field[] | null
}

/** Bytes of a message that is made, at most. */
const maxMessageBytes = 1 << 20
/** Levels that are taken apart. */
const maxDepth = 8
/** Bytes that fields become which are repeated, at most. */
const maxRepeatedBytes = 4_096
const edgeVarints = [0n, 1n, 127n, 128n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]
const edgeFixed = ['0000000000000000', '000000000000f07f', '000000000000f87f', '020000000000f07f', 'ffffffffffffffff']
const edgeTexts = ['', '\u0000', 'x', 'ä'.repeat(200), '__name__', '{a="b"}', '\ud83d\ude00', 'a'.repeat(1_100)]

/** Makes a protobuf message over with its lengths kept right: fields of other types, twice, gone, elsewhere, long lists. */
export const remakeProtobuf: Remake = (example, random, room) => {
  const root = treeOf(example)
  if (root === null) return null
  for (let left = 1 + (random.oneIn(2) ? 0 : random.below(5)); left > 0; left--) changeOne(root, random)
  if (room > 0) grow(root, random, room)
  return bytesOf(root)
}

function fieldsOf(bytes: Buffer, depth: number): Field[] | null {
  const fields: Field[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = varintAt(bytes, at)
    if (tag === null || tag.value < 8 || tag.value > 0xffff) return null
    const [number, wire] = [tag.value >> 3, tag.value & 7]
    const end = endOf(bytes, tag.end, wire)
    if (end === null || end.end > bytes.length) return null
    const content = bytes.subarray(end.start, end.end)
    const message = wire === 2 && depth < maxDepth && content.length > 1 ? fieldsOf(content, depth + 1) : null
    fields.push({ number, wire, bytes: content, message })
    at = end.end
  }
  return fields
}

function endOf(bytes: Buffer, at: number, wire: number): { start: number; end: number } | null {
  if (wire === 1) return { start: at, end: at + 8 }
  if (wire === 5) return { start: at, end: at + 4 }
  const varint = wire === 0 || wire === 2 ? varintAt(bytes, at) : null
  if (varint === null) return null
  return wire === 0 ? { start: at, end: varint.end } : { start: varint.end, end: varint.end + varint.value }
}

function varintAt(bytes: Buffer, start: number): { value: number; end: number } | null {
  let value = 0
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    value += (bytes[at] & 0x7f) * 128 ** (at - start)
    if (bytes[at] < 0x80) return { value, end: at + 1 }
  }
  return null
}

/** Trees of examples: they are taken apart once, and copied before they are changed. */
const trees = new WeakMap<Buffer, Field[] | null>()

function treeOf(example: Buffer): Field[] | null {
  let tree = trees.get(example)
  if (tree === undefined) {
    tree = fieldsOf(example, 0)
    trees.set(example, tree)
  }
  return tree === null ? null : copyOf(tree)
}

function copyOf(fields: readonly Field[]): Field[] {
  return fields.map(({ number, wire, bytes, message }) => ({
    ...{ number, wire, bytes },
    message: message === null ? null : copyOf(message),
  }))
}

/** A list of fields in the tree, deep ones as likely as others. */
function pickList(root: Field[], random: Random): Field[] {
  const lists = [root]
  for (let i = 0; i < lists.length && lists.length < 500; i++)
    for (const { message } of lists[i]) if (message !== null) lists.push(message)
  return random.pick(lists)
}

function changeOne(root: Field[], random: Random): void {
  const list = pickList(root, random)
  if (list.length === 0) return
  const at = random.below(list.length)
  const field = list[at]
  switch (random.below(8)) {
    case 0:
      list.splice(at, 1)
      return
    case 1:
      repeat(list, field, { times: random.length(30), room: maxRepeatedBytes })
      return
    case 2:
      list[at] = { ...field, number: 1 + random.below(random.oneIn(4) ? 2_000 : 20) }
      return
    case 3: {
      const others = pickList(root, random)
      if (others.length > 0) list[at] = { ...frozen(random.pick(others)), number: field.number }
      return
    }
    case 4:
      list[at] = edgeValueOf(field.number, random.pick([0, 1, 2, 5]), random)
      return
    case 5:
      list.splice(at, 0, ...list.splice(random.below(list.length), 1))
      return
    case 6:
      list[at] = {
        ...field,
        message: null,
        bytes: Buffer.from([...field.bytes.subarray(0, random.below(9)), random.next()]),
      }
      if (field.wire !== 2) list[at] = edgeValueOf(field.number, field.wire, random)
      return
    default:
      list[at] = edgeValueOf(field.number, field.wire, random)
  }
}

function edgeValueOf(number: number, wire: number, random: Random): Field {
  const about = { number, wire, message: null }
  if (wire === 0) return { ...about, bytes: varint(random.pick(edgeVarints)) }
  if (wire === 1) return { ...about, bytes: Buffer.from(random.pick(edgeFixed), 'hex') }
  if (wire === 5) return { ...about, bytes: Buffer.from(random.pick(edgeFixed), 'hex').subarray(4) }
  return { ...about, bytes: Buffer.from(random.pick(edgeTexts)) }
}

/** Repeats a field until the message should fill the room. */
function grow(root: Field[], random: Random, room: number): void {
  const list = pickList(root, random)
  if (list.length === 0) return
  repeat(list, random.pick(list), { times: room, room })
}

function repeat(list: Field[], field: Field, { times, room }: { times: number; room: number }): void {
  const copy = frozen(field)
  for (let left = Math.min(times, Math.floor(room / (copy.bytes.length + 2))); left > 0; left--) list.push(copy)
}

/** The field as it is now: what is put elsewhere must not hold itself. */
function frozen(field: Field): Field {
  return field.message === null ? field : { ...field, bytes: bytesOf(field.message), message: null }
}

const writer = new BackwardWriter(maxMessageBytes)

/** The message; empty where it is longer than it may be. */
function bytesOf(fields: readonly Field[]): Buffer {
  writer.reset()
  write(fields)
  return writer.isFull ? Buffer.alloc(0) : Buffer.from(writer.finish())
}

function write(fields: readonly Field[]): void {
  for (let i = fields.length - 1; i >= 0; i--) {
    const { number, wire, bytes, message } = fields[i]
    const before = writer.size
    if (message === null) writer.put(bytes)
    else write(message)
    if (wire === 2) writer.varint(writer.size - before)
    writer.varint(number * 8 + wire)
  }
}

function varint(value: bigint): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest < 0x80n ? 0 : 0x80))
    if (rest < 0x80n) return Buffer.from(bytes)
  }
}
