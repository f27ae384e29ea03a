import { constants } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'

/** A file that is written by position. What was written or cut is durable when its promise resolves. */
export interface DiskFile {
  write(bytes: Uint8Array, position: number): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** The few things that the journal asks of a disk; tests put one with faults in its place. */
export interface Disk {
  /** A new file; fails where it exists. */
  create(path: string): Promise<DiskFile>
  createFolder(path: string): Promise<void>
  /** Makes creations, renames and removals in a folder durable. */
  syncFolder(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** No error where the file is already gone. */
  remove(path: string): Promise<void>
}

export const nodeDisk: Disk = {
  async create(path) {
    // O_DSYNC syncs within the write: one trip to the thread pool instead of two.
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_DSYNC)
    return {
      async write(bytes, position) {
        let written = 0
        // A short write is no error by itself; the next one tells why (usually ENOSPC).
        while (written < bytes.length) {
          const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
          written += bytesWritten
        }
      },
      async truncate(length) {
        await file.truncate(length)
        await file.datasync()
      },
      close: () => file.close(),
    }
  },
  async createFolder(path) {
    await mkdir(path, { recursive: true })
  },
  async syncFolder(path) {
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
}
