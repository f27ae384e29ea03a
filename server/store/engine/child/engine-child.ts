/**
 * The engine process: ClickHouse's library runs its own server here, with its own HTTP interface on a loopback port.
 *
 * `chdb_query_cmdline` is `clickhouse local` as a function: the script it is given opens the HTTP interface, writes
 * the port the system chose into a file, and then reads standard input to its end. The parent holds the other end of
 * that pipe, so the server shuts down in order when the parent closes it, and also when the parent is killed.
 *
 * Environment: SIGHTLINE_ENGINE_FOLDER (see engine-folder.ts); the configuration there reads the secrets from
 * SIGHTLINE_ENGINE_PASSWORD, _WRITER and _READER. Messages to the parent: ChildMessage.
 * Exit codes: 0 the pipe was closed; 1 the server ended or did not start (its words are on standard error).
 */
import { readFileSync, rmSync } from 'node:fs'
import { libchdbPath } from 'chdb/libchdb'
import { DataType, load, open } from 'ffi-rs'
import { type ChildMessage, engineFolder } from '../engine-folder.ts'

/** How long the server may take to shut down after the parent was killed; then the process ends by force, unharmed. */
const orphanLimitMs = 1_000
const portPollMs = 5

const folder = engineFolder(process.env.SIGHTLINE_ENGINE_FOLDER ?? fail('SIGHTLINE_ENGINE_FOLDER is not set'))

function fail(text: string): never {
  process.stderr.write(`${text}\n`)
  process.exit(1)
}

function send(message: ChildMessage): void {
  if (process.connected) process.send?.(message, () => {})
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

function serverArguments(): string[] {
  const script = [
    'SYSTEM START LISTEN HTTP',
    `SELECT getServerPort('http_port') INTO OUTFILE ${quoted(folder.portFile)} TRUNCATE FORMAT TSV`,
    "SELECT count() FROM file('stdin', 'LineAsString', 'line String') FORMAT Null",
  ].join('; ')
  return ['clickhouse', `--config-file=${folder.serverConfig}`, '--log-level=error', '--multiquery', '--query', script]
}

/** Resolves when the server has shut down, with its error if there was one; blocks a pool thread, not the event loop. */
async function serve(): Promise<string> {
  open({ library: 'chdb', path: libchdbPath() })
  const argv = serverArguments()
  const result = await load({
    library: 'chdb',
    funcName: 'chdb_query_cmdline',
    retType: DataType.External,
    paramsType: [DataType.I32, DataType.StringArray],
    paramsValue: [argv.length, argv],
    runInNewThread: true,
  })
  const errorOf = {
    library: 'chdb',
    funcName: 'chdb_result_error',
    paramsType: [DataType.External],
    paramsValue: [result],
  }
  const hasError = load({ ...errorOf, retType: DataType.I64 }) !== 0
  return hasError ? load({ ...errorOf, retType: DataType.String }) : ''
}

function announcePort(): void {
  const timer = setInterval(() => {
    const text = readPortFile()
    if (!text.endsWith('\n')) return
    clearInterval(timer)
    send({ kind: 'listening', port: Number(text) })
  }, portPollMs)
}

function readPortFile(): string {
  try {
    return readFileSync(folder.portFile, 'utf8')
  } catch {
    return ''
  }
}

// Stopping is the parent's decision: a signal sent to the whole process group must not take the store away from
// the parts that still have to write to it.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), orphanLimitMs).unref()
})

rmSync(folder.portFile, { force: true })
announcePort()
process.stderr.write(`${await serve()}\n`)
process.exit(readPortFile() === '' ? 1 : 0)
