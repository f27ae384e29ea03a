import { Buffer } from 'node:buffer'
import { DecodeError } from '../../model/sink.ts'
import { MsgpackScanner } from '../wire/msgpack-reader.ts'

const initialBytes = 64 * 1024

/** Cuts a stream of MessagePack values into the values, as bytes. Every byte is looked at once and copied at most a few times. */
export class RequestSplitter {
  readonly #maxBytes: number
  #scanner = new MsgpackScanner()
  /** Begins with the value at hand; the first `#size` bytes count. */
  #held: Buffer = Buffer.alloc(0)
  #size = 0

  /** `maxBytes`: of one value. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * The values that are whole by now: views of the chunk or of memory that is theirs.
   * Throws: DecodeError where the bytes are no MessagePack, or a value is longer than it may be.
   */
  push(chunk: Buffer): Buffer[] {
    const values: Buffer[] = []
    let bytes = this.#joined(chunk)
    for (;;) {
      const end = this.#scanner.scan(bytes)
      if (end < 0) break
      values.push(bytes.subarray(0, end))
      bytes = bytes.subarray(end)
      this.#scanner = new MsgpackScanner()
    }
    if (Math.max(this.#scanner.leastBytes, bytes.length) > this.#maxBytes)
      throw new DecodeError(`a message is longer than ${this.#maxBytes} bytes`, 'the connection')
    // What was held is given away with the values, so that the rest moves to memory of its own.
    if (values.length > 0 || this.#size === 0) this.#hold(bytes)
    return values
  }

  /** Bytes of a value that is not whole. */
  get heldBytes(): number {
    return this.#size
  }

  #joined(chunk: Buffer): Buffer {
    if (this.#size === 0) return chunk
    const size = this.#size + chunk.length
    if (size > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(initialBytes, this.#held.length * 2, size))
      this.#held.copy(larger, 0, 0, this.#size)
      this.#held = larger
    }
    chunk.copy(this.#held, this.#size)
    this.#size = size
    return this.#held.subarray(0, size)
  }

  #hold(rest: Buffer): void {
    this.#held = Buffer.from(rest)
    this.#size = rest.length
  }
}
