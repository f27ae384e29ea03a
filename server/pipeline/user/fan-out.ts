import type { ChosenReason, LogBatch, Rejection, RowMask } from '../../model/batch.ts'
import type { BatchBeside } from '../../model/sink.ts'
import type { TenantId } from '../../model/tenant.ts'
import { judgeTimes } from '../judge-times.ts'
import type { IngestLimitsOf } from '../limits.ts'
import { createTally, type Tally } from '../tally.ts'
import { routedBatch } from './routed-batch.ts'
import type { Destination, PipelinedBatch } from './run-pipelines.ts'

/** Rows that another tenant gets. */
export interface ForeignRows {
  readonly tenant: TenantId
  /** Rows that were sent there, those that are rejected there among them. */
  readonly rows: number
  readonly rejections: readonly Rejection[]
}

/** A log batch after its tenant's pipelines, parted by where its rows go, each judged by the limits there. */
export interface FanOut {
  readonly batch: LogBatch
  /** Rows that do not stay with the batch; `kept` is how many do. */
  readonly mask: RowMask
  readonly kept: number
  /** What becomes durable together with the batch. */
  readonly beside: readonly BatchBeside[]
  readonly foreign: readonly ForeignRows[]
  /** Rows that are rejected because something is wrong with them, not for a ChosenReason. */
  readonly faulty: RowMask
  /** Rows that are left out for a ChosenReason. */
  readonly chosen: number
}

const places: Readonly<Record<ChosenReason, string>> = {
  joined_to_record: 'joined',
  dropped_by_pipeline: 'dropped',
  sampled: 'sampled away',
  routed_to_tenant: 'sent to another tenant',
}

/**
 * Parts a batch. `tally` is that of the tenant that received it: there a row that goes to another tenant counts as
 * rejected with the reason `routed_to_tenant`, and as received in the other one.
 */
export function fanOut(
  piped: Omit<PipelinedBatch, 'observations'>,
  { tally, nowMs, limits }: { tally: Tally; nowMs: number; limits: IngestLimitsOf },
): FanOut {
  const { batch, leftOut, destinations } = piped
  const leave = (row: number, reason: ChosenReason, by: string): void => {
    tally.reject(row, reason, () => `logs[${row}]: ${places[reason]} by ${by}`)
  }
  leftOut.forEach((row, reason, pipeline) => {
    leave(row, reason, `the pipeline ${pipeline}`)
  })
  const foreign = destinations.filter(({ tenant }) => tenant !== batch.tenant)
  for (const { rows } of foreign)
    for (let row = 0; row < rows.length; row++) if (rows[row] !== 0) leave(row, 'routed_to_tenant', 'a pipeline')
  const chosen = chosenRows(tally)
  judgeTimes(batch, limits(batch.tenant, 'logs'), { nowMs, tally })
  const own = destinations.filter(({ tenant }) => tenant === batch.tenant)
  const sent = foreign.map((destination) => sendAbroad(batch, destination, { nowMs, limits }))
  const stays = withoutRows(tally.mask, own)
  return {
    ...{ batch, mask: stays, kept: keptOf(batch.rowCount, stays), chosen: chosen.count },
    beside: [
      ...own.map((destination) => ({
        batch: routedBatch(batch, destination),
        reject: outside(destination, tally.mask),
      })),
      ...sent.map(({ part }) => part),
    ].filter(({ batch: part, reject }) => keptOf(part.rowCount, reject) > 0),
    foreign: sent.map(({ rows }) => rows),
    faulty: withFaultsAbroad(faultyRows(tally, chosen), sent, batch.rowCount),
  }
}

function sendAbroad(
  batch: LogBatch,
  destination: Destination,
  { nowMs, limits }: { nowMs: number; limits: IngestLimitsOf },
): { part: BatchBeside; rows: ForeignRows; destination: Destination } {
  const tally = createTally(batch.rowCount, outside(destination, null))
  // Neither its sender nor its key is told to another tenant.
  const part = { ...routedBatch(batch, destination), source: undefined }
  judgeTimes(part, limits(destination.tenant, 'logs'), { nowMs, tally })
  const rows = { tenant: destination.tenant, rows: destination.count, rejections: tally.rejections() }
  return { part: { batch: part, reject: tally.mask }, rows, destination }
}

/** Mask of the rows that do not go there, and of those that `left` leaves out. */
function outside({ rows }: Destination, left: RowMask): Uint8Array {
  return rows.map((goes, row) => (goes === 0 || (left !== null && left[row] !== 0) ? 1 : 0))
}

function withoutRows(mask: RowMask, destinations: readonly Destination[]): RowMask {
  if (destinations.length === 0) return mask
  const merged = mask === null ? new Uint8Array(destinations[0].rows.length) : Uint8Array.from(mask)
  for (const { rows } of destinations) for (let row = 0; row < rows.length; row++) merged[row] |= rows[row]
  return merged
}

function keptOf(rowCount: number, mask: RowMask): number {
  if (mask === null) return rowCount
  let kept = 0
  for (let row = 0; row < rowCount; row++) if (mask[row] === 0) kept += 1
  return kept
}

/** The rows left out so far, all for a ChosenReason. */
export function chosenRows(tally: Tally): ChosenRows {
  return { count: tally.count, mask: tally.mask === null ? null : Uint8Array.from(tally.mask) }
}

export interface ChosenRows {
  readonly count: number
  readonly mask: RowMask
}

/** The rows that were left out since: what the sender is told of. */
export function faultyRows({ mask, count }: Tally, chosen: ChosenRows): RowMask {
  if (chosen.mask === null || mask === null) return mask
  if (count === chosen.count) return null
  return mask.map((left, row) => (left !== 0 && chosen.mask?.[row] === 0 ? 1 : 0))
}

function withFaultsAbroad(
  here: RowMask,
  sent: readonly { part: BatchBeside; destination: Destination }[],
  rowCount: number,
): RowMask {
  let faulty = here
  for (const { part, destination } of sent)
    for (let row = 0; row < rowCount; row++) {
      if (destination.rows[row] === 0 || part.reject === null || part.reject[row] === 0) continue
      faulty ??= new Uint8Array(rowCount)
      faulty[row] = 1
    }
  return faulty
}
