import { describe, expect, it } from 'vitest'
import { SlabPool } from './request-memory.ts'

const mebibyte = 1 << 20

/** Where pieces lie: two that share a buffer lie in the same memory. */
const buffersOf = (pool: SlabPool, ...sizes: number[]): ArrayBufferLike[] => {
  const memory = pool.open()
  const buffers = sizes.map((size) => {
    const piece = memory.take(size)
    expect(piece.length).toBe(size)
    return piece.buffer
  })
  memory.release()
  return buffers
}

describe('SlabPool', () => {
  it('gives the memory of one request to the next, large pieces too', () => {
    const pool = new SlabPool()
    const sizes = [1000, mebibyte + 1, 3 * mebibyte]
    expect(new Set(buffersOf(pool, ...sizes))).toEqual(new Set(buffersOf(pool, ...sizes)))
  })

  it('puts small pieces side by side, aligned, and none into a slab in use', () => {
    const pool = new SlabPool()
    const memory = pool.open()
    const [first, second] = [memory.take(65), memory.take(8)]
    expect(second.buffer).toBe(first.buffer)
    expect(second.byteOffset - first.byteOffset).toBe(128)
    expect(pool.open().take(8).buffer).not.toBe(first.buffer)
  })

  it('keeps no more than 64 MiB, and nothing larger than 16 MiB', () => {
    const pool = new SlabPool()
    const sizes = new Array<number>(5).fill(16 * mebibyte)
    const before = new Set(buffersOf(pool, ...sizes))
    expect(buffersOf(pool, ...sizes).filter((buffer) => before.has(buffer))).toHaveLength(4)
    const [large] = buffersOf(pool, 17 * mebibyte)
    expect(buffersOf(pool, 17 * mebibyte)).not.toContain(large)
  })
})
