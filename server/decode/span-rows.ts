import { AttributesBuilder } from '../model/attributes-builder.ts'
import type { SpanBatch, SpanEvents, SpanLinks } from '../model/batch.ts'
import { DictionaryBuilder, FixedBytesBuilder, Uint8Builder, Uint32Builder } from '../model/column-builders.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'
import type { Origins } from './log-rows.ts'

/** Columns of a SpanBatch while they grow. A row is one call on each, its events and links before it. */
export class SpanRows {
  readonly resource = new Uint32Builder()
  readonly scope = new Uint32Builder()
  readonly traceId = new FixedBytesBuilder(16)
  readonly spanId = new FixedBytesBuilder(8)
  readonly parentSpanId = new FixedBytesBuilder(8)
  readonly traceState = new DictionaryBuilder()
  readonly flags = new Uint32Builder()
  readonly name = new DictionaryBuilder()
  readonly kind = new Uint8Builder()
  readonly startUnixNano = new Uint32Builder()
  readonly endUnixNano = new Uint32Builder()
  readonly statusCode = new Uint8Builder()
  readonly statusMessage = new DictionaryBuilder()
  readonly attributes: AttributesBuilder
  readonly droppedAttributesCount = new Uint32Builder()
  readonly droppedEventsCount = new Uint32Builder()
  readonly droppedLinksCount = new Uint32Builder()
  readonly events = new EventRows()
  readonly links = new LinkRows()

  /** `requestBytes`: of the request as decoded from now on; a guess at the room to begin with is made from it. */
  constructor(requestBytes: number) {
    this.attributes = new AttributesBuilder(requestBytes >> 1)
  }

  /** Ends the row: its attributes, events and links are those added since the last row. */
  endRow(): void {
    this.attributes.endRow()
    this.events.endSpan()
    this.links.endSpan()
  }

  /** Takes back attributes, events and links added since the last row. */
  abandonRow(): void {
    this.attributes.abandonRow()
    this.events.abandonSpan()
    this.links.abandonSpan()
  }

  finish(context: DecodeContext, judge: RowJudge, origins: Origins): SpanBatch {
    return {
      signal: 'traces',
      tenant: context.tenant,
      receiver: context.receiver,
      rowCount: this.resource.count,
      decodeRejections: judge.finish(),
      receivedBytes: context.receivedBytes,
      resources: origins.resources,
      resource: this.resource.finish(),
      scopes: origins.scopes,
      scope: this.scope.finish(),
      traceId: this.traceId.finish(),
      spanId: this.spanId.finish(),
      parentSpanId: this.parentSpanId.finish(),
      traceState: this.traceState.finish(),
      flags: this.flags.finish(),
      name: this.name.finish(),
      kind: this.kind.finish(),
      startUnixNano: this.startUnixNano.finish(),
      endUnixNano: this.endUnixNano.finish(),
      statusCode: this.statusCode.finish(),
      statusMessage: this.statusMessage.finish(),
      attributes: this.attributes.finish(),
      droppedAttributesCount: this.droppedAttributesCount.finish(),
      droppedEventsCount: this.droppedEventsCount.finish(),
      droppedLinksCount: this.droppedLinksCount.finish(),
      events: this.events.finish(),
      links: this.links.finish(),
    }
  }
}

/** Columns of span events while they grow. An event is one call on each column. */
class EventRows {
  readonly timeUnixNano = new Uint32Builder()
  readonly name = new DictionaryBuilder()
  readonly attributes = new AttributesBuilder()
  readonly droppedAttributesCount = new Uint32Builder()
  readonly #offsets = new Uint32Builder()
  #spanStart = 0

  constructor() {
    this.#offsets.add(0)
  }

  endSpan(): void {
    this.#spanStart = this.attributes.rowCount
    this.#offsets.add(this.#spanStart)
  }

  abandonSpan(): void {
    const count = this.#spanStart
    this.timeUnixNano.truncate(count * 2)
    this.name.truncate(count)
    this.attributes.truncate(count)
    this.droppedAttributesCount.truncate(count)
  }

  finish(): SpanEvents {
    return {
      offsets: this.#offsets.finish(),
      timeUnixNano: this.timeUnixNano.finish(),
      name: this.name.finish(),
      attributes: this.attributes.finish(),
      droppedAttributesCount: this.droppedAttributesCount.finish(),
    }
  }
}

/** Columns of span links while they grow. A link is one call on each column. */
class LinkRows {
  readonly traceId = new FixedBytesBuilder(16)
  readonly spanId = new FixedBytesBuilder(8)
  readonly traceState = new DictionaryBuilder()
  readonly flags = new Uint32Builder()
  readonly attributes = new AttributesBuilder()
  readonly droppedAttributesCount = new Uint32Builder()
  readonly #offsets = new Uint32Builder()
  #spanStart = 0

  constructor() {
    this.#offsets.add(0)
  }

  endSpan(): void {
    this.#spanStart = this.attributes.rowCount
    this.#offsets.add(this.#spanStart)
  }

  abandonSpan(): void {
    const count = this.#spanStart
    this.traceId.truncate(count)
    this.spanId.truncate(count)
    this.traceState.truncate(count)
    this.flags.truncate(count)
    this.attributes.truncate(count)
    this.droppedAttributesCount.truncate(count)
  }

  finish(): SpanLinks {
    return {
      offsets: this.#offsets.finish(),
      traceId: this.traceId.finish(),
      spanId: this.spanId.finish(),
      traceState: this.traceState.finish(),
      flags: this.flags.finish(),
      attributes: this.attributes.finish(),
      droppedAttributesCount: this.droppedAttributesCount.finish(),
    }
  }
}
