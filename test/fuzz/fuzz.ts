import { Buffer } from 'node:buffer'
import { Worker } from 'node:worker_threads'
import { Mutator } from './mutator.ts'
import { targets } from './registry.ts'
import type { Fault, Trial, TrialReport } from './trial.ts'

/** Inputs of one trial: so many share a world. */
const trialInputs = { usual: 20_000, grown: 250 }
/** An input that was not decoded after this time never will be, ms. What it may cost is judged by steps and bytes. */
const hangMs = 60_000
/** Heap of a thread, MiB. */
const heapMiB = 512

export interface FuzzOptions {
  readonly names: readonly string[]
  readonly seed: number
  /** Number of the first input. */
  readonly from: number
  /** Inputs of each decoder, and how many large ones besides. */
  readonly runs: number
  readonly grown: number
  readonly threads: number
  /** Told of each trial that is done. */
  readonly onReport?: (report: TrialReport) => void
}

/** Tries inputs of every decoder named, in several threads. The answer: all that is amiss. */
export async function fuzz(options: FuzzOptions): Promise<Fault[]> {
  const faults: Fault[] = []
  // Threads that count steps are slower, so that their work is done by threads of their own.
  for (const isGrown of [false, true]) {
    const waiting = trialsOf(options, isGrown)
    const threads = Math.min(options.threads, waiting.length)
    await Promise.all(Array.from({ length: threads }, () => workThrough(waiting, isGrown, faults, options)))
  }
  return faults
}

function trialsOf({ names, seed, from, runs, grown }: FuzzOptions, isGrown: boolean): Trial[] {
  const size = isGrown ? trialInputs.grown : trialInputs.usual
  const end = from + (isGrown ? grown : runs)
  const trials: Trial[] = []
  for (const target of names)
    for (let start = from; start < end; start += size)
      trials.push({ target, seed, from: start, count: Math.min(size, end - start), isGrown })
  return trials
}

async function workThrough(waiting: Trial[], isGrown: boolean, faults: Fault[], options: FuzzOptions): Promise<void> {
  let thread: Thread | null = null
  for (let trial = waiting.shift(); trial !== undefined; trial = waiting.shift()) {
    thread ??= new Thread(isGrown)
    const outcome = await thread.run(trial)
    if ('trial' in outcome && 'taken' in outcome) {
      for (const fault of outcome.faults) faults.push({ ...fault, input: Buffer.from(fault.input) })
      options.onReport?.(outcome)
      continue
    }
    faults.push(lostInput(trial, outcome.number, outcome.words))
    await thread.end()
    thread = null
    const from = outcome.number + 1
    if (from < trial.from + trial.count) waiting.unshift({ ...trial, from, count: trial.from + trial.count - from })
  }
  await thread?.end()
}

/** The input that a thread did not come back from, made again. */
function lostInput(trial: Trial, number: number, words: string): Fault {
  const target = targets.find(({ name }) => name === trial.target)
  if (target === undefined) throw new Error(`no decoder "${trial.target}"`)
  const mutator = new Mutator({ ...target, seed: trial.seed, examples: target.examples() })
  return { trial, number, input: Buffer.from(mutator.input(number, trial.isGrown)), words }
}

interface Lost {
  readonly number: number
  readonly words: string
}

class Thread {
  readonly #beat = new Float64Array(new SharedArrayBuffer(8))
  readonly #worker: Worker
  readonly #ready: Promise<unknown>

  constructor(countsSteps: boolean) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { beat: this.#beat, countsSteps },
      resourceLimits: { maxOldGenerationSizeMb: heapMiB },
    })
    this.#ready = new Promise((resolve) => this.#worker.once('message', resolve))
  }

  async run(trial: Trial): Promise<TrialReport | Lost> {
    await this.#ready
    this.#beat[0] = trial.from
    return new Promise((resolve) => {
      let last = -1
      let since = performance.now()
      const watch = setInterval(() => {
        if (this.#beat[0] !== last) {
          last = this.#beat[0]
          since = performance.now()
        } else if (performance.now() - since > hangMs) settle({ number: last, words: `no answer after ${hangMs} ms` })
      }, 500)
      const settle = (outcome: TrialReport | Lost): void => {
        clearInterval(watch)
        this.#worker.off('message', settle)
        this.#worker.off('error', fail)
        resolve(outcome)
      }
      const fail = (error: Error): void =>
        settle({ number: this.#beat[0], words: `the thread ended: ${error.stack ?? error.message}` })
      this.#worker.on('message', settle)
      this.#worker.on('error', fail)
      this.#worker.postMessage(trial)
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
