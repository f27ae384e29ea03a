import type { SeriesIndex } from '../series-index.ts'

/** Hashes of the series of a slice, [low, high] words by slot. */
export function slotWords({ seriesWords }: SeriesIndex, numbers: Uint32Array): Uint32Array {
  const words = new Uint32Array(numbers.length * 2)
  for (let slot = 0; slot < numbers.length; slot += 1) {
    words[2 * slot] = seriesWords[2 * numbers[slot]]
    words[2 * slot + 1] = seriesWords[2 * numbers[slot] + 1]
  }
  return words
}

/** Finds the slot of a series among those of one slice by its hash; -1 for others. */
export class SeriesSlots {
  /** [low, high] words by slot. */
  private readonly words: Uint32Array
  private readonly table: Uint32Array

  /** `words`: hashes as slotWords gives them. */
  constructor(words: Uint32Array) {
    this.words = words
    let size = 16
    while (size < words.length) size *= 2
    this.table = new Uint32Array(size)
    for (let slot = 0; slot < words.length / 2; slot += 1) {
      let at = (words[2 * slot] ^ words[2 * slot + 1]) & (size - 1)
      while (this.table[at] !== 0) at = (at + 1) & (size - 1)
      this.table[at] = slot + 1
    }
  }

  /** `guess` is tried first: rows come in the order of the slots as a rule. */
  find(low: number, high: number, guess: number): number {
    const { words, table } = this
    if (words[2 * guess] === low && words[2 * guess + 1] === high) return guess
    const mask = table.length - 1
    for (let at = (low ^ high) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const slot = table[at] - 1
      if (words[2 * slot] === low && words[2 * slot + 1] === high) return slot
    }
    return -1
  }
}
