import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { until } from '../end-to-end/platform.ts'

const readyMs = 60_000

/** A real Prometheus with a configuration of the test, on a free port. */
export interface PrometheusProcess {
  readonly url: string
  stop(): Promise<void>
}

export async function startPrometheus(
  executable: string,
  use: { readonly folder: string; readonly configuration: string; readonly flags?: readonly string[] },
): Promise<PrometheusProcess> {
  const file = `${use.folder}/prometheus.yml`
  writeFileSync(file, use.configuration)
  const address = `127.0.0.1:${await freePort()}`
  const flags = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${use.folder}/prometheus`,
    `--web.listen-address=${address}`,
    ...(use.flags ?? []),
  ]
  const child = spawn(executable, flags, { stdio: ['ignore', 'ignore', 'pipe'], cwd: use.folder })
  const words: string[] = []
  child.stderr.on('data', (chunk: Buffer) => words.push(chunk.toString()))
  const gone = new Promise((resolve) => child.once('close', resolve))
  const url = `http://${address}`
  await until('Prometheus is ready', readyMs, async () => ((await fetch(`${url}/-/ready`)).ok ? true : null)).catch(
    (error: Error) => {
      child.kill('SIGKILL')
      throw new Error(`${error.message}: ${words.join('')}`)
    },
  )
  const stop = async () => {
    child.kill('SIGTERM')
    await gone
  }
  return { url, stop }
}

/** A port of this machine on which nothing listens just now. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
