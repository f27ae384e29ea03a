import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'
import { targets } from './registry.ts'
import type { Fault, TrialReport } from './trial.ts'

const names = targets.map(({ name }) => name)
const help = `npm run fuzz -- [options]
  --only a,b      ${names.join(', ')} (default: all)
  --runs N        inputs of each decoder (default 1000000)
  --grown N       large inputs of each decoder, whose steps are counted (default 1000)
  --seed N        another seed has other inputs (default 1)
  --from N        number of the first input (default 0)
  --threads N     (default: one per core)`

/** Between two lines that tell how far it has come, ms. */
const tellEveryMs = 30_000

/** Longest input that is printed, bytes. */
const maxPrintedBytes = 2_048

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: names.join(',') },
    runs: { type: 'string', default: '1000000' },
    grown: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    threads: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
})
async function run(): Promise<number> {
  const wanted = values.only.split(',')
  const unknown = wanted.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`unknown decoder "${unknown}"; expected one of ${names.join(', ')}`)
  const [runs, grown] = [Number(values.runs), Number(values.grown)]
  const progress = new Progress(runs, grown, wanted.length * runs)
  const faults = await fuzz({
    ...{ names: wanted, runs, grown, seed: Number(values.seed), from: Number(values.from) },
    ...{ threads: Number(values.threads), onReport: (report) => progress.note(report) },
  })
  for (const fault of faults) printFault(fault)
  const minutes = (performance.now() / 60_000).toFixed(1)
  console.log(`${progress.inputs.toLocaleString('en')} inputs, ${faults.length} faults, ${minutes} minutes`)
  return faults.length === 0 ? 0 : 1
}

/** A line for each decoder that is done with its usual or its large inputs. */
class Progress {
  readonly #runs: number
  readonly #grown: number
  readonly #sums = new Map<
    string,
    { inputs: number; taken: number; faults: number; mostSteps: number; mostMemory: number }
  >()
  readonly #expected: number
  #toldMs = 0
  inputs = 0

  /** `expected`: inputs of usual size in all. */
  constructor(runs: number, grown: number, expected: number) {
    this.#runs = runs
    this.#grown = grown
    this.#expected = expected
  }

  /** A line now and then, so that a decoder with slow inputs is not taken for one that hangs. */
  #tell(target: string, done: number): void {
    const nowMs = performance.now()
    if (nowMs - this.#toldMs < tellEveryMs) return
    this.#toldMs = nowMs
    const left = (Math.max(0, this.#expected - this.inputs) / this.inputs) * nowMs
    const share = Math.floor((100 * done) / this.#runs)
    console.log(
      `${(nowMs / 1000).toFixed(0).padStart(5)} s  … ${target} ${share} %; ${(left / 60_000).toFixed(0)} minutes left`,
    )
  }

  note({ trial, taken, faults, mostSteps, mostMemory }: TrialReport): void {
    const { target, count, isGrown } = trial
    const key = isGrown ? `${target}, large` : target
    const sum = this.#sums.get(key) ?? { inputs: 0, taken: 0, faults: 0, mostSteps: 0, mostMemory: 0 }
    this.#sums.set(key, sum)
    sum.inputs += count
    sum.taken += taken
    sum.faults += faults.length
    sum.mostSteps = Math.max(sum.mostSteps, mostSteps)
    sum.mostMemory = Math.max(sum.mostMemory, mostMemory)
    this.inputs += count
    if (sum.inputs < (isGrown ? this.#grown : this.#runs)) {
      if (!isGrown) this.#tell(target, sum.inputs)
      return
    }
    const seconds = (performance.now() / 1000).toFixed(0)
    const costs = isGrown
      ? `, at most ${sum.mostSteps.toFixed(0)} steps and ${sum.mostMemory.toFixed(0)} bytes a byte`
      : ''
    const inputs = `${sum.inputs.toLocaleString('en')} inputs, ${Math.round((100 * sum.taken) / sum.inputs)} % taken`
    console.log(`${seconds.padStart(5)} s  ${key}: ${inputs}, ${sum.faults} faults${costs}`)
  }
}

function printFault({ trial, number, input, words }: Fault): void {
  const { target, seed, from, count, isGrown } = trial
  const amount = (inputs: number) => (isGrown ? `--runs 0 --grown ${inputs}` : `--runs ${inputs} --grown 0`)
  const command = (first: number, inputs: number) =>
    `npm run fuzz -- --only ${target} --seed ${seed} --from ${first} ${amount(inputs)}`
  const hex = input.subarray(0, maxPrintedBytes).toString('hex')
  console.log(`\nFAULT of ${target}, input ${number} of seed ${seed}, ${input.length} bytes: ${words}`)
  console.log(`  bytes: ${hex}${input.length > maxPrintedBytes ? '…' : ''}`)
  console.log(`  again: ${command(number, 1)}`)
  if (count > 1) console.log(`  or, where it needs what came before: ${command(from, number - from + 1)}`)
}

if (values.help) console.log(help)
else process.exit(await run())
