import { Buffer, isUtf8 } from 'node:buffer'
import type { LogBatch } from '../../model/batch.ts'
import type { Attribute, AttributeType } from '../../model/columns.ts'
import type { InstrumentationScope, Resource } from '../../model/resource.ts'
import { DecodeError } from '../../model/sink.ts'
import { type DecodeContext, type Fault, RowJudge } from '../decode-context.ts'
import { LogRows } from '../log-rows.ts'
import { readHexId } from '../wire/hex-ids.ts'
import { KeyTexts } from '../wire/key-texts.ts'
import { faultOfLabels, levelNames, type StreamSource } from './stream-labels.ts'

const stringLetter = 's'.charCodeAt(0)
const noBytes = Buffer.alloc(0)
const noScope: InstrumentationScope = {
  name: '',
  version: '',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
}

/** Fields of a record that a name of structured metadata may stand for. */
export type MetadataRole = 'trace' | 'span' | 'level' | 'none'

/** What a name of structured metadata stands for: ids in any case, with or without `_`. */
export function metadataRoleOf(name: string): MetadataRole {
  if (levelNames.includes(name)) return 'level'
  const plain = name.toLowerCase().replaceAll('_', '')
  return plain === 'traceid' ? 'trace' : plain === 'spanid' ? 'span' : 'none'
}

/** A name of structured metadata and its value in its text form, where they stand. */
class MetadataPair {
  role: MetadataRole = 'none'
  keys: Buffer = noBytes
  keyStart = 0
  keyEnd = 0
  values: Buffer = noBytes
  start = 0
  end = 0
  /** Letter of the value's type. */
  letter = stringLetter
}

/** Where a line stands. */
interface LineRange {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** Levels by their bytes. */
const levelTexts = new KeyTexts()

/** Puts the entries of Loki streams into the columns of log records. */
export class LokiRows {
  readonly judge: RowJudge
  /** For `addPair`. */
  readonly pair = new MetadataPair()
  readonly #context: DecodeContext
  readonly #rows: LogRows
  readonly #resources: Resource[] = []
  /** By the JSON of their attributes: levels as labels make many streams out of one source. */
  readonly #resourceIndexes = new Map<string, number>()
  #resource = 0
  #streamLevel = ''
  #streamFault: Fault | null = null
  #stream = -1
  #entry = -1
  #level = ''
  #hasTraceId = false
  readonly #traceId = new Uint8Array(16)
  #hasSpanId = false
  readonly #spanId = new Uint8Array(8)

  constructor(context: DecodeContext, requestBytes: number) {
    this.judge = new RowJudge(context)
    this.#context = context
    this.#rows = new LogRows(requestBytes, context.memory)
  }

  /** Begins a stream; `readLabels` may throw DecodeError, which is then the fault of all its entries. */
  beginStream(readLabels: () => StreamSource): void {
    this.#stream++
    this.#entry = -1
    try {
      const { labels, attributes, severityText, form } = readLabels()
      this.#streamFault = faultOfLabels(labels, this.judge)
      this.#streamLevel = severityText
      if (this.#streamFault === null) this.#resource = this.#resourceOf(attributes, form)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#streamFault = { reason: 'malformed', message: error.message }
    }
  }

  /** Reads one entry; `read` adds its metadata first (`addMetadata`) and ends with `endEntry`. It may throw DecodeError. */
  readEntry(read: () => void): void {
    if (this.beginEntry())
      try {
        read()
      } catch (error) {
        this.judge.blameError(error)
      }
    this.closeEntry()
  }

  /** Begins an entry. False: nothing of it is to be read. Throws: DecodeError where there are too many. */
  beginEntry(): boolean {
    const { judge } = this
    this.#entry++
    this.#level = this.#streamLevel
    this.#hasTraceId = this.#hasSpanId = false
    judge.begin()
    if (this.#streamFault === null) return true
    judge.blame(this.#streamFault.reason, this.#streamFault.message)
    return false
  }

  /** Takes back an entry that has a fault. */
  closeEntry(): void {
    const { judge } = this
    if (!judge.isBlamed) return
    this.#rows.attributes.abandonRow()
    judge.reject(`streams[${this.#stream}].entries[${this.#entry}]`)
  }

  /** Structured metadata: a level and ids become fields of the record, the rest its attributes. */
  addMetadata({ key, type, value }: Attribute): void {
    const { pair } = this
    pair.role = metadataRoleOf(key)
    pair.keys = Buffer.from(key)
    pair.values = Buffer.from(value)
    pair.keyStart = pair.start = 0
    pair.keyEnd = pair.keys.length
    pair.end = pair.values.length
    pair.letter = type.charCodeAt(0)
    this.addPair()
  }

  /** Structured metadata that stands in `pair`. */
  addPair(): void {
    const { role, values, start, end } = this.pair
    switch (role) {
      case 'trace':
        if (end - start !== 32 || readHexId(values, start, end, this.#traceId) < 0) break
        this.#hasTraceId = true
        return
      case 'span':
        if (end - start !== 16 || readHexId(values, start, end, this.#spanId) < 0) break
        this.#hasSpanId = true
        return
      case 'level':
        if (start === end || this.#level !== this.#streamLevel) break
        this.#level = levelTexts.textOf(values, start, end)
        return
    }
    this.#addAttribute()
  }

  #addAttribute(): void {
    const { keys, keyStart, keyEnd, values, start, end, letter } = this.pair
    const { attributes } = this.#rows
    if (!this.judge.judgeAttribute(attributes.rowEntries, this.#lengthOf(keys, keyStart, keyEnd))) return
    this.judge.judgeText('a value of structured metadata', this.#lengthOf(values, start, end))
    attributes.key(keys, keyStart, keyEnd)
    if (letter === stringLetter) attributes.string(values, start, end)
    else attributes.copy(String.fromCharCode(letter) as AttributeType, values, { start, end })
  }

  /** Bytes of a text; what is no UTF-8 takes three bytes as soon as it is text. */
  #lengthOf(bytes: Buffer, start: number, end: number): number {
    const length = end - start
    const { maxAttributeKeyBytes, maxAttributeValueBytes } = this.judge.limits
    if (length * 3 <= Math.min(maxAttributeKeyBytes, maxAttributeValueBytes)) return length
    return isUtf8(bytes.subarray(start, end)) ? length : Buffer.byteLength(bytes.toString('utf8', start, end))
  }

  /** The line is `bytes[start .. end)`; time in Unix nanoseconds. */
  endEntry(time: bigint, line: string | LineRange): void {
    const range = typeof line === 'string' ? { bytes: Buffer.from(line), start: 0, end: Buffer.byteLength(line) } : line
    this.endEntryAt(Number(time & 0xffff_ffffn), Number(time >> 32n), range)
  }

  /** As `endEntry`; time as two words. */
  endEntryAt(timeLow: number, timeHigh: number, { bytes, start, end }: LineRange): void {
    const { judge } = this
    const rows = this.#rows
    judge.judgeBody(end - start)
    judge.judgeString('level', this.#level)
    if (judge.isBlamed) return
    rows.resource.add(this.#resource)
    rows.scope.add(0)
    rows.timeUnixNano.addPair(timeLow, timeHigh)
    rows.observedUnixNano.addPair(0, 0)
    rows.severityNumber.add(0)
    rows.severityText.addText(this.#level)
    rows.body.add(bytes, start, end)
    rows.bodyType.add(stringLetter)
    rows.droppedAttributesCount.add(0)
    if (this.#hasTraceId) rows.traceId.add(this.#traceId, 0)
    else rows.traceId.addZero()
    if (this.#hasSpanId) rows.spanId.add(this.#spanId, 0)
    else rows.spanId.addZero()
    rows.flags.add(0)
    rows.eventName.addEmpty()
    rows.attributes.endRow()
  }

  finish(): LogBatch {
    return this.#rows.finish(this.#context, this.judge, { resources: this.#resources, scopes: [noScope] })
  }

  #resourceOf(attributes: readonly Attribute[], form: string): number {
    let index = this.#resourceIndexes.get(form)
    if (index === undefined) {
      index = this.#resources.push({ attributes, droppedAttributesCount: 0, schemaUrl: '' }) - 1
      this.#resourceIndexes.set(form, index)
    }
    return index
  }
}
