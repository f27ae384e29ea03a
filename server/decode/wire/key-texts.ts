import type { Buffer } from 'node:buffer'

/** Keys remembered; a power of two. A key takes the place of another that falls on the same one. */
const places = 1_024
/** Longest key that is remembered, bytes. */
const maxKeyBytes = 48

interface Known {
  readonly bytes: Uint8Array
  readonly text: string
}

/**
 * Texts of keys by their bytes: senders have few keys and send them with every record. The same bytes have the same
 * string, which the engine then need not hash anew when it becomes the name of a property.
 */
export class KeyTexts {
  readonly #known: (Known | undefined)[] = new Array(places)

  /** The text of `bytes[start .. end)`; invalid UTF-8 becomes U+FFFD. */
  textOf(bytes: Buffer, start: number, end: number): string {
    const length = end - start
    if (length > maxKeyBytes) return bytes.toString('utf8', start, end)
    let hash = length
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    const place = (hash ^ (hash >>> 15)) & (places - 1)
    const known = this.#known[place]
    if (known !== undefined && isSame(known.bytes, bytes, start, length)) return known.text
    const text = bytes.toString('utf8', start, end)
    this.#known[place] = { bytes: Uint8Array.prototype.slice.call(bytes, start, end), text }
    return text
  }
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (known.length !== length) return false
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return false
  return true
}
