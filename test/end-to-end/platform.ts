import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Start to ready on a machine that is busy with other tests, ms. Beyond it the start is a failure. */
const startLimitMs = 90_000
/** Between two looks of `until`, ms. */
const lookEveryMs = 50

const executable = fileURLToPath(new URL('../../bin/sightline.mjs', import.meta.url))

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** All that it wrote. */
  readonly output: string
}

/** Sightline as a process of its own, as people start it. */
export interface Platform {
  readonly url: string
  readonly otlpHttp: string
  /** host:port */
  readonly otlpGrpc: string
  readonly folder: string
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Process id of the engine that runs now, as the log last told it. */
  enginePid(): number
  output(): string
  /** Ends it as a supervisor does; rejects where it does not end well. */
  stop(): Promise<void>
  /** Ends it as a power cut does. */
  kill(): Promise<void>
}

/** A start that has not come to an end yet. */
export interface StartingPlatform {
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Rejects where it ends before it is ready. */
  readonly ready: Promise<Platform>
  kill(): Promise<void>
}

export interface PlatformOptions {
  readonly folder: string
  readonly flags?: readonly string[]
  readonly command?: 'start' | 'demo'
}

export function makeFolder(name: string): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `sightline-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  return beginPlatform(options).ready
}

/** Starts Sightline on free ports and returns at once. */
export function beginPlatform(options: PlatformOptions): StartingPlatform {
  const { folder, flags = [], command = 'start' } = options
  const ports = ['http', 'otlp.http', 'otlp.grpc'].map((name) => `--${name}.listen=127.0.0.1:0`)
  const child = spawn(process.execPath, [executable, command, `--data.folder=${folder}`, ...ports, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
  const output = () => chunks.join('')
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, output: output() })),
  )
  const kill = async () => {
    child.kill('SIGKILL')
    await ended
  }
  const ready = untilReady({ child, ended, output }).then((addresses) => ({
    ...{ ...addresses, folder, pid: child.pid ?? 0, ended, output, kill },
    enginePid: () => Number([...output().matchAll(/"enginePid":(\d+)/g)].at(-1)?.[1] ?? 0),
    stop: async () => {
      child.kill('SIGTERM')
      const { code, signal } = await ended
      if (code !== 0) throw new Error(`the platform ended with ${code ?? signal}:\n${output()}`)
    },
  }))
  // Who kills it before it is ready does not wait for this.
  ready.catch(() => {})
  return { pid: child.pid ?? 0, ended, ready, kill }
}

interface StartedChild {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly output: () => string
}

async function untilReady({ child, ended, output }: StartedChild) {
  const early = ended.then(({ code, signal }) => {
    throw new Error(`the platform ended with ${code ?? signal} before it was ready:\n${output()}`)
  })
  const addresses = until('the platform is ready', startLimitMs, async () => addressesIn(output()))
  const found = await Promise.race([addresses, early]).catch((error: Error) => {
    child.kill('SIGKILL')
    throw new Error(`${error.message}\n${output()}`)
  })
  early.catch(() => {})
  return found
}

/** The addresses that a start prints when it is ready. */
function addressesIn(output: string): { url: string; otlpHttp: string; otlpGrpc: string } | null {
  const after = (title: string) => new RegExp(`^ *${title} +(\\S+)$`, 'm').exec(output)?.[1]
  const url = after('Web app and API')
  const otlpHttp = after('OTLP over HTTP')
  const otlpGrpc = after('OTLP over gRPC')
  return url === undefined || otlpHttp === undefined || otlpGrpc === undefined ? null : { url, otlpHttp, otlpGrpc }
}

/** Asks again and again until the answer is not null; a thrown error counts as "not yet" and is shown at the end. */
export async function until<T>(what: string, limitMs: number, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + limitMs
  let last: unknown
  while (performance.now() < deadline) {
    try {
      const found = await look()
      if (found !== null) return found
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  throw new Error(`not seen within ${limitMs} ms: ${what}`, { cause: last })
}

/** Whether `/proc` tells of processes, as on Linux. */
export const canSeeProcesses = existsSync('/proc/self/stat')

/** Ids of a process and of all that descend from it. Linux only. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(name) : null
    if (parent !== null) parents.set(Number(name), parent)
  }
  const tree = [root]
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child)
  return tree
}

/** Those of the processes that still run (a zombie does not). */
export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => parentOf(String(pid)) !== null)
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? null : Number(parent)
  } catch {
    return null
  }
}
