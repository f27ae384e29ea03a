import { Buffer } from 'node:buffer'
import type { SpanBatch } from '../../model/batch.ts'
import { Uint32Builder } from '../../model/column-builders.ts'
import type { Attribute } from '../../model/columns.ts'
import type { DecodeContext } from '../decode-context.ts'
import { SpanRecords, stringAttribute } from '../span-records.ts'
import { JaegerReferences } from './jaeger-references.ts'
import { JaegerTags } from './jaeger-tags.ts'
import { NanoWords } from './nano-words.ts'

const kinds: Readonly<Record<string, number>> = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 }
const statusCodes: Readonly<Record<string, number>> = { OK: 1, ERROR: 2 }

/** Tags that OpenTelemetry's exporters for Jaeger write for fields of a span. */
const fieldNames = [
  ...['error', 'span.kind', 'w3c.tracestate', 'otel.scope.name', 'otel.status_code', 'otel.library.name'],
  ...['otel.scope.version', 'otel.library.version', 'otel.status_description'],
] as const
type FieldName = (typeof fieldNames)[number]

/** By the bytes of a name: the field; no two names have the same number of bytes. */
const fieldsByLength: ({ bytes: Uint8Array; index: number } | undefined)[] = []
for (const [index, name] of fieldNames.entries())
  fieldsByLength[name.length] = { bytes: Uint8Array.from(Buffer.from(name)), index }
const placeOf = (name: FieldName): number => fieldNames.indexOf(name)
const place = {
  ...{ error: placeOf('error'), kind: placeOf('span.kind'), traceState: placeOf('w3c.tracestate') },
  ...{ scopeName: placeOf('otel.scope.name'), scopeVersion: placeOf('otel.scope.version') },
  ...{ libraryName: placeOf('otel.library.name'), libraryVersion: placeOf('otel.library.version') },
  ...{ statusCode: placeOf('otel.status_code'), statusMessage: placeOf('otel.status_description') },
} as const

const eventKey = Uint8Array.from(Buffer.from('event'))
const messageKey = Uint8Array.from(Buffer.from('message'))

/** What a process says, as a resource. */
export interface JaegerProcess {
  readonly attributes: readonly Attribute[]
}

export const noProcess: JaegerProcess = { attributes: [] }

/**
 * Jaeger's spans in OpenTelemetry's terms, written straight into columns. A reader notes a span: `begin`, its fields as
 * they come, `add`. Nothing is written before `add`.
 *
 * Parent: the first reference to the same trace that is a child-of, else the first that follows from; the other
 * references become links with `opentracing.ref_type`. `span.kind`, `error`, `otel.status_*`, `w3c.tracestate` and
 * `otel.scope.*` become fields, the first of each; logs become events named by their field `event`, else `message`. The
 * process is the resource, its `hostname` the `host.name`.
 * Source: OpenTelemetry specification, "Mapping to Jaeger", read backwards.
 */
export class JaegerSpans {
  readonly bytes: Buffer
  readonly traceId = Buffer.alloc(16)
  readonly spanId = Buffer.alloc(8)
  nameStart = 0
  nameEnd = 0
  readonly start = new NanoWords()
  readonly duration = new NanoWords()
  readonly tags: JaegerTags
  readonly references = new JaegerReferences()
  /** Fields of all logs; `endLog` says which were of one. */
  readonly logFields: JaegerTags
  warnings: string[] = []
  readonly #records: SpanRecords
  readonly #logTimes = new Uint32Builder()
  readonly #logEnds = new Uint32Builder()
  /** By place of a field: its value, '' where no tag has it. */
  readonly #fields: string[] = fieldNames.map(() => '')
  /** Fields that a tag has named, a bit each. */
  #named = 0

  constructor(context: DecodeContext, bytes: Buffer) {
    this.bytes = bytes
    this.#records = new SpanRecords(context, bytes.length)
    this.tags = new JaegerTags(bytes)
    this.logFields = new JaegerTags(bytes)
  }

  begin(): void {
    this.traceId.fill(0)
    this.spanId.fill(0)
    this.nameStart = this.nameEnd = 0
    this.start.clear()
    this.duration.clear()
    this.tags.count = this.logFields.count = 0
    this.references.clear()
    this.#logTimes.truncate(0)
    this.#logEnds.truncate(0)
    if (this.warnings.length > 0) this.warnings = []
  }

  /** Ends a log: its fields are those noted since the one before. */
  endLog(timeLow: number, timeHigh: number): void {
    this.#logTimes.addPair(timeLow, timeHigh)
    this.#logEnds.add(this.logFields.count)
  }

  /** Adds the span that was noted. Its end fits: `start` plus `duration`. Throws: as `SpanRecords.add`. */
  add(process: JaegerProcess, path: () => string): void {
    const { judge, rows } = this.#records
    judge.begin()
    this.#readFields()
    judge.judgeText('span name', this.nameEnd - this.nameStart)
    judge.judgeString('status message', this.#fields[place.statusMessage])
    judge.judgeString('trace state', this.#fields[place.traceState])
    const scopeName = this.#fields[place.scopeName] || this.#fields[place.libraryName]
    const scopeVersion = this.#fields[place.scopeVersion] || this.#fields[place.libraryVersion]
    judge.judgeText('scope', Buffer.byteLength(scopeName) + Buffer.byteLength(scopeVersion))
    this.#addAttributes()
    let entries = 0
    for (const { key, value } of process.attributes) if (!judge.judgeAttributeText(entries++, key, value)) break
    this.#addEvents()
    this.references.addLinks(this.traceId, rows.links, judge)
    if (judge.isBlamed) {
      rows.abandonRow()
      judge.reject(path())
      return
    }
    rows.resource.add(this.#records.origins.resourceOf(process.attributes))
    rows.scope.add(this.#records.origins.scopeOf(scopeName, scopeVersion))
    const parent = this.references.parentOf(this.traceId)
    if (parent < 0) rows.parentSpanId.addZero()
    else rows.parentSpanId.add(this.references.bytes, parent)
    this.#addRow()
  }

  /** Rejects a span that could not be read. Throws: what is no DecodeError, and where there are too many of them. */
  reject(error: unknown, path: () => string): void {
    this.#records.reject(error, path)
  }

  finish(): SpanBatch {
    return this.#records.finish()
  }

  #addRow(): void {
    const { rows } = this.#records
    rows.traceId.add(this.traceId, 0)
    rows.spanId.add(this.spanId, 0)
    rows.traceState.addText(this.#fields[place.traceState])
    rows.flags.add(0)
    rows.name.add(this.bytes, this.nameStart, this.nameEnd)
    const kind = this.#fields[place.kind]
    rows.kind.add(kind === '' ? 0 : kindOf(kind))
    rows.startUnixNano.addPair(this.start.low, this.start.high)
    this.start.add(this.duration)
    rows.endUnixNano.addPair(this.start.low, this.start.high)
    rows.statusCode.add(this.#statusCode())
    rows.statusMessage.addText(this.#fields[place.statusMessage])
    rows.droppedAttributesCount.add(0)
    rows.droppedEventsCount.add(0)
    rows.droppedLinksCount.add(0)
    rows.endRow()
  }

  #statusCode(): number {
    const code = this.#fields[place.statusCode]
    if (code !== '' && Object.hasOwn(statusCodes, code)) return statusCodes[code]
    return this.#fields[place.error] === 'true' ? 2 : 0
  }

  /** The first tag of a name is the field. */
  #readFields(): void {
    const { tags } = this
    if (this.#named !== 0) this.#fields.fill('')
    this.#named = 0
    for (let tag = 0; tag < tags.count; tag++) {
      const field = fieldOf(tags, tag)
      if (field < 0 || this.#named & (1 << field)) continue
      this.#named |= 1 << field
      this.#fields[field] = tags.valueText(tag)
    }
  }

  #addAttributes(): void {
    const { tags, warnings } = this
    const { rows, judge } = this.#records
    for (let tag = 0; tag < tags.count; tag++) {
      const field = this.#named === 0 ? -1 : fieldOf(tags, tag)
      if (field >= 0 && (field !== place.error || isTrueOrFalse(tags.valueText(tag)))) continue
      if (!tags.addTo(rows.attributes, tag, judge)) return
    }
    if (warnings.length === 0) return
    const json = JSON.stringify(warnings)
    const key = 'jaeger.warnings'
    if (!judge.judgeAttributeText(rows.attributes.rowEntries, key, json)) return
    rows.attributes.keyText(key)
    rows.attributes.text('a', json)
  }

  #addEvents(): void {
    let field = 0
    for (let log = 0; log < this.#logEnds.count; log++) {
      const end = this.#logEnds.at(log)
      this.#addEvent(log, field, end)
      field = end
    }
  }

  #addEvent(log: number, start: number, end: number): void {
    const fields = this.logFields
    const { judge, rows } = this.#records
    const { events } = rows
    judge.begin()
    let named = -1
    let message = -1
    for (let field = start; field < end && named < 0; field++)
      if (fields.isKey(field, eventKey)) named = field
      else if (message < 0 && fields.isKey(field, messageKey)) message = field
    const name = named < 0 ? message : named
    const nameBytes = name < 0 ? 0 : fields.valueBytes(name)
    judge.judgeText('event name', nameBytes)
    for (let field = start; field < end; field++)
      if (field !== named && !fields.addTo(events.attributes, field, judge)) break
    if (judge.isBlamed) return
    events.timeUnixNano.addPair(this.#logTimes.at(log * 2), this.#logTimes.at(log * 2 + 1))
    events.name.addText(name < 0 ? '' : fields.valueText(name))
    events.droppedAttributesCount.add(0)
    events.attributes.endRow()
  }
}

/** A process as a resource: the name of its service first. */
export function processOf(serviceName: string, tags: JaegerTags): JaegerProcess {
  const attributes: Attribute[] = serviceName === '' ? [] : [stringAttribute('service.name', serviceName)]
  for (let tag = 0; tag < tags.count; tag++) {
    const attribute = tags.attributeOf(tag)
    if (attribute.key === 'service.name' && serviceName !== '') continue
    attributes.push(attribute.key === 'hostname' ? { ...attribute, key: 'host.name' } : attribute)
  }
  return { attributes }
}

/** Place of the field that a tag stands for; -1: none. */
function fieldOf(tags: JaegerTags, tag: number): number {
  const field = fieldsByLength[tags.keyBytes(tag)]
  return field !== undefined && tags.isKey(tag, field.bytes) ? field.index : -1
}

function kindOf(text: string): number {
  const kind = text.toLowerCase()
  return Object.hasOwn(kinds, kind) ? kinds[kind] : 0
}

function isTrueOrFalse(text: string): boolean {
  return text === 'true' || text === 'false'
}
