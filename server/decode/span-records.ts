import { Buffer } from 'node:buffer'
import type { SpanBatch } from '../model/batch.ts'
import type { Attribute } from '../model/columns.ts'
import { type DecodeContext, RowJudge } from './decode-context.ts'
import { RecordOrigins } from './record-origins.ts'
import { SpanRows } from './span-rows.ts'

/** One span with its fields sorted out, for protocols whose spans have to be put together first. */
export interface SpanRecord {
  /** 16 bytes, not all zero. */
  readonly traceId: Uint8Array
  /** 8 bytes, not all zero. */
  readonly spanId: Uint8Array
  /** 8 bytes; null: a root. */
  readonly parentSpanId: Uint8Array | null
  readonly traceState: string
  readonly name: string
  /** OTLP SpanKind 0-5. */
  readonly kind: number
  readonly startUnixNano: bigint
  readonly endUnixNano: bigint
  /** OTLP StatusCode: 0 unset, 1 ok, 2 error. */
  readonly statusCode: number
  readonly statusMessage: string
  readonly resource: readonly Attribute[]
  readonly scopeName: string
  readonly scopeVersion: string
  readonly attributes: readonly Attribute[]
  readonly events: readonly SpanEventRecord[]
  readonly links: readonly SpanLinkRecord[]
}

export interface SpanEventRecord {
  readonly timeUnixNano: bigint
  readonly name: string
  readonly attributes: readonly Attribute[]
}

export interface SpanLinkRecord {
  /** 16 and 8 bytes. */
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly traceState: string
  readonly attributes: readonly Attribute[]
}

/** A string attribute. */
export function stringAttribute(key: string, value: string): Attribute {
  return { key, type: 's', value }
}

/** An attribute with a number: an integer where it is a whole one that a double holds exactly. */
export function numberAttribute(key: string, value: number): Attribute {
  const isInteger = Number.isSafeInteger(value) && !Object.is(value, -0)
  return { key, type: isInteger ? 'i' : 'd', value: Object.is(value, -0) ? '-0' : String(value) }
}

/**
 * Builds a SpanBatch from spans that are sorted out one by one: judges each against the limits and keeps every distinct
 * resource and scope once. A span beyond a limit, with its events and links, is rejected alone.
 * Throws: DecodeError where there are too many spans, events and links (`decode-context.ts`).
 */
export class SpanRecords {
  readonly judge: RowJudge
  readonly #context: DecodeContext
  /** For decoders that write spans into the columns themselves. */
  readonly rows: SpanRows
  readonly origins = new RecordOrigins()

  /** `requestBytes`: of all spans, decompressed; the room to begin with is guessed from it. */
  constructor(context: DecodeContext, requestBytes: number) {
    this.#context = context
    this.judge = new RowJudge(context)
    this.rows = new SpanRows(requestBytes, context.memory)
  }

  /** Adds a span. `path` names it in a rejection; called for those only. */
  add(span: SpanRecord, path: () => string): void {
    this.judge.begin()
    this.#judgeSpan(span)
    if (this.judge.isBlamed) this.judge.reject(path())
    else this.#addRow(span)
  }

  /** Rejects a span that could not be read. Throws: what is no DecodeError, and where there are too many of them. */
  reject(error: unknown, path: () => string): void {
    this.judge.begin()
    this.judge.blameError(error)
    this.judge.reject(path())
  }

  finish(): SpanBatch {
    return this.rows.finish(this.#context, this.judge, this.origins)
  }

  #judgeSpan(span: SpanRecord): void {
    const { judge } = this
    judge.judgeString('span name', span.name)
    judge.judgeString('status message', span.statusMessage)
    judge.judgeString('trace state', span.traceState)
    judge.judgeText('scope', Buffer.byteLength(span.scopeName) + Buffer.byteLength(span.scopeVersion))
    this.#judgeAttributes(span.attributes)
    this.#judgeAttributes(span.resource)
    for (const event of span.events) {
      judge.begin()
      judge.judgeString('event name', event.name)
      this.#judgeAttributes(event.attributes)
    }
    for (const link of span.links) {
      judge.begin()
      this.#judgeAttributes(link.attributes)
    }
  }

  #judgeAttributes(attributes: readonly Attribute[]): void {
    let entries = 0
    for (const { key, value } of attributes) if (!this.judge.judgeAttributeText(entries++, key, value)) return
  }

  #addRow(span: SpanRecord): void {
    const rows = this.rows
    this.#addEntries(span)
    for (const { key, type, value } of span.attributes) {
      rows.attributes.keyText(key)
      rows.attributes.text(type, value)
    }
    rows.resource.add(this.origins.resourceOf(span.resource))
    rows.scope.add(this.origins.scopeOf(span.scopeName, span.scopeVersion))
    rows.traceId.add(span.traceId, 0)
    rows.spanId.add(span.spanId, 0)
    if (span.parentSpanId === null) rows.parentSpanId.addZero()
    else rows.parentSpanId.add(span.parentSpanId, 0)
    rows.traceState.addText(span.traceState)
    rows.flags.add(0)
    rows.name.addText(span.name)
    rows.kind.add(span.kind)
    rows.startUnixNano.addPair(...wordsOf(span.startUnixNano))
    rows.endUnixNano.addPair(...wordsOf(span.endUnixNano))
    rows.statusCode.add(span.statusCode)
    rows.statusMessage.addText(span.statusMessage)
    rows.droppedAttributesCount.add(0)
    rows.droppedEventsCount.add(0)
    rows.droppedLinksCount.add(0)
    rows.endRow()
  }

  #addEntries(span: SpanRecord): void {
    const { events, links } = this.rows
    for (const event of span.events) {
      events.timeUnixNano.addPair(...wordsOf(event.timeUnixNano))
      events.name.addText(event.name)
      for (const { key, type, value } of event.attributes) {
        events.attributes.keyText(key)
        events.attributes.text(type, value)
      }
      events.droppedAttributesCount.add(0)
      events.attributes.endRow()
    }
    for (const link of span.links) {
      links.traceId.add(link.traceId, 0)
      links.spanId.add(link.spanId, 0)
      links.traceState.addText(link.traceState)
      for (const { key, type, value } of link.attributes) {
        links.attributes.keyText(key)
        links.attributes.text(type, value)
      }
      links.flags.add(0)
      links.droppedAttributesCount.add(0)
      links.attributes.endRow()
    }
  }
}

function wordsOf(nanos: bigint): [low: number, high: number] {
  return [Number(nanos & 0xffff_ffffn), Number(nanos >> 32n)]
}
