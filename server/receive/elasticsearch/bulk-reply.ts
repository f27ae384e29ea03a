import { randomBytes } from 'node:crypto'
import type { BulkFault, BulkItem } from '../../decode/elasticsearch/bulk.ts'
import type { Rejection } from '../../model/batch.ts'
import type { Outcome } from '../../model/sink.ts'

/**
 * The answer of `_bulk`, as JSON: one entry per operation in the sender's order, each with its own status. `decodeRejections`
 * are those among the outcome's that the items tell themselves. Written as text, as an object per item would take longer
 * than its document.
 */
export function bulkReply(
  items: readonly BulkItem[],
  outcome: Outcome,
  decodeRejections: readonly Rejection[],
): string {
  const late = lateFault(outcome, decodeRejections)
  const seed = randomBytes(12).toString('base64url')
  let hasErrors = false
  let answers = ''
  let before: BulkItem | null = null
  let head = ''
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (item.action !== before?.action || item.index !== before.index)
      head = `{"${item.action}":{"_index":${JSON.stringify(item.index)},"_id":`
    before = item
    const id = item.id === '' ? `"${seed}${i.toString(36)}"` : JSON.stringify(item.id)
    const fault = item.fault ?? (item.row >= 0 && (outcome.rejectedRows?.[item.row] ?? 0) !== 0 ? late : null)
    if (fault !== null) hasErrors = true
    answers += i === 0 ? head : `,${head}`
    answers +=
      fault === null ? `${id}${stored}${i}${storedEnd}` : `${id},"status":400,"error":${JSON.stringify(fault)}}}`
  }
  return `{"took":0,"errors":${hasErrors},"items":[${answers}]}`
}

/** What is said of an item that was stored, around its number. */
const stored = ',"_version":1,"result":"created","_shards":{"total":1,"successful":1,"failed":0},"_seq_no":'
const storedEnd = ',"_primary_term":1,"status":201}}'

/** What rows are told that were rejected behind the decoder; which reason is whose is not known where there are several. */
function lateFault({ rejections }: Outcome, decodeRejections: readonly Rejection[]): BulkFault {
  const early = new Map(decodeRejections.map(({ reason, count }) => [reason, count]))
  const late = rejections.filter(({ reason, count }) => count > (early.get(reason) ?? 0))
  const reason = late.map((rejection) => `${rejection.reason}: ${rejection.sample}`).join('; ')
  return { type: 'illegal_argument_exception', reason: reason === '' ? 'rejected' : reason }
}
