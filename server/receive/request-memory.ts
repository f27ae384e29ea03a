import { Buffer } from 'node:buffer'
import type { Memory } from '../model/memory.ts'

/** Size of a slab; what is larger is allocated by itself. Two or three of them hold a usual request. */
const slabBytes = 1 << 20

/** Slabs kept for later requests; beyond it they are left to the garbage collector. 64 MiB. */
const maxFreeSlabs = 64

/** Columns begin at multiples of this, so that no two share a line of the processor's cache. */
const alignment = 64

/**
 * Slabs that requests use one after another. Memory that is allocated anew for every request costs three times: it is
 * mapped page by page, it is out of every cache, and V8 answers each 32 to 64 MiB of it with a whole collection.
 */
export class SlabPool {
  readonly #free: Buffer[] = []

  /** Memory for one request. */
  open(): RequestMemory {
    return new RequestMemory(this)
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes)
  }

  give(slab: Buffer): void {
    if (this.#free.length < maxFreeSlabs) this.#free.push(slab)
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
    if (bytes > slabBytes) return Buffer.allocUnsafeSlow(bytes)
    if (this.#slab === null || this.#at + bytes > slabBytes) {
      this.#slab = this.#pool.take()
      this.#slabs.push(this.#slab)
      this.#at = 0
    }
    const start = this.#at
    this.#at += (bytes + alignment - 1) & -alignment
    return this.#slab.subarray(start, start + bytes)
  }

  release(): void {
    for (const slab of this.#slabs) this.#pool.give(slab)
    this.#slabs = []
    this.#slab = null
  }
}
