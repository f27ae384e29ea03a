import { Buffer } from 'node:buffer'

const smallestBytes = 256 * 1024

/** Buffers larger than this are left to the garbage collector, as is what exceeds `maxFreeBytes`. */
const largestKeptBytes = 16 << 20
const maxFreeBytes = 96 << 20

let freeBytes = 0
const free: Buffer[] = []
/** What was handed out and may come back, once. */
const lent = new WeakSet<ArrayBufferLike>()

/**
 * A buffer of at least `bytes` bytes for blocks of an answer; its contents are undefined. New memory for every block
 * would be mapped page by page, and V8 collects its whole heap for every 64 MiB of it. Shared memory, so that threads
 * can read it where it is.
 */
export function takeBlockBuffer(bytes: number): Buffer {
  const fitting = free.findIndex((buffer) => buffer.length >= bytes)
  if (fitting >= 0) {
    const [known] = free.splice(fitting, 1)
    freeBytes -= known.length
    lent.add(known.buffer)
    return known
  }
  const buffer = Buffer.from(new SharedArrayBuffer(Math.max(smallestBytes, 2 ** Math.ceil(Math.log2(bytes)))))
  if (buffer.length <= largestKeptBytes) lent.add(buffer.buffer)
  return buffer
}

/**
 * Gives the memory of blocks back that `nativeBlocks` gave: they must not be used any more. A reader that keeps them,
 * or forgets this, loses nothing but time.
 */
export function giveBlocksBack(blocks: Uint8Array): void {
  if (!lent.delete(blocks.buffer) || freeBytes + blocks.buffer.byteLength > maxFreeBytes) return
  const buffer = Buffer.from(blocks.buffer)
  freeBytes += buffer.length
  free.push(buffer)
}
