import { Buffer } from 'node:buffer'

/** Another seed in every process, so that nobody can prepare strings that all fall on one place of the table. */
const seed = (Math.random() * 0x1_0000_0000) | 0

/**
 * Numbers distinct strings given as bytes: equal bytes, equal number; dense from 0, which is ''.
 *
 * Cost: when strings come in the order in which they came before, one comparison (the successor of the string before
 * is tried first); else a hash over all bytes. Text is decoded once per distinct string; invalid UTF-8 becomes
 * U+FFFD, and strings that are equal then have one number.
 */
export class ByteInterner {
  /** By number. `values[0]` is ''. */
  readonly values: string[] = ['']
  /** Bytes of string i: `#arena[#starts[i] .. #starts[i + 1])`. */
  #arena: Buffer = Buffer.allocUnsafeSlow(512)
  #starts = new Uint32Array(34)
  #hashes = new Int32Array(32)
  /** Open addressing; 0 is an empty place, as '' never gets here. At most half full. */
  #table = new Uint32Array(64)
  /** Number that came after number i the last time. */
  #successor = new Uint32Array(32)
  #before = 0
  #scratch: Buffer = Buffer.allocUnsafeSlow(256)

  /** Strings known, '' among them. */
  get count(): number {
    return this.values.length
  }

  /** Starts a new run: the next string is guessed to be the one that began the run before. */
  startRun(): void {
    this.#before = 0
  }

  /** Number of the string `source[start .. end)`. */
  intern(source: Uint8Array, start: number, end: number): number {
    if (start === end) return 0
    const guess = this.#successor[this.#before]
    if (guess !== 0 && this.#equals(guess, source, start, end)) {
      this.#before = guess
      return guess
    }
    const found = this.#lookUp(source, start, end)
    this.#successor[this.#before] = found
    this.#before = found
    return found
  }

  internText(text: string): number {
    if (text === '') return 0
    const guess = this.#successor[this.#before]
    if (guess !== 0 && this.values[guess] === text) {
      this.#before = guess
      return guess
    }
    if (text.length * 3 > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(text.length * 6)
    return this.intern(this.#scratch, 0, this.#scratch.write(text, 0, 'utf8'))
  }

  #equals(index: number, source: Uint8Array, start: number, end: number): boolean {
    const at = this.#starts[index]
    const length = end - start
    if (this.#starts[index + 1] - at !== length) return false
    const arena = this.#arena
    for (let i = 0; i < length; i++) if (arena[at + i] !== source[start + i]) return false
    return true
  }

  #lookUp(source: Uint8Array, start: number, end: number): number {
    let hash = seed
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i], 0x01000193)
    hash ^= hash >>> 15
    const mask = this.#table.length - 1
    let place = hash & mask
    for (; this.#table[place] !== 0; place = (place + 1) & mask) {
      const index = this.#table[place]
      if (this.#hashes[index] === hash && this.#equals(index, source, start, end)) return index
    }
    const bytes = Buffer.from(source.buffer, source.byteOffset + start, end - start)
    const text = bytes.toString('utf8')
    // Only invalid UTF-8 reads differently when written again: look up what it became.
    if (text.includes('\ufffd')) {
      const replaced = Buffer.from(text, 'utf8')
      if (!replaced.equals(bytes)) return this.#lookUp(replaced, 0, replaced.length)
    }
    return this.#insert(bytes, text, { hash, place })
  }

  #insert(bytes: Buffer, text: string, { hash, place }: { hash: number; place: number }): number {
    const index = this.values.length
    if (index === this.#hashes.length) this.#growEntries()
    const at = this.#starts[index]
    if (at + bytes.length > this.#arena.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#arena.length * 2, at + bytes.length))
      this.#arena.copy(larger, 0, 0, at)
      this.#arena = larger
    }
    this.#arena.set(bytes, at)
    this.#starts[index + 1] = at + bytes.length
    this.#hashes[index] = hash
    this.#table[place] = index
    this.values.push(text)
    if (this.values.length * 2 > this.#table.length) this.#growTable()
    return index
  }

  #growEntries(): void {
    const capacity = this.#hashes.length * 2
    const starts = new Uint32Array(capacity + 2)
    starts.set(this.#starts)
    this.#starts = starts
    const hashes = new Int32Array(capacity)
    hashes.set(this.#hashes)
    this.#hashes = hashes
    const successor = new Uint32Array(capacity)
    successor.set(this.#successor)
    this.#successor = successor
  }

  #growTable(): void {
    const table = new Uint32Array(this.#table.length * 2)
    const mask = table.length - 1
    for (let index = 1; index < this.values.length; index++) {
      let place = this.#hashes[index] & mask
      while (table[place] !== 0) place = (place + 1) & mask
      table[place] = index
    }
    this.#table = table
  }
}
