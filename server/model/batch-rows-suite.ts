import { Buffer } from 'node:buffer'
import type { LogBatch, SpanBatch } from './batch.ts'
import type { AttributesColumn, BytesColumn, DictionaryColumn } from './columns.ts'
import type { InstrumentationScope, Resource } from './resource.ts'

/** Rows of batches as objects, for tests: what a reader who knows nothing of columns would see. */
export type AttributeRow = readonly [key: string, type: string, value: string]

export interface LogRow {
  readonly resource: Resource
  readonly scope: InstrumentationScope
  readonly timeUnixNano: bigint
  readonly observedUnixNano: bigint
  readonly severityNumber: number
  readonly severityText: string
  /** Bytes in hex where they are no valid UTF-8. */
  readonly body: string
  readonly bodyType: string
  readonly attributes: readonly AttributeRow[]
  readonly droppedAttributesCount: number
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
  readonly eventName: string
}

export interface EventRow {
  readonly timeUnixNano: bigint
  readonly name: string
  readonly attributes: readonly AttributeRow[]
  readonly droppedAttributesCount: number
}

export interface LinkRow {
  readonly traceId: string
  readonly spanId: string
  readonly traceState: string
  readonly flags: number
  readonly attributes: readonly AttributeRow[]
  readonly droppedAttributesCount: number
}

export interface SpanRow {
  readonly resource: Resource
  readonly scope: InstrumentationScope
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  readonly kind: number
  readonly startUnixNano: bigint
  readonly endUnixNano: bigint
  readonly statusCode: number
  readonly statusMessage: string
  readonly attributes: readonly AttributeRow[]
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
  readonly events: readonly EventRow[]
  readonly links: readonly LinkRow[]
}

export function logRowsOf(batch: LogBatch): LogRow[] {
  return Array.from({ length: batch.rowCount }, (_, i) => ({
    resource: batch.resources[batch.resource[i]],
    scope: batch.scopes[batch.scope[i]],
    timeUnixNano: pairAt(batch.timeUnixNano, i),
    observedUnixNano: pairAt(batch.observedUnixNano, i),
    severityNumber: batch.severityNumber[i],
    severityText: textAt(batch.severityText, i),
    body: stringAt(batch.body, i),
    bodyType: String.fromCharCode(batch.bodyType[i]),
    attributes: attributesAt(batch.attributes, i),
    droppedAttributesCount: batch.droppedAttributesCount[i],
    traceId: hexAt(batch.traceId, i, 16),
    spanId: hexAt(batch.spanId, i, 8),
    flags: batch.flags[i],
    eventName: textAt(batch.eventName, i),
  }))
}

export function spanRowsOf(batch: SpanBatch): SpanRow[] {
  return Array.from({ length: batch.rowCount }, (_, i) => ({
    resource: batch.resources[batch.resource[i]],
    scope: batch.scopes[batch.scope[i]],
    traceId: hexAt(batch.traceId, i, 16),
    spanId: hexAt(batch.spanId, i, 8),
    parentSpanId: hexAt(batch.parentSpanId, i, 8),
    traceState: textAt(batch.traceState, i),
    flags: batch.flags[i],
    name: textAt(batch.name, i),
    kind: batch.kind[i],
    startUnixNano: pairAt(batch.startUnixNano, i),
    endUnixNano: pairAt(batch.endUnixNano, i),
    statusCode: batch.statusCode[i],
    statusMessage: textAt(batch.statusMessage, i),
    attributes: attributesAt(batch.attributes, i),
    droppedAttributesCount: batch.droppedAttributesCount[i],
    droppedEventsCount: batch.droppedEventsCount[i],
    droppedLinksCount: batch.droppedLinksCount[i],
    events: range(batch.events.offsets, i).map((event) => ({
      timeUnixNano: pairAt(batch.events.timeUnixNano, event),
      name: textAt(batch.events.name, event),
      attributes: attributesAt(batch.events.attributes, event),
      droppedAttributesCount: batch.events.droppedAttributesCount[event],
    })),
    links: range(batch.links.offsets, i).map((link) => ({
      traceId: hexAt(batch.links.traceId, link, 16),
      spanId: hexAt(batch.links.spanId, link, 8),
      traceState: textAt(batch.links.traceState, link),
      flags: batch.links.flags[link],
      attributes: attributesAt(batch.links.attributes, link),
      droppedAttributesCount: batch.links.droppedAttributesCount[link],
    })),
  }))
}

export function attributesAt(column: AttributesColumn, row: number): AttributeRow[] {
  const types = textAt(column.types, row)
  const entries = range(column.offsets, row)
  if (types.length !== entries.length) throw new Error(`row ${row} has ${entries.length} entries but types '${types}'`)
  return entries.map((entry, i) => [textAt(column.keys, entry), types[i], stringAt(column.values, entry)])
}

function pairAt(column: Uint32Array, row: number): bigint {
  return (BigInt(column[row * 2 + 1]) << 32n) | BigInt(column[row * 2])
}

function textAt(column: DictionaryColumn, row: number): string {
  return column.values[column.indexes[row]]
}

function stringAt(column: BytesColumn, row: number): string {
  const bytes = Buffer.from(column.data.subarray(column.offsets[row], column.offsets[row + 1]))
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes.toString('hex')
}

function hexAt(column: Uint8Array, row: number, width: number): string {
  return Buffer.from(column.subarray(row * width, (row + 1) * width)).toString('hex')
}

function range(offsets: Uint32Array, row: number): number[] {
  return Array.from({ length: offsets[row + 1] - offsets[row] }, (_, i) => offsets[row] + i)
}
