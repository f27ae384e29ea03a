import { Buffer, isUtf8 } from 'node:buffer'
import { ByteInterner } from '../../model/byte-interner.ts'
import type { Attribute, AttributeType } from '../../model/columns.ts'
import type { DecodeContext } from '../decode-context.ts'
import type { BodyRange, LogRecords } from '../log-records.ts'
import { KeyTexts } from '../wire/key-texts.ts'
import { JsonEntries } from './json-entries.ts'
import { LogEntries, letters } from './log-entries.ts'
import { type KeyedEntries, SortedLine } from './sorted-line.ts'

/** One of each for the process: decoders read one record after another, none waits within. */
const entries = new LogEntries()
const json = new JsonEntries(entries)
const line = new SortedLine()
const loggerTexts = new KeyTexts()

/** Longest form of a resource by which it is found again, bytes. */
const maxResourceBytes = 8_192
const resourceForm = Buffer.allocUnsafeSlow(maxResourceBytes)

/**
 * Adds the log records of one request that are as loggers write them straight from its bytes to the columns: nothing is made
 * of their values. Where a method says no, nothing of the record was added, and it is to be read as values
 * (`sortLogLine`): both ways lead to the same rows.
 */
export class PlainLines {
  readonly entries = entries
  readonly json = json
  readonly line = line
  readonly #records: LogRecords
  readonly #bytes: Buffer
  /** By number of a form: the resource. */
  readonly #resources: number[] = []
  readonly #forms = new ByteInterner()

  constructor(records: LogRecords, bytes: Buffer) {
    this.#records = records
    this.#bytes = bytes
  }

  /** Begins a record, of the request or of bytes that are given, which must be UTF-8 where they are read. */
  begin(bytes = this.#bytes): void {
    entries.begin(bytes)
  }

  /** Reads the object that begins at `start` and sorts it into `line`: where it ends, or -1. */
  readJson(start: number): number {
    this.begin()
    const end = json.read(start)
    if (end >= 0) line.sort(entries, 0, entries.count)
    return end
  }

  /** Adds `line`; `raw` is its body where it has none. False: it is beyond a limit. Throws: as `LogRecords.add`. */
  add(raw: BodyRange | null): boolean {
    if (line.body < 0 && raw === null) return false
    if (!this.#isWithinLimits(raw)) return false
    const resource = this.#resourceOf(line.resource)
    this.#records.judge.begin()
    this.#addRow(raw, resource)
    return true
  }

  #isWithinLimits(raw: BodyRange | null): boolean {
    const { maxAttributes, maxAttributeValueBytes, maxBodyBytes } = this.#records.judge.limits
    const { resource, attributes, body } = line
    const bodyBytes = body >= 0 ? bytesOf(body) : raw === null ? 0 : raw.end - raw.start
    return (
      bodyBytes <= maxBodyBytes &&
      resource.count + attributes.count <= maxAttributes &&
      this.#areWithinLimits(resource) &&
      this.#areWithinLimits(attributes) &&
      bytesOf(line.severityText) <= maxAttributeValueBytes &&
      bytesOf(line.logger) <= maxAttributeValueBytes &&
      bytesOf(line.eventName) <= maxAttributeValueBytes
    )
  }

  #areWithinLimits(list: KeyedEntries): boolean {
    const { maxAttributeKeyBytes, maxAttributeValueBytes } = this.#records.judge.limits
    for (let i = 0; i < list.count; i++)
      if (list.keys[i].bytes.length > maxAttributeKeyBytes || bytesOf(list.entries[i]) > maxAttributeValueBytes)
        return false
    return true
  }

  #addRow(raw: BodyRange | null, resource: number): void {
    const { rows, origins } = this.#records
    if (line.body >= 0) rows.body.add(entries.sourceOf(line.body), entries.starts[line.body], entries.ends[line.body])
    else if (raw !== null) rows.body.add(raw.bytes, raw.start, raw.end)
    rows.bodyType.add(line.body < 0 ? letters.string : entries.types[line.body])
    rows.resource.add(resource)
    rows.scope.add(origins.scopeOf(line.logger < 0 ? '' : this.#loggerText(line.logger), ''))
    rows.timeUnixNano.addPair(line.timeLow, line.timeHigh)
    rows.observedUnixNano.addPair(line.observedLow, line.observedHigh)
    rows.severityNumber.add(line.severityNumber)
    addWord(rows.severityText, line.severityText)
    this.#addAttributes(line.attributes)
    rows.droppedAttributesCount.add(0)
    if (line.hasTraceId) rows.traceId.add(line.traceId, 0)
    else rows.traceId.addZero()
    if (line.hasSpanId) rows.spanId.add(line.spanId, 0)
    else rows.spanId.addZero()
    rows.flags.add(line.flags)
    addWord(rows.eventName, line.eventName)
    rows.attributes.endRow()
  }

  #addAttributes(list: KeyedEntries): void {
    const { attributes } = this.#records.rows
    const { starts, ends, types } = entries
    for (let i = 0; i < list.count; i++) {
      const entry = list.entries[i]
      const { bytes } = list.keys[i]
      attributes.key(bytes, 0, bytes.length)
      const source = entries.sourceOf(entry)
      if (types[entry] === letters.string) attributes.string(source, starts[entry], ends[entry])
      else attributes.copy(typeOf(entry), source, { start: starts[entry], end: ends[entry] })
    }
  }

  #loggerText(entry: number): string {
    return loggerTexts.textOf(entries.sourceOf(entry), entries.starts[entry], entries.ends[entry])
  }

  /** The resource is found again by its form: numbers of keys, types, lengths and values, in a form that is UTF-8. */
  #resourceOf(list: KeyedEntries): number {
    let size = 0
    for (let i = 0; i < list.count; i++) {
      const entry = list.entries[i]
      const length = bytesOf(entry)
      if (size + length + 9 > maxResourceBytes) return this.#records.origins.resourceOf(attributesOf(list))
      size = writeNumber(list.keys[i].id, size)
      size = writeNumber(length, size)
      resourceForm[size++] = entries.types[entry]
      const source = entries.sourceOf(entry)
      const end = entries.ends[entry]
      for (let at = entries.starts[entry]; at < end; at++) resourceForm[size++] = source[at]
    }
    const form = this.#forms.intern(resourceForm, 0, size)
    this.#resources[form] ??= this.#records.origins.resourceOf(attributesOf(list))
    return this.#resources[form]
  }
}

/** Writes a number below 2^28 to the resource's form, 7 bits a byte. */
function writeNumber(value: number, at: number): number {
  resourceForm[at] = value & 0x7f
  resourceForm[at + 1] = (value >>> 7) & 0x7f
  resourceForm[at + 2] = (value >>> 14) & 0x7f
  resourceForm[at + 3] = value >>> 21
  return at + 4
}

/** Bytes of a value, 0 for none. */
function bytesOf(entry: number): number {
  return entry < 0 ? 0 : entries.ends[entry] - entries.starts[entry]
}

function typeOf(entry: number): AttributeType {
  return String.fromCharCode(entries.types[entry]) as AttributeType
}

function attributesOf({ keys, entries: list, count }: KeyedEntries): Attribute[] {
  return Array.from({ length: count }, (_, i) => ({
    key: keys[i].text,
    type: typeOf(list[i]),
    value: entries.textOf(list[i]),
  }))
}

function addWord(column: { add(source: Buffer, start: number, end: number): void; addEmpty(): void }, entry: number) {
  if (entry < 0) column.addEmpty()
  else column.add(entries.sourceOf(entry), entries.starts[entry], entries.ends[entry])
}

/** null: the request is to be read as values only, as it is no UTF-8. */
export function plainLines(records: LogRecords, bytes: Buffer, context: DecodeContext): PlainLines | null {
  return context.readsValues !== true && isUtf8(bytes) ? new PlainLines(records, bytes) : null
}
