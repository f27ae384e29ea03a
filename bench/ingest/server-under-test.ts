import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server that the bench speaks to over HTTP: our own in a temporary folder, or any other by its URL and pid. */
export interface ServerUnderTest {
  readonly url: string
  /** Ports of its listeners that do not speak HTTP, by name; none of another server. */
  readonly ports: Readonly<Record<string, number>>
  /** Root of the process tree whose CPU and memory are counted; 0 = not counted. */
  readonly pid: number
  /** '' where it is not ours to look into. */
  readonly dataFolder: string
  /** Ends it; once is enough, twice does no harm. */
  stop(): Promise<void>
  /** Removes what it stored. */
  remove(): void
}

export async function startServer(extraFlags: readonly string[] = []): Promise<ServerUnderTest> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  const [http, otlpHttp, otlpGrpc] = [await freePort(), await freePort(), await freePort()]
  const ports: Record<string, number> = { grpc: otlpGrpc }
  for (const name of ['syslog', 'graphite', 'statsd', 'fluent']) ports[name] = await freePort()
  const flags = [
    `--data.folder=${dataFolder}`,
    `--http.listen=127.0.0.1:${http}`,
    `--otlp.http.listen=127.0.0.1:${otlpHttp}`,
    `--otlp.grpc.listen=127.0.0.1:${otlpGrpc}`,
    ...Object.entries(ports).flatMap(([name, port]) =>
      name === 'grpc' ? [] : [`--${name}.tcp.listen=127.0.0.1:${port}`],
    ),
    ...extraFlags,
  ]
  const child = spawn('node', ['bin/sightline.mjs', 'start', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk.toString()))
  const url = `http://127.0.0.1:${http}`
  await untilReady(url, child, output)
  return {
    url,
    ports,
    pid: child.pid ?? 0,
    dataFolder,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
    remove() {
      rmSync(dataFolder, { recursive: true, force: true })
    },
  }
}

async function untilReady(url: string, child: ChildProcess, output: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended before it was ready:\n${output.join('')}`)
    const ready = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill('SIGKILL')
  throw new Error(`the server was not ready within 30 s:\n${output.join('')}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
