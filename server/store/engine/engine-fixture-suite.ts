import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../runtime/logger.ts'
import type { ColumnStore } from './column-store.ts'
import { EmbeddedEngine } from './embedded-engine.ts'

/** For tests: a real engine in a new folder below the system's temporary one. `close` ends it and removes the folder. */
export async function openTestEngine(): Promise<{
  store: ColumnStore
  folder: string
  engine: EmbeddedEngine
  close(): Promise<void>
}> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-engine-'))
  const engine = new EmbeddedEngine({ folder, logger: silentLogger() })
  await engine.start()
  return {
    store: engine.store,
    folder,
    engine,
    async close() {
      await engine.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
