import { type ExecFileException, execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A sender that is here, or why it cannot be. */
export type Installed<T> = T | { readonly missing: string }

/** Downloads end after this time, ms. */
const installLimitMs = 600_000

/** Where installed senders stay from run to run: SIGHTLINE_TEST_CACHE, else a folder of the user's cache. */
const cacheFolder =
  process.env.SIGHTLINE_TEST_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sightline-tests')

/** The versions that are tested; a change of this list installs anew. */
const pythonPackages = [
  'opentelemetry-sdk==1.45.2',
  'opentelemetry-exporter-otlp-proto-http==1.45.2',
  'opentelemetry-exporter-otlp-proto-grpc==1.45.2',
]

/** The OpenTelemetry SDK for Python, by pip, in a folder of its own for PYTHONPATH. */
export function installPythonSdk(): Promise<Installed<{ readonly pythonPath: string }>> {
  return installPython('opentelemetry-1.45.2', pythonPackages)
}

/** Packages of Python, by pip, in a folder of their own. `name` must change with the packages: it stands for them in the cache. */
export async function installPython(
  name: string,
  packages: readonly string[],
): Promise<Installed<{ readonly pythonPath: string }>> {
  const version = await run('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  if (version.failure !== null) return { missing: `python3 does not run here: ${version.failure}` }
  const filled = await fill(`python-${version.output.trim()}-${name}`, async (folder) => {
    const pip = await run('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, ...packages])
    return pip.failure === null ? null : `pip cannot install ${packages.join(', ')}: ${pip.failure}`
  })
  return 'missing' in filled ? filled : { pythonPath: filled.folder }
}

/** Packages of npm in a folder of their own, not among those of this project; their install scripts do not run. */
export function installNode(
  name: string,
  packages: readonly string[],
): Promise<Installed<{ readonly folder: string }>> {
  return fill(`node-${name}`, async (folder) => {
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-save', '--prefix', folder]
    const npm = await run('npm', ['install', ...flags, ...packages], folder)
    return npm.failure === null ? null : `npm cannot install ${packages.join(', ')}: ${npm.failure}`
  })
}

/** Prometheus: the one in PATH, else Debian's package, unpacked and not installed. */
export async function installPrometheus(): Promise<Installed<{ readonly executable: string }>> {
  if ((await run('prometheus', ['--version'])).failure === null) return { executable: 'prometheus' }
  const filled = await fill('debian-prometheus', async (folder) => {
    // The lists of packages may be missing or old; only root may renew them.
    const download = async () => run('apt-get', ['download', 'prometheus'], folder)
    let apt = await download()
    if (apt.failure !== null && (await run('apt-get', ['update'])).failure === null) apt = await download()
    if (apt.failure !== null) return `apt-get cannot download Prometheus: ${apt.failure}`
    const file = readdirSync(folder).find((name) => name.endsWith('.deb'))
    if (file === undefined) return 'apt-get download left no package'
    const unpacked = await run('dpkg-deb', ['--extract', file, folder], folder)
    return unpacked.failure === null ? null : `dpkg-deb cannot unpack Prometheus: ${unpacked.failure}`
  })
  if ('missing' in filled) return filled
  const executable = join(filled.folder, 'usr/bin/prometheus')
  const trial = await run(executable, ['--version'])
  return trial.failure === null ? { executable } : { missing: `Prometheus does not run here: ${trial.failure}` }
}

/** The OpenTelemetry Collector with OTLP in and out, built from its Go modules; a few minutes when it is the first time. */
export function installCollector(): Promise<Installed<{ readonly executable: string }>> {
  return buildGo({ source: 'otel-collector', version: '0.165.0', executable: 'collector' })
}

/** Telegraf's agent with a few of its plugins, built from its Go module; a few minutes when it is the first time. */
export function installTelegraf(): Promise<Installed<{ readonly executable: string }>> {
  return buildGo({ source: 'telegraf', version: '1.37.2', executable: 'telegraf' })
}

interface GoProgram {
  /** The folder beside this file; its go.mod has the version, which `version` repeats for the cache. */
  readonly source: string
  readonly version: string
  readonly executable: string
}

async function buildGo(program: GoProgram): Promise<Installed<{ readonly executable: string }>> {
  const { source, version, executable } = program
  const go = await run('go', ['version'])
  if (go.failure !== null) return { missing: `go does not run here: ${go.failure}` }
  const filled = await fill(`${source}-${version}`, async (folder) => {
    const flags = ['build', '-p', '1', '-mod=readonly', '-o', join(folder, executable), '.']
    const built = await run('go', flags, join(import.meta.dirname, source))
    return built.failure === null ? null : `go cannot build ${source}: ${built.failure}`
  })
  return 'missing' in filled ? filled : { executable: join(filled.folder, executable) }
}

/** Fills a folder of the cache once; it appears under its name only when it is whole. `work` answers what went wrong. */
async function fill(
  name: string,
  work: (folder: string) => Promise<string | null>,
): Promise<Installed<{ readonly folder: string }>> {
  const folder = join(cacheFolder, name)
  if (existsSync(folder)) return { folder }
  mkdirSync(cacheFolder, { recursive: true })
  const half = mkdtempSync(`${folder}-`)
  const missing = await work(half)
  try {
    if (missing === null) renameSync(half, folder)
  } catch (error) {
    // Another run was first.
    if (!existsSync(folder)) throw error
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
  return missing === null ? { folder } : { missing }
}

/** Runs a program to its end; `failure` is the last line of its errors, or null. */
export function run(
  program: string,
  args: readonly string[],
  folder?: string,
): Promise<{ output: string; failure: string | null }> {
  const options = { timeout: installLimitMs, maxBuffer: 1 << 24, ...(folder === undefined ? {} : { cwd: folder }) }
  return new Promise((resolve) => {
    execFile(program, args, options, (error: ExecFileException | null, output, errors) => {
      const words = errors.trim().split('\n').at(-1) ?? ''
      resolve({ output, failure: error === null ? null : words === '' ? error.message : words })
    })
  })
}
