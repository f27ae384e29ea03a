import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Who holds a locked folder. */
export interface LockHolder {
  readonly pid: number
  /** Unix milliseconds of its start. */
  readonly sinceMs: number
}

/** The folder belongs to another running program. */
export class FolderLocked extends Error {
  readonly holder: LockHolder | undefined

  constructor(path: string, holder: LockHolder | undefined) {
    const who =
      holder === undefined
        ? 'another process'
        : `process ${holder.pid}, which started at ${new Date(holder.sinceMs).toISOString()}`
    super(
      `The data folder ${dirname(path)} is in use by ${who}. Two programs must not write one folder: stop that one, or give this one another folder.`,
    )
    this.name = 'FolderLocked'
    this.holder = holder
  }
}

/**
 * Takes a folder for this process until `release`, or until the process ends in any way.
 *
 * The proof is an exclusive lock of the operating system on the file `path`, held through SQLite, the only
 * interface to such locks in Node: the kernel frees it when the process is gone, so a lock cannot be stale and a
 * pid that was given to another process means nothing. The file `<path>.json` says who holds it, for people only.
 *
 * Throws: FolderLocked. Source: sqlite.org/lockingv3.html (EXCLUSIVE), held by folder-lock.test.ts.
 */
export function lockFolder(path: string, nowMs: number): { release(): void } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const database = openExclusive(path)
  if (database === undefined) throw new FolderLocked(path, readHolder(path))
  const holder: LockHolder = { pid: process.pid, sinceMs: nowMs }
  writeFileSync(`${path}.json`, JSON.stringify(holder))
  return {
    release() {
      if (database.isOpen) database.close()
    },
  }
}

const sqliteBusy = 5

function openExclusive(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // The journal would otherwise lie beside the lock as a second file.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined
    throw error
  }
}

function readHolder(path: string): LockHolder | undefined {
  try {
    const { pid, sinceMs } = JSON.parse(readFileSync(`${path}.json`, 'utf8'))
    return Number.isSafeInteger(pid) && Number.isSafeInteger(sinceMs) ? { pid, sinceMs } : undefined
  } catch {
    return undefined
  }
}
