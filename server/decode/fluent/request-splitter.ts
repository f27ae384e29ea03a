import { Buffer } from 'node:buffer'
import type { Room } from '../../model/memory.ts'
import { DecodeError } from '../../model/sink.ts'
import { MsgpackScanner } from '../wire/msgpack-reader.ts'

const initialBytes = 64 * 1024

/** What a chunk completed. */
export interface WholeRequests {
  readonly values: readonly Buffer[]
  /** To be released when nobody needs the values any more; null where they are views of the chunk. */
  readonly room: Room | null
}

/** Cuts a stream of MessagePack values into the values, as bytes. Every byte is looked at once and copied at most a few times. */
export class RequestSplitter {
  readonly #maxBytes: number
  readonly #open: () => Room
  #scanner = new MsgpackScanner()
  /** Begins with the value at hand; the first `#size` bytes count. In `#room`, or a view of the last chunk. */
  #held: Buffer = Buffer.alloc(0)
  #size = 0
  #room: Room | null = null

  /** `maxBytes`: of one value. `open`: memory for values that come in several chunks. */
  constructor(maxBytes: number, open: () => Room) {
    this.#maxBytes = maxBytes
    this.#open = open
  }

  /**
   * The values that are whole by now. A chunk may be kept uncopied: it must not be written to.
   * Throws: DecodeError where the bytes are no MessagePack, or a value is longer than it may be.
   */
  push(chunk: Buffer): WholeRequests {
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
    const room = values.length === 0 ? null : this.#giveRoom()
    if (this.#size === 0 || values.length > 0) this.#hold(bytes, room !== null)
    return { values, room }
  }

  /** Bytes of a value that is not whole. */
  get heldBytes(): number {
    return this.#size
  }

  /** Forgets what is held. */
  end(): void {
    this.#giveRoom()?.release()
    this.#hold(Buffer.alloc(0), false)
  }

  #joined(chunk: Buffer): Buffer {
    if (this.#size === 0) return chunk
    const size = this.#size + chunk.length
    if (size > this.#held.length || this.#room === null) {
      const larger = this.#take(Math.max(this.#held.length * 2, size))
      this.#held.copy(larger, 0, 0, this.#size)
      this.#held = larger
    }
    chunk.copy(this.#held, this.#size)
    this.#size = size
    return this.#held.subarray(0, size)
  }

  /** `isLent`: `rest` lies where the values do, which are given away. */
  #hold(rest: Buffer, isLent: boolean): void {
    this.#size = rest.length
    this.#held = rest
    if (!isLent || rest.length === 0) return
    this.#held = this.#take(rest.length)
    rest.copy(this.#held)
  }

  #take(bytes: number): Buffer {
    this.#room ??= this.#open()
    return this.#room.memory.take(Math.max(initialBytes, bytes))
  }

  #giveRoom(): Room | null {
    const room = this.#room
    this.#room = null
    return room
  }
}
