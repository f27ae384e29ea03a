import { Buffer } from 'node:buffer'
import type { Memory } from '../model/memory.ts'

/** Size of a slab for many pieces. Two or three of them hold a usual request. */
const slabBytes = 1 << 20

/** Largest slab that is kept: of the next power of two for a piece that is larger than a usual one. Beyond: memory of its own. */
const maxSlabBytes = 16 << 20

/** Bytes of slabs kept for later requests; beyond it they are left to the garbage collector. */
const maxFreeBytes = 64 << 20

/** Columns begin at multiples of this, so that no two share a line of the processor's cache. */
const alignment = 64

/**
 * Slabs that requests use one after another. Memory that is allocated anew for every request costs three times: it is
 * mapped page by page, it is out of every cache, and V8 answers each 32 to 64 MiB of it with a whole collection.
 */
export class SlabPool {
  /** By size. */
  readonly #free = new Map<number, Buffer[]>()
  #freeBytes = 0

  /** Memory for one request. */
  open(): RequestMemory {
    return new RequestMemory(this)
  }

  take(bytes: number): Buffer {
    const slab = this.#free.get(bytes)?.pop()
    if (slab === undefined) return Buffer.allocUnsafeSlow(bytes)
    this.#freeBytes -= bytes
    return slab
  }

  give(slab: Buffer): void {
    const bytes = slab.length
    if (this.#freeBytes + bytes > maxFreeBytes) return
    this.#freeBytes += bytes
    const free = this.#free.get(bytes)
    if (free === undefined) this.#free.set(bytes, [slab])
    else free.push(slab)
  }
}

/** Hands out pieces of slabs from front to back; `release` gives all of it back, and nothing may use it after that. */
class RequestMemory implements Memory {
  readonly #pool: SlabPool
  #slabs: Buffer[] = []
  #slab: Buffer | null = null
  #at = 0

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  take(bytes: number): Buffer {
    if (bytes > maxSlabBytes) return Buffer.allocUnsafeSlow(bytes)
    if (bytes > slabBytes) return this.#own(bytes)
    if (this.#slab === null || this.#at + bytes > slabBytes) {
      this.#slab = this.#pool.take(slabBytes)
      this.#slabs.push(this.#slab)
      this.#at = 0
    }
    const start = this.#at
    this.#at += (bytes + alignment - 1) & -alignment
    return this.#slab.subarray(start, start + bytes)
  }

  /** A piece that has a slab to itself. */
  #own(bytes: number): Buffer {
    const slab = this.#pool.take(2 ** Math.ceil(Math.log2(bytes)))
    this.#slabs.push(slab)
    return slab.subarray(0, bytes)
  }

  release(): void {
    for (const slab of this.#slabs) this.#pool.give(slab)
    this.#slabs = []
    this.#slab = null
  }
}
