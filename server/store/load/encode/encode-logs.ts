import type { LogBatch } from '../../../model/batch.ts'
import { logColumns } from '../../schema/table-columns.ts'
import type { BatchPart } from './encode-context.ts'
import { type NativeBlock, rowTotal } from './native-block.ts'
import type { OriginFacts, ResourceFacts } from './origins.ts'
import { PartColumns } from './part-columns.ts'
import { writePair } from './words64.ts'
import { writeResourceIds, writeResourceWords, writeScope } from './write-origins.ts'

/** A batch of logs with the facts of its resources and scopes. */
export interface LogPart extends BatchPart<LogBatch> {
  readonly resources: ResourceFacts
  readonly scopes: OriginFacts
}

/** Writes the kept rows of all parts as one block of `logs`, in the order of arrival; the number of rows. */
export function encodeLogs(block: NativeBlock, parts: readonly LogPart[]): number {
  const total = rowTotal(parts)
  block.begin(logColumns, total)
  const columns = new PartColumns(block, parts)
  columns.repeated('tenant', 4, ({ batch }) => batch.tenant)
  columns.copied('ts', 8, ({ batch }) => batch.timeUnixNano)
  block.fixed('observed_lag', 8, (bytes, at) => writeLags(parts, bytes, at))
  columns.copied('severity', 1, ({ batch }) => batch.severityNumber)
  columns.words('severity_text', ({ batch }) => batch.severityText)
  writeResourceWords(block, parts)
  columns.strings('body', ({ batch }) => batch.body)
  columns.copied('body_type', 1, ({ batch }) => batch.bodyType)
  columns.copied('trace_id', 16, ({ batch }) => batch.traceId)
  columns.copied('span_id', 8, ({ batch }) => batch.spanId)
  columns.copied('flags', 4, ({ batch }) => batch.flags)
  writeScope(block, parts)
  columns.words('event_name', ({ batch }) => batch.eventName)
  writeResourceIds(block, parts)
  columns.map('attrs', ({ batch }) => batch.attributes)
  columns.words('attr_types', ({ batch }) => batch.attributes.types)
  columns.copied('dropped_attrs', 4, ({ batch }) => batch.droppedAttributesCount)
  columns.repeated('retention', 2, ({ retentionDays }) => retentionDays)
  return total
}

/** Stands for "no observed time": the smallest Int64. */
const noLagHigh = 0x80000000

/** Observed time minus time, both 64-bit pairs; the difference wraps as Int64 does. */
function writeLags(parts: readonly LogPart[], bytes: Buffer, start: number): void {
  let at = start
  for (const { batch, rows } of parts) {
    const { timeUnixNano: time, observedUnixNano: observed } = batch
    for (let i = 0; i < rows.count; i++) {
      const row = rows.indexes[i] * 2
      const isUnset = observed[row] === 0 && observed[row + 1] === 0
      const borrow = observed[row] < time[row] ? 1 : 0
      const low = isUnset ? 0 : observed[row] - time[row]
      const high = isUnset ? noLagHigh : observed[row + 1] - time[row + 1] - borrow
      at = writePair(bytes, at, low, high)
    }
  }
}
