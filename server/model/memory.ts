import { Buffer } from 'node:buffer'

/** Where the bytes of a request and of its columns come from. */
export interface Memory {
  /** Room for `bytes` bytes at an address that is a multiple of 8. Its contents are undefined, not zero. */
  take(bytes: number): Buffer
}

/** Memory of its own for every call, which the garbage collector frees. */
export const freshMemory: Memory = { take: (bytes) => Buffer.allocUnsafeSlow(bytes) }

/** Memory that lasts until it is released; nothing may use it after that. */
export interface Room {
  readonly memory: Memory
  release(): void
}

/** A room where no memory is kept for later ones. */
export const freshRoom: Room = { memory: freshMemory, release: () => {} }

/** Room for `count` bytes; contents undefined. */
export function takeUint8(memory: Memory, count: number): Uint8Array {
  const bytes = memory.take(count)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, count)
}

/** Room for `count` numbers of 32 bits; contents undefined. */
export function takeUint32(memory: Memory, count: number): Uint32Array {
  const bytes = memory.take(count * 4)
  return new Uint32Array(bytes.buffer, bytes.byteOffset, count)
}

/** Room for `count` doubles; contents undefined. */
export function takeFloat64(memory: Memory, count: number): Float64Array {
  const bytes = memory.take(count * 8)
  return new Float64Array(bytes.buffer, bytes.byteOffset, count)
}
