import { Buffer } from 'node:buffer'
import type { AttributeType } from '../../model/columns.ts'
import { type LogKey, LogKeys } from './log-keys.ts'

/** Values of one record; a record with more is read as values. */
const maxEntries = 512

/** Bytes of one record's values that do not stand in the request as they are stored. */
const scratchBytes = 65_536

export const letters = { string: 0x73, boolean: 0x62, integer: 0x69, double: 0x64, none: 0x6e, array: 0x61, map: 0x6d }

/**
 * Keys and values of one log record, in its order, as places in the request: nothing is made of them. A value is the text
 * form of an attribute (`AttributesColumn`), in the request or, where that has it otherwise, in the scratch.
 */
export class LogEntries {
  readonly keys = new LogKeys()
  bytes: Buffer = Buffer.alloc(0)
  readonly scratch = Buffer.allocUnsafeSlow(scratchBytes)
  scratchEnd = 0
  count = 0
  readonly keyAt: LogKey[] = []
  readonly types = new Uint8Array(maxEntries)
  readonly starts = new Int32Array(maxEntries)
  readonly ends = new Int32Array(maxEntries)
  readonly #isInScratch = new Uint8Array(maxEntries)

  /** Begins a record of the request. */
  begin(bytes: Buffer): void {
    this.keys.begin()
    this.bytes = bytes
    this.count = this.scratchEnd = 0
  }

  /** Where the value stands. */
  sourceOf(entry: number): Buffer {
    return this.#isInScratch[entry] === 0 ? this.bytes : this.scratch
  }

  isText(entry: number): boolean {
    return this.types[entry] === letters.string
  }

  textOf(entry: number): string {
    return this.sourceOf(entry).toString('utf8', this.starts[entry], this.ends[entry])
  }

  /** Adds a value that stands in the request. False: there is no room. */
  add(key: LogKey, letter: number, start: number, end: number): boolean {
    const entry = this.count
    if (entry === maxEntries) return false
    this.count = entry + 1
    this.keyAt[entry] = key
    this.types[entry] = letter
    this.starts[entry] = start
    this.ends[entry] = end
    this.#isInScratch[entry] = 0
    return true
  }

  /** Adds a value that stands in the scratch from `start` on, up to `scratchEnd`. */
  addScratch(key: LogKey, letter: number, start: number): boolean {
    if (!this.add(key, letter, start, this.scratchEnd)) return false
    this.#isInScratch[this.count - 1] = 1
    return true
  }

  /** Adds a copy of bytes that stand elsewhere. */
  addCopy(key: LogKey, type: AttributeType, bytes: Uint8Array): boolean {
    const start = this.scratchEnd
    if (start + bytes.length > this.scratch.length) return false
    const { scratch } = this
    for (let i = 0; i < bytes.length; i++) scratch[start + i] = bytes[i]
    this.scratchEnd = start + bytes.length
    return this.addScratch(key, type.charCodeAt(0), start)
  }

  /** Adds ASCII that stands in no bytes. */
  addAscii(key: LogKey, letter: number, text: string): boolean {
    const start = this.scratchEnd
    if (start + text.length > this.scratch.length) return false
    const { scratch } = this
    for (let i = 0; i < text.length; i++) scratch[start + i] = text.charCodeAt(i)
    this.scratchEnd = start + text.length
    return this.addScratch(key, letter, start)
  }

  /** Adds the same value under another key. */
  addAgain(key: LogKey, entry: number): boolean {
    if (!this.add(key, this.types[entry], this.starts[entry], this.ends[entry])) return false
    this.#isInScratch[this.count - 1] = this.#isInScratch[entry]
    return true
  }

  /** Takes a value out; those behind it move up. */
  remove(entry: number): void {
    const { types, starts, ends } = this
    const places = this.#isInScratch
    this.count--
    for (let i = entry; i < this.count; i++) {
      this.keyAt[i] = this.keyAt[i + 1]
      types[i] = types[i + 1]
      starts[i] = starts[i + 1]
      ends[i] = ends[i + 1]
      places[i] = places[i + 1]
    }
  }

  /** Adds the text of a value as a string. */
  addText(key: LogKey, entry: number): boolean {
    if (!this.add(key, letters.string, this.starts[entry], this.ends[entry])) return false
    this.#isInScratch[this.count - 1] = this.#isInScratch[entry]
    return true
  }
}
