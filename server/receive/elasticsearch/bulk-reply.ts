import { randomBytes } from 'node:crypto'
import type { BulkFault, BulkItem } from '../../decode/elasticsearch/bulk.ts'
import type { Rejection } from '../../model/batch.ts'
import type { Outcome } from '../../model/sink.ts'

/**
 * The answer of `_bulk`: one entry per operation in the sender's order, each with its own status. `decodeRejections` are
 * those among the outcome's that the items tell themselves.
 */
export function bulkReply(
  items: readonly BulkItem[],
  outcome: Outcome,
  decodeRejections: readonly Rejection[],
): object {
  const late = lateFault(outcome, decodeRejections)
  const seed = randomBytes(12).toString('base64url')
  let hasErrors = false
  const answers = items.map((item, i) => {
    const fault = item.fault ?? (item.row >= 0 && (outcome.rejectedRows?.[item.row] ?? 0) !== 0 ? late : null)
    if (fault !== null) hasErrors = true
    const about = { _index: item.index, _id: item.id === '' ? `${seed}${i.toString(36)}` : item.id }
    if (fault !== null) return { [item.action]: { ...about, status: 400, error: fault } }
    const shards = { total: 1, successful: 1, failed: 0 }
    const stored = { _version: 1, result: 'created', _shards: shards, _seq_no: i, _primary_term: 1, status: 201 }
    return { [item.action]: { ...about, ...stored } }
  })
  return { took: 0, errors: hasErrors, items: answers }
}

/** What rows are told that were rejected behind the decoder; which reason is whose is not known where there are several. */
function lateFault({ rejections }: Outcome, decodeRejections: readonly Rejection[]): BulkFault {
  const early = new Map(decodeRejections.map(({ reason, count }) => [reason, count]))
  const late = rejections.filter(({ reason, count }) => count > (early.get(reason) ?? 0))
  const reason = late.map((rejection) => `${rejection.reason}: ${rejection.sample}`).join('; ')
  return { type: 'illegal_argument_exception', reason: reason === '' ? 'rejected' : reason }
}
