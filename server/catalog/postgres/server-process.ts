import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import type { Logger } from '../../runtime/logger.ts'
import { postmasterPid, signalTo } from './leftover.ts'
import type { OtherIdentity } from './other-identity.ts'

/** How a PostgreSQL is to be run. */
export interface ServerOptions {
  readonly postgres: string
  readonly libraryPath: readonly string[]
  readonly dataFolder: string
  readonly port: number
  readonly identity: OtherIdentity | undefined
  readonly logger: Logger
}

/**
 * Stays beside the server and ends it when our end of the pipe closes: by a stop, or because we were killed. A
 * shell, since it costs a megabyte and is everywhere. Interrupt means fast shutdown to PostgreSQL.
 */
const guard = `exec 3<&0 </dev/null
if [ -n "$SIGHTLINE_LIBRARY_PATH" ]; then
  export LD_LIBRARY_PATH="$SIGHTLINE_LIBRARY_PATH" DYLD_LIBRARY_PATH="$SIGHTLINE_LIBRARY_PATH"
fi
"$@" 3<&- &
server=$!
(while read -r _ <&3; do :; done; kill -INT "$server") &
watch=$!
exec 3<&-
wait "$server"
status=$?
kill "$watch" 2>/dev/null
exit "$status"`

/** Small: settings are a few megabytes, read and written now and then. Durability is PostgreSQL's own default. */
const memory = {
  shared_buffers: '16MB',
  work_mem: '2MB',
  maintenance_work_mem: '16MB',
  max_connections: 60,
  autovacuum_max_workers: 1,
  max_parallel_workers: 0,
  max_wal_senders: 0,
  wal_level: 'minimal',
  min_wal_size: '32MB',
  max_wal_size: '128MB',
  io_method: 'sync',
  jit: 'off',
  huge_pages: 'off',
} as const

/** Statements are never logged: they may hold passwords. */
const quiet = { log_min_messages: 'warning', log_min_error_statement: 'panic', log_line_prefix: '', lc_messages: 'C' }

const readyLine = 'database system is ready to accept connections'
const stopPatienceMs = 10_000

/** One run of a PostgreSQL server, from its start to its end. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #dataFolder: string
  /** Resolves once it accepts connections, rejects where it ends before. Recovery after a crash may take a while. */
  readonly ready: Promise<void>
  /** Resolves with a word on how it ended. */
  readonly ended: Promise<string>

  constructor(options: ServerOptions) {
    this.#dataFolder = options.dataFolder
    this.#child = spawnServer(options)
    let complaint = ''
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(complaint || `it ended with ${signal ?? `status ${code}`}`))
    })
    this.ready = new Promise((resolve, reject) => {
      const lines = createInterface({ input: this.#child.stderr! })
      lines.on('line', (line) => {
        if (line.includes(readyLine)) resolve()
        if (/^(FATAL|PANIC)|cannot|error/i.test(line)) complaint = line
        log(options.logger, line)
      })
      void this.ended.then((word) => reject(new Error(`PostgreSQL did not start: ${word}`)))
    })
    // Whoever does not wait for readiness must not be ended by its failure.
    this.ready.catch(() => undefined)
    // Writing to a guard that has just ended is no fault of ours.
    this.#child.stdin?.on('error', () => undefined)
  }

  /** Fast shutdown; what lasts longer is told more firmly. Never throws. */
  async stop(): Promise<void> {
    this.#child.stdin?.end()
    for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
      const word = await Promise.race([this.ended, patience()])
      if (word !== undefined) return
      const pid = postmasterPid(this.#dataFolder)
      if (pid !== undefined) signalTo(pid, signal)
    }
    await Promise.race([this.ended, patience()])
  }
}

function patience(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), stopPatienceMs).unref())
}

function spawnServer(options: ServerOptions): ChildProcess {
  const { identity, dataFolder } = options
  const settings = Object.entries({
    ...memory,
    ...quiet,
    listen_addresses: '127.0.0.1',
    port: options.port,
    unix_socket_directories: '',
  })
  const server = [options.postgres, '-D', dataFolder, ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`])]
  const [program, ...args] = [...(identity?.prefix ?? []), '/bin/sh', '-c', guard, 'sightline-postgres', ...server]
  return spawn(program, args, {
    // A group of its own: Ctrl-C at a terminal must reach us first, so that parts stop in order.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, TZ: 'UTC', SIGHTLINE_LIBRARY_PATH: options.libraryPath.join(':') },
    ...dropTo(identity),
  })
}

/** The user and group for `spawn`; nothing where a prefix drops to them. */
export function dropTo(identity: OtherIdentity | undefined): { uid?: number; gid?: number } {
  return identity === undefined || identity.prefix.length > 0 ? {} : { uid: identity.uid, gid: identity.gid }
}

function log(logger: Logger, line: string): void {
  const [, severity = '', message = line] = /^([A-Z]+): {2}(.*)$/.exec(line) ?? []
  // Connections that a stop ends are told so at this severity.
  const isFault = severity === 'PANIC' || (severity === 'FATAL' && !message.startsWith('terminating connection'))
  if (isFault) logger.error({ part: 'postgres' }, message)
  else if (severity === 'WARNING') logger.warn({ part: 'postgres' }, message)
  else logger.debug({ part: 'postgres' }, message)
}

/** A TCP port on loopback that is free at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
