import type { Rejection, RejectReason } from '../model/batch.ts'
import type { Ledger, LedgerEntry, LedgerGrouping, LedgerKey } from '../model/ledger.ts'
import type { RowSource } from '../model/origin/row-source.ts'
import type { Clock } from '../runtime/clock.ts'
import { Lately } from './lately.ts'
import { SourceNames } from './source-names.ts'

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
 * Cost: one map look-up per call; one account per tenant, signal, receiver and source (bounded by SourceNames).
 * A name that is not counted by itself never will be, so rows meet in one account from receipt to store, whoever names them.
 */
export function createLedger(clock: Clock): Ledger {
  const accounts = new Map<string, Account>()
  const names = new SourceNames()

  function accountOf(key: LedgerKey): Account {
    const source = names.of(key.tenant, key.source)
    const name = nameOf(key, source ?? nobody)
    const known = accounts.get(name)
    if (known !== undefined) return known
    const account = openAccount({ ...key, source })
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
    entries(by = 'receiver') {
      const groups = Map.groupBy(accounts.values(), ({ key }) => nameOf(key, groupedSource(key, by)))
      return [...groups.values()].map((group) => entryOf(group, by, clock.nowMs()))
    },
  }
}

const nobody: RowSource = { sender: '', accessKey: '' }
const separator = String.fromCharCode(0)

function nameOf({ tenant, signal, receiver }: LedgerKey, { sender, accessKey }: RowSource): string {
  return `${tenant} ${signal} ${receiver} ${sender}${separator}${accessKey}`
}

/** What of an account's source tells groups apart. */
function groupedSource({ source = nobody }: LedgerKey, by: LedgerGrouping): RowSource {
  if (by === 'receiver') return nobody
  return by === 'sender' ? { sender: source.sender, accessKey: '' } : { sender: '', accessKey: source.accessKey }
}

function openAccount({ tenant, signal, receiver, source }: LedgerKey): Account {
  return {
    key: { tenant, signal, receiver, source },
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

/** The sum of accounts of one tenant, signal and receiver. */
function entryOf(accounts: readonly Account[], by: LedgerGrouping, nowMs: number): LedgerEntry {
  const [{ key }] = accounts
  const sum = (of: (account: Account) => number): number => accounts.reduce((all, account) => all + of(account), 0)
  const receivedRows = sum((account) => account.receivedRows)
  const storedRows = sum((account) => account.storedRows)
  const rejectedRows = sum((account) => account.rejectedRows)
  return {
    ...{ tenant: key.tenant, signal: key.signal, receiver: key.receiver, source: groupedSource(key, by) },
    ...{ receivedRows, storedRows, rejectedRows, receivedBytes: sum((account) => account.receivedBytes) },
    waitingRows: receivedRows - storedRows - rejectedRows,
    senders: new Set(accounts.flatMap((account) => account.key.source?.sender || [])).size,
    rejections: sumRejections(accounts),
    lastReceivedUnixMs: Math.max(...accounts.map((account) => account.lastReceivedUnixMs)),
    lately: {
      receivedRows: Math.max(
        0,
        sum(({ lately }) => lately.receivedRows.sum(nowMs)),
      ),
      storedRows: sum(({ lately }) => lately.storedRows.sum(nowMs)),
      rejectedRows: sum(({ lately }) => lately.rejectedRows.sum(nowMs)),
      receivedCourse: sumCourses(accounts, nowMs),
    },
  }
}

/** What was returned is taken out where it was given back, which may be a step later: never below zero. */
function sumCourses(accounts: readonly Account[], nowMs: number): number[] {
  const courses = accounts.map(({ lately }) => lately.receivedRows.course(nowMs))
  return courses[0].map((_, at) =>
    Math.max(
      0,
      courses.reduce((all, course) => all + course[at], 0),
    ),
  )
}

/** One entry per reason, with the newest sample. */
function sumRejections(accounts: readonly Account[]): LedgerEntry['rejections'] {
  const sums = new Map<RejectReason, LedgerEntry['rejections'][number]>()
  for (const { rejections } of accounts)
    for (const [reason, figures] of rejections) {
      const known = sums.get(reason)
      const newest = known === undefined || figures.lastUnixMs >= known.lastUnixMs ? figures : known
      const { sample, lastUnixMs } = newest
      sums.set(reason, { reason, sample, lastUnixMs, count: figures.count + (known?.count ?? 0) })
    }
  return [...sums.values()]
}
