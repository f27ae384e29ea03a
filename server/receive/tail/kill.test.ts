import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
let child: ChildProcess
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-tail-kill-'))
  mkdirSync(join(folder, 'logs'))
})
afterEach(async () => {
  await kill()
  rmSync(folder, { recursive: true })
})

/** What one process stored before it was killed: numbers of lines, batch by batch. */
interface Stored {
  readonly batches: readonly (readonly number[])[]
  /** Lines of the batch that the kill cut off; it was never acknowledged. */
  readonly torn: readonly number[]
}

function storedIn(round: number): Stored {
  const path = join(folder, `stored-${round}`)
  const batches = existsSync(path) ? readFileSync(path, 'utf8').split('\n\n') : ['']
  // Of a batch that was cut off, the last line may be cut off too.
  const torn = (batches.pop() ?? '').split('\n').slice(0, -1)
  const numbersOf = (lines: readonly string[]) => lines.map((line) => Number(line.replace('line ', '')))
  return { batches: batches.map((batch) => numbersOf(batch.split('\n'))), torn: numbersOf(torn) }
}

function follow(round: number): void {
  const script = join(import.meta.dirname, 'tail-writer-suite.ts')
  const stored = join(folder, `stored-${round}`)
  const args = [script, join(folder, 'logs', '*.log'), join(folder, 'state'), stored]
  child = spawn(process.execPath, args, { stdio: 'ignore' })
}

async function kill(): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (child.exitCode !== null) throw new Error(`the follower ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Where the process after this one may go on, when this one began with line `first`. */
function nextOf({ batches, torn }: Stored, first: number): readonly number[] {
  const last = batches.at(-1)
  const end = (last?.at(-1) ?? first - 1) + 1
  // The checkpoint of a batch is written before the next batch is; only that of the last one can be missing.
  return torn.length > 0 || last === undefined ? [end] : [last[0], end]
}

it('loses no line to kill -9, and stores again at most the batch whose checkpoint is missing', async () => {
  const rounds = 4
  const bursts = 30
  const perBurst = 100
  let written = 0
  for (let round = 0; round < rounds; round++) {
    follow(round)
    for (let burst = 0; burst < bursts; burst++) {
      const lines = Array.from({ length: perBurst }, () => `line ${written++}`)
      appendFileSync(join(folder, 'logs', 'app.log'), `${lines.join('\n')}\n`)
      // Two batches at least, so that a checkpoint must have been written.
      if (burst === bursts / 3 || burst === (bursts * 2) / 3) {
        const before = burst === bursts / 3 ? 0 : storedIn(round).batches.length
        await until(() => storedIn(round).batches.length > before)
      }
    }
    if (round === rounds - 1) await until(() => storedIn(round).batches.at(-1)?.at(-1) === written - 1)
    await kill()
  }
  let mayBegin: readonly number[] = [0]
  for (let round = 0; round < rounds; round++) {
    const stored = storedIn(round)
    const lines = [...stored.batches.flat(), ...stored.torn]
    expect(mayBegin).toContain(lines[0])
    expect(lines).toEqual(Array.from(lines, (_, i) => lines[0] + i))
    mayBegin = nextOf(stored, lines[0])
  }
  expect(mayBegin).toContain(written)
})
