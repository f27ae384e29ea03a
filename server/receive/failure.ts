import { BodyTooLarge } from '../decode/decompress.ts'
import type { RejectReason } from '../model/batch.ts'
import type { Ledger, LedgerKey } from '../model/ledger.ts'
import { DecodeError, JournalFull, Overloaded } from '../model/sink.ts'

/** Why a request was not taken, apart from any protocol. */
export type FailureKind =
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'too_large'
  | 'unsupported_type'
  | 'unsupported_encoding'
  | 'overloaded'
  | 'journal_full'
  | 'internal'

/** A request that was not taken, in words for its sender. Nothing of it was stored. */
export interface Failure {
  readonly kind: FailureKind
  /** HTTP status that fits; a protocol with its own rules answers by `kind`. */
  readonly status: number
  readonly message: string
  /** When to send again; null where that would not help. */
  readonly retryAfterMs: number | null
}

const statusOf: Readonly<Record<FailureKind, number>> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  too_large: 413,
  unsupported_type: 415,
  unsupported_encoding: 415,
  overloaded: 429,
  journal_full: 503,
  internal: 500,
}

/** Thrown by listeners for what they judge themselves. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** What a sender is told of an error. Errors that nobody foresaw keep their words to themselves: they may hold anything. */
export function failureOf(error: unknown): Failure {
  if (error instanceof RequestRefused) return error.failure
  if (error instanceof BodyTooLarge) return failure('too_large', error.message, null)
  if (error instanceof DecodeError) return failure('malformed', error.message, null)
  if (error instanceof Overloaded) return failure('overloaded', error.message, error.retryAfterMs)
  if (error instanceof JournalFull) return failure('journal_full', error.message, error.retryAfterMs)
  return failure('internal', 'internal error; the log of the server has the details', null)
}

/** A failure of the listener's own judgement; sending again would not help. */
export function refused(kind: FailureKind, message: string): RequestRefused {
  return new RequestRefused(failure(kind, message, null))
}

function failure(kind: FailureKind, message: string, retryAfterMs: number | null): Failure {
  return { kind, status: statusOf[kind], message, retryAfterMs }
}

/** Failure of a request that `authorizeIngest` did not let in. */
export function refusalOf(decision: { status: 401 | 403 | 404; message: string }): Failure {
  const kind = decision.status === 401 ? 'unauthenticated' : decision.status === 403 ? 'forbidden' : 'not_found'
  return failure(kind, decision.message, null)
}

/** `Retry-After` in whole seconds, at least 1; no header where sending again would not help. */
export function retryAfterHeader({ retryAfterMs }: Failure): Record<string, string> {
  return retryAfterMs === null ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }
}

/** Failures that lose what was sent, as the ledger names them. The others ask the sender to come again, or to log in. */
const rejectReasons: Readonly<Partial<Record<FailureKind, RejectReason>>> = {
  malformed: 'malformed',
  too_large: 'body_too_long',
  unsupported_type: 'unsupported',
  unsupported_encoding: 'unsupported',
}

/** Counts a request that could not be read as one row: how many it held, nobody knows. */
export function countFailure(ledger: Ledger, failure: Failure, request: { key: LedgerKey; bytes: number }): void {
  const reason = rejectReasons[failure.kind]
  if (reason === undefined) return
  ledger.received(request.key, 1, request.bytes)
  ledger.rejected(request.key, { reason, count: 1, sample: failure.message.slice(0, 256) })
}
