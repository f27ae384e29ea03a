import { Buffer } from 'node:buffer'
import { getHeapStatistics } from 'node:v8'
import { Mutator } from './mutator.ts'
import { SoundnessCheck, textOf } from './soundness.ts'
import type { StepCounter } from './step-counter.ts'
import { type Answer, createWorld, type FuzzTarget, isTyped, type World } from './target.ts'

/** Some inputs of one decoder. */
export interface Trial {
  readonly target: string
  readonly seed: number
  readonly from: number
  readonly count: number
  /** Large inputs, whose steps are counted. */
  readonly isGrown: boolean
}

/** An input that a decoder did not take as it must. */
export interface Fault {
  readonly trial: Trial
  readonly number: number
  readonly input: Buffer
  readonly words: string
}

export interface TrialReport {
  readonly trial: Trial
  /** Inputs that became rows or bytes; the others were refused. */
  readonly taken: number
  readonly faults: readonly Fault[]
  /** The most that an input took for each of its bytes, of those with 1 KiB and more: steps, and bytes of memory. */
  readonly mostSteps: number
  readonly mostMemory: number
}

/** Memory that a request may ask for: some to begin with, and so much for each of its bytes. */
const memoryAtFirst = 1 << 20
const memoryPerByte = 1_024
/** Heap that decoding may fill, garbage among it. */
const heapAtFirst = 16 << 20
const heapPerByte = 4_096
/** Blocks of code that may be run. */
const stepsAtFirst = 200_000
const stepsPerByte = 400
/** Inputs whose rows are looked at, and that are decoded twice: one in so many. */
const soundnessEvery = { usual: 64, grown: 8 }
/** Faults of one trial that are reported. */
const maxFaults = 5
const stackFrames = 12
/** Bytes around an input when it is decoded the second time. */
const strangeBytes = 64

/** Tries inputs. `onInput` is told the number of each before it is decoded. */
export async function runTrial(
  trial: Trial,
  target: FuzzTarget,
  { onInput, steps }: { onInput: (number: number) => void; steps?: StepCounter },
): Promise<TrialReport> {
  const world = await createWorld()
  const mutator = new Mutator({ ...target, seed: trial.seed, examples: target.examples() })
  const judge = new Judge(target, world, steps)
  const every = trial.isGrown ? soundnessEvery.grown : soundnessEvery.usual
  const faults: Fault[] = []
  let taken = 0
  // Most inputs end with an error, whose stack takes longer than the decoding.
  Error.stackTraceLimit = 0
  for (let number = trial.from; number < trial.from + trial.count; number++) {
    onInput(number)
    const input = mutator.input(number, trial.isGrown)
    try {
      const outcome = judge.decode(input, number % every === 0)
      if (outcome instanceof Promise ? await outcome : outcome) taken++
    } catch (error) {
      const words = wordsOf(await errorOfRepeat(judge, input, error))
      if (faults.length < maxFaults) faults.push({ trial, number, input: Buffer.from(input), words })
    }
  }
  Error.stackTraceLimit = stackFrames
  return { trial, taken, faults, mostSteps: judge.mostSteps, mostMemory: judge.mostMemory }
}

/** The error with its stack, if decoding again leads to it; else as it was. */
async function errorOfRepeat(judge: Judge, input: Buffer, error: unknown): Promise<unknown> {
  Error.stackTraceLimit = stackFrames
  try {
    await judge.decode(input, true)
    return error
  } catch (again) {
    return again
  } finally {
    Error.stackTraceLimit = 0
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  return error.stack ?? error.message
}

class Judge {
  readonly #target: FuzzTarget
  readonly #world: World
  readonly #steps: StepCounter | undefined
  readonly #open: (input: Buffer) => Answer | Promise<Answer>
  readonly #soundness = new SoundnessCheck()
  mostSteps = 0
  mostMemory = 0

  constructor(target: FuzzTarget, world: World, steps: StepCounter | undefined) {
    this.#target = target
    this.#world = world
    this.#steps = steps
    this.#open = target.open(world)
  }

  /** Whether the input was taken. Throws what is amiss. `isThorough`: its rows are looked at, too. */
  decode(input: Buffer, isThorough: boolean): boolean | Promise<boolean> {
    const { memory } = this.#world
    memory.release()
    this.#steps?.take()
    const heapBefore = isThorough ? heapBytes() : 0
    const judge = (outcome: Answer | string): boolean => {
      if (isThorough) this.#judgeHeap(input, heapBytes() - heapBefore)
      return this.#judge(input, outcome, isThorough)
    }
    let answer: Answer | Promise<Answer>
    try {
      answer = this.#open(input)
    } catch (error) {
      return judge(refusalOf(error))
    }
    if (!(answer instanceof Promise)) return judge(answer)
    return answer.then(judge, (error: unknown) => judge(refusalOf(error)))
  }

  /** What was allocated, garbage among it, unless the collector has come in between. */
  #judgeHeap({ length }: Buffer, bytes: number): void {
    limit('bytes of heap', bytes, heapAtFirst + heapPerByte * length)
  }

  #judge(input: Buffer, outcome: Answer | string, isThorough: boolean): boolean {
    const { length } = input
    const taken = this.#world.memory.takenBytes
    const steps = this.#steps?.take() ?? 0
    if (length >= 1024) {
      this.mostSteps = Math.max(this.mostSteps, steps / length)
      this.mostMemory = Math.max(this.mostMemory, taken / length)
    }
    limit('bytes of memory', taken, memoryAtFirst + memoryPerByte * length)
    limit('steps', steps, stepsAtFirst + stepsPerByte * length)
    const isTaken = typeof outcome !== 'string'
    if (!isThorough) return isTaken
    if (isTaken) this.#soundness.judge(outcome, this.#world.nowMs)
    if (!this.#target.remembers) this.#judgeAgain(input, isTaken ? textOf(outcome) : outcome)
    return isTaken
  }

  /** The same bytes among others must be the same: nothing before and behind an input is read. */
  #judgeAgain(input: Buffer, wanted: string): void {
    const bytes = Buffer.alloc(input.length + 2 * strangeBytes, 0x22)
    input.copy(bytes, strangeBytes)
    let outcome: string
    try {
      outcome = textOf(this.#open(bytes.subarray(strangeBytes, strangeBytes + input.length)) as Answer)
    } catch (error) {
      outcome = refusalOf(error)
    }
    if (outcome === wanted) return
    const at = [...wanted].findIndex((character, i) => character !== outcome[i])
    const around = [wanted, outcome].map((text) => text.slice(Math.max(0, at - 40), at + 60))
    throw new Error(`decoded a second time it is something else: …${around[0]}… became …${around[1]}…`)
  }
}

/** The words of an error that stands for a bad input; throws any other. */
function refusalOf(error: unknown): string {
  if (isTyped(error)) return String(error)
  throw error
}

function limit(what: string, count: number, most: number): void {
  if (count > most) throw new Error(`${count} ${what}, at most ${most} may be`)
}

function heapBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
