import { type ArrayColumn, NativeColumns } from './native-columns.ts'

/**
 * Rows of samples as columns. A row has either one series and any number of times (a stored piece) or one time and any
 * number of series (a scrape); its values lie in that order. Pieces of one series may come in any order, their times
 * unsorted and repeated. 64-bit numbers are [low, high] words.
 */
export interface SampleBlock {
  readonly rows: number
  /** Holds times and values as they came, 8 bytes each and not aligned; their columns say at which byte they begin. */
  readonly bytes: Buffer
  readonly times: ArrayColumn<number>
  readonly series: ArrayColumn<Uint32Array>
  /** By series of the row: value = vi / 10^-exp, or the bits themselves for 127. */
  readonly exponents: Int8Array
  readonly values: ArrayColumn<number>
}

/** The blocks in some of the bytes that `sampleBytes` gave; they stay in them. */
export function* sampleBlocksOf(bytes: Uint8Array): Generator<SampleBlock> {
  const columns = new NativeColumns(bytes)
  while (columns.nextBlock()) {
    const times = columns.wordArraysInPlace()
    const series = columns.wordArrays()
    const exponents = columns.int8Arrays().items
    const values = columns.wordArraysInPlace()
    if (columns.rows > 0) yield { rows: columns.rows, bytes: columns.buffer, times, series, exponents, values }
  }
}
