import type { Commit, RowCount, TableBlock } from '../../../journal/journal.ts'
import { sumCounts } from '../../../journal/tally.ts'
import type { Batch, LogBatch, MetricBatch, RowMask, SpanBatch } from '../../../model/batch.ts'
import { lateMarkColumns } from '../../schema/table-columns.ts'
import { type BatchPart, CommitNotes, LateMarks, partOf, type RetentionPolicy } from './encode-context.ts'
import { encodeLogs } from './encode-logs.ts'
import {
  encodeExemplars,
  encodeHistograms,
  exemplarsOf,
  histogramsOf,
  MetadataRows,
  noteSeriesOf,
} from './encode-metric-objects.ts'
import { SampleEncoder } from './encode-samples.ts'
import { encodeSpans, type SpanPart } from './encode-spans.ts'
import { encodeTraceIndex, markLateSpans } from './encode-trace-index.ts'
import { NativeBlock } from './native-block.ts'
import { int64Of, rowsOf, wordsOf } from './object-columns.ts'
import { Origins } from './origins.ts'
import { dayMs, SeriesRows } from './series-rows.ts'

/** A batch as it came to the writer. */
export interface Arrival {
  readonly batch: Batch
  readonly reject: RowMask
}

/** Blocks of one commit, and how to take back what encoding them has noted where the commit fails. */
export interface EncodedCommit {
  readonly commit: Commit
  readonly notes: CommitNotes
}

/**
 * Turns batches into one block per table.
 *
 * Ownership: the blocks' bytes are good until the next call; a commit must have ended before the next is encoded.
 * Not reentrant. State: which series, resources, scopes and metadata have been written (all of it can be lost: their
 * rows are then written once more).
 */
export class CommitEncoder {
  readonly #retention: RetentionPolicy
  readonly #blocks = new Map<string, NativeBlock>()
  readonly #samples = new SampleEncoder()
  readonly #series = new SeriesRows()
  readonly #metadata = new MetadataRows()
  readonly #origins = new Origins()

  constructor(retention: RetentionPolicy) {
    this.#retention = retention
  }

  /** Throws Error only where an encoder has a defect; nothing is noted as written then. */
  encode(arrivals: readonly Arrival[], arrivedMs: number): EncodedCommit {
    const notes = new CommitNotes()
    const marks = new LateMarks()
    const around = { arrivedMs, notes, marks, series: this.#series }
    const tables: TableBlock[] = []
    try {
      const { logs, spans, metrics } = this.#partsOf(arrivals)
      if (logs.length > 0) this.#addLogs(tables, logs, around)
      if (spans.length > 0) this.#addSpans(tables, spans, around)
      if (metrics.length > 0) this.#addMetrics(tables, metrics, around)
      this.#addOrigins(tables)
      if (marks.list.length > 0) this.#add(tables, 'late_marks', (block) => writeMarks(block, marks, arrivedMs))
    } catch (error) {
      notes.takeBack()
      throw error
    }
    return { commit: { arrivedMs, blocks: tables }, notes }
  }

  #partsOf(arrivals: readonly Arrival[]): {
    logs: BatchPart<LogBatch>[]
    spans: BatchPart<SpanBatch>[]
    metrics: BatchPart<MetricBatch>[]
  } {
    const logs: BatchPart<LogBatch>[] = []
    const spans: BatchPart<SpanBatch>[] = []
    const metrics: BatchPart<MetricBatch>[] = []
    for (const { batch, reject } of arrivals) {
      const options = { reject, retention: this.#retention }
      if (batch.signal === 'logs') logs.push(partOf(batch, options))
      else if (batch.signal === 'traces') spans.push(partOf(batch, options))
      else metrics.push(partOf(batch, options))
    }
    return { logs: logs.filter(hasRows), spans: spans.filter(hasRows), metrics }
  }

  #addLogs(tables: TableBlock[], parts: readonly BatchPart<LogBatch>[], around: Around): void {
    const logs = parts.map((part) => this.#withOrigins(part, around))
    this.#add(tables, 'logs', (block) => encodeLogs(block, logs), countsOf(parts))
  }

  #addSpans(tables: TableBlock[], parts: readonly BatchPart<SpanBatch>[], around: Around): void {
    const spans: SpanPart[] = parts.map((part) => this.#withOrigins(part, around))
    this.#add(tables, 'spans', (block) => encodeSpans(block, spans), countsOf(parts))
    this.#add(tables, 'trace_index', (block) => encodeTraceIndex(block, spans))
    markLateSpans(spans, around.arrivedMs, around.marks)
  }

  #withOrigins<B extends LogBatch | SpanBatch>(part: BatchPart<B>, around: Around) {
    const { batch, retentionDays } = part
    const place = { tenant: batch.tenant, retentionDays, day: Math.floor(around.arrivedMs / dayMs) }
    return {
      ...part,
      resources: this.#origins.resources(batch.resources, place, around.notes),
      scopes: this.#origins.scopes(batch.scopes, place, around.notes),
    }
  }

  #addMetrics(tables: TableBlock[], parts: readonly BatchPart<MetricBatch>[], around: Around): void {
    const histograms = histogramsOf(parts)
    const exemplars = exemplarsOf(parts)
    const seen = [
      ...histograms.map((entry) => ({ ...entry, timestampMs: entry.histogram.timestampMs })),
      ...exemplars.map((entry) => ({ ...entry, timestampMs: entry.exemplar.timestampMs })),
    ]
    noteSeriesOf(seen, around)
    const sampled = parts.map((part) => ({ part, samples: keptSamples(part) })).filter(({ samples }) => samples > 0)
    if (sampled.length > 0) {
      const samples = sampled.map(({ part }) => part)
      const counts = sampled.map(({ part, samples: rows }) => ({ key: keyOf(part.batch), rows }))
      this.#add(tables, 'samples_hot', (block) => this.#samples.encode(block, samples, around), sumCounts([counts]))
    }
    if (histograms.length > 0) {
      const counts = parts.map((part) => ({ key: keyOf(part.batch), rows: histogramsOf([part]).length }))
      this.#add(tables, 'histograms', (block) => encodeHistograms(block, histograms), sumCounts([counts]))
    }
    if (exemplars.length > 0) this.#add(tables, 'exemplars', (block) => encodeExemplars(block, exemplars))
    for (const { batch } of parts)
      for (const metadata of batch.metadata) this.#metadata.note(batch.tenant, metadata, around.notes)
    this.#addCollected(tables, 'series', (block) => this.#series.encode(block))
    this.#addCollected(tables, 'metadata', (block) => this.#metadata.encode(block, around.arrivedMs))
  }

  #addOrigins(tables: TableBlock[]): void {
    this.#addCollected(tables, 'resources', (block) => this.#origins.encodeResources(block))
    this.#addCollected(tables, 'scopes', (block) => this.#origins.encodeScopes(block))
  }

  #add(
    tables: TableBlock[],
    table: string,
    write: (block: NativeBlock) => number,
    counts: readonly RowCount[] = [],
  ): void {
    const block = this.#block(table)
    const rows = write(block)
    tables.push({ table, bytes: block.finish(), rows, counts })
  }

  /** For tables of which a commit may have no row at all. */
  #addCollected(tables: TableBlock[], table: string, write: (block: () => NativeBlock) => number): void {
    const rows = write(() => this.#block(table))
    if (rows > 0) tables.push({ table, bytes: this.#block(table).finish(), rows, counts: [] })
  }

  #block(table: string): NativeBlock {
    const block = this.#blocks.get(table) ?? new NativeBlock()
    this.#blocks.set(table, block)
    return block
  }
}

interface Around {
  readonly arrivedMs: number
  readonly notes: CommitNotes
  readonly marks: LateMarks
  readonly series: SeriesRows
}

function hasRows(part: BatchPart): boolean {
  return part.rows.count > 0
}

function keyOf({ tenant, signal, receiver, source }: Batch): RowCount['key'] {
  return { tenant, signal, receiver, source }
}

function countsOf(parts: readonly BatchPart[]): RowCount[] {
  return sumCounts([parts.map(({ batch, rows }) => ({ key: keyOf(batch), rows: rows.count }))])
}

function keptSamples({ batch, reject }: BatchPart<MetricBatch>): number {
  if (reject === null) return batch.sampleCount
  let kept = 0
  for (let sample = 0; sample < batch.sampleCount; sample++) if (reject[sample] === 0) kept += 1
  return kept
}

function writeMarks(block: NativeBlock, marks: LateMarks, arrivedMs: number): number {
  const { list } = marks
  const rows = rowsOf(list.length)
  const metrics = new Uint32Array(list.length * 2)
  for (const [index, mark] of list.entries()) {
    metrics[index * 2] = mark.metricLow
    metrics[index * 2 + 1] = mark.metricHigh
  }
  block.begin(lateMarkColumns, list.length)
  block.copied('tenant', 4, [{ column: Uint32Array.from(list, ({ tenant }) => tenant), rows }])
  block.words('signal', [{ column: wordsOf(list.map(({ signal }) => signal)), rows }])
  block.copied('metric', 8, [{ column: metrics, rows }])
  block.copied('t', 4, [{ column: Uint32Array.from(list, ({ t }) => t), rows }])
  block.copied('arrived', 8, [{ column: int64Of(list.map(() => arrivedMs)), rows }])
  block.copied('done', 1, [{ column: new Uint8Array(list.length), rows }])
  return list.length
}
