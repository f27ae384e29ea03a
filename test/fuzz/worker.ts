import { parentPort, workerData } from 'node:worker_threads'
import type { Trial } from './trial.ts'

/*
 * One thread that tries inputs. The number of the input at hand stands in memory that the main thread sees, so that it
 * knows which one did not come back.
 */

const { beat, countsSteps } = workerData as { beat: Float64Array; countsSteps: boolean }

// What is to be counted must be loaded behind the counter.
const { StepCounter } = await import('./step-counter.ts')
const steps = countsSteps ? new StepCounter() : undefined
const { targets } = await import('./registry.ts')
const { runTrial } = await import('./trial.ts')

parentPort?.on('message', async (trial: Trial) => {
  const target = targets.find(({ name }) => name === trial.target)
  if (target === undefined) throw new Error(`no decoder "${trial.target}"`)
  parentPort?.postMessage(await runTrial(trial, target, { steps, onInput: (number) => (beat[0] = number) }))
})
parentPort?.postMessage('ready')
