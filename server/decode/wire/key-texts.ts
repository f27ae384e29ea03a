import type { Buffer } from 'node:buffer'
import { RememberedBytes } from './remembered-bytes.ts'

/** Longest key that is remembered, bytes. */
const maxKeyBytes = 48

/**
 * Texts of keys by their bytes: senders have few keys and send them with every record. The same bytes have the same
 * string, which the engine then need not hash anew when it becomes the name of a property.
 */
export class KeyTexts {
  readonly #known = new RememberedBytes<string>((text) => text, { maxBytes: maxKeyBytes })

  /** The text of `bytes[start .. end)`; invalid UTF-8 becomes U+FFFD. */
  textOf(bytes: Buffer, start: number, end: number): string {
    return this.#known.of(bytes, start, end)
  }
}
