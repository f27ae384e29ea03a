import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Part, PartHealth } from '../../runtime/part.ts'
import { findBinaries, type PostgresBinaries } from './binaries.ts'
import { endLeftover, writeOwner } from './leftover.ts'
import { findOtherIdentity, type OtherIdentity } from './other-identity.ts'
import { dropTo, freePort, ServerProcess } from './server-process.ts'

/** Major version of the installed programs: the data folder carries it, so that an upgrade starts a new one. */
const majorVersion = '18'
const superuser = 'sightline'

/** Tries to find a port that is still free when the server binds it. */
const portTries = 5
const firstBackOffMs = 100
const longestBackOffMs = 10_000
/** A server that lived this long had not failed to start: the back-off begins anew. */
const stableMs = 60_000

/** Where the server answers, and as whom. */
export interface PostgresAddress {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

export interface EmbeddedPostgresOptions {
  /** Holds the data folder, the password, and notes about the process. Made where it does not exist. */
  readonly folder: string
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * A PostgreSQL of our own, on a loopback port that changes with every start, with a random password in a file that
 * only we can read. Started again with back-off (100 ms to 10 s) on the same port when it dies; ends when we end,
 * also by `kill -9`.
 */
export class EmbeddedPostgres implements Part {
  readonly name = 'postgres'
  readonly #options: EmbeddedPostgresOptions
  readonly #folder: string
  readonly #dataFolder: string
  #server: ServerProcess | undefined
  #run: { binaries: PostgresBinaries; identity: OtherIdentity | undefined; port: number } | undefined
  #password = ''
  #health: PartHealth = { ready: false, detail: 'not started' }
  #stopped = false
  #cancelRestart: () => void = () => undefined
  #failures = 0

  constructor(options: EmbeddedPostgresOptions) {
    this.#options = options
    this.#folder = resolve(options.folder)
    this.#dataFolder = join(this.#folder, majorVersion)
  }

  /** Throws before `start` has resolved. */
  address(): PostgresAddress {
    if (this.#run === undefined) throw new Error('the embedded PostgreSQL has not started')
    return { host: '127.0.0.1', port: this.#run.port, user: superuser, password: this.#password }
  }

  async start(): Promise<void> {
    this.#stopped = false
    mkdirSync(this.#folder, { recursive: true, mode: 0o755 })
    const binaries = findBinaries(join(this.#folder, 'lib'))
    const identity = findOtherIdentity(this.#dataFolder, [this.#folder, binaries.postgres, ...binaries.libraryPath])
    const ownerFile = join(this.#folder, 'owner')
    await endLeftover(this.#dataFolder, ownerFile)
    this.#password = readPassword(join(this.#folder, 'password'))
    await this.#initialise(binaries, identity)
    writeOwner(ownerFile)
    for (let tries = 1; ; tries++) {
      this.#run = { binaries, identity, port: await freePort() }
      try {
        await this.#launch()
        return
      } catch (error) {
        if (tries === portTries || !/bind|address already in use|listen socket/i.test(String(error))) throw error
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRestart()
    this.#health = { ready: false, detail: 'stopped' }
    await this.#server?.stop()
  }

  health(): PartHealth {
    return this.#health
  }

  /** Makes the data folder; complete or not at all, since it gets its name when it is finished. */
  async #initialise(binaries: PostgresBinaries, identity: OtherIdentity | undefined): Promise<void> {
    if (existsSync(this.#dataFolder)) return
    const unfinished = `${this.#dataFolder}.new`
    const passwordCopy = `${unfinished}.password`
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { mode: 0o700 })
    writeFileSync(passwordCopy, this.#password, { mode: 0o600 })
    if (identity !== undefined)
      for (const path of [unfinished, passwordCopy]) chownSync(path, identity.uid, identity.gid)
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8']
    const access = ['--auth=scram-sha-256', `--username=${superuser}`, `--pwfile=${passwordCopy}`]
    const command = [binaries.initdb, '-D', unfinished, ...locale, ...access, '--no-instructions']
    const [program, ...args] = [...(identity?.prefix ?? []), ...command]
    const libraries = binaries.libraryPath.join(':')
    const paths = libraries === '' ? {} : { LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries }
    try {
      await promisify(execFile)(program, args, {
        env: { PATH: process.env.PATH, TZ: 'UTC', ...paths },
        ...dropTo(identity),
      })
    } catch (error) {
      const { stderr, message } = error as { stderr?: string; message: string }
      throw new Error(`the embedded PostgreSQL cannot make its data folder ${this.#dataFolder}: ${stderr || message}`)
    } finally {
      rmSync(passwordCopy, { force: true })
    }
    renameSync(unfinished, this.#dataFolder)
  }

  async #launch(): Promise<void> {
    const { logger, clock } = this.#options
    const run = this.#run!
    const { postgres, libraryPath } = run.binaries
    const options = {
      postgres,
      libraryPath,
      dataFolder: this.#dataFolder,
      port: run.port,
      identity: run.identity,
      logger,
    }
    const server = new ServerProcess(options)
    this.#server = server
    await server.ready
    const startedMs = clock.nowMs()
    this.#health = { ready: true }
    void server.ended.then((word) => {
      if (clock.nowMs() - startedMs > stableMs) this.#failures = 0
      this.#restartLater(word)
    })
  }

  #restartLater(word: string): void {
    if (this.#stopped) return
    const delayMs = Math.min(firstBackOffMs * 2 ** this.#failures, longestBackOffMs)
    this.#failures += 1
    this.#health = { ready: false, detail: `it ended (${word}); starting again in ${delayMs} ms` }
    this.#options.logger.error({ part: 'postgres', delayMs }, `PostgreSQL ended and is started again: ${word}`)
    this.#cancelRestart = this.#options.clock.after(delayMs, () => {
      // Backends of the dead server may hold its shared memory for a moment; the next try finds it free.
      this.#launch().catch((error: Error) => this.#restartLater(error.message))
    })
  }
}

function readPassword(file: string): string {
  if (!existsSync(file)) {
    const unfinished = `${file}.new`
    writeFileSync(unfinished, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
    renameSync(unfinished, file)
  }
  return readFileSync(file, 'utf8')
}
