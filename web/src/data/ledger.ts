import type { IngestHealth, IngestHealthQuery } from '../../../contract/index.ts'
import { formatDuration } from '../format/number.ts'

export type LedgerRow = IngestHealth['entries'][number]

export type Grouping = IngestHealthQuery['by']
export const groupings: readonly Grouping[] = ['receiver', 'sender', 'key']

/** The receiver of a row for people. */
export function titleOf({ receiver, title }: Pick<LedgerRow, 'receiver' | 'title'>): string {
  return receiver === 'own_telemetry' ? 'Sightline itself' : title
}

/** Ways in by which nothing came, as far as the rows tell. */
export function silentReceivers(health: IngestHealth | undefined): IngestHealth['receivers'] {
  const heard = new Set(health?.entries.map(({ receiver }) => receiver))
  return (health?.receivers ?? []).filter(({ receiver }) => !heard.has(receiver))
}

/** Lines of the ledger: what people send first, most rows first; the platform's own last. */
export function ledgerRows(health: IngestHealth | undefined): LedgerRow[] {
  const isOwn = ({ tenant }: LedgerRow) => (tenant.startsWith('_') ? 1 : 0)
  return (health?.entries ?? []).toSorted(
    (one, other) =>
      isOwn(one) - isOwn(other) || other.received - one.received || (one.receiver < other.receiver ? -1 : 1),
  )
}

/** The same lines with the rows of the last five minutes; what waits, waits now. */
export function latelyRows(rows: readonly LedgerRow[]): LedgerRow[] {
  return rows.map((row) => ({ ...row, ...row.lately }))
}

/** What was received under the name of one access key, by signal, since the process started. */
export function ofKey(health: IngestHealth | undefined, name: string): LedgerRow[] {
  return (health?.entries ?? []).filter(({ key }) => key === name)
}

/** Sums of all lines; the newest is the latest of all. */
export function ledgerTotal(rows: readonly LedgerRow[]) {
  const sum = (of: (row: LedgerRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  const newest = rows.reduce((latest, { last_received_at }) => {
    const ms = last_received_at === null ? 0 : Date.parse(last_received_at)
    return Math.max(latest, ms)
  }, 0)
  return {
    received: sum(({ received }) => received),
    stored: sum(({ stored }) => stored),
    waiting: sum(({ waiting }) => waiting),
    rejected: sum(({ rejected }) => rejected),
    newestMs: newest,
  }
}

/** How long ago, `–` for never. */
export function ageWords(at: string | null, nowMs: number): string {
  if (at === null) return '–'
  const ms = Math.round((nowMs - Date.parse(at)) / 100) * 100
  return ms <= 100 ? 'now' : formatDuration(ms)
}
