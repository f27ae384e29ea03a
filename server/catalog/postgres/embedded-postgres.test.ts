import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../runtime/clock.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { findBinaries } from './binaries.ts'
import { EmbeddedPostgres } from './embedded-postgres.ts'
import { postmasterPid } from './leftover.ts'

const isRoot = process.getuid?.() === 0
/** Where /proc tells what became of a process. */
const isLinux = process.platform === 'linux'
const temporary = mkdtempSync(join(tmpdir(), 'postgres-'))
const running: EmbeddedPostgres[] = []
const owners: ChildProcess[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
  for (const owner of owners.splice(0)) owner.kill('SIGKILL')
})
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

function create(folder: string, clock = systemClock): EmbeddedPostgres {
  const server = new EmbeddedPostgres({ folder, clock, logger: silentLogger() })
  running.push(server)
  return server
}

async function ask(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new Client({ ...server.address(), database: 'postgres' })
  // The server may be killed under the client on purpose.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat()
  } finally {
    await client.end()
  }
}

/** Polls the world, not the clock: ends as soon as the condition holds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

const isAlive = (pid: number) => {
  try {
    // A zombie is dead too: nobody has asked for its status yet.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('the embedded PostgreSQL', () => {
  const folder = join(temporary, 'main')
  const dataFolder = join(folder, '18')

  it('makes its data folder on the first start and keeps what was written', async () => {
    const first = create(folder)
    await first.start()
    await ask(first, 'CREATE TABLE kept AS SELECT 7 AS n')
    expect(first.health()).toEqual({ ready: true })
    await first.stop()
    expect(first.health().ready).toBe(false)
    expect(postmasterPid(dataFolder)).toBeUndefined()
    const second = create(folder)
    await second.start()
    expect(await ask(second, 'SELECT n FROM kept')).toEqual([7])
  })

  it('keeps its password to itself and asks for it', async () => {
    const server = create(folder)
    await server.start()
    expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600)
    expect(statSync(dataFolder).mode & 0o777).toBe(0o700)
    expect(existsSync(join(folder, '18.new.password'))).toBe(false)
    const stranger = new Client({ ...server.address(), password: 'guessed', database: 'postgres' })
    await expect(stranger.connect()).rejects.toThrow(/password authentication failed/)
  })

  it('is durable, small and reachable from this machine only', async () => {
    const server = create(folder)
    await server.start()
    const shown = await ask(
      server,
      "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'shared_buffers')",
    )
    expect(shown).toEqual([
      'fsync=on full_page_writes=on listen_addresses=127.0.0.1 shared_buffers=2048 synchronous_commit=on',
    ])
  })

  it('starts again on the same port when it is killed', async () => {
    const server = create(folder)
    await server.start()
    const { port } = server.address()
    const killed = postmasterPid(dataFolder)!
    process.kill(killed, 'SIGKILL')
    await until(() => !server.health().ready)
    expect(server.health().detail).toMatch(/starting again in 100 ms/)
    await until(() => server.health().ready)
    expect(server.address().port).toBe(port)
    expect(await ask(server, 'SELECT n FROM kept')).toEqual([7])
    expect(postmasterPid(dataFolder)).not.toBe(killed)
  })

  it.runIf(isLinux)('ends when the process that started it is killed', async () => {
    const owner = await startOwner(folder)
    expect(isAlive(owner.postmaster)).toBe(true)
    owner.child.kill('SIGKILL')
    await until(() => !isAlive(owner.postmaster))
  })

  it.runIf(isLinux)('is taken over after it was left behind together with its guard', async () => {
    const owner = await startOwner(folder)
    // Killing the guard first leaves nobody who could end the server with its owner.
    process.kill(-owner.guard, 'SIGSTOP')
    owner.child.kill('SIGKILL')
    await once(owner.child, 'exit')
    process.kill(owner.postmaster, 'SIGCONT')
    for (const pid of childrenOf(owner.guard)) if (pid !== owner.postmaster) process.kill(pid, 'SIGKILL')
    process.kill(owner.guard, 'SIGKILL')
    for (const pid of childrenOf(owner.postmaster)) process.kill(pid, 'SIGCONT')
    expect(isAlive(owner.postmaster)).toBe(true)
    const server = create(folder)
    await server.start()
    expect(isAlive(owner.postmaster)).toBe(false)
    expect(await ask(server, 'SELECT n FROM kept')).toEqual([7])
  })

  it.runIf(isLinux)('refuses a folder that another living process uses, and leaves that one alone', async () => {
    const owner = await startOwner(folder)
    await expect(create(folder).start()).rejects.toThrow(
      new RegExp(`belongs to a Sightline that is running \\(process ${owner.child.pid}\\)`),
    )
    expect(isAlive(owner.postmaster)).toBe(true)
    owner.child.kill('SIGTERM')
    await until(() => !isAlive(owner.postmaster))
  })

  it.each([
    ['a process that is gone', () => 2 ** 22 - 1],
    ['another program', () => process.pid],
  ])('starts over a postmaster.pid that names %s', async (_name, pid) => {
    writeFileSync(join(dataFolder, 'postmaster.pid'), `${pid()}\n${dataFolder}\n1\n1\n\n127.0.0.1\n\n`)
    const server = create(folder)
    await server.start()
    expect(await ask(server, 'SELECT n FROM kept')).toEqual([7])
  })

  it('begins anew where making the data folder was cut short', async () => {
    const cut = join(temporary, 'cut')
    mkdirSync(join(cut, '18.new'), { recursive: true })
    writeFileSync(join(cut, '18.new', 'PG_VERSION'), '18\n')
    const server = create(cut)
    await server.start()
    expect(await ask(server, 'SELECT 1')).toEqual([1])
  })

  it.runIf(isRoot && isLinux)(
    'runs as another user, in a folder that only root may enter and in an open one',
    async () => {
      for (const mode of [0o700, 0o755]) {
        const parent = join(temporary, `mode-${mode}`)
        mkdirSync(parent)
        chmodSync(temporary, 0o755)
        chmodSync(parent, mode)
        const server = create(join(parent, 'postgres'))
        await server.start()
        const owner = statSync(join(parent, 'postgres', '18')).uid
        const status = readFileSync(`/proc/${postmasterPid(join(parent, 'postgres', '18'))}/status`, 'utf8')
        expect(owner).not.toBe(0)
        expect(status).toMatch(new RegExp(`^Uid:\\s+${owner}\\s+${owner}`, 'm'))
        // The right to pass closed folders, or none at all: never root's.
        expect(status).toMatch(mode === 0o700 ? /^CapEff:\s+000000000000000[24]$/m : /^CapEff:\s+0000000000000000$/m)
        await server.stop()
      }
    },
  )
})

describe('the installed programs', () => {
  const native = join(
    dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    '..',
    'native',
  )

  it('run where the install script that makes the links was not allowed to', () => {
    const bare = join(temporary, 'native')
    const filter = (path: string) => !lstatSync(path).isSymbolicLink() && !path.includes('/share')
    cpSync(native, bare, { recursive: true, filter })
    const { postgres, libraryPath } = findBinaries(join(temporary, 'links'), bare)
    expect(() => execFileSync(postgres, ['--version'], { stdio: 'pipe' })).toThrow(/shared librar/)
    const env = { LD_LIBRARY_PATH: libraryPath.join(':'), DYLD_LIBRARY_PATH: libraryPath.join(':') }
    expect(execFileSync(postgres, ['--version'], { env }).toString()).toMatch(/^postgres \(PostgreSQL\) 18\./)
  })
})

/** A process of its own that starts the server and waits. */
async function startOwner(folder: string) {
  const module = new URL('./embedded-postgres.ts', import.meta.url).href
  const clock = new URL('../../runtime/clock.ts', import.meta.url).href
  const logger = new URL('../../runtime/logger.ts', import.meta.url).href
  const program = `
    const { EmbeddedPostgres } = await import(${JSON.stringify(module)})
    const { systemClock } = await import(${JSON.stringify(clock)})
    const { silentLogger } = await import(${JSON.stringify(logger)})
    const server = new EmbeddedPostgres({ folder: ${JSON.stringify(folder)}, clock: systemClock, logger: silentLogger() })
    await server.start()
    process.on('SIGTERM', async () => { await server.stop(); process.exit(0) })
    process.stdout.write('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  owners.push(child)
  await once(child.stdout, 'data')
  const postmaster = postmasterPid(join(folder, '18'))!
  const guard = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${postmaster}/status`, 'utf8'))?.[1])
  return { child, postmaster, guard }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}
