import { Buffer } from 'node:buffer'

/** Writes a message from its end to its beginning, so that the length of what lies inside is known when it is written. */
export class BackwardWriter {
  readonly #bytes: Buffer
  #start: number
  /** Something did not fit, and what is written is of no use. */
  isFull = false

  constructor(maxBytes: number) {
    this.#bytes = Buffer.alloc(maxBytes)
    this.#start = maxBytes
  }

  reset(): void {
    this.#start = this.#bytes.length
    this.isFull = false
  }

  /** Bytes written since the message was begun. */
  get size(): number {
    return this.#bytes.length - this.#start
  }

  byte(value: number): void {
    if (this.#start === 0) this.isFull = true
    else this.#bytes[--this.#start] = value
  }

  put(content: Uint8Array): void {
    if (content.length > this.#start) this.isFull = true
    else {
      this.#start -= content.length
      this.#bytes.set(content, this.#start)
    }
  }

  text(content: string): void {
    const bytes = Buffer.byteLength(content)
    if (bytes > this.#start) this.isFull = true
    else {
      this.#start -= bytes
      this.#bytes.write(content, this.#start, bytes, 'utf8')
    }
  }

  /** A number of so many bytes, the highest first. */
  integer(value: number, bytes: number): void {
    let rest = value
    for (let left = bytes; left > 0; left--) {
      this.byte(rest & 0xff)
      rest = Math.floor(rest / 256)
    }
  }

  varint(value: number): void {
    const groups = value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 5
    for (let group = groups - 1; group >= 0; group--) {
      const bits = Math.floor(value / 128 ** group) & 0x7f
      this.byte(group === groups - 1 ? bits : bits | 0x80)
    }
  }

  /** A view, good until the next message is begun. */
  finish(): Buffer {
    return this.#bytes.subarray(this.#start)
  }
}
