import type { Rejection, RejectReason } from './batch.ts'
import type { RowSource } from './origin/row-source.ts'
import type { Signal } from './signal.ts'
import type { TenantId } from './tenant.ts'

/** Where rows came from: the key under which they are counted. */
export interface LedgerKey {
  readonly tenant: TenantId
  readonly signal: Signal
  readonly receiver: string
  /** Who sent them; absent where nothing is known of it, which is the same as a source of two empty names. */
  readonly source?: RowSource | undefined
}

/** What the lines of the ledger are told apart by, besides tenant, signal and receiver. */
export type LedgerGrouping = 'receiver' | 'sender' | 'key'

/**
 * Counts every received row until it is stored or rejected. At all times, for every key and every grouping:
 * received = stored + rejected + waiting, where waiting rows lie in the journal or on their way to it.
 */
export interface Ledger {
  /** Rows arrived (before any of them is judged); `bytes` as received. */
  received(key: LedgerKey, rows: number, bytes: number): void
  rejected(key: LedgerKey, rejection: Rejection): void
  /** Rows that the sender was told to send again (JournalFull, Overloaded): taken back out of `received`. */
  returned(key: LedgerKey, rows: number, bytes: number): void
  stored(key: LedgerKey, rows: number): void
  /** Rows found in the journal at start: they count as received by this process and waiting. */
  recovered(key: LedgerKey, rows: number): void
  /**
   * One entry for each tenant, signal and receiver, and each sender or key of those where they are asked for. An entry's
   * `source` has the name that was asked for; the other is ''. Absent: by receiver.
   */
  entries(by?: LedgerGrouping): readonly LedgerEntry[]
}

export interface LedgerEntry extends LedgerKey {
  /** Senders that name themselves; counted by receiver and by key. */
  readonly senders: number
  readonly receivedRows: number
  readonly receivedBytes: number
  readonly storedRows: number
  readonly waitingRows: number
  readonly rejectedRows: number
  readonly rejections: readonly (Rejection & { readonly reason: RejectReason; readonly lastUnixMs: number })[]
  /** Unix ms of the last arrival; 0 = none in this process. */
  readonly lastReceivedUnixMs: number
  /** Rows of the last five minutes (up to ten seconds more). What is found in the journal at start is not among them. */
  readonly lately: {
    readonly receivedRows: number
    readonly storedRows: number
    readonly rejectedRows: number
    /** Received rows of the last 30 whole steps of ten seconds, oldest first; what is sent again counts where it was taken. */
    readonly receivedCourse: readonly number[]
  }
}
