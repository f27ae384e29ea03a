import { Buffer } from 'node:buffer'
import xxhash from 'xxhash-wasm'
import { canonicalLabelBytes, forEachCanonicalLabel } from '../label-bytes.ts'
import type { Labels } from '../series-table.ts'

/** Joins job and instance before they are hashed; stands in no valid UTF-8. */
const targetSeparator = 0xff

/** Names whose values make the metric and the target of a series. */
const nameLabel = Buffer.from('__name__')
const jobLabel = Buffer.from('job')
const instanceLabel = Buffer.from('instance')

/** Hashes by which stored series are addressed. 64-bit hashes are [low, high] words. */
export interface SeriesHashes {
  /** xxh64 (seed 0) of bytes; of a UTF-8 metric name it is the metric's hash. */
  bytes(bytes: Uint8Array): readonly [low: number, high: number]
  metric(name: string): readonly [low: number, high: number]
  /** xxh64 (seed 0) of the canonical label bytes (label-bytes.ts). */
  series(labels: Labels): readonly [low: number, high: number]
  /** xxh32 (seed 0) of bytes: of job, 0xff, instance, where a label that the series does not have is empty. */
  bytes32(bytes: Uint8Array): number
  target(job: string, instance: string): number
}

/** Loads the hash functions (WebAssembly, some milliseconds). */
export async function createSeriesHashes(): Promise<SeriesHashes> {
  const hashes = await xxhash()
  const bytes = (input: Uint8Array): [number, number] => {
    const hash = hashes.h64Raw(input)
    return [Number(hash & 0xffffffffn), Number(hash >> 32n)]
  }
  const bytes32 = (input: Uint8Array): number => hashes.h32Raw(input)
  return {
    bytes,
    bytes32,
    metric: (name) => bytes(Buffer.from(name)),
    series: (labels) => bytes(canonicalLabelBytes(labels)),
    target: (job, instance) =>
      bytes32(Buffer.concat([Buffer.from(job), Buffer.of(targetSeparator), Buffer.from(instance)])),
  }
}

/**
 * Computes the hashes of one series after the other from canonical bytes. Metric names and targets repeat from
 * series to series, so those of the one before are kept.
 */
export class SeriesIdentity {
  metricLow = 0
  metricHigh = 0
  seriesLow = 0
  seriesHigh = 0
  target = 0
  readonly #hashes: SeriesHashes
  #name: Buffer = Buffer.alloc(0)
  /** Job, separator, instance. */
  #target: Buffer = Buffer.of(targetSeparator)

  constructor(hashes: SeriesHashes) {
    this.#hashes = hashes
    this.#hashName()
    this.target = hashes.bytes32(this.#target)
  }

  /** The hashes of a series, in fields that the next call overwrites. */
  of(canonical: Uint8Array): this {
    const [low, high] = this.#hashes.bytes(canonical)
    this.seriesLow = low
    this.seriesHigh = high
    let name = canonical.subarray(0, 0)
    let job = name
    let instance = name
    forEachCanonicalLabel(canonical, (nameStart, nameEnd, valueStart, valueEnd) => {
      const length = nameEnd - nameStart
      if (length === jobLabel.length && isAt(canonical, nameStart, jobLabel))
        job = canonical.subarray(valueStart, valueEnd)
      if (length !== nameLabel.length) return
      if (isAt(canonical, nameStart, nameLabel)) name = canonical.subarray(valueStart, valueEnd)
      else if (isAt(canonical, nameStart, instanceLabel)) instance = canonical.subarray(valueStart, valueEnd)
    })
    if (name.length !== this.#name.length || !isAt(this.#name, 0, name)) {
      this.#name = Buffer.from(name)
      this.#hashName()
    }
    if (!this.#isTarget(job, instance)) {
      this.#target = Buffer.concat([job, Buffer.of(targetSeparator), instance])
      this.target = this.#hashes.bytes32(this.#target)
    }
    return this
  }

  #hashName(): void {
    const [low, high] = this.#hashes.bytes(this.#name)
    this.metricLow = low
    this.metricHigh = high
  }

  #isTarget(job: Uint8Array, instance: Uint8Array): boolean {
    const target = this.#target
    return (
      target.length === job.length + 1 + instance.length &&
      target[job.length] === targetSeparator &&
      isAt(target, 0, job) &&
      isAt(target, job.length + 1, instance)
    )
  }
}

function isAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false
  return true
}
