import type { LogBatch } from '../../model/batch.ts'
import type { Attribute } from '../../model/columns.ts'

/** Attributes of a record that tell streams of one source apart. Source: OpenTelemetry log semantic conventions. */
const streamKeys = ['log.file.path', 'log.file.name', 'log.iostream']

/**
 * Numbers of the sources of a batch's rows: made of tenant, receiver, resource, scope, and file and stream.
 * Resources and scopes are read once per batch.
 */
export class SourceKeys {
  readonly #batch: LogBatch
  readonly #sender: number
  readonly #resources: number[] = []
  readonly #scopes: number[] = []
  /** By index of a key: whether it names file or stream; null where no key of the batch does. */
  readonly #isStreamKey: readonly boolean[] | null

  constructor(batch: LogBatch) {
    this.#batch = batch
    this.#sender = hashText(hashText(0, String(batch.tenant)), batch.receiver)
    const keys = batch.attributes.keys.values
    this.#isStreamKey = keys.some((key) => streamKeys.includes(key))
      ? keys.map((key) => streamKeys.includes(key))
      : null
  }

  of(row: number): number {
    const { resource, scope, resources, scopes } = this.#batch
    const r = resource[row]
    const s = scope[row]
    this.#resources[r] ??= hashAttributes(this.#sender, resources[r].attributes)
    this.#scopes[s] ??= hashText(0, scopes[s].name)
    // 53 bits, as much as a number holds.
    const high = (this.#resources[r] & 0x1f_ffff) * 0x1_0000_0000
    return high + ((Math.imul(this.#resources[r], 31) ^ this.#scopes[s] ^ this.#stream(row)) >>> 0)
  }

  #stream(row: number): number {
    if (this.#isStreamKey === null) return 0
    const { offsets, keys, values } = this.#batch.attributes
    let hash = 0
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      if (!this.#isStreamKey[keys.indexes[entry]]) continue
      for (let i = values.offsets[entry]; i < values.offsets[entry + 1]; i++) hash = mix(hash, values.data[i])
    }
    return hash
  }
}

function hashAttributes(seed: number, attributes: readonly Attribute[]): number {
  let hash = seed
  for (const { key, value } of attributes) hash = hashText(hashText(hash, key), value)
  return hash
}

function hashText(seed: number, text: string): number {
  let hash = mix(seed, text.length)
  for (let i = 0; i < text.length; i++) hash = mix(hash, text.charCodeAt(i))
  return hash
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value ^ 0x811c9dc5, 0x01000193) ^ (hash >>> 15)
}
