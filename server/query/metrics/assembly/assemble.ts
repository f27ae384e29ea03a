import { giveBlocksBack } from '../../../store/engine/block-memory.ts'
import { giveRoom, type PlacedSamples, takeRoom } from './placed-samples.ts'
import { SampleAssembly } from './sample-assembly.ts'

/** What is to be put together. */
export interface AssemblyTask {
  /** Hashes of the series, as slotWords gives them. */
  readonly words: Uint32Array
  /** As sampleBytes gives them; their memory is the assembly's from then on. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Samples in (startMs, endMs] are wanted. */
  readonly range: { readonly startMs: number; readonly endMs: number }
}

export interface Assembled {
  readonly samples: PlacedSamples
  /** Gives the room of the samples back; views of it must not be used any more. */
  release(): void
}

/** Puts the samples of a slice together in this thread, as they come. Throws what `bytes` throws. */
export async function assembleHere({ words, bytes, range }: AssemblyTask): Promise<Assembled> {
  const assembly = new SampleAssembly(words)
  for await (const piece of bytes) assembly.add(piece)
  const samples = assembly.place(range, takeRoom)
  for (const piece of assembly.pieces) giveBlocksBack(piece)
  return { samples, release: () => giveRoom(samples) }
}
