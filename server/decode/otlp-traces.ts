import type { SpanBatch } from '../model/batch.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'
import { readKeyValue } from './otlp/any-value.ts'
import { OtlpEnvelope, type RowReader, spanLevels } from './otlp/envelope.ts'
import { SpanEntryReader } from './otlp/span-entries.ts'
import { SpanRows } from './span-rows.ts'
import { ProtobufReader } from './wire/protobuf-reader.ts'

/** Largest numbers of OTLP's enums. Source: trace.proto, SpanKind and StatusCode. */
const maxSpanKind = 5
const maxStatusCode = 2

/**
 * Decodes an ExportTraceServiceRequest in protobuf.
 *
 * Kept: every field of ResourceSpans, ScopeSpans and Span, its events and links, but the resource's `entity_refs`.
 * Invalid UTF-8 in strings becomes U+FFFD. Kinds outside 0-5 and status codes outside 0-2 become 0.
 * Rejected alone: a span whose trace id is not 16 bytes or whose span id is not 8 bytes, or that are all zero (the
 * specification calls both invalid, and such a span could never be found); a parent or link id of the wrong length
 * (none at all is right: a root, or a link without context); a malformed span or one beyond a limit.
 * Throws: DecodeError where the blocks around the spans are broken, or there are too many spans, events and links
 * (`decode-context.ts`).
 * Cost: about 1.5 µs for a span of 330 bytes with 7 attributes.
 * Source: opentelemetry-proto 1.10, trace.proto.
 */
export function decodeOtlpTraces(body: Uint8Array, context: DecodeContext): SpanBatch {
  const envelope = new OtlpEnvelope(context, spanLevels)
  const reader = new SpanReader(new SpanRows(body.length, context.memory), envelope.judge)
  envelope.read(new ProtobufReader(body), reader)
  return reader.rows.finish(context, envelope.judge, envelope.origins)
}

/** Reads Spans. Fields are noted first and added when the span is known to be good. */
class SpanReader implements RowReader {
  readonly rows: SpanRows
  readonly #judge: RowJudge
  readonly #entries: SpanEntryReader
  #traceIdStart = 0
  #traceIdEnd = 0
  #spanIdStart = 0
  #spanIdEnd = 0
  #parentIdStart = 0
  #parentIdEnd = 0
  #traceStateStart = 0
  #traceStateEnd = 0
  #nameStart = 0
  #nameEnd = 0
  #kind = 0
  #startLow = 0
  #startHigh = 0
  #endLow = 0
  #endHigh = 0
  #droppedAttributesCount = 0
  #droppedEventsCount = 0
  #droppedLinksCount = 0
  #statusCode = 0
  #statusMessageStart = 0
  #statusMessageEnd = 0
  #flags = 0

  constructor(rows: SpanRows, judge: RowJudge) {
    this.rows = rows
    this.#judge = judge
    this.#entries = new SpanEntryReader(rows, judge)
  }

  read(reader: ProtobufReader, resource: number, scope: number): void {
    this.#reset()
    while (reader.position < reader.end) this.#readField(reader, reader.tag())
    this.#judgeIds(reader.bytes)
    this.#judge.judgeText('trace state', this.#traceStateEnd - this.#traceStateStart)
    this.#judge.judgeText('span name', this.#nameEnd - this.#nameStart)
    this.#judge.judgeText('status message', this.#statusMessageEnd - this.#statusMessageStart)
    if (!this.#judge.isBlamed) this.#add(reader.bytes, resource, scope)
  }

  abandon(): void {
    this.rows.abandonRow()
  }

  #reset(): void {
    this.#traceIdStart = this.#traceIdEnd = this.#spanIdStart = this.#spanIdEnd = 0
    this.#parentIdStart = this.#parentIdEnd = this.#traceStateStart = this.#traceStateEnd = 0
    this.#nameStart = this.#nameEnd = this.#kind = 0
    this.#startLow = this.#startHigh = this.#endLow = this.#endHigh = 0
    this.#droppedAttributesCount = this.#droppedEventsCount = this.#droppedLinksCount = 0
    this.#statusCode = this.#statusMessageStart = this.#statusMessageEnd = this.#flags = 0
  }

  #readField(reader: ProtobufReader, tag: number): void {
    switch (tag) {
      case 0x0a:
        this.#traceIdEnd = reader.rangeEnd()
        this.#traceIdStart = reader.position
        reader.position = this.#traceIdEnd
        return
      case 0x12:
        this.#spanIdEnd = reader.rangeEnd()
        this.#spanIdStart = reader.position
        reader.position = this.#spanIdEnd
        return
      case 0x1a:
        this.#traceStateEnd = reader.rangeEnd()
        this.#traceStateStart = reader.position
        reader.position = this.#traceStateEnd
        return
      case 0x22:
        this.#parentIdEnd = reader.rangeEnd()
        this.#parentIdStart = reader.position
        reader.position = this.#parentIdEnd
        return
      case 0x2a:
        this.#nameEnd = reader.rangeEnd()
        this.#nameStart = reader.position
        reader.position = this.#nameEnd
        return
      case 0x30:
        this.#kind = reader.int32()
        return
      case 0x39:
        reader.fixed64()
        this.#startLow = reader.low
        this.#startHigh = reader.high
        return
      case 0x41:
        reader.fixed64()
        this.#endLow = reader.low
        this.#endHigh = reader.high
        return
      case 0x4a:
        readKeyValue(reader, this.rows.attributes, this.#judge)
        return
      default:
        this.#readRarerField(reader, tag)
    }
  }

  #readRarerField(reader: ProtobufReader, tag: number): void {
    switch (tag) {
      case 0x50:
        this.#droppedAttributesCount = reader.uint32()
        return
      case 0x5a:
        this.#entries.readEvent(reader)
        return
      case 0x60:
        this.#droppedEventsCount = reader.uint32()
        return
      case 0x6a:
        this.#entries.readLink(reader)
        return
      case 0x70:
        this.#droppedLinksCount = reader.uint32()
        return
      case 0x7a:
        this.#readStatus(reader)
        return
      case 0x85:
        this.#flags = reader.fixed32()
        return
      default:
        reader.skip()
    }
  }

  #readStatus(reader: ProtobufReader): void {
    const outer = reader.enter()
    while (reader.position < reader.end)
      switch (reader.tag()) {
        case 0x12:
          this.#statusMessageEnd = reader.rangeEnd()
          this.#statusMessageStart = reader.position
          reader.position = this.#statusMessageEnd
          break
        case 0x18:
          this.#statusCode = reader.int32()
          break
        default:
          reader.skip()
      }
    reader.leave(outer)
  }

  #judgeIds(bytes: Uint8Array): void {
    const traceIdBytes = this.#traceIdEnd - this.#traceIdStart
    const spanIdBytes = this.#spanIdEnd - this.#spanIdStart
    const parentIdBytes = this.#parentIdEnd - this.#parentIdStart
    if (traceIdBytes !== 16) this.#judge.blame('malformed', `trace id has ${traceIdBytes} bytes, expected 16`)
    else if (isZero(bytes, this.#traceIdStart, this.#traceIdEnd)) this.#judge.blame('malformed', 'trace id is all zero')
    if (spanIdBytes !== 8) this.#judge.blame('malformed', `span id has ${spanIdBytes} bytes, expected 8`)
    else if (isZero(bytes, this.#spanIdStart, this.#spanIdEnd)) this.#judge.blame('malformed', 'span id is all zero')
    if (parentIdBytes !== 8 && parentIdBytes !== 0)
      this.#judge.blame('malformed', `parent span id has ${parentIdBytes} bytes, expected 8 or none`)
  }

  #add(bytes: Uint8Array, resource: number, scope: number): void {
    const { rows } = this
    rows.resource.add(resource)
    rows.scope.add(scope)
    rows.traceId.add(bytes, this.#traceIdStart)
    rows.spanId.add(bytes, this.#spanIdStart)
    if (this.#parentIdEnd === this.#parentIdStart) rows.parentSpanId.addZero()
    else rows.parentSpanId.add(bytes, this.#parentIdStart)
    rows.traceState.add(bytes, this.#traceStateStart, this.#traceStateEnd)
    rows.flags.add(this.#flags)
    rows.name.add(bytes, this.#nameStart, this.#nameEnd)
    rows.kind.add(this.#kind >= 0 && this.#kind <= maxSpanKind ? this.#kind : 0)
    rows.startUnixNano.addPair(this.#startLow, this.#startHigh)
    rows.endUnixNano.addPair(this.#endLow, this.#endHigh)
    rows.statusCode.add(this.#statusCode >= 0 && this.#statusCode <= maxStatusCode ? this.#statusCode : 0)
    rows.statusMessage.add(bytes, this.#statusMessageStart, this.#statusMessageEnd)
    rows.droppedAttributesCount.add(this.#droppedAttributesCount)
    rows.droppedEventsCount.add(this.#droppedEventsCount)
    rows.droppedLinksCount.add(this.#droppedLinksCount)
    rows.endRow()
  }
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}
