#!/usr/bin/env node
// Starts the server on the pinned Node 24, whatever `node` the caller's PATH holds, with the heap shaped for ingest.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const wanted = 24
const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
const major = (path) => Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }))
const node =
  Number(process.versions.node.split('.')[0]) >= wanted ? process.execPath : existsSync(own) ? own : undefined
if (node === undefined || major(node) < wanted) {
  console.error(
    `sightline needs Node ${wanted} or newer; this is ${process.version}, and no pinned one is installed here.`,
  )
  process.exit(1)
}
// A young generation of 4 MiB per half: the pieces of request bodies that Node hands out are freed only when it is
// collected, and V8 answers 64 MiB of them with a whole collection (docs/performance.md has the figures). A whole
// collection comes when the heap, these pieces among it, is twice what the last one left: by itself V8 lets a heap of
// 45 MB grow by a quarter only, and spends a fifth of the time on that.
const args = [
  '--max-semi-space-size=4',
  '--heap-growing-percent=100',
  '--disable-warning=ExperimentalWarning',
  fileURLToPath(new URL('../server/main.ts', import.meta.url)),
  ...process.argv.slice(2),
]
if (process.execve && process.platform !== 'win32') process.execve(node, [node, ...args], process.env)
const child = spawn(node, args, { stdio: 'inherit' })
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name))
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128)))
