import { aliasCount, aliasRanges } from '../log-line-fields.ts'
import { isLong, pair, readFlags, readId, readInteger, readTime } from './entry-values.ts'
import { type LogEntries, letters } from './log-entries.ts'
import { type LogKey, newLogKey } from './log-keys.ts'

export const serviceKey = newLogKey('service.name')
export const hostKey = newLogKey('host.name')

const fields = Object.keys(aliasRanges) as (keyof typeof aliasRanges)[]
const rangeOfField = fields.map((field) => aliasRanges[field])
/** By place of an alias: the bit of its field. */
const bitOfPlace = new Int32Array(aliasCount)
for (const [field, { from, to }] of rangeOfField.entries()) bitOfPlace.fill(1 << field, from, to)

/** By place of an alias: the entry of the line at hand that has it, the last of several; -1: none. */
const entryAt = new Int32Array(aliasCount)

/** Keys and the entries that have their values, in order. */
export class KeyedEntries {
  readonly keys: LogKey[] = []
  readonly entries: number[] = []
  count = 0

  add(key: LogKey, entry: number): void {
    this.keys[this.count] = key
    this.entries[this.count++] = entry
  }

  /** Takes out the one at a place; the others keep their order. */
  remove(place: number): void {
    this.count--
    for (let i = place; i < this.count; i++) {
      this.keys[i] = this.keys[i + 1]
      this.entries[i] = this.entries[i + 1]
    }
  }

  /** Adds those of another list; a key that is there already gets their value. */
  put(other: KeyedEntries): void {
    for (let i = 0; i < other.count; i++) {
      const place = this.placeOf(other.keys[i].text)
      if (place < 0) this.add(other.keys[i], other.entries[i])
      else this.entries[place] = other.entries[i]
    }
  }

  /** Place of a key by its name, -1 where there is none. */
  placeOf(text: string): number {
    for (let i = 0; i < this.count; i++) if (this.keys[i].text === text) return i
    return -1
  }
}

/**
 * The entries of one log line sorted into fields, resource and attributes, by the rules of `sortLogLine`. Texts are named by
 * their entries, -1 for none. One is used for many lines.
 */
export class SortedLine {
  /** Unix nanoseconds as two words; 0 for none. */
  timeLow = 0
  timeHigh = 0
  observedLow = 0
  observedHigh = 0
  severityNumber = 0
  severityText = -1
  body = -1
  hasTraceId = false
  readonly traceId = new Uint8Array(16)
  hasSpanId = false
  readonly spanId = new Uint8Array(8)
  flags = 0
  logger = -1
  eventName = -1
  readonly resource = new KeyedEntries()
  readonly attributes = new KeyedEntries()
  /** By entry: 1 where it has become a field. */
  readonly #taken: number[] = []

  /** Adds an attribute of the decoder's own, a string. False: there is no room. */
  addOwn(entries: LogEntries, key: LogKey, value: Uint8Array): boolean {
    if (!entries.addCopy(key, 's', value)) return false
    this.attributes.add(key, entries.count - 1)
    return true
  }

  /** Sorts the entries from one to another; what was sorted before is forgotten. */
  sort(entries: LogEntries, from: number, to: number): void {
    this.reset()
    entryAt.fill(-1)
    let seen = 0
    for (let entry = from; entry < to; entry++) {
      this.#taken[entry] = 0
      const { place } = entries.keyAt[entry]
      if (place < 0) continue
      entryAt[place] = entry
      seen |= bitOfPlace[place]
    }
    for (let field = 0; seen !== 0; field++, seen >>>= 1) if ((seen & 1) !== 0) this.#take(field, entries)
    for (let entry = from; entry < to; entry++) {
      if (this.#taken[entry] !== 0) continue
      const key = entries.keyAt[entry]
      const isResource = key.isResource && this.resource.placeOf(key.text) < 0
      ;(isResource ? this.resource : this.attributes).add(key, entry)
    }
  }

  /** Takes the fields that this line has none of from another, but its time and body. */
  fill(other: SortedLine): void {
    if ((this.observedLow | this.observedHigh) === 0) this.setObserved(other.observedLow, other.observedHigh)
    if (this.severityNumber === 0) this.severityNumber = other.severityNumber
    if (this.severityText < 0) this.severityText = other.severityText
    if (this.flags === 0) this.flags = other.flags
    if (this.logger < 0) this.logger = other.logger
    if (this.eventName < 0) this.eventName = other.eventName
    if (!this.hasTraceId && other.hasTraceId) this.traceId.set(other.traceId)
    if (!this.hasSpanId && other.hasSpanId) this.spanId.set(other.spanId)
    this.hasTraceId ||= other.hasTraceId
    this.hasSpanId ||= other.hasSpanId
  }

  /** Forgets all fields. */
  reset(): void {
    this.hasTraceId = this.hasSpanId = this.#hasNumber = false
    this.timeLow = this.timeHigh = this.observedLow = this.observedHigh = 0
    this.severityNumber = this.flags = 0
    this.severityText = this.body = this.logger = this.eventName = -1
    this.resource.count = this.attributes.count = 0
  }

  /** The first alias that has a value which can be read. */
  #take(field: number, entries: LogEntries): void {
    const { from, to } = rangeOfField[field]
    for (let place = from; place < to; place++) {
      const entry = entryAt[place]
      if (entry < 0 || !this.#read(field, entries, entry)) continue
      this.#taken[entry] = 1
      return
    }
  }

  #read(field: number, entries: LogEntries, entry: number): boolean {
    switch (fields[field]) {
      case 'time':
        return readTime(entries, entry) && this.setTime(pair.low, pair.high)
      case 'observed':
        return readTime(entries, entry) && this.setObserved(pair.low, pair.high)
      case 'severityNumber':
        return this.#readSeverityNumber(entries, entry)
      case 'severity':
        return this.#readLevel(entries, entry)
      case 'body':
        this.body = entry
        return true
      case 'traceId':
        this.hasTraceId = readId(entries, entry, this.traceId)
        return this.hasTraceId
      case 'spanId':
        this.hasSpanId = readId(entries, entry, this.spanId)
        return this.hasSpanId
      case 'flags': {
        const flags = readFlags(entries, entry)
        if (flags >= 0) this.flags = flags
        return flags >= 0
      }
      default:
        return hasText(entries, entry) && this.#readText(field, entry)
    }
  }

  #readText(field: number, entry: number): boolean {
    switch (fields[field]) {
      case 'logger':
        this.logger = entry
        return true
      case 'eventName':
        this.eventName = entry
        return true
      case 'service':
        this.resource.add(serviceKey, entry)
        return true
      default:
        this.resource.add(hostKey, entry)
        return true
    }
  }

  setTime(low: number, high: number): true {
    this.timeLow = low
    this.timeHigh = high
    return true
  }

  setObserved(low: number, high: number): true {
    this.observedLow = low
    this.observedHigh = high
    return true
  }

  #hasNumber = false

  #readSeverityNumber(entries: LogEntries, entry: number): boolean {
    const number = readInteger(entries, entry, 24)
    this.#hasNumber = number >= 0
    if (this.#hasNumber) this.severityNumber = number
    return this.#hasNumber
  }

  /** A word, or the numbers of pino and bunyan, which count where no key says the number of OpenTelemetry. */
  #readLevel(entries: LogEntries, entry: number): boolean {
    const letter = entries.types[entry]
    if (letter === letters.string) {
      if (!hasText(entries, entry)) return false
      this.severityText = entry
      return true
    }
    if (letter !== letters.integer && letter !== letters.double) return false
    if (isLong(entries, entry)) return false
    const number = readInteger(entries, entry, 60)
    if (number > 0 && number % 10 === 0) {
      if (!this.#hasNumber) this.severityNumber = (number / 10) * 4 - 3
    } else this.severityText = entry
    return true
  }
}

function hasText(entries: LogEntries, entry: number): boolean {
  return entries.isText(entry) && entries.ends[entry] > entries.starts[entry]
}
