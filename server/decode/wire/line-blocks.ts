import { Buffer } from 'node:buffer'

const lineFeed = 0x0a

/** Whole lines found in one piece of a stream. */
export interface LineBlocks {
  /** Each one or more lines with their ends; views of the piece, but for a line that came in several pieces. */
  readonly blocks: Buffer[]
  /** Lines that were longer than they may be. */
  tooLong: number
}

/**
 * Cuts a stream into blocks of whole lines, for decoders that read lines where they stand: a piece is searched for its
 * last line end only, and nothing is made per line. `maxBytes`: of one line; a longer one is passed over and counted.
 */
export class LineBlockSplitter {
  readonly #maxBytes: number
  /** Pieces of the line at hand. */
  #pieces: Buffer[] = []
  #size = 0
  #isSkipped = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(piece: Buffer): LineBlocks {
    const found: LineBlocks = { blocks: [], tooLong: 0 }
    let start = 0
    if (this.#size > 0 || this.#isSkipped) {
      const end = piece.indexOf(lineFeed)
      if (end < 0) {
        this.#hold(piece, found)
        return found
      }
      start = end + 1
      this.#hold(piece.subarray(0, start), found)
      const line = this.end()
      if (line !== null) found.blocks.push(line)
    }
    const end = piece.lastIndexOf(lineFeed) + 1
    if (end > start) this.#cut(piece.subarray(start, end), found)
    this.#hold(piece.subarray(Math.max(start, end)), found)
    return found
  }

  /** The line begun, when its end has come or the stream is over; null for none. */
  end(): Buffer | null {
    const rest = this.#isSkipped || this.#size === 0 ? null : Buffer.concat(this.#pieces)
    this.#isSkipped = false
    this.#take()
    return rest
  }

  /** Only a block with more bytes than a line may have is searched for lines that are too long. */
  #cut(block: Buffer, found: LineBlocks): void {
    if (block.length <= this.#maxBytes) {
      found.blocks.push(block)
      return
    }
    let blockStart = 0
    for (let start = 0; start < block.length; ) {
      const end = block.indexOf(lineFeed, start) + 1
      if (end - 1 - start > this.#maxBytes) {
        found.tooLong++
        if (start > blockStart) found.blocks.push(block.subarray(blockStart, start))
        blockStart = end
      }
      start = end
    }
    if (blockStart < block.length) found.blocks.push(block.subarray(blockStart))
  }

  #hold(piece: Buffer, found: LineBlocks): void {
    if (piece.length === 0 || this.#isSkipped) return
    const isEnded = piece[piece.length - 1] === lineFeed
    this.#pieces.push(piece)
    this.#size += piece.length
    if (this.#size - (isEnded ? 1 : 0) <= this.#maxBytes) return
    found.tooLong++
    this.#isSkipped = true
    this.#take()
  }

  #take(): void {
    this.#pieces = []
    this.#size = 0
  }
}

/** A block of lines in two, cut behind the line end that is nearest the middle from its front; null for a single line. */
export function halvesOf(block: Buffer): readonly [Buffer, Buffer] | null {
  if (block.length < 2) return null
  const middle = block.length >> 1
  const before = block.lastIndexOf(lineFeed, middle - 1) + 1
  const cut = before > 0 && before < block.length ? before : block.indexOf(lineFeed, middle) + 1
  return cut > 0 && cut < block.length ? [block.subarray(0, cut), block.subarray(cut)] : null
}
