import type { FailureKind } from './failure.ts'

/**
 * Codes of google.rpc.Code for refused requests.
 * Source: OTLP specification, "OTLP/gRPC response": overload is UNAVAILABLE, which senders repeat.
 */
const codes: Readonly<Record<FailureKind, number>> = {
  malformed: 3, // INVALID_ARGUMENT
  unauthenticated: 16, // UNAUTHENTICATED
  forbidden: 7, // PERMISSION_DENIED
  not_found: 5, // NOT_FOUND
  too_large: 8, // RESOURCE_EXHAUSTED, without RetryInfo: not repeated
  unsupported_type: 3,
  unsupported_encoding: 3,
  overloaded: 14, // UNAVAILABLE
  journal_full: 14,
  internal: 13, // INTERNAL
}

export function rpcCodeOf(kind: FailureKind): number {
  return codes[kind]
}
