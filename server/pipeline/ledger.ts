import type { Rejection, RejectReason } from '../model/batch.ts'
import type { Ledger, LedgerEntry, LedgerKey } from '../model/ledger.ts'
import type { Clock } from '../runtime/clock.ts'
import { Lately } from './lately.ts'

interface Account {
  readonly key: LedgerKey
  receivedRows: number
  receivedBytes: number
  storedRows: number
  rejectedRows: number
  lastReceivedUnixMs: number
  readonly lately: { readonly receivedRows: Lately; readonly storedRows: Lately; readonly rejectedRows: Lately }
  readonly rejections: Map<RejectReason, { count: number; sample: string; lastUnixMs: number }>
}

/**
 * The ledger of this process, in memory: it starts empty and counts what this process was given and what it found
 * in the journal (`recovered`). Exporting the figures is left to others, through `entries()`.
 *
 * Waiting is what is neither stored nor rejected yet, so the sum holds by construction; that it never falls below
 * zero is the promise of the callers: `stored`, `rejected` and `returned` follow the `received` they belong to.
 * Cost: one map look-up per call; one account per tenant, signal and receiver.
 */
export function createLedger(clock: Clock): Ledger {
  const accounts = new Map<string, Account>()

  function accountOf(key: LedgerKey): Account {
    const name = `${key.tenant} ${key.signal} ${key.receiver}`
    const known = accounts.get(name)
    if (known !== undefined) return known
    const account = openAccount(key)
    accounts.set(name, account)
    return account
  }

  return {
    received(key, rows, bytes) {
      const account = accountOf(key)
      account.receivedRows += rows
      account.receivedBytes += bytes
      account.lastReceivedUnixMs = clock.nowMs()
      account.lately.receivedRows.add(rows, clock.nowMs())
    },
    rejected(key, rejection) {
      addRejection(accountOf(key), rejection, clock.nowMs())
    },
    returned(key, rows, bytes) {
      const account = accountOf(key)
      account.receivedRows -= rows
      account.receivedBytes -= bytes
      account.lately.receivedRows.add(-rows, clock.nowMs())
    },
    stored(key, rows) {
      const account = accountOf(key)
      account.storedRows += rows
      account.lately.storedRows.add(rows, clock.nowMs())
    },
    recovered(key, rows) {
      accountOf(key).receivedRows += rows
    },
    entries: () => [...accounts.values()].map((account) => entryOf(account, clock.nowMs())),
  }
}

function openAccount({ tenant, signal, receiver }: LedgerKey): Account {
  return {
    key: { tenant, signal, receiver },
    receivedRows: 0,
    receivedBytes: 0,
    storedRows: 0,
    rejectedRows: 0,
    lastReceivedUnixMs: 0,
    lately: { receivedRows: new Lately(), storedRows: new Lately(), rejectedRows: new Lately() },
    rejections: new Map(),
  }
}

function addRejection(account: Account, { reason, count, sample }: Rejection, nowMs: number): void {
  if (count === 0) return
  account.rejectedRows += count
  account.lately.rejectedRows.add(count, nowMs)
  const before = account.rejections.get(reason)?.count ?? 0
  account.rejections.set(reason, { count: before + count, sample, lastUnixMs: nowMs })
}

function entryOf(account: Account, nowMs: number): LedgerEntry {
  const { receivedRows, receivedBytes, storedRows, rejectedRows, lastReceivedUnixMs } = account
  return {
    ...account.key,
    receivedRows,
    receivedBytes,
    storedRows,
    rejectedRows,
    waitingRows: receivedRows - storedRows - rejectedRows,
    rejections: [...account.rejections].map(([reason, figures]) => ({ reason, ...figures })),
    lastReceivedUnixMs,
    lately: {
      receivedRows: Math.max(0, account.lately.receivedRows.sum(nowMs)),
      storedRows: account.lately.storedRows.sum(nowMs),
      rejectedRows: account.lately.rejectedRows.sum(nowMs),
    },
  }
}
