import type { SpanBatch } from '../../../model/batch.ts'
import { spanColumns } from '../../schema/table-columns.ts'
import type { BatchPart } from './encode-context.ts'
import { type ArrayEnds, elementsOf, type NativeBlock, rowTotal } from './native-block.ts'
import type { OriginFacts, ResourceFacts } from './origins.ts'
import { PartArrays, PartColumns } from './part-columns.ts'
import { writePair } from './words64.ts'
import { writeResourceIds, writeResourceWords, writeScope } from './write-origins.ts'

/** A batch of spans with the facts of its resources and scopes. */
export interface SpanPart extends BatchPart<SpanBatch> {
  readonly resources: ResourceFacts
  readonly scopes: OriginFacts
}

/** Writes the kept rows of all parts as one block of `spans`, in the order of arrival; the number of rows. */
export function encodeSpans(block: NativeBlock, parts: readonly SpanPart[]): number {
  const total = rowTotal(parts)
  block.begin(spanColumns, total)
  const columns = new PartColumns(block, parts)
  columns.repeated('tenant', 4, ({ batch }) => batch.tenant)
  columns.copied('ts', 8, ({ batch }) => batch.startUnixNano)
  block.fixed('duration', 8, (bytes, at) => writeDurations(parts, bytes, at))
  columns.copied('trace_id', 16, ({ batch }) => batch.traceId)
  columns.copied('span_id', 8, ({ batch }) => batch.spanId)
  columns.copied('parent_id', 8, ({ batch }) => batch.parentSpanId)
  columns.words('trace_state', ({ batch }) => batch.traceState)
  columns.copied('flags', 4, ({ batch }) => batch.flags)
  columns.words('name', ({ batch }) => batch.name)
  columns.copied('kind', 1, ({ batch }) => batch.kind)
  columns.copied('status', 1, ({ batch }) => batch.statusCode)
  columns.words('status_message', ({ batch }) => batch.statusMessage)
  writeResourceWords(block, parts)
  writeResourceIds(block, parts)
  writeScope(block, parts)
  columns.map('attrs', ({ batch }) => batch.attributes)
  columns.words('attr_types', ({ batch }) => batch.attributes.types)
  columns.copied('dropped_attrs', 4, ({ batch }) => batch.droppedAttributesCount)
  columns.copied('dropped_events', 4, ({ batch }) => batch.droppedEventsCount)
  columns.copied('dropped_links', 4, ({ batch }) => batch.droppedLinksCount)
  writeEvents(block, parts)
  writeLinks(block, parts)
  columns.repeated('retention', 2, ({ retentionDays }) => retentionDays)
  return total
}

function writeEvents(block: NativeBlock, parts: readonly SpanPart[]): void {
  const ends = endsOf(parts, ({ events }) => events.offsets)
  const inner = parts.map(({ batch, rows }) => ({ events: batch.events, rows: elementsOf(batch.events.offsets, rows) }))
  const arrays = new PartArrays(block, inner, ends)
  arrays.copied('events.ts', 8, ({ events }) => events.timeUnixNano)
  arrays.words('events.name', ({ events }) => events.name)
  arrays.map('events.attrs', ({ events }) => events.attributes)
  arrays.words('events.attr_types', ({ events }) => events.attributes.types)
  arrays.copied('events.dropped_attrs', 4, ({ events }) => events.droppedAttributesCount)
}

function writeLinks(block: NativeBlock, parts: readonly SpanPart[]): void {
  const ends = endsOf(parts, ({ links }) => links.offsets)
  const inner = parts.map(({ batch, rows }) => ({ links: batch.links, rows: elementsOf(batch.links.offsets, rows) }))
  const arrays = new PartArrays(block, inner, ends)
  arrays.copied('links.trace_id', 16, ({ links }) => links.traceId)
  arrays.copied('links.span_id', 8, ({ links }) => links.spanId)
  arrays.words('links.trace_state', ({ links }) => links.traceState)
  arrays.copied('links.flags', 4, ({ links }) => links.flags)
  arrays.map('links.attrs', ({ links }) => links.attributes)
  arrays.words('links.attr_types', ({ links }) => links.attributes.types)
  arrays.copied('links.dropped_attrs', 4, ({ links }) => links.droppedAttributesCount)
}

function endsOf(parts: readonly SpanPart[], offsets: (batch: SpanBatch) => Uint32Array): ArrayEnds {
  const ends = new Uint32Array(rowTotal(parts))
  let count = 0
  let end = 0
  for (const { batch, rows } of parts) {
    const starts = offsets(batch)
    for (let i = 0; i < rows.count; i++) {
      const row = rows.indexes[i]
      end += starts[row + 1] - starts[row]
      ends[count++] = end
    }
  }
  return { count, ends }
}

/** End minus start, both 64-bit pairs; the difference wraps as Int64 does. */
function writeDurations(parts: readonly SpanPart[], bytes: Buffer, start: number): void {
  let at = start
  for (const { batch, rows } of parts) {
    const { startUnixNano: from, endUnixNano: to } = batch
    for (let i = 0; i < rows.count; i++) {
      const row = rows.indexes[i] * 2
      at = writePair(bytes, at, to[row] - from[row], to[row + 1] - from[row + 1] - (to[row] < from[row] ? 1 : 0))
    }
  }
}
