import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes at the start of a file by which it is known again; inodes are given to other files. */
export const fingerprintBytes = 1024

/** How far a file has been stored. */
export interface Checkpoint {
  /** Device and inode. */
  readonly identity: string
  /** Where it was seen last. */
  readonly path: string
  readonly offset: number
  /** SHA-256 of the first `fingerprintLength` bytes. */
  readonly fingerprint: string
  readonly fingerprintLength: number
}

/** Hex SHA-256. */
export function fingerprintOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Checkpoints of all files, in one file that is replaced as a whole: after a crash it is the one from before or after.
 */
export class Checkpoints {
  readonly #folder: string
  readonly #file: string

  constructor(folder: string) {
    this.#folder = folder
    this.#file = join(folder, 'checkpoints.json')
  }

  /** Throws: Error where the file is there but cannot be read. */
  load(): readonly Checkpoint[] {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
    const value = JSON.parse(text) as { version: number; files: Checkpoint[] }
    if (value.version !== 1) throw new Error(`${this.#file} has version ${value.version}, expected 1`)
    return value.files
  }

  /** Returns once it is on the disk. */
  save(files: readonly Checkpoint[]): void {
    mkdirSync(this.#folder, { recursive: true })
    const temporary = `${this.#file}.new`
    const handle = openSync(temporary, 'w')
    writeSync(handle, JSON.stringify({ version: 1, files }))
    fsyncSync(handle)
    closeSync(handle)
    renameSync(temporary, this.#file)
    const folder = openSync(this.#folder, 'r')
    fsyncSync(folder)
    closeSync(folder)
  }
}
