import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-tail-kill-'))
  mkdirSync(join(folder, 'logs'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const stored = (): string[] => {
  const path = join(folder, 'stored')
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
}

function follow(): ChildProcess {
  const script = join(import.meta.dirname, 'tail-writer-suite.ts')
  const args = [script, join(folder, 'logs', '*.log'), join(folder, 'state'), join(folder, 'stored')]
  return spawn(process.execPath, args, { stdio: 'ignore' })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}

it('loses no line to kill -9, and stores twice at most what was being stored', async () => {
  const rounds = 4
  const perRound = 3_000
  let written = 0
  for (let round = 0; round < rounds; round++) {
    const child = follow()
    const before = stored().length
    for (let burst = 0; burst < 30; burst++) {
      const lines = Array.from({ length: perRound / 30 }, () => `line ${written++}`)
      appendFileSync(join(folder, 'logs', 'app.log'), `${lines.join('\n')}\n`)
      if (burst === 15) await until(() => stored().length > before)
    }
    if (round === rounds - 1) await until(() => new Set(stored()).size === written)
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const lines = stored()
  expect(new Set(lines)).toEqual(new Set(Array.from({ length: written }, (_, i) => `line ${i}`)))
  const repeated = lines.length - written
  // At each kill at most the batch between its acknowledgement and its checkpoint.
  expect(repeated).toBeLessThanOrEqual((rounds - 1) * perRound)
})
