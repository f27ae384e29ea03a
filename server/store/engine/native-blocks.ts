import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { giveBlocksBack, takeBlockBuffer } from './block-memory.ts'
import { NativeCursor, type NativeType, NeedMore, nativeType } from './native-type.ts'
import { type StoreError, StoreUnavailable, storeErrorOf } from './store-errors.ts'
import { unzipped } from './zstd-stream.ts'

/**
 * Cuts a stream of FORMAT Native (revision 0) into chunks of whole blocks: one or more each, as they come.
 *
 * Each chunk is a buffer of its own that the reader may keep, or give back (giveBlocksBack). Cost: every byte is copied once; fixed-width columns
 * are passed in one step, a string column in one step per row. Memory: the largest block and what follows it in the
 * socket's buffer.
 *
 * ClickHouse reports an error in the middle of an answer as text after the last block, fenced by `exceptionTag`, and
 * then breaks the connection: that error is thrown after the blocks before it. A stream that ends inside a block
 * throws StoreUnavailable. `isZstd`: the stream is compressed, exception included.
 */
export async function* wholeNativeBlocks(
  stream: Readable,
  exceptionTag: string | undefined,
  isZstd = false,
): AsyncGenerator<Uint8Array> {
  const fence = exceptionTag === undefined ? undefined : Buffer.from(`\r\n__exception__\r\n${exceptionTag}\r\n`)
  const walk = new BlockWalk(fence)
  try {
    yield* streamedBlocks(walk, isZstd ? unzipped(stream) : toTheLastByte(stream), fence)
  } finally {
    walk.end()
  }
}

async function* streamedBlocks(
  walk: BlockWalk,
  chunks: AsyncIterable<Uint8Array>,
  fence: Buffer | undefined,
): AsyncGenerator<Uint8Array> {
  let broken: unknown
  try {
    for await (const chunk of chunks) {
      walk.append(chunk)
      const blocks = walk.takeBlocks()
      if (blocks !== undefined) yield blocks
    }
  } catch (error) {
    broken = error
  }
  const last = walk.takeBlocks({ isEnd: true })
  if (last !== undefined) yield last
  if (walk.isAtFence) throw exceptionOf(walk.rest, { fence: fence as Buffer, cause: broken })
  if (broken !== undefined) throw broken
  if (walk.rest.length > 0) throw endedInside(walk.rest)
}

function endedInside({ length }: Buffer): StoreUnavailable {
  return new StoreUnavailable(`The column store's answer ended inside a block, after ${length} bytes of it.`)
}

/** A file's blocks come in pieces of about this size, bytes; one block has about 1 MB. */
const pieceBytes = 4 << 20

/** The same of a file that holds the whole answer. Throws StoreUnavailable where it ends inside a block. */
export async function* wholeNativeBlocksOfFile(file: FileHandle): AsyncGenerator<Uint8Array> {
  const walk = new BlockWalk(undefined, pieceBytes)
  try {
    for (let bytesRead = 1; bytesRead > 0; ) {
      const room = walk.room(1)
      bytesRead = (await file.read(room, 0, room.length, null)).bytesRead
      walk.filled(bytesRead)
      if (bytesRead > 0 && bytesRead < room.length) continue
      const blocks = walk.takeBlocks({ isEnd: bytesRead === 0 })
      if (blocks !== undefined) yield blocks
    }
    if (walk.rest.length > 0) throw endedInside(walk.rest)
  } finally {
    walk.end()
  }
}

/**
 * A stream's chunks, also those that had arrived when its connection broke: iteration alone forgets them, and the
 * fenced exception is among them.
 */
async function* toTheLastByte(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* stream
  } catch (error) {
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) yield chunk
    throw error
  }
}

/** A growing buffer that knows how far the blocks in it are complete. */
class BlockWalk {
  readonly #fence: Buffer | undefined
  #bytes: Buffer
  #length = 0
  /** End of the last complete block. */
  #blockEnd = 0
  /** The walk through the block that is not complete yet; kept between chunks, so no column is walked again. */
  #position = 0
  #columns = 0
  #rows = 0
  #needed = 1
  /** Only a whole fence shows that this is not a block; set once, nothing follows it. */
  isAtFence = false

  constructor(fence: Buffer | undefined, firstBytes = 1) {
    this.#fence = fence
    this.#bytes = takeBlockBuffer(firstBytes)
  }

  /** What follows the last complete block. */
  get rest(): Buffer {
    return this.#bytes.subarray(this.#blockEnd, this.#length)
  }

  append(chunk: Uint8Array): void {
    this.room(chunk.length).set(chunk)
    this.filled(chunk.length)
  }

  /** Where the next bytes belong: at least `bytes` of them. */
  room(bytes: number): Buffer {
    const length = this.#length + bytes
    if (length > this.#bytes.length) {
      const larger = takeBlockBuffer(Math.max(length, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#length)
      giveBlocksBack(this.#bytes)
      this.#bytes = larger
    }
    return this.#bytes.subarray(this.#length)
  }

  /** So many bytes were written into the room. */
  filled(bytes: number): void {
    this.#length += bytes
  }

  /** All complete blocks, or undefined when there is none. `isEnd`: what is needed will not come. */
  takeBlocks(stream: { isEnd: boolean } = { isEnd: false }): Uint8Array | undefined {
    if (stream.isEnd) this.#needed = this.#blockEnd + 1
    while (this.#length >= this.#needed && !this.isAtFence && this.#walk()) this.#blockEnd = this.#position
    if (this.#blockEnd === 0) return undefined
    const blocks = this.#bytes.subarray(0, this.#blockEnd)
    const rest = this.rest
    // The next blocks are about as large.
    this.#bytes = takeBlockBuffer(Math.max(rest.length, this.#blockEnd))
    rest.copy(this.#bytes)
    this.#length = rest.length
    this.#position -= this.#blockEnd
    this.#needed -= this.#blockEnd
    this.#blockEnd = 0
    return blocks
  }

  /** Gives back the room that no block came to lie in. */
  end(): void {
    giveBlocksBack(this.#bytes)
  }

  /** Walks on; true at the end of a block, false when more bytes are needed or an exception begins. */
  #walk(): boolean {
    try {
      if (this.#position === this.#blockEnd && !this.#beginBlock()) return false
      while (this.#columns > 0) {
        const cursor = this.#cursor()
        this.#skipColumn(cursor)
        this.#position = cursor.position
        this.#columns--
      }
      this.#needed = this.#position + 1
      return true
    } catch (error) {
      if (!(error instanceof NeedMore)) throw error
      this.#needed = error.needed
      return false
    }
  }

  #beginBlock(): boolean {
    if (this.#fence !== undefined) {
      const begin = this.rest.subarray(0, this.#fence.length)
      if (begin.equals(this.#fence.subarray(0, begin.length))) {
        this.isAtFence = begin.length === this.#fence.length
        this.#needed = this.#blockEnd + this.#fence.length
        return false
      }
    }
    const cursor = this.#cursor()
    this.#columns = cursor.varuint()
    this.#rows = cursor.varuint()
    this.#position = cursor.position
    return true
  }

  #skipColumn(cursor: NativeCursor): void {
    cursor.skip(cursor.varuint()) // the column's name
    const type: NativeType = nativeType(cursor.text())
    // Zero rows are zero bytes, prefixes included.
    if (this.#rows === 0) return
    cursor.skip(type.prefixBytes)
    type.skip(cursor, this.#rows)
  }

  #cursor(): NativeCursor {
    return new NativeCursor(this.#bytes, this.#position, this.#length)
  }
}

/** `Code: 395. DB::Exception: … (NAME) (version …)`, then the text's length and the tag again. */
function exceptionOf(rest: Buffer, known: { fence: Buffer; cause: unknown }): StoreError {
  const text = rest.subarray(known.fence.length).toString()
  const found =
    /^Code: (\d+)\. DB::Exception: ([\s\S]*?)(?: \([A-Z0-9_]+\))?(?: \(version [^)]*\))?\n\d+ [a-z]+\r\n/.exec(text)
  if (found === null) {
    return new StoreUnavailable(`The column store broke off its answer: ${text}`, { cause: known.cause })
  }
  return storeErrorOf({ code: Number(found[1]), message: found[2], cause: known.cause })
}
