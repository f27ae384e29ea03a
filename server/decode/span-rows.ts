import { AttributesBuilder } from '../model/attributes-builder.ts'
import type { SpanBatch, SpanEvents, SpanLinks } from '../model/batch.ts'
import { DictionaryBuilder, FixedBytesBuilder, Uint8Builder, Uint32Builder } from '../model/column-builders.ts'
import { freshMemory } from '../model/memory.ts'
import type { DecodeContext, RowJudge } from './decode-context.ts'
import { expectedAttributes, expectedRows, type Origins } from './log-rows.ts'

/** Columns of a SpanBatch while they grow. A row is one call on each, its events and links before it. */
export class SpanRows {
  readonly resource: Uint32Builder
  readonly scope: Uint32Builder
  readonly traceId: FixedBytesBuilder
  readonly spanId: FixedBytesBuilder
  readonly parentSpanId: FixedBytesBuilder
  readonly traceState: DictionaryBuilder
  readonly flags: Uint32Builder
  readonly name: DictionaryBuilder
  readonly kind: Uint8Builder
  readonly startUnixNano: Uint32Builder
  readonly endUnixNano: Uint32Builder
  readonly statusCode: Uint8Builder
  readonly statusMessage: DictionaryBuilder
  readonly attributes: AttributesBuilder
  readonly droppedAttributesCount: Uint32Builder
  readonly droppedEventsCount: Uint32Builder
  readonly droppedLinksCount: Uint32Builder
  readonly events = new EventRows()
  readonly links = new LinkRows()

  /** `requestBytes`: of the request, decompressed; the room to begin with is guessed from it. */
  constructor(requestBytes: number, memory = freshMemory) {
    const rows = expectedRows(requestBytes)
    this.resource = new Uint32Builder(rows, memory)
    this.scope = new Uint32Builder(rows, memory)
    this.traceId = new FixedBytesBuilder(16, rows, memory)
    this.spanId = new FixedBytesBuilder(8, rows, memory)
    this.parentSpanId = new FixedBytesBuilder(8, rows, memory)
    this.traceState = new DictionaryBuilder(rows, memory)
    this.flags = new Uint32Builder(rows, memory)
    this.name = new DictionaryBuilder(rows, memory)
    this.kind = new Uint8Builder(rows, memory)
    this.startUnixNano = new Uint32Builder(rows * 2, memory)
    this.endUnixNano = new Uint32Builder(rows * 2, memory)
    this.statusCode = new Uint8Builder(rows, memory)
    this.statusMessage = new DictionaryBuilder(rows, memory)
    this.attributes = new AttributesBuilder({ ...expectedAttributes(requestBytes), memory })
    this.droppedAttributesCount = new Uint32Builder(rows, memory)
    this.droppedEventsCount = new Uint32Builder(rows, memory)
    this.droppedLinksCount = new Uint32Builder(rows, memory)
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
