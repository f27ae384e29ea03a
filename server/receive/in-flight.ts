import { Overloaded } from '../model/sink.ts'

/** Bytes of requests, as received and as unpacked, that are held at once; more are told to come back. */
const defaultMaxInFlightBytes = 512 * 1024 * 1024

/** What a sender is told to wait when memory is short, ms: requests are done with in far less. */
const retryAfterMs = 1000

/** Bounds the memory that requests on their way take, over all listeners of the process. */
export interface InFlight {
  /** Room for one request; `release` gives all of it back. */
  open(): InFlightRequest
  /** Bytes held now. */
  readonly bytes: number
}

export interface InFlightRequest {
  /** Takes room before memory is allocated. Throws: Overloaded. */
  reserve(bytes: number): void
  release(): void
}

export function createInFlight(maxBytes: number = defaultMaxInFlightBytes): InFlight {
  let held = 0
  return {
    get bytes() {
      return held
    },
    open() {
      let own = 0
      return {
        reserve(bytes) {
          if (held + bytes > maxBytes)
            throw new Overloaded(`${held} bytes of requests are in work already; send again later`, retryAfterMs)
          held += bytes
          own += bytes
        },
        release() {
          held -= own
          own = 0
        },
      }
    },
  }
}
