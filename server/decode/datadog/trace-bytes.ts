import { Buffer } from 'node:buffer'
import type { Attribute } from '../../model/columns.ts'
import type { RecordLimits } from '../decode-context.ts'
import { type SpanRecords, stringAttribute } from '../span-records.ts'
import { readHexId } from '../wire/hex-ids.ts'
import { KeyTexts } from '../wire/key-texts.ts'
import type { MsgpackCursor } from '../wire/msgpack-cursor.ts'
import { kindOfSpan, resourceNames } from './span-words.ts'

const texts = (words: readonly string[]): Uint8Array[] => words.map((word) => Uint8Array.from(Buffer.from(word)))

/** Fields of a span. Their places are used below. */
const fieldNames = texts([
  ...['service', 'name', 'resource', 'trace_id', 'span_id', 'parent_id'],
  ...['start', 'duration', 'error', 'type', 'meta', 'metrics'],
])
const [service, name, resource, traceId, spanId, parentId, start, duration, error, type, meta] = fieldNames.keys()

/** Keys of `meta` that are more than attributes: those of the resource first, as `resourceNames` has them. */
const metaNames = texts([...resourceNames.keys(), 'span.kind', '_dd.p.tid', 'error.message', 'error.msg', 'component'])
const resourceCount = resourceNames.size
const [spanKind, upperHalf, errorMessage, errorMsg, component] = [...metaNames.keys()].slice(resourceCount)
/** The first of them that stay attributes as well. */
const firstKept = errorMessage
/** `version` says nothing of the process. */
const versionPlace = [...resourceNames.keys()].indexOf('version')
const resourceKeys = [...resourceNames.values()]

/** Keys of `meta` with JSON in them. */
const jsonKeys = texts(['_dd.span_links', 'events'])

/** Attributes that come of fields. */
const ownAttributes = 2
const noRange = -1

/** Texts that come with nearly every span, by their bytes. */
const knownTexts = new KeyTexts()

/** A span that was passed over: where its parts stand. Ranges are pairs; -1: there is none. */
class SpanPlaces {
  /** Ranges of strings by place in `fieldNames`; words of integers, the high one first. */
  readonly fields = new Float64Array(fieldNames.length * 2)
  /** Ranges of values by place in `metaNames`. */
  readonly meta = new Int32Array(metaNames.length * 2)
  /** Ranges of key and value, one entry behind the other. */
  readonly attributes: number[] = []
  /** Range of the key, and the number. */
  readonly metrics: number[] = []

  reset(): void {
    this.fields.fill(noRange)
    // Integers that are not there are 0.
    for (const place of [traceId, spanId, parentId, start, duration, error])
      this.fields.fill(0, 2 * place, 2 * place + 2)
    this.meta.fill(noRange)
    this.attributes.length = this.metrics.length = 0
  }
}

/**
 * Reads traces of Datadog's tracers (0.3 and 0.4) straight into columns. Knows spans as tracers write them: strings and
 * numbers, without links, events and binary fields. What a span becomes is said at `decodeDatadogTraces`.
 */
export class DatadogTraceBytes {
  readonly #cursor: MsgpackCursor
  readonly #records: SpanRecords
  readonly #limits: RecordLimits
  readonly #spans: SpanPlaces[] = []
  readonly #traceId = new Uint8Array(16)
  readonly #id = new Uint8Array(8)
  /** Attributes of the process of the trace at hand, and of the span added last: its texts and its resource. */
  #shared: readonly Attribute[] = []
  #sharedText = ''
  #resourceText = ''
  #resource = -1

  constructor(cursor: MsgpackCursor, records: SpanRecords) {
    this.#cursor = cursor
    this.#records = records
    this.#limits = records.judge.limits
  }

  /** Adds the trace that begins here. False: it is none that is known here; nothing of it was added. Throws: as `SpanRecords.add`. */
  read(): boolean {
    const cursor = this.#cursor
    if (!cursor.takeArray()) return false
    const { count } = cursor
    // A span takes a byte at least.
    if (count > cursor.bytes.length - cursor.at) return false
    for (let i = 0; i < count; i++) {
      if (this.#spans.length === i) this.#spans.push(new SpanPlaces())
      if (!this.#readSpan(this.#spans[i])) return false
    }
    this.#findUpperHalf(count)
    this.#findProcess(count)
    for (let i = 0; i < count; i++) this.#addRow(this.#spans[i])
    return true
  }

  #readSpan(span: SpanPlaces): boolean {
    const cursor = this.#cursor
    span.reset()
    if (!cursor.takeMap()) return false
    for (let left = cursor.count; left > 0; left--) {
      if (!cursor.takeString()) return false
      const place = placeOf(fieldNames, cursor)
      if (place < 0) return false
      const isRead = place < meta ? this.#readField(span, place) : this.#readMap(span, place === meta)
      if (!isRead) return false
    }
    return this.#isGood(span)
  }

  #readField({ fields }: SpanPlaces, place: number): boolean {
    const cursor = this.#cursor
    if (place >= traceId && place <= error) {
      if (!cursor.takeInteger()) return false
      fields[2 * place] = cursor.high
      fields[2 * place + 1] = cursor.low
      // Times before 1970 and lengths below 0 have words for their fault elsewhere.
      return place < start || cursor.high < 0x8000_0000 || cursor.isUnsigned
    }
    if (!cursor.takeString()) return false
    fields[2 * place] = cursor.start
    fields[2 * place + 1] = cursor.end
    return cursor.end - cursor.start <= this.#limits.maxAttributeValueBytes
  }

  /** Reads `meta` or `metrics`; twice the same is left to others. */
  #readMap(span: SpanPlaces, isMeta: boolean): boolean {
    const cursor = this.#cursor
    const { maxAttributes, maxAttributeKeyBytes } = this.#limits
    const entries = isMeta ? span.attributes : span.metrics
    if (entries.length > 0 || !cursor.takeMap()) return false
    const { count } = cursor
    if (count + (span.attributes.length >> 2) + span.metrics.length / 3 + ownAttributes > maxAttributes) return false
    for (let left = count; left > 0; left--) {
      if (!cursor.takeString() || cursor.end - cursor.start > maxAttributeKeyBytes) return false
      const isTaken = isMeta ? this.#readText(span) : this.#readNumber(span)
      if (!isTaken) return false
    }
    return true
  }

  #readText({ meta: known, attributes }: SpanPlaces): boolean {
    const cursor = this.#cursor
    const { start: keyStart, end: keyEnd } = cursor
    if (placeOf(jsonKeys, cursor) >= 0) return false
    const place = placeOf(metaNames, cursor)
    if (!cursor.takeString() || cursor.end - cursor.start > this.#limits.maxAttributeValueBytes) return false
    if (place >= 0) {
      known[2 * place] = cursor.start
      known[2 * place + 1] = cursor.end
    }
    if (place < 0 || place >= firstKept) attributes.push(keyStart, keyEnd, cursor.start, cursor.end)
    return true
  }

  #readNumber({ metrics }: SpanPlaces): boolean {
    const cursor = this.#cursor
    const { start: keyStart, end: keyEnd } = cursor
    if (!cursor.takeNumber()) return false
    metrics.push(keyStart, keyEnd, cursor.number)
    return true
  }

  /** Whether ids are none that are zero, and the end is no later than 64 bits hold. */
  #isGood({ fields }: SpanPlaces): boolean {
    if (fields[2 * traceId] === 0 && fields[2 * traceId + 1] === 0) return false
    if (fields[2 * spanId] === 0 && fields[2 * spanId + 1] === 0) return false
    const carry = fields[2 * start + 1] + fields[2 * duration + 1] > 0xffff_ffff ? 1 : 0
    return fields[2 * start] + fields[2 * duration] + carry <= 0xffff_ffff
  }

  /** The first span that has 16 digits tells the upper half of all trace ids. */
  #findUpperHalf(count: number): void {
    const upper = this.#id
    const { bytes } = this.#cursor
    this.#traceId.fill(0)
    for (let i = 0; i < count; i++) {
      const from = this.#spans[i].meta[2 * upperHalf]
      const to = this.#spans[i].meta[2 * upperHalf + 1]
      if (to - from !== 16 || from < 0 || readHexId(bytes, from, to, upper) < 0) continue
      this.#traceId.set(upper)
      return
    }
  }

  /** What the first span that says anything of its process says of all. */
  #findProcess(count: number): void {
    this.#shared = []
    this.#sharedText = ''
    for (let i = 0; i < count && this.#shared.length === 0; i++) {
      const attributes = this.#resourceAttributes(this.#spans[i], versionPlace)
      if (attributes.length > 0) this.#shared = attributes
    }
    for (const { key, value } of this.#shared) this.#sharedText += `${key}=${value.length}${value}`
  }

  #resourceAttributes(span: SpanPlaces, except: number): Attribute[] {
    const attributes: Attribute[] = []
    for (let place = 0; place < resourceCount; place++) {
      const text = place === except ? '' : this.#text(span.meta, place)
      if (text !== '') attributes.push(stringAttribute(resourceKeys[place], text))
    }
    return attributes
  }

  #text(ranges: Int32Array | Float64Array, place: number): string {
    const from = ranges[2 * place]
    const to = ranges[2 * place + 1]
    return from < 0 || from === to ? '' : knownTexts.textOf(this.#cursor.bytes, from, to)
  }

  #addRow(span: SpanPlaces): void {
    const { rows, judge, origins } = this.#records
    const { fields } = span
    const { bytes } = this.#cursor
    judge.begin()
    this.#addAttributes(span)
    rows.resource.add(this.#resourceOf(span))
    rows.scope.add(origins.scopeOf(this.#text(span.meta, component), ''))
    this.#writeId(fields, traceId)
    this.#traceId.set(this.#id, 8)
    rows.traceId.add(this.#traceId, 0)
    this.#writeId(fields, spanId)
    rows.spanId.add(this.#id, 0)
    this.#writeId(fields, parentId)
    rows.parentSpanId.add(this.#id, 0)
    rows.traceState.addEmpty()
    rows.flags.add(0)
    const named = fields[2 * resource + 1] > fields[2 * resource] ? resource : name
    if (fields[2 * named] < 0) rows.name.addEmpty()
    else rows.name.add(bytes, fields[2 * named], fields[2 * named + 1])
    rows.kind.add(kindOfSpan(this.#text(span.meta, spanKind), this.#text(fields, type)))
    this.#addTimes(fields)
    this.#addStatus(span)
    rows.droppedAttributesCount.add(0)
    rows.droppedEventsCount.add(0)
    rows.droppedLinksCount.add(0)
    rows.endRow()
  }

  #addTimes(fields: Float64Array): void {
    const { rows } = this.#records
    rows.startUnixNano.addPair(fields[2 * start + 1], fields[2 * start])
    const low = fields[2 * start + 1] + fields[2 * duration + 1]
    const carry = low > 0xffff_ffff ? 1 : 0
    rows.endUnixNano.addPair(low >>> 0, fields[2 * start] + fields[2 * duration] + carry)
  }

  #addStatus({ fields, meta: known }: SpanPlaces): void {
    const { rows } = this.#records
    const isError = fields[2 * error] !== 0 || fields[2 * error + 1] !== 0
    rows.statusCode.add(isError ? 2 : 0)
    const place = known[2 * errorMessage + 1] > known[2 * errorMessage] ? errorMessage : errorMsg
    if (isError && known[2 * place] >= 0)
      rows.statusMessage.add(this.#cursor.bytes, known[2 * place], known[2 * place + 1])
    else rows.statusMessage.addEmpty()
  }

  #addAttributes({ fields, attributes: entries, metrics }: SpanPlaces): void {
    const { attributes } = this.#records.rows
    const { bytes } = this.#cursor
    for (const [place, key] of [
      [name, 'operation.name'],
      [type, 'span.type'],
    ] as const) {
      if (fields[2 * place + 1] <= fields[2 * place]) continue
      attributes.keyText(key)
      attributes.string(bytes, fields[2 * place], fields[2 * place + 1])
    }
    for (let i = 0; i < entries.length; i += 4) {
      attributes.key(bytes, entries[i], entries[i + 1])
      attributes.string(bytes, entries[i + 2], entries[i + 3])
    }
    for (let i = 0; i < metrics.length; i += 3) {
      const value = metrics[i + 2]
      attributes.key(bytes, metrics[i], metrics[i + 1])
      if (value === (value | 0) && !Object.is(value, -0)) attributes.integer(value, value >> 31)
      else if (Number.isSafeInteger(value) && value !== 0) attributes.text('i', String(value))
      else attributes.double(value)
    }
  }

  /** Most spans are of the service and the process of the one before. */
  #resourceOf(span: SpanPlaces): number {
    let text = this.#text(span.fields, service)
    for (let place = 0; place < resourceCount; place++)
      if (span.meta[2 * place] >= 0) text += `\0${place}${this.#text(span.meta, place)}`
    text += `\0\0${this.#sharedText}`
    if (text !== this.#resourceText || this.#resource < 0) {
      this.#resourceText = text
      this.#resource = this.#records.origins.resourceOf(this.#attributesOfResource(span))
    }
    return this.#resource
  }

  #attributesOfResource(span: SpanPlaces): Attribute[] {
    const attributes = new Map(this.#shared.map((attribute) => [attribute.key, attribute]))
    const serviceName = this.#text(span.fields, service)
    if (serviceName !== '') attributes.set('service.name', stringAttribute('service.name', serviceName))
    for (const attribute of this.#resourceAttributes(span, -1)) attributes.set(attribute.key, attribute)
    return [...attributes.values()]
  }

  #writeId(fields: Float64Array, place: number): void {
    const id = this.#id
    const high = fields[2 * place]
    const low = fields[2 * place + 1]
    for (let i = 0; i < 4; i++) {
      id[i] = high >>> (24 - 8 * i)
      id[4 + i] = low >>> (24 - 8 * i)
    }
  }
}

/** Place of the string read last among some names, -1 for none. */
function placeOf(names: readonly Uint8Array[], { bytes, start: from, end: to }: MsgpackCursor): number {
  for (let place = 0; place < names.length; place++) {
    const known = names[place]
    if (known.length !== to - from || known[0] !== bytes[from]) continue
    let i = 1
    while (i < known.length && known[i] === bytes[from + i]) i++
    if (i === known.length) return place
  }
  return -1
}
