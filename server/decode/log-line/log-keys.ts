import { Buffer } from 'node:buffer'
import { roleOf } from '../log-line-fields.ts'

/** A key of log records under its full, dotted name. */
export interface LogKey {
  readonly text: string
  /** The text in UTF-8. */
  readonly bytes: Buffer
  /** Tells keys apart, below 2^28. */
  readonly id: number
  /** Place of the alias of a field that it is, -1 for none. */
  readonly place: number
  /** Whether it describes the source. */
  readonly isResource: boolean
  /** The record that had it last. */
  record: number
  /** Its name in OpenTelemetry's terms where a decoder gives it another one; undefined: not looked for yet. */
  renamed: LogKey | null | undefined
}

/** A key where it stands: behind the keys of the objects around it. */
export interface KeyNode {
  readonly parent: KeyNode | null
  /** The last part of the name as it was sent. */
  readonly bytes: Buffer
  readonly hash: number
  readonly key: LogKey
  /** False: an object in memory has it at another place than the document (`7`), or it is very long. */
  readonly isPlain: boolean
  /** The record that had it last. */
  record: number
  /** Names the keys right within it; null: their names are put behind its own. */
  readonly nameOf: ((part: string) => string) | null
  /** What came behind it the last time. */
  next: KeyNode | null
}

/** Another one in every process, so that nobody can prepare keys that all fall on one place of the table. */
const seed = (Math.random() * 0x1_0000_0000) | 0

/** Keys remembered. Where a record brings one more it is read as values, and the table begins anew behind it. */
const maxNodes = 8_192
const tableSize = 32_768

/** Longest name that is remembered, bytes. */
const maxNameBytes = 128

/** Keys that an object in memory does not keep in their order, or means something else with. */
const notPlain = /^[0-9]+$|^__proto__$/

const sameName = (part: string): string => part

let lastId = 0

/** A key that a decoder adds by itself. */
export function newLogKey(text: string): LogKey {
  lastId = (lastId + 1) & 0x0fff_ffff
  const { place, isResource } = roleOf(text)
  return { text, bytes: Buffer.from(text), id: lastId, place, isResource, record: 0, renamed: undefined }
}

/**
 * The keys of log records by their bytes: senders have few keys and send them in the same order with every record, so that
 * the one that came next the last time is tried first. One record at a time.
 */
export class LogKeys {
  #table: (KeyNode | undefined)[] = []
  #count = 0
  #keys = new Map<string, LogKey>()
  #before: KeyNode = this.#newRoot()
  #isFull = true
  /** Parent of keys that stand at the top. */
  root = this.#before
  readonly #namedRoots = new Map<(part: string) => string, KeyNode>()
  /** Number of the record at hand, or of the object in it whose keys are looked at by themselves. */
  record = 0

  /** Begins a record. */
  begin(): void {
    if (this.#isFull) this.#forget()
    this.record++
    this.#before = this.root
  }

  /** Begins an object whose keys have nothing to do with those before, in the same record. */
  beginPart(): void {
    this.record++
  }

  /** Parent of keys that are named by a function: of the part of the name as it was sent. */
  rootNamedBy(nameOf: (part: string) => string): KeyNode {
    let root = this.#namedRoots.get(nameOf)
    if (root === undefined) {
      root = this.#newRoot(nameOf)
      this.#namedRoots.set(nameOf, root)
    }
    return root
  }

  /** The key `bytes[start .. end)` within `parent`. null: the object has it already, or it is not one that is remembered. */
  child(parent: KeyNode, bytes: Buffer, start: number, end: number): KeyNode | null {
    const guess = this.#before.next
    let node: KeyNode | null = guess
    if (guess === null || guess.parent !== parent || !isSame(guess.bytes, bytes, start, end)) {
      node = this.#find(parent, bytes.subarray(start, end))
      this.#before.next = node
    }
    if (node === null || node.record === this.record || !node.isPlain) return null
    node.record = this.record
    this.#before = node
    return node
  }

  /** Notes that the record has a value for the key. False: it has one already, `{"a.b": 1, "a": {"b": 2}}`. */
  claim(key: LogKey): boolean {
    if (key.record === this.record) return false
    key.record = this.record
    return true
  }

  /** The key with that name. */
  keyOf(text: string): LogKey {
    let key = this.#keys.get(text)
    if (key === undefined) {
      key = newLogKey(text)
      this.#keys.set(text, key)
    }
    return key
  }

  #find(parent: KeyNode, bytes: Buffer): KeyNode | null {
    if (bytes.length > maxNameBytes) return null
    let hash = seed ^ parent.hash
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    hash ^= hash >>> 15
    let place = hash & (tableSize - 1)
    for (let node = this.#table[place]; node !== undefined; node = this.#table[place]) {
      if (node.hash === hash && node.parent === parent && isSame(node.bytes, bytes, 0, bytes.length)) return node
      place = (place + 1) & (tableSize - 1)
    }
    if (this.#count >= maxNodes) {
      this.#isFull = true
      return null
    }
    this.#count++
    const part = bytes.toString('utf8')
    const text = parent.nameOf === null ? `${parent.key.text}.${part}` : parent.nameOf(part)
    const isPlain = text.length <= maxNameBytes && !notPlain.test(part)
    const key = this.keyOf(isPlain ? text : '')
    const node = { parent, bytes: Buffer.from(bytes), hash, key, isPlain, record: 0, nameOf: null, next: null }
    this.#table[place] = node
    return node
  }

  #newRoot(nameOf = sameName): KeyNode {
    const bytes = Buffer.alloc(0)
    return { parent: null, bytes, hash: 0, key: newLogKey(''), isPlain: true, record: 0, nameOf, next: null }
  }

  #forget(): void {
    this.#table = new Array<KeyNode | undefined>(tableSize).fill(undefined)
    this.#count = 0
    this.#keys = new Map()
    this.root = this.#newRoot()
    this.#namedRoots.clear()
    this.#isFull = false
  }
}

function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const { length } = known
  if (end - start !== length) return false
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}
