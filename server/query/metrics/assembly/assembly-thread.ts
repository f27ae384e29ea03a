import { parentPort } from 'node:worker_threads'
import { giveRoom, type PlacedSamples, type SampleRoom, takeRoom } from './placed-samples.ts'
import { SampleAssembly } from './sample-assembly.ts'

/** To the thread. Bytes and rooms are shared, not copied. */
export type ToThread =
  | { readonly kind: 'begin'; readonly task: number; readonly words: Uint32Array }
  | { readonly kind: 'add'; readonly task: number; readonly bytes: Uint8Array }
  | { readonly kind: 'place'; readonly task: number; readonly range: { startMs: number; endMs: number } }
  | { readonly kind: 'drop'; readonly task: number }
  | { readonly kind: 'room'; readonly room: SampleRoom }

/** From the thread: what `place` made. */
export interface FromThread {
  readonly task: number
  readonly samples: PlacedSamples
}

const assemblies = new Map<number, SampleAssembly>()

/** The body of a thread of AssemblyThreads: an assembly per task, messages in the order of their sending. */
parentPort?.on('message', (message: ToThread) => {
  switch (message.kind) {
    case 'begin':
      assemblies.set(message.task, new SampleAssembly(message.words))
      break
    case 'add':
      assemblies.get(message.task)?.add(message.bytes)
      break
    case 'place':
      place(message)
      break
    case 'drop':
      assemblies.delete(message.task)
      break
    case 'room':
      giveRoom(message.room)
  }
})

function place({ task, range }: ToThread & { kind: 'place' }): void {
  const assembly = assemblies.get(task)
  if (assembly === undefined) return
  assemblies.delete(task)
  const answer: FromThread = { task, samples: assembly.place(range, takeRoom) }
  parentPort?.postMessage(answer)
}
