import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a PostgreSQL that is told to end may take, before it is told more firmly. */
const patienceMs = 10_000

/**
 * Ends a PostgreSQL that an earlier Sightline left behind on this data folder, and removes a `postmaster.pid` whose
 * process is gone or is another program now.
 * Throws where the Sightline that started it is alive: the folder is in use.
 */
export async function endLeftover(dataFolder: string, ownerFile: string): Promise<void> {
  const pid = postmasterPid(dataFolder)
  if (pid === undefined) return
  if (!isPostgresOf(pid, dataFolder)) {
    rmSync(join(dataFolder, 'postmaster.pid'), { force: true })
    return
  }
  const owner = livingOwner(ownerFile)
  if (owner !== undefined)
    throw new Error(
      `the embedded PostgreSQL in ${dataFolder} belongs to a Sightline that is running (process ${owner})`,
    )
  // Fast, then immediate shutdown; both keep what was committed.
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    signalTo(pid, signal)
    if (await hasGone(pid, dataFolder)) return
  }
  throw new Error(`process ${pid}, a PostgreSQL left on ${dataFolder}, does not end`)
}

/** The process that `postmaster.pid` names; undefined where there is none. */
export function postmasterPid(dataFolder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n', 1)[0])
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** Notes this process as the owner of the PostgreSQL it is about to start. */
export function writeOwner(ownerFile: string): void {
  writeFileSync(ownerFile, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600 })
}

function livingOwner(ownerFile: string): number | undefined {
  if (!existsSync(ownerFile)) return undefined
  const [pid, start] = readFileSync(ownerFile, 'utf8').trim().split(' ')
  if (Number(pid) === process.pid || !isAlive(Number(pid))) return undefined
  // A number may have been given to another process since; its start tells them apart.
  return startOf(Number(pid)) === (start ?? '') ? Number(pid) : undefined
}

/** When a process started, in the kernel's own count; '' where the system does not say. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22; the second field is the program's name in parentheses and may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isPostgresOf(pid: number, dataFolder: string): boolean {
  const command = commandOf(pid)
  return command.includes('postgres') && command.includes(dataFolder)
}

function commandOf(pid: number): string {
  if (!isAlive(pid)) return ''
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { stdio: 'pipe' }).toString()
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Sends a signal to a process that may be gone. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

async function hasGone(pid: number, dataFolder: string): Promise<boolean> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await delay(20))
    if (!isPostgresOf(pid, dataFolder)) return true
  return false
}
