import { freshMemory, type Room } from '../model/memory.ts'
import { Overloaded } from '../model/sink.ts'
import { SlabPool } from './request-memory.ts'

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

/** `memory`: for the request's bytes and columns; does not count as held. */
export interface InFlightRequest extends Room {
  /** Takes room before memory is allocated. Throws: Overloaded. */
  reserve(bytes: number): void
}

export interface InFlightOptions {
  readonly maxBytes?: number
  /** Memory of one request serves the next: for sinks that are done with a batch when `append` resolves. */
  readonly reusesMemory?: boolean
}

export function createInFlight(options: InFlightOptions = {}): InFlight {
  const { maxBytes = defaultMaxInFlightBytes, reusesMemory = false } = options
  const pool = reusesMemory ? new SlabPool() : null
  let held = 0
  return {
    get bytes() {
      return held
    },
    open() {
      let own = 0
      const slabs = pool?.open()
      return {
        memory: slabs ?? freshMemory,
        reserve(bytes) {
          if (held + bytes > maxBytes)
            throw new Overloaded(`${held} bytes of requests are in work already; send again later`, retryAfterMs)
          held += bytes
          own += bytes
        },
        release() {
          held -= own
          own = 0
          slabs?.release()
        },
      }
    },
  }
}
