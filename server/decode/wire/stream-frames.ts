import { Buffer } from 'node:buffer'

const lineFeed = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const lessThan = 0x3c

/** Digits of the length in front of a message; longer numbers are no length. */
const maxLengthDigits = 9

export interface FrameOptions {
  /** Bytes of one message; a longer one is passed over and counted. */
  readonly maxBytes: number
  /**
   * Whether messages may come with their length in front (`123 <13>…`, RFC 6587 section 3.4.1). It is told message by
   * message: only digits, a blank and a `<` are taken for a length, as every syslog message begins with `<`.
   */
  readonly octetCounted: boolean
}

/** Messages found in one piece, as views of it or, where they came in several, as fresh memory. */
export interface Frames {
  readonly messages: Buffer[]
  /** Messages that were longer than they may be, and how many bytes of them came. */
  tooLong: number
}

/**
 * Cuts a stream into messages: lines that end with a line feed (a carriage return and NULs before it are cut off, empty
 * ones passed over), or messages with their length in front. Every byte is looked at once.
 */
export class FrameSplitter {
  readonly #options: FrameOptions
  /** Pieces of the message at hand, without what the next chunk adds. */
  #pieces: Buffer[] = []
  #size = 0
  /** Bytes that the message at hand still needs; -1: up to the next line feed. */
  #wanted = -1
  #isBegun = false
  #isSkipped = false

  constructor(options: FrameOptions) {
    this.#options = options
  }

  push(piece: Buffer): Frames {
    const frames: Frames = { messages: [], tooLong: 0 }
    // A length that was cut off is begun anew.
    const chunk = this.#isBegun || this.#size === 0 ? piece : Buffer.concat([...this.#take(), piece])
    let at = 0
    while (at < chunk.length) {
      if (!this.#isBegun) {
        at = this.#begin(chunk, at)
        if (!this.#isBegun) break
      }
      at = this.#wanted < 0 ? this.#readLine(chunk, at, frames) : this.#readCounted(chunk, at, frames)
    }
    return frames
  }

  /** What was begun when the stream ended; null for nothing. */
  end(): Buffer | null {
    const rest = this.#isSkipped ? null : trimmed(Buffer.concat(this.#take()))
    this.#reset()
    return rest === null || rest.length === 0 ? null : rest
  }

  /** Bytes held of a message that is not whole. */
  get heldBytes(): number {
    return this.#size
  }

  /** Decides how the message that begins at `at` is framed. The answer: where it goes on. */
  #begin(chunk: Buffer, start: number): number {
    if (!this.#options.octetCounted) {
      this.#isBegun = true
      return start
    }
    let at = start
    // Some senders end messages with a line feed although they count them.
    while (at < chunk.length && (chunk[at] === lineFeed || chunk[at] === carriageReturn || chunk[at] === 0)) at++
    let end = at
    let length = 0
    while (end < chunk.length && end - at <= maxLengthDigits && isDigit(chunk[end]))
      length = length * 10 + chunk[end++] - 48
    const isOpen = end === chunk.length || (chunk[end] === space && end + 1 === chunk.length)
    const mayBeLength = end - at <= maxLengthDigits && (end === at || chunk[at] !== 48)
    if (isOpen && mayBeLength) {
      this.#hold(chunk.subarray(at))
      return chunk.length
    }
    this.#isBegun = true
    if (end === at || !mayBeLength || chunk[end] !== space || chunk[end + 1] !== lessThan) return at
    this.#wanted = length
    return end + 1
  }

  #readLine(chunk: Buffer, start: number, frames: Frames): number {
    const found = chunk.indexOf(lineFeed, start)
    const end = found < 0 ? chunk.length : found
    this.#judge(end - start, frames)
    if (found < 0) {
      if (!this.#isSkipped) this.#hold(chunk.subarray(start))
      return end
    }
    this.#finish(chunk.subarray(start, end), frames)
    return end + 1
  }

  #readCounted(chunk: Buffer, start: number, frames: Frames): number {
    const end = Math.min(chunk.length, start + this.#wanted)
    this.#wanted -= end - start
    this.#judge(this.#wanted + end - start, frames)
    if (this.#wanted > 0) {
      if (!this.#isSkipped) this.#hold(chunk.subarray(start, end))
    } else this.#finish(chunk.subarray(start, end), frames)
    return end
  }

  /** Passes over the rest of a message that `more` bytes make too long. */
  #judge(more: number, frames: Frames): void {
    if (this.#isSkipped || this.#size + more <= this.#options.maxBytes) return
    frames.tooLong++
    this.#isSkipped = true
    this.#take()
  }

  #finish(last: Buffer, frames: Frames): void {
    if (!this.#isSkipped) {
      const whole = this.#size === 0 ? last : Buffer.concat([...this.#take(), last])
      const message = trimmed(whole)
      if (message.length > 0) frames.messages.push(message)
    }
    this.#reset()
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#size += piece.length
  }

  #take(): Buffer[] {
    const pieces = this.#pieces
    this.#pieces = []
    this.#size = 0
    return pieces
  }

  #reset(): void {
    this.#take()
    this.#isBegun = this.#isSkipped = false
    this.#wanted = -1
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

/** Without line ends and NULs at the end. */
export function trimmed(message: Buffer): Buffer {
  let end = message.length
  while (end > 0 && (message[end - 1] === carriageReturn || message[end - 1] === lineFeed || message[end - 1] === 0))
    end--
  return end === message.length ? message : message.subarray(0, end)
}
