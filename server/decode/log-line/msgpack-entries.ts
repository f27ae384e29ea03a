import { type Buffer, isUtf8 } from 'node:buffer'
import type { MsgpackCursor } from '../wire/msgpack-cursor.ts'
import { type LogEntries, letters } from './log-entries.ts'
import type { KeyNode, LogKey } from './log-keys.ts'

/** Levels of maps that become dotted keys (`log-line-fields.ts`); what is deeper is read as values. */
const maxDepth = 8

const nil = 0xc0
const no = 0xc2
const yes = 0xc3
const quote = 0x22
const comma = 0x2c
const backslash = 0x5c

/**
 * Reads the members of a MessagePack map into entries, as `JsonEntries` does with an object of JSON. Answers false for what
 * is unusual, wrong or too much, and the record is then to be read with `MsgpackReader`: keys that are no strings, are
 * repeated or digits only; extensions; texts that are no UTF-8; arrays of more than strings, integers and words; maps 9 deep.
 */
export class MsgpackEntries {
  readonly #entries: LogEntries
  readonly #cursor: MsgpackCursor

  constructor(entries: LogEntries, cursor: MsgpackCursor) {
    this.#entries = entries
    this.#cursor = cursor
  }

  /** The key that stands next within a map, and is passed over; null for one that is unusual. */
  key(parent: KeyNode): KeyNode | null {
    const cursor = this.#cursor
    return cursor.takeString() ? this.#entries.keys.child(parent, this.#entries.bytes, cursor.start, cursor.end) : null
  }

  /** Reads the value that stands next as that of a key, `depth` levels within the record. */
  readMember(node: KeyNode, depth: number): boolean {
    const cursor = this.#cursor
    if (!cursor.takeMap()) return this.#entries.keys.claim(node.key) && this.#readValue(node.key)
    const { count } = cursor
    if (count === 0) return this.#entries.keys.claim(node.key) && this.#entries.addAscii(node.key, letters.map, '{}')
    if (depth >= maxDepth) return false
    for (let i = 0; i < count; i++) {
      const child = this.key(node)
      if (child === null || !this.readMember(child, depth + 1)) return false
    }
    return true
  }

  /** Reads a value that is no map. */
  readPlain(key: LogKey): boolean {
    return this.#entries.keys.claim(key) && this.#readValue(key)
  }

  #readValue(key: LogKey): boolean {
    const cursor = this.#cursor
    const entries = this.#entries
    const head = entries.bytes[cursor.at]
    if (cursor.takeString() || cursor.takeBinary())
      return (
        isText(entries.bytes, cursor.start, cursor.end) && entries.add(key, letters.string, cursor.start, cursor.end)
      )
    switch (head) {
      case nil:
        cursor.at++
        return entries.add(key, letters.none, cursor.at, cursor.at)
      case no:
      case yes:
        cursor.at++
        return entries.addAscii(key, letters.boolean, head === yes ? 'true' : 'false')
      case 0xca:
      case 0xcb:
        return cursor.takeNumber() && this.#addDouble(key, cursor.number)
    }
    if (cursor.takeArray()) return this.#readArray(key, cursor.count)
    const text = this.#integerText()
    return text !== '' && entries.addAscii(key, letters.integer, text)
  }

  #addDouble(key: LogKey, value: number): boolean {
    const text = String(value)
    // Those with exponents, those that are no numbers and so become texts, and zero with a sign.
    if (!Number.isFinite(value) || text.includes('e') || Object.is(value, -0)) return false
    return this.#entries.addAscii(key, Number.isSafeInteger(value) ? letters.integer : letters.double, text)
  }

  /** An integer of 64 bits with a sign; '' for what is none, or more than a double holds in as many digits as one has. */
  #integerText(): string {
    const cursor = this.#cursor
    if (!cursor.takeInteger()) return ''
    const { high, low } = cursor
    if (high === 0) return String(low)
    if (cursor.isUnsigned && high > 0x7fff_ffff) return ''
    const value = (high | 0) * 0x1_0000_0000 + low
    if (Number.isSafeInteger(value)) return String(value)
    return Math.abs(value) <= 1e16 ? '' : ((BigInt(high | 0) << 32n) | BigInt(low)).toString()
  }

  /** An array as JSON. */
  #readArray(key: LogKey, count: number): boolean {
    const entries = this.#entries
    const start = entries.scratchEnd
    if (!this.#write('[')) return false
    for (let i = 0; i < count; i++) {
      if (i > 0) entries.scratch[entries.scratchEnd++] = comma
      if (!this.#writeElement()) return false
    }
    return this.#write(']') && entries.addScratch(key, letters.array, start)
  }

  #writeElement(): boolean {
    const cursor = this.#cursor
    const { bytes } = this.#entries
    const head = bytes[cursor.at]
    if (head === nil || head === no || head === yes) {
      cursor.at++
      return this.#write(head === nil ? 'null' : head === yes ? 'true' : 'false')
    }
    if (cursor.takeString()) return this.#writeQuoted(cursor.start, cursor.end)
    const text = this.#integerText()
    return text !== '' && this.#write(text)
  }

  #writeQuoted(start: number, end: number): boolean {
    const entries = this.#entries
    const { bytes, scratch } = entries
    if (!isText(bytes, start, end) || !this.#hasRoom(end - start + 2)) return false
    let size = entries.scratchEnd
    scratch[size++] = quote
    for (let i = start; i < end; i++) {
      const byte = bytes[i]
      if (byte < 0x20 || byte === quote || byte === backslash) return false
      scratch[size++] = byte
    }
    scratch[size++] = quote
    entries.scratchEnd = size
    return true
  }

  #write(text: string): boolean {
    const entries = this.#entries
    if (!this.#hasRoom(text.length)) return false
    for (let i = 0; i < text.length; i++) entries.scratch[entries.scratchEnd++] = text.charCodeAt(i)
    return true
  }

  /** Whether so many bytes and a comma can be written. */
  #hasRoom(bytes: number): boolean {
    return this.#entries.scratchEnd + bytes < this.#entries.scratch.length
  }
}

/** Whether the bytes are UTF-8. */
function isText(bytes: Buffer, start: number, end: number): boolean {
  let seen = 0
  for (let i = start; i < end; i++) seen |= bytes[i]
  return seen < 0x80 || isUtf8(bytes.subarray(start, end))
}
