import { Buffer, isUtf8 } from 'node:buffer'
import { pair, readTimeText, setUnixMs } from '../log-line/entry-values.ts'
import { letters } from '../log-line/log-entries.ts'
import { type KeyNode, type LogKey, newLogKey } from '../log-line/log-keys.ts'
import type { PlainLines } from '../log-line/plain-lines.ts'
import { hostKey, serviceKey } from '../log-line/sorted-line.ts'
import type { SyslogMessage } from './message.ts'
import { PlainLegacyHeader } from './plain-legacy-header.ts'
import { prioritySayings } from './priority.ts'

const space = 0x20
const quote = 0x22
const dash = 0x2d
const one = 0x31
const less = 0x3c
const equals = 0x3d
const greater = 0x3e
const opening = 0x5b
const backslash = 0x5c
const closing = 0x5d

const anyKey = newLogKey('')
const facilityKey = newLogKey('syslog.facility')
const procIdKey = newLogKey('syslog.procid')
const msgIdKey = newLogKey('syslog.msgid')
const addressKey = newLogKey('client.address')
const dataPrefix = Buffer.from('syslog.structured_data')

const noBytes = Buffer.alloc(0)

/** Digits of a priority, and the largest. */
const maxPriorityDigits = 3
const maxPriority = 191

/** Adds messages of RFC 5424, and the usual ones of RFC 3164, from their bytes; what a message becomes is said at `decodeSyslog`. */
export class PlainMessages {
  readonly #plain: PlainLines
  #bytes: Buffer = noBytes
  #at = 0
  /** All bytes of the header, or-ed: below 0x80 where it is ASCII. */
  #seen = 0
  #address = ''
  #addressBytes: Buffer = noBytes
  /** Whether there was no room for a copy. */
  #isFull = false
  readonly #legacy: PlainLegacyHeader

  constructor(plain: PlainLines, offsetMinutes: (unixMs: number) => number) {
    this.#plain = plain
    this.#legacy = new PlainLegacyHeader(offsetMinutes)
  }

  /** Adds a message. False: nothing was added, it is to be read as values. */
  add(message: SyslogMessage): boolean {
    const { line } = this.#plain
    this.#bytes = message.bytes
    this.#at = this.#seen = 0
    this.#isFull = false
    this.#plain.begin(message.bytes)
    line.reset()
    const priority = this.#readPriority()
    if (priority < 0) return false
    this.#addKnown(priority, message)
    const isVersionOne = message.bytes[this.#at] === one && message.bytes[this.#at + 1] === space
    const start = isVersionOne ? this.#readVersionOne(priority, message) : this.#readLegacy(priority, message)
    if (start < 0 || this.#isFull) return false
    return this.#plain.add({ bytes: message.bytes, start, end: message.bytes.length })
  }

  /** `<165>`; -1 for anything else. */
  #readPriority(): number {
    const bytes = this.#bytes
    if (bytes[0] !== less) return -1
    let at = 1
    let priority = 0
    for (; bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) priority = priority * 10 + bytes[at] - 0x30
    if (at === 1 || at > maxPriorityDigits + 1 || priority > maxPriority) return -1
    if (bytes[at] !== greater) return -1
    this.#at = at + 1
    return priority
  }

  /** What the priority says, and what the receiver knows. */
  #addKnown(priority: number, { receivedMs, address }: SyslogMessage): void {
    const { line } = this.#plain
    const { severityNumber, severity } = prioritySayings[priority]
    line.severityNumber = severityNumber
    line.severityText = this.#copied(anyKey, severity)
    setUnixMs(receivedMs)
    line.setObserved(pair.low, pair.high)
    if (address !== this.#address) {
      this.#address = address
      this.#addressBytes = Buffer.from(address)
    }
  }

  /** Resource and attributes, in their order, of a message of RFC 3164: where its text begins, -1 where it is unusual. */
  #readLegacy(priority: number, { bytes, receivedMs }: SyslogMessage): number {
    const { line } = this.#plain
    const legacy = this.#legacy
    if (!legacy.read(bytes, this.#at, receivedMs)) return -1
    line.setTime(legacy.timeLow, legacy.timeHigh)
    line.resource.add(serviceKey, this.#ranged(serviceKey, legacy.appStart, legacy.appEnd))
    line.resource.add(hostKey, this.#ranged(hostKey, legacy.hostStart, legacy.hostEnd))
    line.attributes.add(facilityKey, this.#copied(facilityKey, prioritySayings[priority].facility))
    const { procIdStart, procIdEnd } = legacy
    if (procIdEnd > 0) line.attributes.add(procIdKey, this.#ranged(procIdKey, procIdStart, procIdEnd))
    this.#addSender()
    return legacy.end
  }

  /** As `#readLegacy`, of a message of RFC 5424. */
  #readVersionOne(priority: number, { bytes }: SyslogMessage): number {
    this.#at += 2
    if (!this.#readHeader(priority)) return -1
    const start = this.#textStart()
    return this.#seen >= 0x80 && start >= 0 && !isUtf8(bytes.subarray(0, start)) ? -1 : start
  }

  #readHeader(priority: number): boolean {
    const { line } = this.#plain
    if (!this.#readTime()) return false
    const host = this.#readField(hostKey)
    const app = this.#readField(serviceKey)
    if (app >= 0) line.resource.add(serviceKey, app)
    if (host >= 0) line.resource.add(hostKey, host)
    else if (this.#address !== '') line.resource.add(hostKey, this.#copied(hostKey, this.#addressBytes))
    line.attributes.add(facilityKey, this.#copied(facilityKey, prioritySayings[priority].facility))
    const procId = this.#readField(procIdKey)
    if (procId >= 0) line.attributes.add(procIdKey, procId)
    const msgId = this.#readField(msgIdKey)
    if (msgId >= 0) line.attributes.add(msgIdKey, msgId)
    if (this.#at < 0 || !this.#readData()) return false
    this.#addSender()
    return true
  }

  #addSender(): void {
    if (this.#address === '') return
    this.#plain.line.attributes.add(addressKey, this.#copied(addressKey, this.#addressBytes))
  }

  #ranged(key: LogKey, start: number, end: number): number {
    const { entries } = this.#plain
    this.#isFull ||= !entries.add(key, letters.string, start, end)
    return entries.count - 1
  }

  #copied(key: LogKey, value: Uint8Array): number {
    const { entries } = this.#plain
    this.#isFull ||= !entries.addCopy(key, 's', value)
    return entries.count - 1
  }

  /** Where the field ends that begins here; behind it a blank. 0: there is none. */
  #fieldEnd(): number {
    const bytes = this.#bytes
    let seen = this.#seen
    let at = this.#at
    for (; at < bytes.length && bytes[at] !== space; at++) seen |= bytes[at]
    this.#seen = seen
    return at === bytes.length || at === this.#at ? 0 : at
  }

  #readTime(): boolean {
    const start = this.#at
    const end = this.#fieldEnd()
    this.#at = end + 1
    if (end === start + 1 && this.#bytes[start] === dash) return true
    return end > 0 && readTimeText(this.#bytes, start, end) && this.#plain.line.setTime(pair.low, pair.high)
  }

  /** The entry of a field, -1 where it is `-`. Where there is no field, nothing is read any more. */
  #readField(key: LogKey): number {
    if (this.#at < 0) return -1
    const start = this.#at
    const end = this.#fieldEnd()
    this.#at = end === 0 ? -1 : end + 1
    if (end === 0 || (end === start + 1 && this.#bytes[start] === dash)) return -1
    return this.#ranged(key, start, end)
  }

  #readData(): boolean {
    const bytes = this.#bytes
    if (bytes[this.#at] === dash) {
      this.#at++
      // Some write elements behind it all the same.
      return bytes[this.#at] !== opening
    }
    if (bytes[this.#at] !== opening) return false
    const { keys } = this.#plain.entries
    const prefix = keys.child(keys.root, dataPrefix, 0, dataPrefix.length)
    if (prefix === null) return false
    while (bytes[this.#at] === opening) if (!this.#readElement(prefix)) return false
    return true
  }

  #readElement(prefix: KeyNode): boolean {
    const bytes = this.#bytes
    this.#at++
    const id = this.#readName(prefix)
    if (id === null) return false
    if (bytes[this.#at] === closing && !this.#addValue(id.key, this.#at, this.#at)) return false
    while (bytes[this.#at] === space) {
      while (bytes[this.#at] === space) this.#at++
      if (bytes[this.#at] === closing) break
      const name = this.#readName(id)
      if (name === null || bytes[this.#at] !== equals || bytes[this.#at + 1] !== quote) return false
      this.#at += 2
      if (!this.#readValue(name.key)) return false
    }
    this.#at++
    return bytes[this.#at - 1] === closing
  }

  #readName(parent: KeyNode): KeyNode | null {
    const bytes = this.#bytes
    const start = this.#at
    let seen = this.#seen
    let at = start
    for (; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === space || byte === equals || byte === closing || byte === quote) break
      seen |= byte
    }
    this.#seen = seen
    this.#at = at
    return at === start ? null : this.#plain.entries.keys.child(parent, bytes, start, at)
  }

  #readValue(key: LogKey): boolean {
    const bytes = this.#bytes
    const start = this.#at
    let seen = this.#seen
    let at = start
    for (; at < bytes.length && bytes[at] !== quote; at++) {
      if (bytes[at] === backslash) return this.#readEscaped(key, start, at)
      seen |= bytes[at]
    }
    if (at === bytes.length) return false
    this.#seen = seen
    this.#at = at + 1
    return this.#addValue(key, start, at)
  }

  #addValue(key: LogKey, start: number, end: number): boolean {
    const { entries, line } = this.#plain
    if (!entries.keys.claim(key) || !entries.add(key, letters.string, start, end)) return false
    line.attributes.add(key, entries.count - 1)
    return true
  }

  /** A value with a backslash at `first`: of `\"`, `\\` and `\]` the second is meant, other backslashes stand for themselves. */
  #readEscaped(key: LogKey, start: number, first: number): boolean {
    const bytes = this.#bytes
    const { entries, line } = this.#plain
    const { scratch, scratchEnd } = entries
    if (scratchEnd + bytes.length - start > scratch.length) return false
    let size = scratchEnd
    for (let i = start; i < first; i++) {
      scratch[size++] = bytes[i]
      this.#seen |= bytes[i]
    }
    let at = first
    for (; at < bytes.length && bytes[at] !== quote; at++) {
      const next = bytes[at + 1]
      if (bytes[at] === backslash && (next === quote || next === backslash || next === closing)) at++
      scratch[size++] = bytes[at]
      this.#seen |= bytes[at]
    }
    if (at === bytes.length) return false
    this.#at = at + 1
    entries.scratchEnd = size
    if (!entries.keys.claim(key) || !entries.addScratch(key, letters.string, scratchEnd)) return false
    line.attributes.add(key, entries.count - 1)
    return true
  }

  /** Start of the text behind a blank and maybe a byte order mark; -1 where there is something else. */
  #textStart(): number {
    const bytes = this.#bytes
    const at = this.#at
    if (at === bytes.length) return at
    if (bytes[at] !== space) return -1
    return bytes[at + 1] === 0xef && bytes[at + 2] === 0xbb && bytes[at + 3] === 0xbf ? at + 4 : at + 1
  }
}
