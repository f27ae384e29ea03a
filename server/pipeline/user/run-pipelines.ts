import { setImmediate } from 'node:timers/promises'
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

/** Rows after which a large batch lets other work of the process go on. */
const rowsPerTurn = 1_000

/** What a run over one batch is given. `skip` marks rows that are left out already. */
export interface RunOptions {
  readonly pipelines: readonly CompiledPipeline[]
  readonly nowMs: number
  readonly skip?: RowMask
}

/**
 * Runs a tenant's pipelines, in their order, over every row of a batch. The batch is written anew once, after all.
 * Fixed-width columns are changed in place. Never throws. Cost: that of the stages, and one copy of the columns that
 * they changed.
 */
export function runPipelines(batch: LogBatch, options: RunOptions): PipelinedBatch {
  const run = new PipelineRun(batch, options)
  run.rows(0, batch.rowCount)
  return run.finish()
}

/** The same in turns: between every thousand rows other work of the process goes on. The batch must not be touched. */
export async function runPipelinesInTurns(batch: LogBatch, options: RunOptions): Promise<PipelinedBatch> {
  const run = new PipelineRun(batch, options)
  for (let from = 0; from < batch.rowCount; from += rowsPerTurn) {
    if (from > 0) await setImmediate()
    run.rows(from, Math.min(from + rowsPerTurn, batch.rowCount))
  }
  return run.finish()
}

class PipelineRun {
  readonly #options: RunOptions
  readonly #record = new LineRecord()
  readonly #writer: BatchWriter
  readonly #observations = new BatchObservations()
  readonly #leftOut: LeftOut
  readonly #destinations: Destinations

  constructor(batch: LogBatch, options: RunOptions) {
    this.#options = options
    this.#writer = new BatchWriter(batch)
    this.#leftOut = new LeftOut(batch.rowCount)
    this.#destinations = new Destinations(batch)
    this.#record.observations = this.#observations
    this.#record.open(batch, options.nowMs)
  }

  rows(from: number, to: number): void {
    const { pipelines, skip = null } = this.#options
    const record = this.#record
    for (let row = from; row < to; row++) {
      record.begin(row)
      const isSkipped = skip !== null && skip[row] !== 0
      const last = isSkipped ? '' : runAll(record, pipelines)
      this.#writer.take(row, record)
      if (record.verdict === 'dropped') this.#leftOut.add(row, 'dropped_by_pipeline', last)
      else if (record.verdict === 'sampled') this.#leftOut.add(row, 'sampled', last)
      else if (record.tenant !== null || record.retentionDays !== null) this.#destinations.add(row, record)
    }
  }

  finish(): PipelinedBatch {
    return {
      batch: this.#writer.finish(),
      leftOut: this.#leftOut,
      destinations: this.#destinations.all,
      observations: this.#observations,
    }
  }
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
