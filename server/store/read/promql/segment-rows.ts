import { histogramColumns } from '../../schema/table-columns.ts'
import { type ArrayColumn, NativeColumns } from './native-columns.ts'

/**
 * Rows of `samples_hot` as they lie in a segment of the journal (columns in the order of `samplesHotColumns`); one row
 * is one time of some series of one metric and target. 64-bit numbers are [low, high] words.
 */
export interface HotRows {
  readonly rows: number
  /** Holds hashes and values, 8 bytes each and not aligned; their columns say at which byte they begin. */
  readonly bytes: Buffer
  readonly tenants: Uint32Array
  readonly metrics: Uint32Array
  readonly times: Uint32Array
  readonly series: ArrayColumn<number>
  readonly exponents: Int8Array
  readonly values: number
}

/** The blocks of a segment of `samples_hot`, one per commit. */
export function* hotRows(segment: Uint8Array): Generator<HotRows> {
  const columns = new NativeColumns(segment)
  while (columns.nextBlock()) {
    const tenants = columns.uint32()
    const metrics = columns.words()
    columns.skip(4)
    const times = columns.words()
    columns.skip(4)
    columns.skip(2)
    const series = columns.wordArraysInPlace()
    const exponents = columns.int8Arrays().items
    const values = columns.wordArraysInPlace().items
    yield { rows: columns.rows, bytes: columns.buffer, tenants, metrics, times, series, exponents, values }
  }
}

/** Whose native histograms a segment of `histograms` holds, by row. */
export interface HistogramOwners {
  readonly tenants: Uint32Array
  readonly series: Uint32Array
}

export function* histogramOwners(segment: Uint8Array): Generator<HistogramOwners> {
  const columns = new NativeColumns(segment)
  while (columns.nextBlock()) {
    let tenants: Uint32Array = new Uint32Array()
    let series: Uint32Array = new Uint32Array()
    for (const { name, type } of histogramColumns.columns)
      if (name === 'tenant') tenants = columns.uint32()
      else if (name === 'series') series = columns.words()
      else if (type.startsWith('Array(')) columns.skipArrays(widthOf(type.slice(6, -1)))
      else columns.skip(widthOf(type))
    yield { tenants, series }
  }
}

function widthOf(type: string): number {
  if (type.startsWith('DateTime64')) return 8
  const bits = Number(/^(?:U?Int|Float)(\d+)$/.exec(type)?.[1])
  if (Number.isNaN(bits)) throw new Error(`segment of histograms: ${type} is no type of a fixed width`)
  return bits / 8
}
