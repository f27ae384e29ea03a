/** Another seed in every process, so that nobody can prepare keys that all fall on one slot. */
const seed = (Math.random() * 0x1_0000_0000) | 0

/** A chunk holds at most 2^18 words (1 MiB); a place is chunk number << 18 | word, so 16 GiB can be addressed. */
const wordBits = 18
const chunkWords = 1 << wordBits
const wordMask = chunkWords - 1

/** Chunks start at 4 KiB and double: an index of a few keys stays small. */
const firstChunkWords = 1024

/** Longest key that can be indexed, bytes. `add` answers -1 beyond it. */
export const maxKeyBytes = chunkWords * 4

const freeLength = 0xffffffff

/**
 * Finds byte strings: bytes → entry, a small integer. Keys are copied into arenas; every look-up compares every byte,
 * so a hash collision cannot mislead it.
 *
 * Cost: when keys come in the order in which they came before, one comparison of 4 bytes a step and no hash (the
 * usual successor of the entry before is tried first); else a hash over the key and one comparison.
 * Memory: 16 bytes of columns per entry, 6-12 bytes of hash slots, and the key padded to 4 bytes.
 * An entry is valid until `remove`; its number may be given to another key later. Little-endian machines only.
 */
export class ByteIndex {
  #places = new Uint32Array(32)
  #lengths = new Uint32Array(32)
  #hashes = new Int32Array(32)
  /** Entry + 1 that came after this one the last time; 0 = none. Checked by its bytes, so it may be out of date. */
  #successors = new Uint32Array(32)
  /** Open addressing with linear probing: entry + 1, 0 = empty. At most two thirds full. */
  #slots = new Uint32Array(64)
  #entryCount = 0
  #liveCount = 0
  readonly #freeEntries: number[] = []
  readonly #chunks: Int32Array[] = []
  readonly #deadWords: number[] = []
  readonly #freeChunks: number[] = []
  #tailChunk = -1
  #tailWord = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #view = new DataView(this.#bytes.buffer)

  /** Entries are below this number; owners size their columns by it. */
  get capacity(): number {
    return this.#places.length
  }

  /** Keys in the index. */
  get count(): number {
    return this.#liveCount
  }

  /** Bytes held by columns, slots and arenas. */
  get memoryBytes(): number {
    let sum = this.#places.length * 16 + this.#slots.length * 4
    for (const chunk of this.#chunks) sum += chunk.length * 4
    return sum
  }

  /**
   * Entry of `bytes[start .. end)`, or -1. `after` is the entry of the key before, or -1: its successor is tried
   * first, and the entry found becomes its successor.
   */
  find(bytes: Uint8Array, start: number, end: number, after: number): number {
    if (bytes !== this.#bytes) this.#bind(bytes)
    if (after >= 0) {
      const guess = this.#successors[after] - 1
      if (guess >= 0 && this.#equals(guess, start, end)) return guess
    }
    const entry = this.#lookUp(this.#hash(start, end), start, end)
    if (entry >= 0 && after >= 0) this.#successors[after] = entry + 1
    return entry
  }

  /**
   * Entry whose key usually follows that of `after`, where `bytes[start .. end)` begins with that key; else -1. Saves
   * looking for the end of a key; what stands behind it is the caller's to judge. `lengthOf` has the key's length.
   */
  guess(bytes: Uint8Array, start: number, end: number, after: number): number {
    if (bytes !== this.#bytes) this.#bind(bytes)
    const guess = this.#successors[after] - 1
    if (!(guess >= 0)) return -1
    const keyEnd = start + this.#lengths[guess]
    return keyEnd <= end && this.#equals(guess, start, keyEnd) ? guess : -1
  }

  /** Bytes of a live entry's key. */
  lengthOf(entry: number): number {
    return this.#lengths[entry]
  }

  /** Adds a key that `find` does not know. -1 where it is longer than `maxKeyBytes`. `after` as in `find`. */
  add(bytes: Uint8Array, start: number, end: number, after: number): number {
    if (end - start > maxKeyBytes) return -1
    if (bytes !== this.#bytes) this.#bind(bytes)
    if ((this.#liveCount + 1) * 3 > this.#slots.length * 2) this.#growSlots()
    const entry = this.#freeEntries.pop() ?? this.#entryCount++
    if (entry === this.#places.length) this.#growColumns()
    const hash = this.#hash(start, end)
    this.#places[entry] = this.#store(start, end)
    this.#lengths[entry] = end - start
    this.#hashes[entry] = hash
    this.#successors[entry] = 0
    const mask = this.#slots.length - 1
    let slot = hash & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = entry + 1
    this.#liveCount++
    if (after >= 0) this.#successors[after] = entry + 1
    return entry
  }

  /** Forgets a key; its entry may be given out again at once. */
  remove(entry: number): void {
    const mask = this.#slots.length - 1
    let hole = this.#hashes[entry] & mask
    while (this.#slots[hole] !== entry + 1) hole = (hole + 1) & mask
    for (let next = (hole + 1) & mask; this.#slots[next] !== 0; next = (next + 1) & mask) {
      const home = this.#hashes[this.#slots[next] - 1] & mask
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      this.#slots[hole] = this.#slots[next]
      hole = next
    }
    this.#slots[hole] = 0
    this.#deadWords[this.#places[entry] >>> wordBits] += (this.#lengths[entry] + 3) >>> 2
    this.#lengths[entry] = freeLength
    this.#freeEntries.push(entry)
    this.#liveCount--
  }

  /** The key of a live entry: a view, good until the next `add` or `compact`. */
  key(entry: number): Uint8Array {
    const place = this.#places[entry]
    return new Uint8Array(this.#chunks[place >>> wordBits].buffer, (place & wordMask) * 4, this.#lengths[entry])
  }

  /** Live entries. Entries may be removed meanwhile, not added. */
  *entries(): Generator<number> {
    for (let entry = 0; entry < this.#entryCount; entry++) if (this.#lengths[entry] !== freeLength) yield entry
  }

  /** Lets go of the bytes that were searched last. */
  release(): void {
    this.#bind(new Uint8Array(0))
  }

  /**
   * Gives arenas back of which most keys were removed, by moving the rest. Moves at most about `maxBytes`; cost: one
   * pass over all entries where there is something to give back.
   */
  compact(maxBytes: number): void {
    const sparse = new Set<number>()
    let moved = 0
    for (let chunk = 0; chunk < this.#chunks.length && moved < maxBytes; chunk++) {
      const words = this.#chunks[chunk].length
      if (chunk === this.#tailChunk || words === 0 || this.#deadWords[chunk] * 2 < words) continue
      sparse.add(chunk)
      moved += (words - this.#deadWords[chunk]) * 4
    }
    if (sparse.size === 0) return
    for (let entry = 0; entry < this.#entryCount; entry++) {
      const length = this.#lengths[entry]
      if (length === freeLength || !sparse.has(this.#places[entry] >>> wordBits)) continue
      this.#bind(this.key(entry))
      this.#places[entry] = this.#store(0, length)
    }
    for (const chunk of sparse) {
      this.#chunks[chunk] = new Int32Array(0)
      this.#freeChunks.push(chunk)
    }
    this.release()
  }

  #bind(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  #equals(entry: number, start: number, end: number): boolean {
    const length = end - start
    if (this.#lengths[entry] !== length) return false
    const place = this.#places[entry]
    const words = this.#chunks[place >>> wordBits]
    const view = this.#view
    const whole = start + (length & -4)
    let word = place & wordMask
    for (let at = start; at < whole; at += 4) if (view.getInt32(at, true) !== words[word++]) return false
    return whole === end || words[word] === this.#tail(whole, end)
  }

  /** The last one to three bytes as a word filled up with zeros. */
  #tail(start: number, end: number): number {
    const bytes = this.#bytes
    let word = bytes[start]
    if (end - start > 1) word |= bytes[start + 1] << 8
    if (end - start > 2) word |= bytes[start + 2] << 16
    return word
  }

  #hash(start: number, end: number): number {
    const view = this.#view
    const whole = start + ((end - start) & -4)
    let hash = seed ^ (end - start)
    for (let at = start; at < whole; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    if (whole < end) hash = Math.imul(hash ^ this.#tail(whole, end), 0x9e3779b1)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    return hash ^ (hash >>> 13)
  }

  #lookUp(hash: number, start: number, end: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] - 1
      if (this.#hashes[entry] === hash && this.#equals(entry, start, end)) return entry
    }
    return -1
  }

  /** Copies a range of the bound bytes into the arenas; the answer is its place. */
  #store(start: number, end: number): number {
    const needed = (end - start + 3) >>> 2
    if (this.#tailChunk < 0 || this.#tailWord + needed > this.#chunks[this.#tailChunk].length) this.#addChunk(needed)
    const words = this.#chunks[this.#tailChunk]
    const place = ((this.#tailChunk << wordBits) | this.#tailWord) >>> 0
    const whole = start + ((end - start) & -4)
    let word = this.#tailWord
    for (let at = start; at < whole; at += 4) words[word++] = this.#view.getInt32(at, true)
    if (whole < end) words[word] = this.#tail(whole, end)
    this.#tailWord += needed
    return place
  }

  #addChunk(needed: number): void {
    if (this.#tailChunk >= 0) this.#deadWords[this.#tailChunk] += this.#chunks[this.#tailChunk].length - this.#tailWord
    const before = this.#tailChunk < 0 ? firstChunkWords / 2 : this.#chunks[this.#tailChunk].length
    const chunk = new Int32Array(Math.max(needed, Math.min(before * 2, chunkWords)))
    this.#tailChunk = this.#freeChunks.pop() ?? this.#chunks.length
    this.#chunks[this.#tailChunk] = chunk
    this.#deadWords[this.#tailChunk] = 0
    this.#tailWord = 0
  }

  #growColumns(): void {
    const capacity = grownCapacity(this.#places.length)
    this.#places = grown(this.#places, new Uint32Array(capacity))
    this.#lengths = grown(this.#lengths, new Uint32Array(capacity))
    this.#hashes = grown(this.#hashes, new Int32Array(capacity))
    this.#successors = grown(this.#successors, new Uint32Array(capacity))
  }

  #growSlots(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (const taken of this.#slots) {
      if (taken === 0) continue
      let slot = this.#hashes[taken - 1] & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = taken
    }
    this.#slots = slots
  }
}

/** The next size of a column: twice, and a quarter more once it is large. */
export function grownCapacity(capacity: number): number {
  return capacity < 1 << 20 ? capacity * 2 : Math.ceil(capacity * 1.25)
}

function grown<T extends Uint32Array | Int32Array>(column: T, larger: T): T {
  larger.set(column)
  return larger
}
