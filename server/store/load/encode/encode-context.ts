import type { Batch } from '../../../model/batch.ts'
import type { Signal } from '../../../model/signal.ts'
import type { TenantId } from '../../../model/tenant.ts'
import { keptRows, type Rows } from './native-block.ts'

/** Days that rows of a tenant and signal are kept, 1 to 65535; stamped on each row when it is encoded. */
export type RetentionPolicy = (tenant: TenantId, signal: Signal) => number

/** A batch on its way into a commit: the rows that are kept, and for how long. */
export interface BatchPart<B extends Batch = Batch> {
  readonly batch: B
  /** 1 for each row to leave out; null: none. */
  readonly reject: Uint8Array | null
  readonly rows: Rows
  readonly retentionDays: number
}

/** Prepares a batch. Cost: one pass over the mask where there is one. */
export function partOf<B extends Batch>(
  batch: B,
  options: { reject: Uint8Array | null; retention: RetentionPolicy },
): BatchPart<B> {
  const { reject, retention } = options
  const chosenDays = batch.signal === 'logs' ? batch.retentionDays : undefined
  const retentionDays = chosenDays ?? retention(batch.tenant, batch.signal)
  return { batch, reject, rows: keptRows(batch.rowCount, reject), retentionDays }
}

/**
 * What encoding a commit has noted as written (series, resources, metadata), to be taken back where the commit fails:
 * else their rows would be missing for the rest of the day.
 */
export class CommitNotes {
  readonly #undo: (() => void)[] = []

  add(undo: () => void): void {
    this.#undo.push(undo)
  }

  takeBack(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo()
  }
}

/** Rows that one commit brought too late for the derived tables: what must be counted again. */
export interface LateMark {
  readonly tenant: TenantId
  readonly signal: Signal
  /** Words of the metric's hash; 0 for spans. */
  readonly metricLow: number
  readonly metricHigh: number
  /** Unix seconds: the hour of samples, the minute of spans. */
  readonly t: number
}

/** Spans that arrive this long after the end of their minute are late, ms: their minute is counted once more. */
export const lateSpanMs = 5 * 60_000
/** Samples that arrive this long after the end of their hour are late, ms. */
export const lateSampleMs = 15 * 60_000

/** Each period once. */
export class LateMarks {
  readonly #marks = new Map<string, LateMark>()

  add(mark: LateMark): void {
    this.#marks.set(`${mark.tenant}/${mark.signal}/${mark.metricHigh}/${mark.metricLow}/${mark.t}`, mark)
  }

  get list(): readonly LateMark[] {
    return [...this.#marks.values()]
  }
}
