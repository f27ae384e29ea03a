import type { Buffer } from 'node:buffer'

/** Values remembered; a power of two. One takes the place of another that falls on the same one. */
const places = 1_024

interface Known<T> {
  readonly bytes: Uint8Array
  readonly value: T
}

/** What was made of a text, by its bytes: senders have few texts of some kinds and send them with every record. */
export class RememberedBytes<T> {
  readonly #make: (text: string) => T
  readonly #maxBytes: number
  readonly #known: (Known<T> | undefined)[] = new Array(places)

  /** `maxBytes`: of the longest text that is remembered. */
  constructor(make: (text: string) => T, { maxBytes }: { maxBytes: number }) {
    this.#make = make
    this.#maxBytes = maxBytes
  }

  /** What `make` answers for the text `bytes[start .. end)`, in which invalid UTF-8 becomes U+FFFD. */
  of(bytes: Buffer, start: number, end: number): T {
    const length = end - start
    if (length > this.#maxBytes) return this.#make(bytes.toString('utf8', start, end))
    let hash = length
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    const place = (hash ^ (hash >>> 15)) & (places - 1)
    const known = this.#known[place]
    if (known !== undefined && isSame(known.bytes, bytes, start, length)) return known.value
    const value = this.#make(bytes.toString('utf8', start, end))
    this.#known[place] = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), value }
    return value
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (known.length !== length) return false
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}
