import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { StoreEndpoint } from './clickhouse-column-store.ts'
import { engineUsers } from './engine-config.ts'
import type { ChildMessage, EngineFolder } from './engine-folder.ts'

/** How long a start may take; a folder with very many tables needs the most. Beyond it the process is killed. */
const startLimitMs = 120_000
/** How long an orderly shutdown may take. Beyond it the process is killed; acknowledged rows are safe either way. */
const stopLimitMs = 10_000
/** Lines of the process's standard error that are kept for the text of an error. */
const keptLines = 20

export interface EngineProcessOptions {
  readonly folder: EngineFolder
  readonly logger: Logger
  readonly clock: Clock
}

/** How one life of the engine process ended. */
export interface EngineExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Its last words on standard error. */
  readonly words: string
}

/** The engine process could not start. `isLocked`: an earlier one still holds the data, so it is worth a retry. */
export class EngineStartFailed extends Error {
  readonly isLocked: boolean

  constructor(message: string, isLocked: boolean) {
    super(message)
    this.name = 'EngineStartFailed'
    this.isLocked = isLocked
  }
}

/** One life of the engine process, from spawn to exit. */
export class EngineProcess {
  readonly pid: number
  /** Where the HTTP interface listens and what opens it; the password is new in every life. */
  readonly endpoint: Promise<StoreEndpoint>
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<EngineExit>
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #words: string[] = []

  private constructor(options: EngineProcessOptions, child: ChildProcess, password: string) {
    this.#child = child
    this.#clock = options.clock
    this.pid = child.pid ?? 0
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: null, signal: null, words: error.message }))
      child.once('close', (code, signal) => resolve({ code, signal, words: this.#words.join('\n') }))
    })
    this.#followWords(options.logger)
    this.endpoint = this.#listening(password)
    // The parent may be writing into the pipe's buffer when the process dies.
    child.stdin?.on('error', () => {})
  }

  static spawn(options: EngineProcessOptions): EngineProcess {
    const password = randomBytes(32).toString('hex')
    const authorization = (user: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    // The child's file has this file's ending: .ts from the sources, .js in the built package.
    const program = new URL(`./child/engine-child${extname(import.meta.url)}`, import.meta.url)
    const child = spawn(process.execPath, [fileURLToPath(program)], {
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        TZ: 'UTC',
        SIGHTLINE_ENGINE_FOLDER: options.folder.root,
        SIGHTLINE_ENGINE_PASSWORD: password,
        SIGHTLINE_ENGINE_WRITER: authorization(engineUsers.writer),
        SIGHTLINE_ENGINE_READER: authorization(engineUsers.reader),
      },
    })
    return new EngineProcess(options, child, password)
  }

  /** Lets the server shut down in order; kills it when that takes more than `stopLimitMs`. */
  async stop(): Promise<void> {
    this.#child.stdin?.end()
    const cancel = this.#clock.after(stopLimitMs, () => this.kill())
    await this.exited
    cancel()
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #listening(password: string): Promise<StoreEndpoint> {
    const port = new Promise<number>((resolve) => {
      this.#child.on('message', (message: ChildMessage) => resolve(message.port))
    })
    const cancel = this.#clock.after(startLimitMs, () => this.kill())
    const first = await Promise.race([port, this.exited])
    cancel()
    if (typeof first === 'number') {
      const reader = { username: engineUsers.reader, password }
      return { url: `http://127.0.0.1:${first}`, username: engineUsers.writer, password, reader, database: 'default' }
    }
    const locked = first.words.includes('CANNOT_OPEN_FILE') && first.words.includes('status')
    throw new EngineStartFailed(`The engine process did not start (${describeExit(first)}). ${first.words}`, locked)
  }

  #followWords(logger: Logger): void {
    if (this.#child.stderr === null) return
    createInterface({ input: this.#child.stderr }).on('line', (line) => {
      // Addresses in a stripped library, and blank lines around them.
      if (/^(\d+\. .*|\s*)$/.test(line)) return
      // A client that went away is no error of the engine.
      if (/\(NETWORK_ERROR\)|::cancelWithException\(/.test(line)) return
      this.#words.push(line)
      if (this.#words.length > keptLines) this.#words.shift()
      const isTrouble = / <(Error|Fatal|Critical)> /.test(line)
      if (isTrouble) logger.error({ engine: line }, 'the engine reports an error')
      else logger.debug({ engine: line }, 'engine')
    })
  }
}

export function describeExit(exit: EngineExit): string {
  return exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
}
