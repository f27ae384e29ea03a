import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../runtime/logger.ts'
import type { ColumnStore } from './column-store.ts'
import { EmbeddedEngine } from './embedded-engine.ts'

/** A real engine for a test. */
export interface TestEngine {
  readonly store: ColumnStore
  /** A folder of the test's own, below which the engine has its data too. */
  readonly folder: string
  readonly engine: EmbeddedEngine
  /** Resident memory of the engine process, bytes (Linux; 0 elsewhere). */
  residentBytes(): number
  /** Ends the engine and removes the folder. */
  close(): Promise<void>
}

/** Starts an engine in a new folder below the system's temporary one; takes about 0.2 s. */
export async function openTestEngine(): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-engine-'))
  const engine = new EmbeddedEngine({ folder: join(folder, 'engine'), logger: silentLogger() })
  await engine.start()
  return {
    store: engine.store,
    folder,
    engine,
    residentBytes: () => residentBytes(engine.pid),
    async close() {
      await engine.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function residentBytes(pid: number | undefined): number {
  if (pid === undefined || process.platform !== 'linux') return 0
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) * 1024
}

/** Writes the answer of `sql` as a file of Native blocks, less its last `cutBytes`. */
export async function writeNativeFile(file: {
  store: ColumnStore
  sql: string
  path: string
  cutBytes?: number
}): Promise<void> {
  writeFileSync(file.path, '')
  const handle = await open(file.path, 'w')
  let size = 0
  for await (const blocks of file.store.nativeBlocks({ sql: file.sql })) {
    await handle.write(blocks)
    size += blocks.length
  }
  await handle.close()
  if (file.cutBytes !== undefined) truncateSync(file.path, size - file.cutBytes)
}
