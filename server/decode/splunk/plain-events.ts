import { Buffer } from 'node:buffer'
import { pair, readTime } from '../log-line/entry-values.ts'
import { afterBlanks } from '../log-line/json-entries.ts'
import { newLogKey } from '../log-line/log-keys.ts'
import type { PlainLines } from '../log-line/plain-lines.ts'
import { KeyedEntries, SortedLine } from '../log-line/sorted-line.ts'
import { type HecSource, sourceKeys } from './hec-source.ts'

/** Members of an event: those of its source first, in the order of `sourceKeys`. */
const members = [...sourceKeys.map(([field]) => field), 'time', 'event', 'fields'].map((name) => Buffer.from(name))
const timeMember = 4
const eventMember = 5

const keys = sourceKeys.map(([, key]) => newLogKey(key))
const anyKey = newLogKey('')
const messageKey = newLogKey('message')
const metric = Buffer.from('metric')

/** What `fields` says, besides the event. */
const extra = new SortedLine()
const merged = new KeyedEntries()

/** Adds events of Splunk's HTTP Event Collector from their bytes; what an event becomes is said at `decodeHecEvents`. */
export class PlainEvents {
  readonly #plain: PlainLines
  /** By member: what counts where an event does not say it; null: nothing. */
  readonly #defaults: readonly (Buffer | null)[]
  /** By member: the entry of its value where it is one, -1 where it has none. */
  readonly #entryOf = members.map(() => -1)
  #seen = 0
  /** Entries of the event and of the fields; the end before the start: it is no object. */
  #event = { start: 0, end: -1 }
  #fields = { start: 0, end: -1 }

  constructor(plain: PlainLines, defaults: HecSource) {
    this.#plain = plain
    this.#defaults = sourceKeys.map(([field]) => (defaults[field] ? Buffer.from(defaults[field]) : null))
  }

  /** Adds the event that begins at `start`: where it ends, or -1 where it is to be read as values. */
  add(start: number): number {
    const { line, entries } = this.#plain
    this.#plain.begin()
    this.#seen = 0
    this.#entryOf.fill(-1)
    this.#event.end = this.#fields.end = -1
    const end = this.#readMembers(start)
    if (end < 0 || (this.#seen & (1 << eventMember)) === 0) return -1
    line.sort(entries, this.#event.start, Math.max(this.#event.start, this.#event.end))
    if (this.#event.end < 0) line.body = this.#entryOf[eventMember]
    if (line.body < 0) return -1
    extra.sort(entries, this.#fields.start, Math.max(this.#fields.start, this.#fields.end))
    this.#setTime()
    line.fill(extra)
    return this.#merge() && this.#plain.add(null) ? end : -1
  }

  #readMembers(start: number): number {
    const { bytes } = this.#plain.entries
    if (bytes[start] !== 0x7b) return -1
    let at = start
    do {
      at = afterBlanks(bytes, at + 1)
      const member = memberAt(bytes, at)
      if (member < 0 || (this.#seen & (1 << member)) !== 0) return -1
      this.#seen |= 1 << member
      at = afterBlanks(bytes, at + members[member].length + 2)
      if (bytes[at] !== 0x3a) return -1
      at = this.#readMember(member, afterBlanks(bytes, at + 1))
      if (at < 0) return -1
      at = afterBlanks(bytes, at)
    } while (bytes[at] === 0x2c)
    return bytes[at] === 0x7d ? at + 1 : -1
  }

  /** Reads the value of a member: where it ends, or -1. */
  #readMember(member: number, at: number): number {
    const { entries, json } = this.#plain
    const first = entries.count
    if (member >= eventMember && entries.bytes[at] === 0x7b) {
      entries.keys.beginPart()
      const end = json.read(at)
      const range = member === eventMember ? this.#event : this.#fields
      range.start = first
      range.end = entries.count
      return end
    }
    const end = json.readValue(at, anyKey)
    this.#entryOf[member] = first
    return end < 0 || (member === eventMember && !this.#isBody(first)) ? -1 : end
  }

  /** Whether the value of `event` is a record: not nothing, and not the word that makes metrics of its fields. */
  #isBody(entry: number): boolean {
    const { entries } = this.#plain
    const start = entries.starts[entry]
    const end = entries.ends[entry]
    return end > start && entries.sourceOf(entry).compare(metric, 0, metric.length, start, end) !== 0
  }

  #setTime(): void {
    const { line, entries } = this.#plain
    const entry = this.#entryOf[timeMember]
    if (entry >= 0 && readTime(entries, entry)) line.setTime(pair.low, pair.high)
    else if ((line.timeLow | line.timeHigh) === 0) line.setTime(extra.timeLow, extra.timeHigh)
  }

  /** The source, then what the event and the fields say of it: of a key the last value, at the place of the first. */
  #merge(): boolean {
    const { line, entries } = this.#plain
    merged.count = 0
    for (let member = 0; member < sourceKeys.length; member++) {
      const entry = this.#entryOf[member]
      const own = entry >= 0 && entries.isText(entry)
      const value = this.#defaults[member]
      if (own && entries.ends[entry] > entries.starts[entry]) merged.add(keys[member], entry)
      else if (!own && value !== null) {
        if (!entries.addCopy(keys[member], 's', value)) return false
        merged.add(keys[member], entries.count - 1)
      }
    }
    merged.put(line.resource)
    merged.put(extra.resource)
    line.resource.count = 0
    line.resource.put(merged)
    for (let i = 0; i < extra.attributes.count; i++)
      line.attributes.add(extra.attributes.keys[i], extra.attributes.entries[i])
    if (extra.body >= 0) line.attributes.add(messageKey, extra.body)
    return true
  }
}

/** The member whose name begins at the quotation mark at `at`; -1: another. */
function memberAt(bytes: Buffer, at: number): number {
  if (bytes[at] !== 0x22) return -1
  for (let member = 0; member < members.length; member++) {
    const name = members[member]
    const { length } = name
    if (bytes[at + 1] !== name[0] || bytes[at + 1 + length] !== 0x22) continue
    let same = 1
    while (same < length && bytes[at + 1 + same] === name[same]) same++
    if (same === length) return member
  }
  return -1
}
