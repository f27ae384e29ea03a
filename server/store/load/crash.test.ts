import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
const children = new Set<ChildProcess>()
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'))
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** How many runs end by kill -9. More in the bench: SIGHTLINE_CRASHES=200. */
const crashes = Number(process.env.SIGHTLINE_CRASHES ?? 6)

interface Run {
  readonly acked: number[]
  readonly enginePid: () => number
  readonly lines: AsyncIterable<string>
  readonly child: ChildProcess
  readonly exited: Promise<void>
}

/** Starts the writing program: it says `engine PID`, then `acked N` for each batch, `counted JSON` in mode `count`. */
function start(mode: 'write' | 'count'): Run {
  const script = join(import.meta.dirname, 'crash-writer-suite.ts')
  const child = spawn(process.execPath, [script, folder, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  const acked: number[] = []
  let enginePid = 0
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const reader = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  reader.on('line', (line) => {
    const [word, value] = line.split(' ')
    if (word === 'acked') acked.push(Number(value))
    if (word === 'engine') enginePid = Number(value)
  })
  return { acked, enginePid: () => enginePid, lines: reader, child, exited }
}

/** Waits until the run has acknowledged `count` batches. */
async function ackedBy(run: Run, count: number): Promise<void> {
  while (run.acked.length < count && run.child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function counted(): Promise<{ logs: number[]; samples: number[]; spans: number[] }> {
  const run = start('count')
  for await (const line of run.lines) {
    if (!line.startsWith('counted ')) continue
    await run.exited
    return JSON.parse(line.slice('counted '.length))
  }
  throw new Error('the program ended without an answer')
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}

describe('kill -9', () => {
  it('loses nothing that was acknowledged and stores nothing twice', { timeout: 600_000 }, async () => {
    const acked: number[] = []
    let seed = 12_345
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    for (let crash = 0; crash < crashes; crash++) {
      const run = start('write')
      await ackedBy(run, 1 + random(25))
      // The main process, the engine, or both; the engine alone is followed by the main process a little later.
      const victim = crash % 3
      if (victim !== 0) kill(run.enginePid())
      if (victim === 1) await ackedBy(run, run.acked.length + random(15))
      run.child.kill('SIGKILL')
      await run.exited
      acked.push(...run.acked)
    }
    const found = await counted()
    for (const table of ['logs', 'samples', 'spans'] as const) {
      expect(new Set(found[table]).size, `${table}: no row twice`).toBe(found[table].length)
      const stored = new Set(found[table])
      expect(
        acked.filter((number) => !stored.has(number)),
        `${table}: acknowledged but lost`,
      ).toEqual([])
    }
    // Whole commits: what was never acknowledged is there in all tables or in none.
    expect([...found.samples].sort()).toEqual([...found.logs].sort())
    expect([...found.spans].sort()).toEqual([...found.logs].sort())
    expect(acked.length).toBeGreaterThan(crashes)
  })
})
