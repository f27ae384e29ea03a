import { Buffer } from 'node:buffer'
import type { SpanBatch } from '../model/batch.ts'
import { DecodeError } from '../model/sink.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'
import { spanLevels } from './otlp/envelope.ts'
import { type JsonRowReader, OtlpJsonEnvelope } from './otlp/json-envelope.ts'
import {
  enumField,
  fixed64Field,
  idField,
  listField,
  objectField,
  textField,
  uint32Field,
  words,
  wrongKind,
} from './otlp/json-fields.ts'
import { addAttributes } from './otlp/json-value.ts'
import { SpanRows } from './span-rows.ts'
import { isObject, type JsonObject, type JsonValue } from './wire/json-document.ts'

/** Names of SpanKind and StatusCode by number. Source: OTLP trace.proto. */
const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (kind) => `SPAN_KIND_${kind}`,
)
const statusNames = ['UNSET', 'OK', 'ERROR'].map((code) => `STATUS_CODE_${code}`)

/**
 * Decodes an ExportTraceServiceRequest in OTLP/JSON; the same batch and the same rules as `decodeOtlpTraces`. What is
 * said at `decodeOtlpLogsJson` of JSON holds here too.
 */
export function decodeOtlpTracesJson(body: Uint8Array, context: DecodeContext): SpanBatch {
  const envelope = new OtlpJsonEnvelope(context, spanLevels)
  const reader = new SpanJsonReader(new SpanRows(body.length, context.memory), envelope.judge)
  envelope.read(body, reader)
  return reader.rows.finish(context, envelope.judge, envelope)
}

class SpanJsonReader implements JsonRowReader {
  readonly rows: SpanRows
  readonly #judge: RowJudge

  constructor(rows: SpanRows, judge: RowJudge) {
    this.rows = rows
    this.#judge = judge
  }

  read(row: JsonObject, resource: number, scope: number): void {
    const { rows } = this
    const judge = this.#judge
    // Everything that can fail comes before the first column is touched; events and links can be taken back.
    const traceId = idOf(row, 'traceId', 16)
    const spanId = idOf(row, 'spanId', 8)
    const parentSpanId = optionalIdOf(row, 'parentSpanId', 8)
    fixed64Field(row, 'startTimeUnixNano')
    const start = { ...words }
    fixed64Field(row, 'endTimeUnixNano')
    const end = { ...words }
    const name = this.#text(row, 'name')
    const traceState = this.#text(row, 'traceState')
    const flags = uint32Field(row, 'flags')
    const status = objectField(row, 'status')
    const statusMessage = this.#text(status, 'message')
    const counts = ['droppedAttributesCount', 'droppedEventsCount', 'droppedLinksCount'].map((n) => uint32Field(row, n))
    const kind = enumField(row, 'kind', kindNames)
    const statusCode = enumField(status, 'code', statusNames)
    addAttributes(row, rows.attributes, judge)
    for (const event of listField(row, 'events')) this.#readEvent(event)
    for (const link of listField(row, 'links')) this.#readLink(link)
    if (judge.isBlamed) return
    rows.resource.add(resource)
    rows.scope.add(scope)
    rows.traceId.add(traceId, 0)
    rows.spanId.add(spanId, 0)
    rows.parentSpanId.add(parentSpanId, 0)
    rows.traceState.addText(traceState)
    rows.flags.add(flags)
    rows.name.addText(name)
    rows.kind.add(kind)
    rows.startUnixNano.addPair(start.low, start.high)
    rows.endUnixNano.addPair(end.low, end.high)
    rows.statusCode.add(statusCode)
    rows.statusMessage.addText(statusMessage)
    rows.droppedAttributesCount.add(counts[0])
    rows.droppedEventsCount.add(counts[1])
    rows.droppedLinksCount.add(counts[2])
    rows.endRow()
  }

  abandon(): void {
    this.rows.abandonRow()
  }

  #readEvent(value: JsonValue): void {
    const { events } = this.rows
    this.#judge.begin()
    const event = entry(value, 'events')
    fixed64Field(event, 'timeUnixNano')
    const { low, high } = words
    const name = this.#text(event, 'name')
    const droppedAttributesCount = uint32Field(event, 'droppedAttributesCount')
    addAttributes(event, events.attributes, this.#judge)
    if (this.#judge.isBlamed) return
    events.timeUnixNano.addPair(low, high)
    events.name.addText(name)
    events.droppedAttributesCount.add(droppedAttributesCount)
    events.attributes.endRow()
  }

  #readLink(value: JsonValue): void {
    const { links } = this.rows
    this.#judge.begin()
    const link = entry(value, 'links')
    const traceId = optionalIdOf(link, 'traceId', 16)
    const spanId = optionalIdOf(link, 'spanId', 8)
    const traceState = this.#text(link, 'traceState')
    const flags = uint32Field(link, 'flags')
    const droppedAttributesCount = uint32Field(link, 'droppedAttributesCount')
    addAttributes(link, links.attributes, this.#judge)
    if (this.#judge.isBlamed) return
    links.traceId.add(traceId, 0)
    links.spanId.add(spanId, 0)
    links.traceState.addText(traceState)
    links.flags.add(flags)
    links.droppedAttributesCount.add(droppedAttributesCount)
    links.attributes.endRow()
  }

  #text(object: JsonObject, name: string): string {
    const text = textField(object, name)
    this.#judge.judgeText(name, Buffer.byteLength(text))
    return text
  }
}

function entry(value: JsonValue, name: string): JsonObject {
  if (isObject(value)) return value
  throw wrongKind(name, value, 'objects')
}

/** An id that must be there and not be all zero. */
function idOf(object: JsonObject, name: string, bytes: number): Buffer {
  const id = idField(object, name)
  if (id === null || id.length !== bytes || id.every((byte) => byte === 0))
    throw new DecodeError(`${name} is not an id of ${bytes} bytes in hex, not all zero`, name)
  return id
}

/** An id, or zeros where there is none. */
function optionalIdOf(object: JsonObject, name: string, bytes: number): Buffer {
  const id = idField(object, name)
  if (id !== null && id.length === 0) return Buffer.alloc(bytes)
  if (id === null || id.length !== bytes) throw new DecodeError(`${name} is not an id of ${bytes} bytes in hex`, name)
  return id
}
