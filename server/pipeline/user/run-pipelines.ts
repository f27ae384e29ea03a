import type { ChosenReason, LogBatch, RowMask } from '../../model/batch.ts'
import type { TenantId } from '../../model/tenant.ts'
import { LineRecord } from '../record/line-record.ts'
import { BatchObservations } from '../record/observations.ts'
import { BatchWriter } from './batch-writer.ts'
import type { CompiledPipeline } from './compiled-pipeline.ts'

/** Rows of a batch that go to one place: a tenant, and the days that they are kept. */
export interface Destination {
  readonly tenant: TenantId
  /** Null: as the tenant keeps log records. */
  readonly retentionDays: number | null
  /** By row: 1 where it goes there. */
  readonly rows: Uint8Array
  count: number
}

/** Rows that are left out because a stage says so. */
export class LeftOut {
  /** By row: 0 where it is not left out, else the place of its reason and pipeline. */
  readonly #codes: Uint8Array
  readonly #causes: { readonly reason: ChosenReason; readonly pipeline: string }[] = []

  constructor(rowCount: number) {
    this.#codes = new Uint8Array(rowCount)
  }

  add(row: number, reason: ChosenReason, pipeline: string): void {
    let cause = this.#causes.findIndex((one) => one.reason === reason && one.pipeline === pipeline)
    if (cause === -1) cause = this.#causes.push({ reason, pipeline }) - 1
    this.#codes[row] = cause + 1
  }

  forEach(visit: (row: number, reason: ChosenReason, pipeline: string) => void): void {
    if (this.#causes.length === 0) return
    for (let row = 0; row < this.#codes.length; row++) {
      if (this.#codes[row] === 0) continue
      const { reason, pipeline } = this.#causes[this.#codes[row] - 1]
      visit(row, reason, pipeline)
    }
  }
}

/** A batch after its tenant's pipelines. */
export interface PipelinedBatch {
  /** All rows, also those that are left out or go elsewhere. */
  readonly batch: LogBatch
  readonly leftOut: LeftOut
  /** Where rows go that do not stay with the batch. */
  readonly destinations: readonly Destination[]
  /** What stages counted; to be committed once the rows are durable. */
  readonly observations: BatchObservations
}

/**
 * Runs a tenant's pipelines, in their order, over every row of a batch that `skip` does not mark. The batch is written anew once, after all.
 * Fixed-width columns are changed in place. Never throws. Cost: that of the stages, and one copy of the columns that
 * they changed.
 */
export function runPipelines(
  batch: LogBatch,
  pipelines: readonly CompiledPipeline[],
  { nowMs, skip = null }: { nowMs: number; skip?: RowMask },
): PipelinedBatch {
  const record = new LineRecord()
  const writer = new BatchWriter(batch)
  const observations = new BatchObservations()
  const leftOut = new LeftOut(batch.rowCount)
  const destinations = new Destinations(batch)
  record.observations = observations
  record.open(batch, nowMs)
  for (let row = 0; row < batch.rowCount; row++) {
    record.begin(row)
    if (skip !== null && skip[row] !== 0) {
      writer.take(row, record)
      continue
    }
    const last = runAll(record, pipelines)
    writer.take(row, record)
    if (record.verdict === 'dropped' || record.verdict === 'sampled') {
      const reason = record.verdict === 'dropped' ? 'dropped_by_pipeline' : 'sampled'
      leftOut.add(row, reason, last)
    } else if (record.tenant !== null || record.retentionDays !== null) destinations.add(row, record)
  }
  return { batch: writer.finish(), leftOut, destinations: destinations.all, observations }
}

/** The name of the pipeline that ran last. */
function runAll(record: LineRecord, pipelines: readonly CompiledPipeline[]): string {
  let last = ''
  for (const pipeline of pipelines) {
    last = pipeline.definition.name
    pipeline.run(record)
    if (record.verdict === 'dropped' || record.verdict === 'sampled') return last
    record.verdict = 'stays'
  }
  return last
}

class Destinations {
  readonly #batch: LogBatch
  readonly #all: Destination[] = []

  constructor(batch: LogBatch) {
    this.#batch = batch
  }

  get all(): readonly Destination[] {
    return this.#all
  }

  add(row: number, record: LineRecord): void {
    const tenant = record.tenant ?? this.#batch.tenant
    const { retentionDays } = record
    if (tenant === this.#batch.tenant && retentionDays === null) return
    let place = this.#all.find((one) => one.tenant === tenant && one.retentionDays === retentionDays)
    if (place === undefined) {
      place = { tenant, retentionDays, rows: new Uint8Array(this.#batch.rowCount), count: 0 }
      this.#all.push(place)
    }
    place.rows[row] = 1
    place.count += 1
  }
}
