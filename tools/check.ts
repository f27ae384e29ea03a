import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'

/** Folders whose imports are judged; some are not there in every state of the tree. */
const judgedFolders = ['server', 'contract', 'web/src'].filter((folder) => existsSync(folder))

/** `npm run check`: everything that can be told without running the program; all steps run, all faults are shown. */
const steps: readonly [name: string, command: string, ...args: string[]][] = [
  ['types', 'tsc', '-b'],
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['boundaries', 'depcruise', ...judgedFolders, '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
  ['unused', 'knip', '--no-progress'],
  ['sizes and names', 'node', 'tools/check-sizes.ts'],
  ['scope', 'node', 'tools/check-scope.ts'],
  ['generated pages', 'node', 'tools/generate-reference.ts', '--check'],
  ['migrations', 'node', 'tools/check-migrations.ts'],
]

/** Steps that run at once: the type check alone keeps one core busy. */
const atOnce = 2

let failed = 0
const waiting = [...steps]
await Promise.all(Array.from({ length: atOnce }, work))
process.exit(failed === 0 ? 0 : 1)

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const [name, command, ...args] = step
    const started = Date.now()
    const { code, output } = await run(command, args)
    console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
    if (code === 0) continue
    failed += 1
    console.log(output)
  }
}

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}
