import { type IngestHealth, ingestHealthQuerySchema, ingestHealthSchema } from '../../../contract/index.ts'
import type { Ledger, LedgerEntry, LedgerGrouping } from '../../model/ledger.ts'
import type { ReceiverPlace } from '../../model/origin/receiver-place.ts'
import type { Scope } from '../../model/scope.ts'
import type { TenantId } from '../../model/tenant.ts'
import { instantJson } from '../json/records.ts'
import { type ScopeOf, withScope } from '../request-scope.ts'
import { type ApiInstance, errorAnswers } from './route-parts.ts'

export interface IngestHealthParts {
  readonly scopeOf: ScopeOf
  readonly ledger: Pick<Ledger, 'entries'>
  /** All ways in that are open. */
  readonly receiverPlaces: readonly ReceiverPlace[]
  readonly tenantName: (tenant: TenantId) => string
  /** Whether who asks may see the entries of a tenant other than the scope's own. */
  readonly maySee: (scope: Scope, tenant: TenantId) => boolean
}

/** `GET /api/ingest/health` */
export function registerIngestHealth(api: ApiInstance, parts: IngestHealthParts): void {
  api.get(
    '/api/ingest/health',
    {
      schema: {
        summary: 'What became of every received row: stored, waiting, or rejected and why',
        querystring: ingestHealthQuerySchema,
        response: { 200: ingestHealthSchema, ...errorAnswers },
      },
    },
    (request, reply) =>
      withScope(parts.scopeOf, { request, reply }, (scope) => {
        const { by } = request.query
        const entries = parts.ledger
          .entries(by)
          .filter((entry) => entry.tenant === scope.tenant || parts.maySee(scope, entry.tenant))
          .map((entry) => entryJson(entry, { by, parts }))
        return Promise.resolve({
          holds: entries.every((entry) => entry.holds),
          entries,
          receivers: parts.receiverPlaces.map(({ receiver, title, listensAt }) => ({
            ...{ receiver, title, listens_at: [...listensAt] },
          })),
          ...(entries.length === 0 ? { message: 'Nothing has been received since this process started.' } : {}),
        })
      }),
  )
}

function entryJson(
  entry: LedgerEntry,
  { by, parts }: { by: LedgerGrouping; parts: IngestHealthParts },
): IngestHealth['entries'][number] {
  const { signal, receiver, receivedRows, storedRows, waitingRows, rejectedRows, lately, source } = entry
  const { sender = '', accessKey = '' } = source ?? {}
  return {
    ...{ tenant: parts.tenantName(entry.tenant), signal, receiver, title: titleOf(receiver, parts) },
    ...(by === 'sender' ? { sender } : by === 'key' ? { key: accessKey } : {}),
    ...{ senders: entry.senders, received: receivedRows, received_bytes: entry.receivedBytes },
    ...{ stored: storedRows, waiting: waitingRows, rejected: rejectedRows },
    rejections: entry.rejections.map(({ reason, count, sample, lastUnixMs }) => ({
      ...{ reason, count, sample },
      last_at: instantJson(lastUnixMs),
    })),
    holds: receivedRows === storedRows + rejectedRows + waitingRows,
    last_received_at: entry.lastReceivedUnixMs === 0 ? null : instantJson(entry.lastReceivedUnixMs),
    lately: {
      ...{ received: lately.receivedRows, stored: lately.storedRows, rejected: lately.rejectedRows },
      received_course: [...lately.receivedCourse],
    },
  }
}

/** What comes from no receiver (the platform's own telemetry) has the words of its name. */
function titleOf(receiver: string, { receiverPlaces }: IngestHealthParts): string {
  return receiverPlaces.find((one) => one.receiver === receiver)?.title ?? receiver.replaceAll('_', ' ')
}
