import { spawn } from 'node:child_process'

/** `npm run check`: everything that can be told without running the program; all steps run, all faults are shown. */
const steps: readonly [name: string, command: string, ...args: string[]][] = [
  ['types', 'tsc', '-b'],
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  [
    'boundaries',
    'depcruise',
    'server',
    'contract',
    'web/src',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'err',
  ],
  ['unused', 'knip', '--no-progress'],
  ['sizes and names', 'node', 'tools/check-sizes.ts'],
  ['scope', 'node', 'tools/check-scope.ts'],
]

let failed = 0
for (const [name, command, ...args] of steps) {
  const started = Date.now()
  const { code, output } = await run(command, args)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  if (code !== 0) {
    failed += 1
    console.log(output)
  }
}
process.exit(failed === 0 ? 0 : 1)

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
