import { Worker } from 'node:worker_threads'
import type { Part, PartHealth } from '../../../runtime/part.ts'
import { giveBlocksBack } from '../../../store/engine/block-memory.ts'
import type { Assembled, AssemblyTask } from './assemble.ts'
import type { FromThread, ToThread } from './assembly-thread.ts'
import type { SampleRoom } from './placed-samples.ts'

/** A question that waits for a thread. */
interface Waiting {
  resolve(answer: FromThread): void
  reject(error: Error): void
}

/**
 * Threads that put the samples of large slices together, so that decoding and placing the store's blocks neither holds
 * up the process' own loop nor waits for it. They start with the first task and end with `stop`; one that died fails
 * the tasks it had and is replaced with the next.
 *
 * Memory: what the tasks hold (SampleAssembly). Bytes in shared memory (takeBlockBuffer) and rooms are not copied on
 * their way, and are used again.
 */
export class AssemblyThreads implements Part {
  readonly name = 'assembly_threads'
  private readonly count: number
  private readonly threads: AssemblyThread[] = []
  private tasks = 0

  /** `count`: threads, at least one. */
  constructor(count: number) {
    this.count = count
  }

  /** The same as assembleHere, in the thread that has least to do. Throws what `bytes` throws, or that a thread ended. */
  assemble(task: AssemblyTask): Promise<Assembled> {
    this.tasks += 1
    return this.thread().assemble(this.tasks, task)
  }

  async start(): Promise<void> {}

  /** Ends the threads; tasks that run fail. */
  async stop(): Promise<void> {
    await Promise.all(this.threads.splice(0).map((thread) => thread.end()))
  }

  health(): PartHealth {
    return { ready: true }
  }

  private thread(): AssemblyThread {
    const living = this.threads.filter(({ isAlive }) => isAlive)
    this.threads.splice(0, this.threads.length, ...living)
    const idlest = living.toSorted((a, b) => a.waiting - b.waiting)[0]
    if (idlest !== undefined && (idlest.waiting === 0 || living.length >= this.count)) return idlest
    const made = new AssemblyThread()
    this.threads.push(made)
    return made
  }
}

class AssemblyThread {
  isAlive = true
  private readonly worker = new Worker(new URL('./assembly-thread.ts', import.meta.url), {
    name: 'samples',
  })
  private readonly open = new Map<number, Waiting>()

  constructor() {
    this.worker.on('message', (answer: FromThread) => this.answered(answer))
    this.worker.on('error', (error) => this.ended(error))
    this.worker.on('exit', (code) => this.ended(new Error(`it exited with ${code}`)))
    this.worker.unref()
  }

  get waiting(): number {
    return this.open.size
  }

  async assemble(task: number, { words, bytes, range }: AssemblyTask): Promise<Assembled> {
    const placed = new Promise<FromThread>((resolve, reject) => {
      this.open.set(task, { resolve, reject })
    })
    // A thread may end while the store's bytes are still coming.
    placed.catch(() => {})
    const pieces: Uint8Array[] = []
    this.worker.ref()
    try {
      this.send({ kind: 'begin', task, words })
      for await (const piece of bytes) {
        pieces.push(piece)
        this.send({ kind: 'add', task, bytes: piece })
      }
      this.send({ kind: 'place', task, range })
      const { samples } = await placed
      for (const piece of pieces) giveBlocksBack(piece)
      return { samples, release: () => this.release(samples) }
    } finally {
      if (this.open.delete(task)) this.send({ kind: 'drop', task })
      if (this.open.size === 0) this.worker.unref()
    }
  }

  async end(): Promise<void> {
    this.ended(new Error('the process is stopping'))
    await this.worker.terminate()
  }

  private send(message: ToThread): void {
    if (this.isAlive) this.worker.postMessage(message)
  }

  private answered(answer: FromThread): void {
    this.open.get(answer.task)?.resolve(answer)
    this.open.delete(answer.task)
  }

  private release({ times, values }: SampleRoom): void {
    this.send({ kind: 'room', room: { times, values } })
  }

  private ended(cause: Error): void {
    if (!this.isAlive) return
    this.isAlive = false
    for (const { reject } of this.open.values())
      reject(new Error(`The thread that puts samples together ended: ${cause.message}.`, { cause }))
    this.open.clear()
  }
}
