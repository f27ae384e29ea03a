import { Buffer } from 'node:buffer'
import { BodyTooLarge } from '../../server/decode/decompress.ts'
import type { Batch } from '../../server/model/batch.ts'
import type { Memory } from '../../server/model/memory.ts'
import { createSeriesTables } from '../../server/model/series-interner.ts'
import type { SeriesTable } from '../../server/model/series-table.ts'
import { DecodeError } from '../../server/model/sink.ts'
import { defaultTenant } from '../../server/model/tenant.ts'
import type { Form } from './structures.ts'

/** What a decoder has answered: batches, bytes, or nothing to look at. */
export type Answer = Batch | readonly Batch[] | Uint8Array | null

/** One decoder that is fed with broken inputs. */
export interface FuzzTarget {
  /** Unique, as the command line selects it. */
  readonly name: string
  /** Inputs that are right. */
  readonly examples: () => readonly Uint8Array[]
  /** Words of the format. */
  readonly words: readonly string[]
  readonly form: Form
  /** The decoder, with a state of its own where it has one. May answer a promise. */
  readonly open: (world: World) => (input: Buffer) => Answer | Promise<Answer>
  /** What came before may change what an input becomes. */
  readonly remembers: boolean
}

/** Series that a tenant may have here, so few that the limit is met. */
const maxSeries = 20_000

/** What decoders work with; made anew for every run of inputs, so that an input can be tried again where it stood. */
export interface World {
  readonly series: SeriesTable
  readonly memory: CountingMemory
  readonly nowMs: number
  /** Context of decoders for logs and spans, of metrics as well. */
  readonly context: {
    readonly tenant: typeof defaultTenant
    readonly series: SeriesTable
    readonly receiver: string
    readonly receivedBytes: number
    readonly memory: Memory
  }
}

export async function createWorld(): Promise<World> {
  const series = (await createSeriesTables({ maxSeries })).of(defaultTenant)
  const memory = new CountingMemory()
  const context = { tenant: defaultTenant, series, receiver: 'fuzz', receivedBytes: 1, memory }
  return { series, memory, nowMs: Date.parse('2026-01-31T12:00:00Z'), context }
}

/** Bytes that are handed out again and again, as those of requests are. */
const slabBytes = 4 << 20

/** Counts what decoders ask for. What it gives is not zero: it holds what the input before left there. */
export class CountingMemory implements Memory {
  readonly #slab = Buffer.allocUnsafeSlow(slabBytes).fill(0xa5)
  #at = 0
  takenBytes = 0

  take(bytes: number): Buffer {
    this.takenBytes += bytes
    const start = this.#at
    const end = start + ((bytes + 7) & -8)
    if (end > slabBytes) return Buffer.alloc(bytes, 0xa5)
    this.#at = end
    return this.#slab.subarray(start, start + bytes)
  }

  /** What was given out is not used any more. */
  release(): void {
    this.#at = 0
    this.takenBytes = 0
  }
}

/** Errors that stand for a bad input; any other is a defect of the decoder. */
export function isTyped(error: unknown): error is Error {
  return error instanceof DecodeError || error instanceof BodyTooLarge
}
