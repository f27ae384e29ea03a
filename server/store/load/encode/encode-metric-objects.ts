import type { MetricBatch } from '../../../model/batch.ts'
import type { Exemplar, MetricMetadata, NativeHistogram } from '../../../model/metric.ts'
import { staleHigh, staleLow } from '../../../model/metric.ts'
import type { SeriesTable } from '../../../model/series-table.ts'
import type { TenantId } from '../../../model/tenant.ts'
import { exemplarColumns, histogramColumns, metadataColumns } from '../../schema/table-columns.ts'
import type { BatchPart, CommitNotes } from './encode-context.ts'
import type { NativeBlock } from './native-block.ts'
import { float64Of, int64Of, labelMapsOf, rowsOf, stringsOf, uint16Of, wordsOf } from './object-columns.ts'
import { dayMs, pairsOf, type SeriesRows } from './series-rows.ts'

/** Metadata texts remembered at most; beyond it they are forgotten and written once more. */
const maxMetadata = 100_000

type MetricPart = BatchPart<MetricBatch>

interface SeriesRef {
  readonly table: SeriesTable
  readonly ref: number
  readonly retentionDays: number
}

/** Native histograms of all parts that are kept, with their series. */
export function histogramsOf(parts: readonly MetricPart[]): (SeriesRef & { histogram: NativeHistogram })[] {
  return parts.flatMap(({ batch, reject, retentionDays }) =>
    batch.histograms
      .filter((_, index) => reject === null || reject[batch.sampleCount + index] === 0)
      .map((histogram) => ({ table: batch.series, ref: histogram.ref, retentionDays, histogram })),
  )
}

/** Exemplars of all parts, with their series. */
export function exemplarsOf(parts: readonly MetricPart[]): (SeriesRef & { exemplar: Exemplar })[] {
  return parts.flatMap(({ batch, retentionDays }) =>
    batch.exemplars.map((exemplar) => ({ table: batch.series, ref: exemplar.ref, retentionDays, exemplar })),
  )
}

/** Sees to it that the series of histograms and exemplars have their rows. */
export function noteSeriesOf(
  entries: readonly (SeriesRef & { timestampMs: number })[],
  rows: { series: SeriesRows; notes: CommitNotes },
): void {
  for (const { table, ref, retentionDays, timestampMs } of entries) {
    const day = Math.floor(timestampMs / dayMs)
    if (table.writtenDay[ref] !== day || day === 0)
      rows.series.note({ table, ref, day }, { seenMs: timestampMs, retentionDays }, rows.notes)
  }
}

/** Writes a block of `histograms`. */
export function encodeHistograms(block: NativeBlock, entries: ReturnType<typeof histogramsOf>): number {
  const rows = rowsOf(entries.length)
  const floats = (name: string, value: (histogram: NativeHistogram) => number) =>
    block.copied(name, 8, [{ column: float64Of(entries.map(({ histogram }) => value(histogram))), rows }])
  const bytes = (name: string, value: (histogram: NativeHistogram) => number) =>
    block.copied(name, 1, [{ column: Uint8Array.from(entries, ({ histogram }) => value(histogram)), rows }])
  block.begin(histogramColumns, entries.length)
  writeIdentity(block, entries)
  block.copied('ts', 8, [{ column: int64Of(entries.map(({ histogram }) => histogram.timestampMs)), rows }])
  bytes('flags', (histogram) => histogram.resetHint | (histogram.isFloat ? 4 : 0))
  bytes('schema', (histogram) => histogram.schema)
  floats('zero_threshold', (histogram) => histogram.zeroThreshold)
  floats('zero_count', (histogram) => histogram.zeroCount)
  floats('count', (histogram) => histogram.count)
  block.copied('sum', 8, [{ column: sumsOf(entries), rows }])
  const array = (name: string, width: 4 | 8, values: (histogram: NativeHistogram) => readonly number[]) =>
    writeNumbers(block, { name, width, lists: entries.map(({ histogram }) => values(histogram)) })
  array('pos_span_off', 4, (histogram) => histogram.positiveSpans.map(({ offset }) => offset))
  array('pos_span_len', 4, (histogram) => histogram.positiveSpans.map(({ length }) => length))
  array('pos', 8, (histogram) => histogram.positiveCounts)
  array('neg_span_off', 4, (histogram) => histogram.negativeSpans.map(({ offset }) => offset))
  array('neg_span_len', 4, (histogram) => histogram.negativeSpans.map(({ length }) => length))
  array('neg', 8, (histogram) => histogram.negativeCounts)
  array('bounds', 8, (histogram) => histogram.customBounds)
  block.copied('retention', 2, [{ column: uint16Of(entries.map(({ retentionDays }) => retentionDays)), rows }])
  return entries.length
}

/**
 * A NaN sum without observations is the staleness marker's: JavaScript may have lost its bits in an object on the way.
 * With observations it is a NaN that was observed.
 */
function sumsOf(entries: ReturnType<typeof histogramsOf>): Uint8Array {
  const bytes = float64Of(entries.map(({ histogram }) => histogram.sum))
  const words = new Uint32Array(bytes.buffer)
  for (const [index, { histogram }] of entries.entries()) {
    if (!Number.isNaN(histogram.sum) || histogram.count !== 0) continue
    words[index * 2] = staleLow
    words[index * 2 + 1] = staleHigh
  }
  return bytes
}

function writeNumbers(
  block: NativeBlock,
  column: { name: string; width: 4 | 8; lists: readonly (readonly number[])[] },
): void {
  let end = 0
  const ends = Uint32Array.from(column.lists, (list) => (end += list.length))
  const values = column.lists.flat()
  // Int32 and UInt32 share their bits.
  const bytes = column.width === 4 ? Uint32Array.from(values) : float64Of(values)
  const element = { width: column.width, parts: [{ column: bytes, rows: rowsOf(values.length) }] }
  block.fixedArray(column.name, { count: ends.length, ends }, element)
}

/** Writes a block of `exemplars`. */
export function encodeExemplars(block: NativeBlock, entries: ReturnType<typeof exemplarsOf>): number {
  const rows = rowsOf(entries.length)
  const ids = (name: string, width: number, id: (exemplar: Exemplar) => Uint8Array) =>
    block.copied(name, width, [{ column: Buffer.concat(entries.map(({ exemplar }) => id(exemplar))), rows }])
  block.begin(exemplarColumns, entries.length)
  writeIdentity(block, entries)
  block.copied('ts', 8, [{ column: int64Of(entries.map(({ exemplar }) => exemplar.timestampMs)), rows }])
  block.copied('v', 8, [{ column: float64Of(entries.map(({ exemplar }) => exemplar.value)), rows }])
  ids('trace_id', 16, ({ traceId }) => traceId)
  ids('span_id', 8, ({ spanId }) => spanId)
  block.map('labels', [{ column: labelMapsOf(entries.map(({ exemplar }) => exemplar.labels)), rows }])
  block.copied('retention', 2, [{ column: uint16Of(entries.map(({ retentionDays }) => retentionDays)), rows }])
  return entries.length
}

function writeIdentity(block: NativeBlock, entries: readonly SeriesRef[]): void {
  const rows = rowsOf(entries.length)
  block.copied('tenant', 4, [{ column: Uint32Array.from(entries, ({ table }) => table.tenant), rows }])
  block.copied('metric', 8, [{ column: pairsOf(entries, (table) => table.metricHash), rows }])
  block.copied('target', 4, [{ column: Uint32Array.from(entries, ({ table, ref }) => table.target[ref]), rows }])
  block.copied('series', 8, [{ column: pairsOf(entries, (table) => table.seriesHash), rows }])
}

/** Collects metadata that is new or changed. */
export class MetadataRows {
  /** Tenant and family → the text written last. */
  readonly #written = new Map<string, string>()
  #rows: { tenant: TenantId; metadata: MetricMetadata }[] = []

  note(tenant: TenantId, metadata: MetricMetadata, notes: CommitNotes): void {
    const family = `${tenant}/${metadata.name}`
    const text = `${metadata.type}/${metadata.unit}/${metadata.help}`
    const before = this.#written.get(family)
    if (before === text) return
    if (this.#written.size >= maxMetadata) this.#written.clear()
    this.#written.set(family, text)
    notes.add(() => this.#written.delete(family))
    this.#rows.push({ tenant, metadata })
  }

  /** Writes a block of `metadata`; the number of rows. */
  encode(block: () => NativeBlock, seenMs: number): number {
    const entries = this.#rows
    this.#rows = []
    if (entries.length > 0) writeMetadata(block(), entries, seenMs)
    return entries.length
  }
}

function writeMetadata(
  block: NativeBlock,
  entries: readonly { tenant: TenantId; metadata: MetricMetadata }[],
  seenMs: number,
): void {
  const rows = rowsOf(entries.length)
  block.begin(metadataColumns, entries.length)
  block.copied('tenant', 4, [{ column: Uint32Array.from(entries, ({ tenant }) => tenant), rows }])
  block.strings('name', [{ column: stringsOf(entries.map(({ metadata }) => metadata.name)), rows }])
  block.words('type', [{ column: wordsOf(entries.map(({ metadata }) => metadata.type)), rows }])
  block.words('unit', [{ column: wordsOf(entries.map(({ metadata }) => metadata.unit)), rows }])
  block.strings('help', [{ column: stringsOf(entries.map(({ metadata }) => metadata.help)), rows }])
  block.copied('seen', 8, [{ column: int64Of(entries.map(() => seenMs)), rows }])
}
